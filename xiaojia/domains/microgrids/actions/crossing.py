"""Micro-grids that go to another community: ended here on a day, begun there, plans of both sides follow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.access import MAY
from xiaojia.domains.microgrids.models import (
    Adjacency,
    Cluster,
    Membership,
    MicroGrid,
    Part,
    Partition,
    PlanException,
)
from xiaojia.domains.microgrids.queries import lived_in, unit_rows
from xiaojia.domains.microgrids.rules import fingerprint
from xiaojia.domains.places.rules import Crossing
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope

BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Across:
    """Old id -> new id of what was laid anew on the other side."""

    compounds: Mapping[int, int]
    units: Mapping[int, int]
    households: Mapping[int, int]


@transaction.atomic
def cross_microgrids(
    *,
    by: Actor,
    at: datetime,
    crossing: Crossing,
    whole: Collection[int],
    cut: Collection[int],
    across: Across,
) -> dict[int, int]:
    """`whole` micro-grids go on as new ones of the other side, `cut` ones end; old id -> new id.

    Plans of either side that were to begin later never begin. The plan that holds is followed, on each side,
    by one that holds from that day: without what left, with what came. Runs in the scope of both, after
    places and households crossed. Leaves no audit row: the caller's action does.
    """
    for community_id in (crossing.from_community_id, crossing.to_community_id):
        require(MAY, "cross_microgrids", by, community_id)
        _never_begin(community_id, crossing.on)
    ids = _begin(crossing, whole)
    plans = [_in_force(c, crossing.on) for c in (crossing.from_community_id, crossing.to_community_id)]
    for plan in plans:
        if plan is not None:
            plan.state, plan.until_on = Partition.State.SUPERSEDED, crossing.on
            plan.save(update_fields=["state", "until_on"])
    here, there = plans
    gone = {*whole, *cut}
    staying = _clusters(here, lambda microgrid_id: microgrid_id not in gone)
    _follow(here, _one(by, crossing.from_community_id), at, crossing.on, [(staying, {}, {})])
    coming = _clusters(here, lambda microgrid_id: microgrid_id in ids)
    known = _clusters(there, lambda _microgrid_id: True)
    successor = _follow(
        there or here,
        _one(by, crossing.to_community_id),
        at,
        crossing.on,
        [(known, {}, {}), (coming, ids, across.units)],
    )
    _settle_memberships(crossing, gone, ids, across.households, successor)
    _cross_adjacencies(crossing, across.compounds)
    return ids


def _one(by: Actor, community_id: int) -> Actor:
    """The same actor, looking at one of the two communities."""
    return replace(by, community_id=community_id, scope=Scope((community_id,), is_wide=True))


def _never_begin(community_id: int, on: date) -> None:
    """Undo what was adopted for a later day: neither side's register is what it was made for."""
    later = Partition.objects.filter(community_id=community_id, adopted_on__gt=on)
    if not later.exists():
        return
    later.update(state=Partition.State.SUPERSEDED, until_on=F("adopted_on"))
    Membership.objects.filter(community_id=community_id, from_on__gt=on).delete()
    Membership.objects.filter(community_id=community_id, until_on__gt=on).update(until_on=None)
    MicroGrid.objects.filter(community_id=community_id, since_on__gt=on).update(until_on=F("since_on"))
    MicroGrid.objects.filter(community_id=community_id, since_on__lte=on, until_on__gt=on).update(
        until_on=None
    )
    before = Partition.objects.filter(community_id=community_id, adopted_on__lte=on, until_on__gt=on)
    before.update(state=Partition.State.ADOPTED, until_on=None)


def _in_force(community_id: int, on: date) -> Partition | None:
    holding = Q(until_on__isnull=True) | Q(until_on__gt=on)
    rows = Partition.objects.filter(holding, community_id=community_id, adopted_on__lte=on)
    return rows.filter(state=Partition.State.ADOPTED).select_for_update().first()


def _begin(crossing: Crossing, whole: Collection[int]) -> dict[int, int]:
    """New micro-grids for the whole ones; a number that is taken there gives way to the next free one."""
    alive = MicroGrid.objects.filter(community_id=crossing.to_community_id, until_on__isnull=True)
    taken = set(alive.values_list("number", flat=True))
    ids = {}
    for old in MicroGrid.objects.filter(pk__in=whole).order_by("number"):
        number = old.number
        while number in taken:
            number += 1
        taken.add(number)
        new = MicroGrid.objects.create(
            community_id=crossing.to_community_id, number=number, name=old.name, since_on=crossing.on
        )
        ids[old.pk] = new.pk
    return ids


def _clusters(partition: Partition | None, keeps: Any) -> list[Cluster]:
    if partition is None:
        return []
    rows = partition.clusters.filter(microgrid__isnull=False).select_related("microgrid")
    return [
        c for c in rows.prefetch_related("parts", "exceptions").order_by("number") if keeps(c.microgrid_id)
    ]


Group = tuple[Sequence[Cluster], Mapping[int, int], Mapping[int, int]]
"""Clusters to take over, their micro-grids' new ids and their units' new ids; empty: as they are."""


def _follow(
    model: Partition | None, viewer: Actor, at: datetime, on: date, groups: Iterable[Group]
) -> Partition | None:
    """A plan that holds from that day, made of clusters of others with their accepted exceptions."""
    wanted = [group for group in groups if group[0]]
    if model is None or not wanted:
        return None
    clusters = [c for group in wanted for c in group[0]]
    homes = [c.household_count for c in clusters]
    codes = {c.pk: {e.code for e in c.exceptions.all()} for c in clusters}
    plan = Partition.objects.create(
        community_id=viewer.community_id,
        label=_("社区调整以后"),
        scenario=model.scenario,
        state=Partition.State.ADOPTED,
        register_fingerprint=fingerprint(lived_in(unit_rows(viewer=viewer))),
        seed=model.seed,
        totals={
            **model.totals,
            "microgrids": len(homes),
            "households": sum(homes),
            "in_range": sum(50 <= n <= 80 for n in homes),
            "under": sum(n < 50 for n in homes),
            "over": sum(n > 80 for n in homes),
            "cross": sum("cross_compound" in found for found in codes.values()),
            "changing": 0,
            "ending": 0,
        },
        made_at=at,
        made_by_id=0,
        adopted_on=on,
    )
    for group in wanted:
        _copy(plan, *group)
    return plan


def _copy(
    plan: Partition, clusters: Sequence[Cluster], microgrids: Mapping[int, int], units: Mapping[int, int]
) -> None:
    mine = {"community_id": plan.community_id, "partition": plan}
    numbers = dict(MicroGrid.objects.filter(community_id=plan.community_id).values_list("pk", "number"))
    parts, exceptions = [], []
    for old in clusters:
        microgrid_id = microgrids.get(old.microgrid_id or 0, old.microgrid_id)
        new = Cluster.objects.create(
            **mine, number=numbers[microgrid_id or 0], household_count=old.household_count,
            microgrid_id=microgrid_id,
        )  # fmt: skip
        parts += [
            Part(
                **mine, cluster=new, unit_id=units.get(p.unit_id, p.unit_id), floor_from=p.floor_from,
                floor_to=p.floor_to, household_count=p.household_count,
            )
            for p in old.parts.all()
        ]  # fmt: skip
        exceptions += [
            PlanException(
                **mine, cluster=new, code=e.code, sentence=e.sentence, certificate=e.certificate,
                approved_reason=e.approved_reason, approved_by_id=e.approved_by_id, approved_at=e.approved_at,
            )
            for e in old.exceptions.all()
        ]  # fmt: skip
    Part.objects.bulk_create(parts, batch_size=BATCH)
    PlanException.objects.bulk_create(exceptions, batch_size=BATCH)


def _settle_memberships(
    crossing: Crossing,
    gone: Collection[int],
    ids: Mapping[int, int],
    households: Mapping[int, int],
    successor: Partition | None,
) -> None:
    """Memberships of micro-grids that end here end; those of whole ones begin again on the other side."""
    on = crossing.on
    mine = Membership.objects.filter(microgrid_id__in=gone, until_on__isnull=True)
    coming = list(mine.filter(microgrid_id__in=list(ids), household_id__in=list(households)))
    if successor is not None:
        Membership.objects.bulk_create(
            [
                Membership(
                    community_id=crossing.to_community_id, household_id=households[m.household_id],
                    microgrid_id=ids[m.microgrid_id], partition=successor, from_on=on,
                )
                for m in coming
            ],
            batch_size=BATCH,
        )  # fmt: skip
    mine.filter(from_on__gte=on).delete()
    mine.update(until_on=on)
    MicroGrid.objects.filter(pk__in=gone, since_on__gt=on).update(until_on=F("since_on"))
    MicroGrid.objects.filter(pk__in=gone, since_on__lte=on).update(until_on=on)


def _cross_adjacencies(crossing: Crossing, compounds: Mapping[int, int]) -> None:
    inside = Adjacency.objects.filter(
        first_compound_id__in=list(compounds), second_compound_id__in=list(compounds)
    )
    for pair in inside:
        low, high = sorted((compounds[pair.first_compound_id], compounds[pair.second_compound_id]))
        Adjacency.objects.create(
            community_id=crossing.to_community_id, first_compound_id=low, second_compound_id=high,
            confirmed_by_id=pair.confirmed_by_id, confirmed_at=pair.confirmed_at,
        )  # fmt: skip
    inside.delete()
