"""What happens at night: photos that nobody may keep any longer go."""

from __future__ import annotations

from xiaojia.domains.cases import actions
from xiaojia.domains.places.queries import communities
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.jobs import every
from xiaojia.kernel.tenancy import entered


@every("37 3 * * *", name="forget_photos")
def forget_photos() -> None:
    """One short transaction a community, then its folder."""
    for community in communities():
        by = Actor.for_job(community_id=community.pk, role="secretary", account_id=0)
        with entered(by.scope):
            actions.forget_photos(by=by, at=clock.now())
