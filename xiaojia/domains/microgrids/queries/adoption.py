"""What an adopted division changed: how many doors came to each micro-grid and how many left it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import Count

from xiaojia.domains.microgrids.access import MAY, visible_partitions
from xiaojia.domains.microgrids.models import Membership, Partition
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


def adopted_between(*, viewer: Actor, after: date, until: date) -> list[tuple[int, date]]:
    """Divisions that began to hold after one day, up to another: id and day, oldest first (one query)."""
    require(MAY, "see_plans", viewer, viewer.community_id)
    states = [Partition.State.ADOPTED, Partition.State.SUPERSEDED]
    rows = visible_partitions(viewer).filter(state__in=states, adopted_on__gt=after, adopted_on__lte=until)
    found = rows.order_by("adopted_on", "pk").values_list("pk", "adopted_on")
    return [(pk, on) for pk, on in found if on is not None]


def doors_changed_on(*, viewer: Actor, on: date) -> Mapping[int, tuple[int, int]]:
    """Micro-grid id -> households that came to it and that left it on that day (two queries)."""
    require(MAY, "see_plans", viewer, viewer.community_id)
    mine = Membership.objects.filter(community_id__in=viewer.scope.community_ids)
    came = dict(mine.filter(from_on=on).values_list("microgrid_id").annotate(Count("id")))
    left = dict(mine.filter(until_on=on).values_list("microgrid_id").annotate(Count("id")))
    return {pk: (came.get(pk, 0), left.get(pk, 0)) for pk in sorted({*came, *left})}
