"""What a hand may do with a picked cell: how much of it to move, and where to, with reason and distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.queries.plans import ClusterView, PartView, Plan
from xiaojia.domains.microgrids.rules import (
    LIMITS,
    Size,
    address_words,
    building_words,
    floor_words,
    metres_words,
    size_of,
)

MOST_TARGETS = 9
"""Digits 1 to 9 pick one from the keyboard; farther micro-grids are no neighbours anyway."""


@dataclass(frozen=True, slots=True)
class Amount:
    """One way of taking more or less: some floors, the unit, the whole building."""

    parts: str
    label: str
    household_count: int

    @property
    def part_ids(self) -> tuple[int, ...]:
        """Its parts."""
        return tuple(int(pk) for pk in self.parts.split(","))


@dataclass(frozen=True, slots=True)
class Change:
    """One micro-grid before and after the move."""

    name: str
    before: int
    after: int

    @property
    def size(self) -> Size:
        """How it fits afterwards; an emptied micro-grid is simply gone."""
        return size_of(self.after) if self.after else Size("info", _("没有了"))


@dataclass(frozen=True, slots=True)
class Target:
    """A micro-grid to move to; cluster 0 opens a new one."""

    cluster_id: int
    number: int
    label: str
    changes: tuple[Change, Change]

    @property
    def is_fitting(self) -> bool:
        """Whether both micro-grids fit afterwards."""
        return all(c.size.is_fitting for c in self.changes if c.after)


def amounts(plan: Plan, part_ids: Sequence[int]) -> list[Amount]:
    """How much of the picked cell may go: all of it, floors from either end, the building's share."""
    cell = [p for p in plan.parts if p.part_id in part_ids]
    if not cell:
        return []
    found = [_amount(cell, _whole_label(cell))]
    for count in range(1, len(cell)):
        found.append(_amount(cell[-count:], _("最上面 %(floors)s") % {"floors": _floors(cell[-count:])}))
        found.append(_amount(cell[:count], _("最下面 %(floors)s") % {"floors": _floors(cell[:count])}))
    house = [
        p
        for p in plan.parts
        if p.unit.building_id == cell[0].unit.building_id and p.cluster_id == cell[0].cluster_id
    ]
    if len(house) > len(cell):
        name = building_words(cell[0].unit.building)
        found.append(_amount(house, _("%(building)s在这个小家的都移") % {"building": name}))
    return found


def parts_words(plan: Plan, parts: Sequence[PartView]) -> str:
    """What moves together, as one says it: a whole building by its name, units and floors one by one."""
    houses: dict[int, list[PartView]] = {}
    for part in parts:
        houses.setdefault(part.unit.building_id, []).append(part)
    return _("、").join(word for members in houses.values() for word in _house_words(plan, members))


def _house_words(plan: Plan, parts: Sequence[PartView]) -> list[str]:
    unit = parts[0].unit
    if len(parts) == sum(p.unit.building_id == unit.building_id for p in plan.parts):
        return [address_words(unit.compound, unit.building)]
    units: dict[int, list[PartView]] = {}
    for part in parts:
        units.setdefault(part.unit.unit_id, []).append(part)
    return [_unit_words(plan, members) for members in units.values()]


def _unit_words(plan: Plan, parts: Sequence[PartView]) -> str:
    """The unit, with floors when only some of it moves."""
    unit = parts[0].unit
    if len(parts) == sum(p.unit.unit_id == unit.unit_id for p in plan.parts):
        return unit.address
    floors: list[tuple[int, int]] = []
    for part in sorted(parts, key=lambda p: p.floor_from):
        if floors and part.floor_from <= floors[-1][1] + 1:
            floors[-1] = (floors[-1][0], max(part.floor_to, floors[-1][1]))
        else:
            floors.append((part.floor_from, part.floor_to))
    return f"{unit.address} {_('、').join(floor_words(*pair) for pair in floors)}"


def _amount(parts: Sequence[PartView], label: str) -> Amount:
    homes = sum(p.household_count for p in parts)
    return Amount(
        ",".join(str(p.part_id) for p in parts),
        _("%(label)s，%(n)s 户") % {"label": label, "n": homes},
        homes,
    )


def _whole_label(cell: Sequence[PartView]) -> str:
    return _("整个单元") if cell[0].floor_to == 0 else _floors(cell)


def _floors(parts: Sequence[PartView]) -> str:
    return floor_words(parts[0].floor_from, parts[-1].floor_to)


def targets(plan: Plan, part_ids: Sequence[int]) -> list[Target]:
    """Where these parts could go: neighbours by distance, fitting ones first, and a new micro-grid last."""
    parts = [p for p in plan.parts if p.part_id in part_ids]
    source = plan.cluster(parts[0].cluster_id) if parts else None
    if source is None:
        return []
    homes = sum(p.household_count for p in parts)
    near = sorted(
        (
            (_metres(parts[0], cluster), cluster.number, cluster)
            for cluster in plan.clusters
            if cluster.cluster_id != source.cluster_id and _is_same_grid(parts[0], cluster)
        ),
        key=lambda entry: entry[:2],
    )
    reach = LIMITS.max_join_metres
    chosen = [
        Target(c.cluster_id, c.number, _label(parts[0], c, metres), _changes(source, c, homes))
        for metres, _number, c in near
        if metres <= reach or _shares_compound(parts[0], c)
    ][:MOST_TARGETS]
    chosen.sort(key=lambda t: not t.is_fitting)
    if homes < source.household_count:
        fresh = ClusterView(0, 0, 0, None)
        chosen.append(Target(0, 0, _("新开一个小家"), _changes(source, fresh, homes)))
    return chosen


def _changes(source: ClusterView, target: ClusterView, homes: int) -> tuple[Change, Change]:
    name = _("%(n)s 号") % {"n": target.number} if target.number else _("新的")
    return (
        Change(_("%(n)s 号") % {"n": source.number}, source.household_count, source.household_count - homes),
        Change(name, target.household_count, target.household_count + homes),
    )


def _metres(part: PartView, cluster: ClusterView) -> float:
    return min(
        math.hypot(part.unit.x_metres - p.unit.x_metres, part.unit.y_metres - p.unit.y_metres)
        for p in cluster.parts
    )


def _is_same_grid(part: PartView, cluster: ClusterView) -> bool:
    """A micro-grid never leaves its official 网格."""
    return all(p.unit.grid_name == part.unit.grid_name for p in cluster.parts)


def _shares_compound(part: PartView, cluster: ClusterView) -> bool:
    return any(p.unit.compound_id == part.unit.compound_id for p in cluster.parts)


def _label(part: PartView, cluster: ClusterView, metres: float) -> str:
    if any(p.unit.building_id == part.unit.building_id for p in cluster.parts):
        where = _("同一栋楼")
    elif part.unit.is_sketched:
        where = _("同一个院子") if _shares_compound(part, cluster) else cluster.compounds[0]
    elif _shares_compound(part, cluster):
        where = _("同一个院子，隔 %(far)s") % {"far": metres_words(metres)}
    else:
        where = _("在%(compound)s，隔 %(far)s") % {
            "compound": cluster.compounds[0],
            "far": metres_words(metres),
        }
    return _("%(n)s 号小家（%(where)s）") % {"n": cluster.number, "where": where}
