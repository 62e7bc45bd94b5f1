"""Small yards: all connected micro-grids are listed, the cheapest exact cover found, its own proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xiaojia.engines.partition import _cover
from xiaojia.engines.partition._yard import Interval, Yard
from xiaojia.engines.partition.problem import Effort


@dataclass(frozen=True, slots=True)
class Division:
    """Micro-grids of one yard with their cost, a proven lower bound of it, and how many are short."""

    groups: tuple[tuple[Interval, ...], ...]
    cost: int
    bound: int
    short_count: int


def divide_small(yard: Yard, effort: Effort) -> Division | None:
    """The proven best division of a yard with few atoms, or None when it is not small enough."""
    buildings = len(yard.buildings)
    if yard.atom_count > effort.small_atoms or buildings > effort.small_atoms:
        return None
    masks = np.empty(effort.small_columns, np.int64)
    costs = np.empty(effort.small_columns, np.int64)
    near = np.array([sum(1 << o for o in others) for others in yard.adjacency], np.int64)
    count = _cover.all_columns(
        buildings, yard.interval_start, yard.interval_low, yard.interval_high, yard.interval_households,
        yard.interval_cut, yard.distance, yard.compound, near, yard.size_price, yard.fee, masks, costs,
    )  # fmt: skip
    if count < 0:
        return None
    masks, costs = masks[:count], costs[:count]
    lowest = np.array([int(m & -m).bit_length() - 1 for m in masks], np.int64)
    order = np.lexsort((masks, costs, lowest))
    masks, costs, lowest = masks[order], costs[order], lowest[order]
    starts = np.searchsorted(lowest, np.arange(yard.atom_count + 1)).astype(np.int64)
    steps = _cover.cover(yard.atom_count, masks, costs, starts)
    chosen = [int(k) for k in steps if k >= 0]
    groups = tuple(intervals_of(yard, int(masks[k])) for k in chosen)
    cost = int(sum(costs[k] for k in chosen))
    return Division(groups, cost, cost, count_short(yard, groups))


def intervals_of(yard: Yard, mask: int) -> tuple[Interval, ...]:
    """The intervals of an atom mask, one a building."""
    found: dict[int, list[int]] = {}
    for atom in range(yard.atom_count):
        if mask >> atom & 1:
            found.setdefault(int(yard.atom_building[atom]), []).append(atom)
    return tuple((b, atoms[0], atoms[-1]) for b, atoms in sorted(found.items()))


def count_short(yard: Yard, groups: Sequence[Sequence[Interval]]) -> int:
    """How many micro-grids have fewer households than the least allowed."""
    return sum(yard.is_short(group) for group in groups)


def households_of(yard: Yard, group: Sequence[Interval]) -> int:
    """Households of one micro-grid."""
    return int(sum(int(yard.atom_households[low : high + 1].sum()) for _b, low, high in group))
