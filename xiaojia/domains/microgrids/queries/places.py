"""Which micro-grids a place belongs to on a day: a door has one, a building or a unit may have several."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db.models import Q, QuerySet

from xiaojia.domains.microgrids.access import MAY
from xiaojia.domains.microgrids.models import Membership, Part, Partition
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


def microgrid_ids_at(
    *, viewer: Actor, on: date, building_id: int | None = None, household_id: int | None = None
) -> tuple[int, ...]:
    """Of a door, else of a building, ascending (one query); none for a place that no plan knows."""
    require(MAY, "see_microgrids", viewer, viewer.community_id)
    holds = Q(until_on__isnull=True) | Q(until_on__gt=on)
    if household_id is not None:
        rows = Membership.objects.filter(holds, household_id=household_id, from_on__lte=on)
        here = rows.filter(community_id__in=viewer.scope.community_ids)
        return tuple(sorted(here.values_list("microgrid_id", flat=True)))
    if building_id is not None:
        ids = _parts(viewer, on).filter(unit__building_id=building_id)
        found = ids.values_list("cluster__microgrid_id", flat=True).distinct()
        return tuple(sorted(pk for pk in found if pk is not None))
    return ()


def microgrid_ids_by_building(*, viewer: Actor, on: date) -> dict[int, tuple[int, ...]]:
    """Building -> the micro-grids that have a part in it on a day, ascending (one query)."""
    require(MAY, "see_microgrids", viewer, viewer.community_id)
    found: dict[int, set[int]] = defaultdict(set)
    rows = _parts(viewer, on).values_list("unit__building_id", "cluster__microgrid_id").distinct()
    for building_id, microgrid_id in rows:
        found[building_id].add(microgrid_id)
    return {building_id: tuple(sorted(ids)) for building_id, ids in found.items()}


def _parts(viewer: Actor, on: date) -> QuerySet[Part]:
    """Parts of the plan that holds on a day, of micro-grids that exist."""
    in_force = Q(partition__until_on__isnull=True) | Q(partition__until_on__gt=on)
    return Part.objects.filter(
        in_force,
        community_id__in=viewer.scope.community_ids,
        partition__state__in=[Partition.State.ADOPTED, Partition.State.SUPERSEDED],
        partition__adopted_on__lte=on,
        cluster__microgrid__isnull=False,
    )
