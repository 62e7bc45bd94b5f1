"""Every night: months whose days are over are closed, old slips forgotten. Twice is the same as once."""

from __future__ import annotations

from xiaojia.domains.places.queries import communities
from xiaojia.domains.recognition import actions
from xiaojia.domains.teams.actions import clockwork
from xiaojia.kernel import clock
from xiaojia.kernel.jobs import every
from xiaojia.kernel.tenancy import entered


@every("20 1 * * *", name="close_recognition")
def close_recognition() -> None:
    """One transaction a community."""
    for community in communities():
        by = clockwork(community.pk)
        with entered(by.scope):
            actions.close_due(by=by, at=clock.now())
            actions.forget_ballots(by=by, at=clock.now())
