"""What has changed since the division was adopted: which micro-grids no longer fit, who has none yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.access import MAY, visible_partitions
from xiaojia.domains.microgrids.models import MicroGrid, Partition
from xiaojia.domains.microgrids.queries.history import MicroGridOnDay
from xiaojia.domains.microgrids.queries.plans import Plan, partition_in_force
from xiaojia.domains.microgrids.queries.register import (
    Standing,
    adjacent_pairs,
    lived_in,
    problem_of,
    standings,
    unit_key,
    unit_rows,
)
from xiaojia.domains.microgrids.rules import LEAST, MOST, UnitRow, fingerprint, floor_words, inherited
from xiaojia.engines.partition import Part
from xiaojia.engines.partition.rebalance import broken
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

CHANGE_SCENARIOS: Final = (Partition.Scenario.FEWEST, Partition.Scenario.NO_JOIN)
_MAY_STAY: Final = ("under_50", "not_connected")


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing that no longer fits: a micro-grid (`number`), or households without one (number 0)."""

    number: int
    title: str
    sentence: str
    household_count: int


@dataclass(frozen=True, slots=True)
class Change:
    """What an officer has to settle; `fingerprint` names the register that was looked at."""

    partition: Partition | None
    occasions: tuple[Occasion, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Way:
    """One of the two ways to settle it, as a draft; figures are those of its making."""

    partition: Partition
    figures: Mapping[str, Any]
    is_stale: bool
    is_moved: bool

    @property
    def title(self) -> str:
        """What it is good for."""
        is_short = bool(self.figures.get("missing"))
        if self.figures.get("is_only"):
            return _("换的户最少，也不新添跨院子的")
        if self.partition.scenario == Partition.Scenario.FEWEST:
            return _("换的户最少") if is_short else _("小家都合适，换的户最少")
        return _("不新添跨院子的，有小家不够 50 户") if is_short else _("不新添跨院子的小家")

    @property
    def moving(self) -> int:
        """Households that change their micro-grid, as the plan stands."""
        return int(self.partition.totals.get("changing") or 0)

    @property
    def words(self) -> list[str]:
        """What it does, sentence by sentence, as one would tell it in the courtyard."""
        told = [self._moving_words()]
        if self.is_moved:
            return [*told, _("手工调过，别的数看图。")]
        f = self.figures
        if f.get("altered"):
            told.append(_("有变动的是 %(listed)s小家。") % {"listed": _listed(f["altered"])})
        if f.get("opened"):
            told.append(_("新开 %(listed)s小家。") % {"listed": _listed(f["opened"])})
        if f.get("ended"):
            told.append(_("%(listed)s小家不再有了，人并到旁边。") % {"listed": _listed(f["ended"])})
        if f.get("joins"):
            told.append(_("%(listed)s小家要新跨院子，要写理由。") % {"listed": _listed(f["joins"])})
        elif f.get("altered") or f.get("opened"):
            told.append(_("没有新跨院子的小家。"))
        if f.get("missing"):
            told.append(_("还有不到 50 户的小家，一共差 %(n)s 户。") % {"n": f["missing"]})
        return told

    @property
    def proof(self) -> str:
        """How sure it is that nobody less could move."""
        if self.is_moved or not self.moving:
            return ""
        if not self.figures.get("is_fewest"):
            return _("这是找到的最少，没有证明不能再少。")
        if self.figures.get("missing"):
            return _("算过这几个小家和旁边的：差的户和换的户都不能再少。")
        return _("算过这几个小家和旁边的：小家都要合适，换的户就不能再少。")

    def _moving_words(self) -> str:
        if not self.moving:
            return _("没有一户要换小家，只把新来的记上。")
        return _("%(n)s 户要换小家。") % {"n": self.moving}


@dataclass(frozen=True, slots=True)
class UnitMove:
    """Neighbours of one unit (or some floors of it) who get another micro-grid; from 0: they are new here."""

    unit: UnitRow
    floors: str
    from_number: int
    to_number: int
    to_count: int
    household_count: int

    @property
    def address(self) -> str:
        """刘家院子 5 栋 2 单元 1–6 层."""
        return f"{self.unit.address} {self.floors}".strip()


def _listed(numbers: Sequence[int]) -> str:
    return "、".join(_("%(n)s 号") % {"n": n} for n in numbers)


def present_parts(now: Iterable[Standing], keys: Mapping[int, tuple[str, str, str]]) -> tuple[Part, ...]:
    """Today's households by floor as the engine takes them; who has no micro-grid is left out."""
    return tuple(
        Part(s.microgrid_id, *keys[s.unit_id], s.floor, s.floor, s.household_count)
        for s in now
        if s.microgrid_id is not None and s.unit_id in keys
    )


def accepted_microgrids(partition: Partition, sizes: Mapping[int, int]) -> set[int]:
    """Micro-grids that somebody accepted as short or apart, and that have lost nobody since (one query)."""
    return _accepted(_held(partition), sizes)


def _held(partition: Partition) -> list[tuple[int | None, int, int, str | None, Any]]:
    """Micro-grid, number, households at adoption, code and hour of approval: one row an exception."""
    return list(
        partition.clusters.values_list(
            "microgrid_id", "number", "household_count", "exceptions__code", "exceptions__approved_at"
        )
    )


def _accepted(
    held: Iterable[tuple[int | None, int, int, str | None, Any]], sizes: Mapping[int, int]
) -> set[int]:
    return {
        pk
        for pk, _number, before, code, approved_at in held
        if pk and code in _MAY_STAY and approved_at and sizes.get(pk, 0) >= before
    }


def change_now(*, viewer: Actor, on: date) -> Change:
    """What does not fit any more on that day (six queries)."""
    require(MAY, "see_plans", viewer, viewer.community_id)
    partition = partition_in_force(viewer=viewer, on=on)
    rows = lived_in(unit_rows(viewer=viewer))
    print_of_register = fingerprint(rows)
    if partition is None:
        return Change(None, (), print_of_register)
    now = standings(viewer=viewer, on=on)
    sizes = Counter[int]()
    for standing in now:
        sizes[standing.microgrid_id or 0] += standing.household_count
    grids = sorted({r.grid_name for r in rows})
    problem = problem_of(rows, is_cross=True, pairs=adjacent_pairs(viewer=viewer))
    present = present_parts(now, {r.unit_id: unit_key(r, grids) for r in rows})
    held = _held(partition)
    ill = broken(problem, present, accepted=_accepted(held, sizes))
    numbers = {pk: number for pk, number, *_rest in held}
    found = [_occasion(numbers[pk], sizes[pk]) for pk in ill if pk in numbers]
    return Change(
        partition, (*sorted(found, key=lambda o: o.number), *_newcomers(rows, now)), print_of_register
    )


def _occasion(number: int, size: int) -> Occasion:
    title = _("%(n)s 号小家 %(count)s 户") % {"n": number, "count": size}
    if size > MOST:
        sentence = _("多 %(n)s 户，一个家长照看不过来。") % {"n": size - MOST}
    elif size < LEAST:
        sentence = _("少 %(n)s 户，轮到做事的人不够。") % {"n": LEAST - size}
    else:
        sentence = _("楼或者单元变了，几栋楼不挨着了，或者一个单元要归到一个小家。")
    return Occasion(number, title, sentence, size)


def _newcomers(rows: Sequence[UnitRow], now: Sequence[Standing]) -> list[Occasion]:
    """Households without a micro-grid by unit, in walking order."""
    new, old = Counter[int](), Counter[int]()
    for standing in now:
        (new if standing.microgrid_id is None else old)[standing.unit_id] += standing.household_count
    return [
        Occasion(
            0, row.address,
            _("%(n)s 户是新来的，跟着单元里的老邻居。") % {"n": new[row.unit_id]}
            if old[row.unit_id]
            else _("%(n)s 户还没有小家，因为是新的单元。") % {"n": new[row.unit_id]},
            new[row.unit_id],
        )
        for row in rows
        if new[row.unit_id]
    ]  # fmt: skip


def ways(change: Change, *, viewer: Actor) -> list[Way]:
    """The drafts that settle a change, the fewest moves first (one query)."""
    drafts = visible_partitions(viewer).filter(state=Partition.State.DRAFT, scenario__in=CHANGE_SCENARIOS)
    return [
        Way(p, p.proof.get("change", {}), p.register_fingerprint != change.fingerprint, p.revision > 0)
        for p in sorted(drafts, key=lambda p: (CHANGE_SCENARIOS.index(Partition.Scenario(p.scenario)), -p.pk))
    ]


def unfit(day: Sequence[MicroGridOnDay], *, viewer: Actor, on: date) -> list[MicroGridOnDay]:
    """Micro-grids of a day that are too large or too small and were not accepted as such.

    No query where all fit, else two.
    """
    outside = [m for m in day if not m.size.is_fitting]
    partition = partition_in_force(viewer=viewer, on=on) if outside else None
    if partition is None:
        return []
    accepted = accepted_microgrids(partition, {m.microgrid_id: m.household_count for m in day})
    return [m for m in outside if m.microgrid_id not in accepted]


def moves_of(plan: Plan, *, viewer: Actor, on: date) -> list[UnitMove]:
    """Who gets another micro-grid by this plan, unit by unit in walking order (two queries).

    An adopted plan is compared with the day before it held; a draft with `on`.
    """
    require(MAY, "see_plans", viewer, viewer.community_id)
    adopted_on = plan.partition.adopted_on
    now = standings(viewer=viewer, on=adopted_on - timedelta(days=1) if adopted_on else on)
    cluster_of = _cluster_finder(plan)
    shared, sizes = Counter[tuple[int, int]](), Counter[int]()
    for s in now:
        cluster = cluster_of(s)
        if s.microgrid_id is not None and cluster is not None:
            shared[cluster, s.microgrid_id] += s.household_count
            sizes[s.microgrid_id] += s.household_count
    kept = inherited(shared, sizes)
    if adopted_on:
        kept = {c.cluster_id: c.microgrid_id for c in plan.clusters if c.microgrid_id}
    found: dict[tuple[int, int, int], list[Standing]] = {}
    for s in now:
        cluster = cluster_of(s)
        if cluster is not None and kept.get(cluster, -1) != s.microgrid_id:
            found.setdefault((s.unit_id, s.microgrid_id or 0, cluster), []).append(s)
    numbers = dict(MicroGrid.objects.filter(pk__in=[m for _u, m, _c in found]).values_list("id", "number"))
    clusters = {c.cluster_id: c for c in plan.clusters}
    units = {u.unit_id: u for u in plan.units}
    order = {unit_id: i for i, unit_id in enumerate(units)}
    return [
        UnitMove(
            units[unit_id], _floors_words(units[unit_id], rows), numbers.get(microgrid, 0),
            clusters[cluster].number, clusters[cluster].household_count,
            sum(r.household_count for r in rows),
        )
        for (unit_id, microgrid, cluster), rows in sorted(
            found.items(), key=lambda item: (order.get(item[0][0], 0), item[0])
        )
        if unit_id in units
    ]  # fmt: skip


def _floors_words(unit: UnitRow, rows: Sequence[Standing]) -> str:
    """Floors only where a part of the unit moves."""
    if sum(r.household_count for r in rows) >= unit.household_count:
        return ""
    if unit.household_count <= MOST:
        return ""
    return floor_words(min(r.floor for r in rows), max(r.floor for r in rows))


def _cluster_finder(plan: Plan) -> Any:
    by_unit: dict[int, list[tuple[int, int, int]]] = {}
    for p in plan.parts:
        by_unit.setdefault(p.unit.unit_id, []).append((p.floor_from, p.floor_to, p.cluster_id))

    def cluster_of(standing: Standing) -> int | None:
        for low, high, cluster in by_unit.get(standing.unit_id, []):
            if high == 0 or low <= standing.floor <= high:
                return cluster
        return None

    return cluster_of
