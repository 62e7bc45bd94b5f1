"""Which micro-grids a place belongs to on a day: a door has one, a building or a unit may have several."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date

from django.db.models import F, Q, QuerySet

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


def microgrids_by_household(*, viewer: Actor, on: date) -> dict[int, int]:
    """Household -> its micro-grid on a day, of all the viewer's communities (one query)."""
    require(MAY, "see_microgrids", viewer, viewer.community_id)
    holds = Q(until_on__isnull=True) | Q(until_on__gt=on)
    rows = Membership.objects.filter(holds, community_id__in=viewer.scope.community_ids, from_on__lte=on)
    return dict(rows.values_list("household_id", "microgrid_id"))


def heirs_of(
    microgrid_ids: Collection[int], homes: dict[int, int], *, viewer: Actor, on: date
) -> dict[int, int]:
    """Of these, each that is no more by that day -> where most of its last doors are now (one query).

    `homes`: as `microgrids_by_household` gives it. One whose doors nobody knows any more has no heir.
    """
    require(MAY, "see_microgrids", viewer, viewer.community_id)
    last = Membership.objects.filter(
        community_id__in=viewer.scope.community_ids, microgrid_id__in=list(microgrid_ids),
        microgrid__until_on__lte=on, until_on=F("microgrid__until_on"),
    )  # fmt: skip
    found: dict[int, Counter[int]] = defaultdict(Counter)
    for microgrid_id, household_id in last.values_list("microgrid_id", "household_id"):
        if household_id in homes:
            found[microgrid_id][homes[household_id]] += 1
    return {old: min(now, key=lambda pk: (-now[pk], pk)) for old, now in found.items()}


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
