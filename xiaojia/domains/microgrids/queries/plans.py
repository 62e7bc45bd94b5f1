"""Reads of plans: one plan whole, the living drafts, and the partition in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.access import MAY, visible_partitions
from xiaojia.domains.microgrids.models import Move, Partition, PlanException
from xiaojia.domains.microgrids.queries.register import unit_rows
from xiaojia.domains.microgrids.rules import NEVER_APPROVED, Size, UnitRow, size_of
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class PartView:
    """What moves as one piece: a unit, or a block of floors (0 to 0: the whole unit)."""

    part_id: int
    cluster_id: int
    unit: UnitRow
    floor_from: int
    floor_to: int
    household_count: int


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """One exception with its number on map and list. `is_settled`: accepted with a reason."""

    exception_id: int
    number: int
    cluster_id: int
    cluster_number: int
    household_count: int
    code: str
    sentence: str
    approved_reason: str
    certificate: dict[str, Any]
    first_part_id: int = 0

    @property
    def title(self) -> str:
        """8 号小家 88 户，多 8 户."""
        words = {"n": self.cluster_number, "count": self.household_count}
        if self.code == "cross_compound":
            return _("%(n)s 号小家跨院子，%(count)s 户") % words
        if self.code == "not_connected":
            return _("%(n)s 号小家的楼不挨着") % words
        if self.code == "small_unit_cut":
            return _("%(n)s 号小家把一个单元拆开了") % words
        return _("%(n)s 号小家 %(count)s 户，%(size)s") % {
            **words,
            "size": size_of(self.household_count).word,
        }

    @property
    def is_settled(self) -> bool:
        """Whether somebody wrote why it may stay."""
        return bool(self.approved_reason)

    @property
    def may_be_approved(self) -> bool:
        """False for what only moving can put right."""
        return self.code not in NEVER_APPROVED


@dataclass(slots=True)
class ClusterView:
    """One micro-grid of a plan."""

    cluster_id: int
    number: int
    household_count: int
    microgrid_id: int | None
    parts: list[PartView] = field(default_factory=list)
    exceptions: list[ExceptionView] = field(default_factory=list)

    @property
    def size(self) -> Size:
        """How its households fit."""
        return size_of(self.household_count)

    @property
    def compounds(self) -> list[str]:
        """Names of the compounds it touches, in walking order."""
        return list(dict.fromkeys(p.unit.compound for p in self.parts))


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as pages and drawings read it; clusters without households are left out."""

    partition: Partition
    clusters: list[ClusterView]
    parts: list[PartView]
    exceptions: list[ExceptionView]
    units: list[UnitRow]

    def cluster(self, cluster_id: int) -> ClusterView | None:
        """The cluster of that id, if it has households."""
        return next((c for c in self.clusters if c.cluster_id == cluster_id), None)

    def part(self, part_id: int) -> PartView | None:
        """The part of that id."""
        return next((p for p in self.parts if p.part_id == part_id), None)

    @property
    def open_exceptions(self) -> list[ExceptionView]:
        """What still needs a reason or a move."""
        return [e for e in self.exceptions if not e.is_settled]


def plan(partition_id: int, *, viewer: Actor) -> Plan | None:
    """One plan with all its parts in walking order (five queries); None when the viewer has no such plan."""
    require(MAY, "see_plans", viewer, viewer.community_id)
    partition = visible_partitions(viewer).filter(pk=partition_id).first()
    return plan_of(partition, viewer=viewer) if partition else None


def plan_of(partition: Partition, *, viewer: Actor) -> Plan:
    """The plan of a partition that the viewer was shown already (four queries)."""
    rows = list(
        partition.parts.order_by("cluster__number", "floor_from").values_list(
            "cluster_id", "cluster__number", "cluster__household_count", "cluster__microgrid_id",
            "id", "unit_id", "floor_from", "floor_to", "household_count",
        )
    )  # fmt: skip
    units = {u.unit_id: u for u in unit_rows(viewer=viewer)}
    if any(row[5] not in units for row in rows):  # a plan of before some compounds left
        units = {u.unit_id: u for u in unit_rows(viewer=viewer, with_left=True)}
    order = {unit_id: place for place, unit_id in enumerate(units)}
    clusters: dict[int, ClusterView] = {}
    for pk, number, homes, microgrid_id, part_id, unit_id, low, high, count in rows:
        cluster = clusters.setdefault(pk, ClusterView(pk, number, homes, microgrid_id))
        cluster.parts.append(PartView(part_id, pk, units[unit_id], low, high, count))
    for cluster in clusters.values():
        cluster.parts.sort(key=lambda p: (order[p.unit.unit_id], p.floor_from))
    exceptions = _exceptions(partition, clusters)
    parts = [p for c in clusters.values() for p in c.parts]
    parts.sort(key=lambda p: (order[p.unit.unit_id], p.floor_from))
    return Plan(partition, list(clusters.values()), parts, exceptions, list(units.values()))


def _exceptions(partition: Partition, clusters: dict[int, ClusterView]) -> list[ExceptionView]:
    """Numbered through the whole plan by micro-grid, so that every map and sheet shows the same numbers."""
    rows = partition.exceptions.values(
        "id", "cluster_id", "code", "sentence", "approved_reason", "certificate"
    )
    ordered = sorted(rows, key=lambda r: (clusters[r["cluster_id"]].number, r["code"]))
    views = []
    for number, row in enumerate(ordered, start=1):
        cluster = clusters[row["cluster_id"]]
        view = ExceptionView(
            row["id"], number, cluster.cluster_id, cluster.number, cluster.household_count, row["code"],
            row["sentence"], row["approved_reason"], row["certificate"], cluster.parts[0].part_id,
        )  # fmt: skip
        cluster.exceptions.append(view)
        views.append(view)
    return views


def living_plans(*, viewer: Actor) -> QuerySet[Partition]:
    """Drafts, the oldest first."""
    require(MAY, "see_plans", viewer, viewer.community_id)
    drafts = visible_partitions(viewer).filter(state=Partition.State.DRAFT)
    return drafts.order_by("made_at", "id")


def partition_in_force(*, viewer: Actor, on: date) -> Partition | None:
    """The partition that holds on that day."""
    adopted: Iterable[Partition] = (
        visible_partitions(viewer)
        .filter(state__in=[Partition.State.ADOPTED, Partition.State.SUPERSEDED], adopted_on__lte=on)
        .filter(Q(until_on__isnull=True) | Q(until_on__gt=on))
        .order_by("-adopted_on", "-id")
    )
    return next(iter(adopted), None)


@dataclass(frozen=True, slots=True)
class Shelved:
    """A plan on the shelf: a draft, or one that holds or will hold. `is_moved`: somebody adjusted it by hand.

    `is_unproven`: it has a short micro-grid of which nobody proved that it cannot be spared.
    """

    partition: Partition
    is_moved: bool
    is_unproven: bool
    exception_count: int

    @property
    def is_draft(self) -> bool:
        """Whether it may still change."""
        return self.partition.state == Partition.State.DRAFT


def shelf(*, viewer: Actor, on: date) -> list[Shelved]:
    """What holds on that day or later, then the drafts, the oldest first (one query)."""
    require(MAY, "see_plans", viewer, viewer.community_id)
    exceptions = PlanException.objects.filter(partition=OuterRef("pk"))
    short = exceptions.filter(code="under_50").exclude(certificate__is_proven=True)
    moves = Move.objects.filter(partition=OuterRef("pk"), undone_at__isnull=True)
    holds = Q(state__in=[Partition.State.ADOPTED, Partition.State.SUPERSEDED]) & (
        Q(until_on__isnull=True) | Q(until_on__gt=on)
    )
    rows = (
        visible_partitions(viewer)
        .filter(holds | Q(state=Partition.State.DRAFT))
        .annotate(moved=Exists(moves), unproven=Exists(short), count=Count("exceptions"))
        .order_by("adopted_on", "made_at", "id")
    )
    return [Shelved(p, p.moved, p.unproven, p.count) for p in rows]


def holding(plans: Iterable[Shelved], *, on: date) -> Partition | None:
    """The partition of the shelf that holds on that day."""
    begun = [p.partition for p in plans if p.partition.adopted_on and p.partition.adopted_on <= on]
    return begun[-1] if begun else None


def upcoming(plans: Iterable[Shelved], *, on: date) -> Partition | None:
    """The partition of the shelf that is adopted from a later day."""
    later = [p.partition for p in plans if p.partition.adopted_on and p.partition.adopted_on > on]
    return later[-1] if later else None
