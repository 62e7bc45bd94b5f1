"""What happens when a date arrives: vacancies open and grow old, pages follow, yeses end with the service."""

from __future__ import annotations

from xiaojia.domains.places.queries import communities
from xiaojia.domains.teams import actions
from xiaojia.kernel import clock
from xiaojia.kernel.jobs import every
from xiaojia.kernel.tenancy import entered


@every("*/5 * * * *", name="settle_seats")
def settle_seats() -> None:
    """One short transaction a community; nothing is written where nothing changed."""
    for community in communities():
        by = actions.clockwork(community.pk)
        with entered(by.scope):
            actions.settle_seats(by=by, at=clock.now())
            actions.forget_listings(by=by, at=clock.now())
            actions.refresh_pages(by=by, at=clock.now())


@every("40 8 * * *", name="tell_teams")
def tell_teams() -> None:
    """Before the digest of nine o'clock, one short transaction a community."""
    for community in communities():
        by = actions.clockwork(community.pk)
        with entered(by.scope):
            actions.tell_day(by=by, at=clock.now())
