"""Plans side by side: the rows of the table, and the records behind each of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.domains.microgrids.models import Partition
from xiaojia.domains.microgrids.queries.history import MicroGridOnDay
from xiaojia.domains.microgrids.queries.plans import ClusterView, Plan, Shelved
from xiaojia.domains.microgrids.queries.register import Standing, standings
from xiaojia.domains.microgrids.rules import address_words, inherited
from xiaojia.kernel.actors import Actor

ROWS: Final = {
    "microgrids": (gettext_lazy("小家个数"), gettext_lazy("划出来的小家，一个一行。")),
    "in_range": (gettext_lazy("在 50–80 户之内"), gettext_lazy("户数从 50 到 80 的小家。")),
    "under": (gettext_lazy("不到 50 户"), gettext_lazy("户数不到 50 的小家，每个都有理由。")),
    "over": (
        gettext_lazy("超过 80 户"),
        gettext_lazy("户数超过 80 的小家；只有一层楼就超过 80 户才会这样。"),
    ),
    "cross": (gettext_lazy("跨院子合在一起的"), gettext_lazy("楼在两个以上院子里的小家。")),
    "split": (gettext_lazy("分在几个小家的楼"), gettext_lazy("一栋楼的住户分在两个以上小家。")),
    "changing": (
        gettext_lazy("换小家的住户"),
        gettext_lazy("现在有小家、照这个方案要换一个的住户，按单元数。"),
    ),
}
"""Row -> (its words, how it is counted)."""

WAYS: Final[dict[str, Any]] = {
    Partition.Scenario.INSIDE: gettext_lazy("只在院子里头合"),
    Partition.Scenario.CROSS: gettext_lazy("院子之间也合"),
    Partition.Scenario.WHOLE: gettext_lazy("整栋不拆"),
    Partition.Scenario.FEWEST: gettext_lazy("换小家的户最少"),
    Partition.Scenario.NO_JOIN: gettext_lazy("不新添跨院子的"),
}
"""Kind of plan -> its words."""


@dataclass(frozen=True, slots=True)
class Column:
    """One plan, or what holds now (`partition_id` 0), with the value of each row; None: does not apply."""

    partition_id: int
    label: str
    scenario: str
    totals: Mapping[str, Any]
    proof: str = ""
    exception_count: int = 0

    @property
    def way(self) -> str:
        """What kind of plan it is."""
        return str(WAYS.get(self.scenario, ""))

    @property
    def trade(self) -> str:
        """What speaks for it and what against, as one would tell it in the courtyard."""
        t = self.totals
        if t.get("cross"):
            first = _("有 %(n)s 个小家跨院子，开会、串门要走出院子。") % {"n": t["cross"]}
        else:
            first = _("小家都不出院子，开会、串门都近。")
        if t.get("under"):
            second = _("不到 50 户的有 %(n)s 个，轮到做事的人少些。") % {"n": t["under"]}
        else:
            second = _("没有一个小家不到 50 户，做事都凑得齐人。")
        if t.get("over"):
            second += _("超过 80 户的有 %(n)s 个，照规矩要移走一些才能采用。") % {"n": t["over"]}
        third = _("%(n)s 户要换小家。") % {"n": t["changing"]} if t.get("changing") else ""
        return first + second + third


@dataclass(frozen=True, slots=True)
class Record:
    """One line behind a number: what, how many households, and a word."""

    title: str
    household_count: int
    note: str
    cluster_id: int = 0
    area_key: int = 0


def column_of(plan: Shelved) -> Column:
    """A plan as a column; the proof in words that hold only while nobody moved anything."""
    p = plan.partition
    if plan.is_moved:
        words = _("手工调过，个数照调过的数，好不好没有再证明。")
    elif p.scenario in (Partition.Scenario.FEWEST, Partition.Scenario.NO_JOIN):
        words = _("只改了有变化的那几处，别处照旧。")
    else:
        words = proof_words(p, is_proven=not plan.is_unproven)
    return Column(p.pk, p.label, p.scenario, p.totals, words, plan.exception_count)


def proof_words(partition: Partition, *, is_proven: bool) -> str:
    """What the engine proved, as one would tell it in the courtyard."""
    totals, gap = partition.totals, float(partition.proof.get("gap", 1.0))
    if not totals.get("under") and not totals.get("over"):
        first = _("小家都在 50–80 户之内。")
    elif is_proven:
        first = _("证明过：不到 50 户的 %(n)s 个，再少不了。") % {"n": totals.get("under", 0)}
    else:
        first = _("不到 50 户的 %(n)s 个，是试过的分法里最少的。") % {"n": totals.get("under", 0)}
    if gap <= 0.0005:
        return first + _("走路远近、拆楼多少也算过，没有更好的分法。")
    percent = f"{100 * gap:.1f}"
    return first + _("走路远近、拆楼多少也算过，离最好最多差 %(percent)s%%。") % {"percent": percent}


def column_now(day: Sequence[MicroGridOnDay]) -> Column:
    """What holds today, counted from the memberships."""
    buildings: dict[tuple[int, str], set[int]] = {}
    for microgrid in day:
        for row in microgrid.rows:
            buildings.setdefault((row.compound_id, row.building), set()).add(microgrid.microgrid_id)
    counts = [m.household_count for m in day]
    totals = {
        "microgrids": len(day),
        "households": sum(counts),
        "in_range": sum(m.size.is_fitting for m in day),
        "under": sum(m.size.kind == "wait" for m in day),
        "over": sum(m.size.kind == "late" for m in day),
        "cross": sum(len(m.compounds) > 1 for m in day),
        "split": sum(len(owners) > 1 for owners in buildings.values()),
        "changing": None,
    }
    return Column(0, _("现在用的"), "", totals)


def records(plan: Plan, row: str, *, viewer: Actor, on: date) -> list[Record]:
    """The list behind one number of a plan."""
    if row == "split":
        return _split_buildings(plan)
    if row == "changing":
        return _changing_units(plan, standings(viewer=viewer, on=on))
    return [
        Record(
            _("%(n)s 号小家") % {"n": c.number}, c.household_count, "、".join(c.compounds), c.cluster_id,
            c.parts[0].unit.compound_id,
        )
        for c in plan.clusters
        if _belongs(c, row)
    ]  # fmt: skip


def records_now(day: Sequence[MicroGridOnDay], row: str) -> list[Record]:
    """The list behind one number of what holds today."""
    if row == "split":
        owners: dict[str, dict[int, int]] = {}
        for m in day:
            for r in m.rows:
                here = owners.setdefault(address_words(r.compound, r.building), {})
                here[m.number] = here.get(m.number, 0) + r.household_count
        return [_split_record(name, here) for name, here in owners.items() if len(here) > 1]
    return [
        Record(_("%(n)s 号小家") % {"n": m.number}, m.household_count, "、".join(m.compounds))
        for m in day
        if _belongs(m, row)
    ]


def _belongs(microgrid: ClusterView | MicroGridOnDay, row: str) -> bool:
    return {
        "microgrids": True,
        "in_range": microgrid.size.is_fitting,
        "under": microgrid.size.kind == "wait",
        "over": microgrid.size.kind == "late",
        "cross": len(microgrid.compounds) > 1,
    }.get(row, False)


def _split_buildings(plan: Plan) -> list[Record]:
    numbers = {c.cluster_id: c.number for c in plan.clusters}
    owners: dict[tuple[int, str], dict[int, int]] = {}
    for part in plan.parts:
        key = (part.unit.compound_id, address_words(part.unit.compound, part.unit.building))
        here = owners.setdefault(key, {})
        number = numbers[part.cluster_id]
        here[number] = here.get(number, 0) + part.household_count
    return [
        _split_record(name, here, compound_id)
        for (compound_id, name), here in owners.items()
        if len(here) > 1
    ]


def _split_record(name: str, owners: Mapping[int, int], compound_id: int = 0) -> Record:
    shares = "，".join(_("%(n)s 号 %(homes)s 户") % {"n": n, "homes": homes} for n, homes in owners.items())
    return Record(name, sum(owners.values()), shares, 0, compound_id)


def _changing_units(plan: Plan, now: Sequence[Standing]) -> list[Record]:
    """Units (or floors) whose households would change their micro-grid."""
    by_unit: dict[int, list[tuple[int, int, int]]] = {}
    addresses = {u.unit_id: u for u in plan.units}
    for part in plan.parts:
        by_unit.setdefault(part.unit.unit_id, []).append((part.floor_from, part.floor_to, part.cluster_id))
    moves: dict[tuple[int, int, int], int] = {}
    shared: dict[tuple[int, int], int] = {}
    sizes: dict[int, int] = {}
    for s in now:
        if s.microgrid_id is None:
            continue
        sizes[s.microgrid_id] = sizes.get(s.microgrid_id, 0) + s.household_count
        for low, high, cluster in by_unit.get(s.unit_id, []):
            if high == 0 or low <= s.floor <= high:
                shared[cluster, s.microgrid_id] = shared.get((cluster, s.microgrid_id), 0) + s.household_count
                key = (s.unit_id, s.microgrid_id, cluster)
                moves[key] = moves.get(key, 0) + s.household_count
    kept = inherited(shared, sizes)
    numbers = {c.cluster_id: c.number for c in plan.clusters}
    return [
        Record(
            addresses[unit_id].address, homes, _("去 %(n)s 号小家") % {"n": numbers[cluster]}, cluster,
            addresses[unit_id].compound_id,
        )
        for (unit_id, microgrid, cluster), homes in moves.items()
        if kept.get(cluster) != microgrid
    ]  # fmt: skip
