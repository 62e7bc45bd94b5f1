"""What the days bring: whatever nobody fetched goes back on the shelf, and its points into the wallet."""

from __future__ import annotations

from xiaojia.domains.places.queries import communities
from xiaojia.domains.store import actions
from xiaojia.domains.teams.actions import clockwork
from xiaojia.kernel import clock
from xiaojia.kernel.jobs import every


@every("*/10 * * * *", name="shelve_unfetched")
def shelve_unfetched() -> None:
    """One short transaction a redemption; each exactly once, also while the counter hands it out."""
    for community in communities():
        now = clock.now()
        actions.expire_due(by=clockwork(community.pk), at=now, on=clock.today(now))
