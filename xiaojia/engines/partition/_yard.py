"""A yard: some compounds of one community as flat arrays, for the tables that numba reads."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from xiaojia.engines.partition._ground import UNITS_PER_METRE, Atom, Ground, Ints, is_connected
from xiaojia.engines.partition.problem import Limits, Weights

Floats = npt.NDArray[np.float64]

Interval = tuple[int, int, int]
"""Building (of the yard), first atom, last atom (of the yard, inclusive)."""

_GUESTS = tuple(range(0, 80, 10))
"""Households from outside that an interval of an open building may bring: some sum falls in range."""


@dataclass(slots=True)
class Yard:
    """Atoms of all chains one after the other; intervals grouped by building.

    `size_price[s]` is the price of a micro-grid of s households, `cut_after[a]` of a cut behind atom a.
    With `shortness_only` all else is free: the pure question of how many micro-grids must be short. Whoever
    takes from an open building (of the yard) may hold others from outside as well: it is never short.
    """

    ground: Ground
    buildings: list[int]
    atom_households: Ints
    atom_building: Ints
    first_atom: Ints
    interval_building: Ints
    interval_low: Ints
    interval_high: Ints
    interval_households: Ints
    interval_start: Ints
    cut_after: Ints
    distance: Ints
    compound: Ints
    adjacency: list[frozenset[int]]
    size_price: Ints
    fee: int
    open: frozenset[int] = frozenset()

    @property
    def interval_cut(self) -> Ints:
        """The price of the cut behind each interval."""
        return self.cut_after[self.interval_high]

    @property
    def atom_count(self) -> int:
        """How many atoms are to be covered."""
        return len(self.atom_households)

    def cost_of(self, intervals: Sequence[Interval]) -> int:
        """The price of one micro-grid: best centre, size, cuts to the right, joined compounds."""
        sizes = [int(self.atom_households[low : high + 1].sum()) for _b, low, high in intervals]
        buildings = [b for b, _low, _high in intervals]
        travel = min(
            sum(2 * h * int(self.distance[b, c]) for b, h in zip(buildings, sizes, strict=True))
            for c in buildings
        )
        cuts = sum(int(self.cut_after[high]) for _b, _low, high in intervals)
        joined = len({int(self.compound[b]) for b in buildings}) - 1
        total = sum(sizes)
        is_open = not self.open.isdisjoint(buildings)
        price = int(self.size_price[total]) if total < len(self.size_price) and not is_open else 0
        return travel + cuts + self.fee * joined + price

    def parts(self) -> list[list[int]]:
        """The buildings of the yard by what hangs together."""
        found, todo = [], set(range(len(self.buildings)))
        while todo:
            stack = [min(todo)]
            part = set(stack)
            while stack:
                near = self.adjacency[stack.pop()] - part
                part |= near
                stack += near
            found.append(sorted(part))
            todo -= part
        return found

    def is_short(self, intervals: Sequence[Interval]) -> bool:
        """Whether a micro-grid has fewer households than the least allowed."""
        homes = sum(int(self.atom_households[low : high + 1].sum()) for _b, low, high in intervals)
        is_open = any(b in self.open for b, _low, _high in intervals)
        return homes < self.ground.limits.least_households and not is_open

    def is_whole(self, intervals: Sequence[Interval]) -> bool:
        """Whether the buildings of a micro-grid hang together."""
        return is_connected([b for b, _low, _high in intervals], self.adjacency)


def make_yard(
    ground: Ground,
    wanted: Iterable[int],
    *,
    shortness_only: bool = False,
    shortness: Ints | None = None,
    open_to: Container[int] = (),
) -> Yard:
    """The yard of these buildings of the ground; `shortness` prices being short otherwise than by number."""
    buildings = sorted(wanted)
    place = {b: i for i, b in enumerate(buildings)}
    chains = [ground.blocks[b].atoms for b in buildings]
    first = np.cumsum([0] + [len(chain) for chain in chains])
    opened = frozenset(place[b] for b in buildings if b in open_to)
    rows = [
        _intervals(ground, chain, i, int(first[i]), guests=_GUESTS if i in opened else (0,))
        for i, chain in enumerate(chains)
    ]
    table = np.array([row for found in rows for row in found], np.int64).reshape(-1, 4)
    columns = [np.ascontiguousarray(table[:, k]) for k in range(4)]
    cut_after = np.concatenate([_cuts(ground.weights, chain) for chain in chains])
    distance = ground.distance[np.ix_(buildings, buildings)]
    compound = np.array([ground.blocks[b].compound for b in buildings], np.int64)
    prices = size_prices(ground.limits, ground.weights)
    fee = round(ground.weights.extra_compound * UNITS_PER_METRE)
    if shortness_only:
        prices, fee = shortness_prices(ground.limits) if shortness is None else shortness, 0
        cut_after, distance = np.zeros_like(cut_after), np.zeros_like(distance)
    adjacency = [frozenset(place[o] for o in ground.edges[b] if o in place) for b in buildings]
    return Yard(
        ground,
        buildings,
        np.array([a.households for chain in chains for a in chain], np.int64),
        np.repeat(np.arange(len(chains)), np.diff(first)),
        first[:-1],
        columns[0],
        columns[1],
        columns[2],
        columns[3],
        np.cumsum([0] + [len(found) for found in rows]),
        cut_after,
        np.ascontiguousarray(distance),
        compound,
        adjacency,
        prices,
        fee,
        opened,
    )


def _intervals(
    ground: Ground, chain: Sequence[Atom], building: int, offset: int, guests: Sequence[int] = (0,)
) -> list[tuple[int, int, int, int]]:
    """Building, first atom, last atom, households of every interval that fits; one atom may be too large."""
    found = []
    for low in range(len(chain)):
        total = 0
        for high in range(low, len(chain)):
            total += chain[high].households
            if total > ground.limits.most_households and high > low:
                break
            for more in guests:
                if more == 0 or total + more <= ground.limits.most_households:
                    found.append((building, offset + low, offset + high, total + more))
    return found


def _cuts(weights: Weights, chain: Sequence[Atom]) -> Ints:
    """The price of a cut after each atom of a chain; nothing after the last."""
    prices = [
        weights.cut_inside_unit if atom.row == after.row else weights.cut_between_units
        for atom, after in pairwise(chain)
    ]
    return np.array([round(price * UNITS_PER_METRE) for price in prices] + [0], np.int64)


def size_prices(limits: Limits, weights: Weights) -> Ints:
    """Price of s households, 0..most: the square around the best size, and the price of being short."""
    sizes = np.arange(limits.most_households + 1)
    metres = weights.size_square * (sizes - limits.best_households) ** 2
    missing = limits.least_households - sizes
    metres = metres + (missing > 0) * (weights.short + weights.short_per_household * missing)
    prices: Ints = np.rint(metres * UNITS_PER_METRE).astype(np.int64)
    return prices


def missing_prices(limits: Limits, weights: Weights) -> Ints:
    """What being short costs by itself: a price each, and one for every household that is missing."""
    missing = limits.least_households - np.arange(limits.most_households + 1)
    metres = (missing > 0) * (weights.short + weights.short_per_household * missing)
    prices: Ints = np.rint(metres * UNITS_PER_METRE).astype(np.int64)
    return prices


def shortness_prices(limits: Limits) -> Ints:
    """1,000,000 for every micro-grid that is short, else nothing."""
    sizes = np.arange(limits.most_households + 1)
    return ((sizes < limits.least_households) * 1_000_000).astype(np.int64)
