"""What the days bring: holds give back, announced points end, micro-grids of members follow."""

from __future__ import annotations

from xiaojia.domains.ledger import actions
from xiaojia.domains.places.queries import communities
from xiaojia.domains.teams.actions import clockwork
from xiaojia.kernel import clock
from xiaojia.kernel.jobs import every
from xiaojia.kernel.tenancy import entered


@every("*/10 * * * *", name="void_holds")
def void_holds() -> None:
    """One short transaction a hold; each exactly once, also while the counter collects it."""
    for community in communities():
        by = clockwork(community.pk)
        with entered(by.scope):
            actions.void_due(by=by, at=clock.now())


@every("20 4 * * *", name="age_points")
def age_points() -> None:
    """Every night: end what was announced on paper, make new notices, follow those who moved."""
    for community in communities():
        by = clockwork(community.pk)
        now = clock.now()
        on = clock.today(now)
        with entered(by.scope):
            actions.expire_due(by=by, at=now, on=on)
            actions.notice_expiry(by=by, at=now, on=on)
            actions.settle_members(by=by, at=now, on=on)
