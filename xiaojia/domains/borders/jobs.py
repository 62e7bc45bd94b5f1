"""When the day has come, compounds go."""

from __future__ import annotations

from xiaojia.domains.borders import actions
from xiaojia.domains.borders.queries import due
from xiaojia.domains.places.queries import communities
from xiaojia.domains.teams.actions import clockwork
from xiaojia.kernel import clock
from xiaojia.kernel.jobs import every
from xiaojia.kernel.tenancy import entered


@every("*/5 * * * *", name="carry_out_border_changes")
def carry_out_border_changes() -> None:
    """Each agreed change in a transaction of its own; one that is done already is passed over."""
    for community in communities():
        by, at = clockwork(community.pk), clock.now()
        with entered(by.scope):
            waiting = due(viewer=by, on=clock.today(at))
        for change_id, to_community_id in waiting:
            actions.carry_out(
                at=at, change_id=change_id, community_id=community.pk, to_community_id=to_community_id
            )
