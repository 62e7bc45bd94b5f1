"""A yard: some compounds of one community as flat arrays, for the tables that numba reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xiaojia.engines.partition._ground import UNITS_PER_METRE, Ground, Ints, is_connected
from xiaojia.engines.partition.problem import Limits, Weights

Interval = tuple[int, int, int]
"""Building (of the yard), first atom, last atom (of the yard, inclusive)."""


@dataclass(slots=True)
class Yard:
    """Atoms of all chains one after the other; intervals grouped by building.

    `size_price[s]` is the price of a micro-grid of s households; `free` switches distances, cuts and
    fees off, which leaves the pure question of how many micro-grids must be short.
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
    interval_cut: Ints
    interval_start: Ints
    distance: Ints
    compound: Ints
    adjacency: list[frozenset[int]]
    size_price: Ints
    fee: int
    giants: list[int]

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
        cuts = sum(self._cut(b, high) for b, _low, high in intervals)
        joined = len({int(self.compound[b]) for b in buildings}) - 1
        total = sum(sizes)
        price = int(self.size_price[total]) if total < len(self.size_price) else 0
        return travel + cuts + self.fee * joined + price

    def is_whole(self, intervals: Sequence[Interval]) -> bool:
        """Whether the buildings of a micro-grid hang together."""
        return is_connected([b for b, _low, _high in intervals], self.adjacency)

    def _cut(self, building: int, high: int) -> int:
        at = self.interval_start[building]
        for k in range(int(at), int(self.interval_start[building + 1])):
            if self.interval_high[k] == high:
                return int(self.interval_cut[k])
        return 0


def make_yard(ground: Ground, compounds: Sequence[int], *, shortness_only: bool = False) -> Yard:
    """The yard of these compounds of the ground."""
    wanted = set(compounds)
    buildings = [b for b, block in enumerate(ground.blocks) if block.compound in wanted]
    place = {b: i for i, b in enumerate(buildings)}
    households: list[int] = []
    owner: list[int] = []
    first: list[int] = []
    rows: list[tuple[int, int, int, int, int]] = []
    starts = [0]
    giants: list[int] = []
    for i, b in enumerate(buildings):
        first.append(len(households))
        chain = ground.blocks[b].atoms
        households += [a.households for a in chain]
        owner += [i] * len(chain)
        rows += _intervals(ground, b, i, first[-1], giants, free=shortness_only)
        starts.append(len(rows))
    table = np.array(rows, np.int64).reshape(-1, 5)
    prices = shortness_prices(ground.limits) if shortness_only else size_prices(ground.limits, ground.weights)
    select = np.ix_(buildings, buildings)
    distance = (
        np.zeros((len(buildings), len(buildings)), np.int64) if shortness_only else ground.distance[select]
    )
    return Yard(
        ground,
        buildings,
        np.array(households, np.int64),
        np.array(owner, np.int64),
        np.array(first, np.int64),
        *(np.ascontiguousarray(table[:, k]) for k in range(5)),
        np.array(starts, np.int64),
        np.ascontiguousarray(distance),
        np.array([ground.blocks[b].compound for b in buildings], np.int64),
        [frozenset(place[o] for o in ground.edges[b] if o in place) for b in buildings],
        prices,
        0 if shortness_only else round(ground.weights.extra_compound * UNITS_PER_METRE),
        giants,
    )


def _intervals(
    ground: Ground, b: int, i: int, offset: int, giants: list[int], *, free: bool
) -> list[tuple[int, int, int, int, int]]:
    chain = ground.blocks[b].atoms
    weights = ground.weights
    found = []
    for low in range(len(chain)):
        total = 0
        for high in range(low, len(chain)):
            total += chain[high].households
            if total > ground.limits.most_households and high > low:
                break
            cut = 0.0
            if high + 1 < len(chain):
                is_inside = chain[high].row == chain[high + 1].row
                cut = weights.cut_inside_unit if is_inside else weights.cut_between_units
            found.append((i, offset + low, offset + high, total, 0 if free else round(cut * UNITS_PER_METRE)))
            if total > ground.limits.most_households:
                giants.append(offset + low)
                break
    return found


def size_prices(limits: Limits, weights: Weights) -> Ints:
    """Price of s households, 0..most: the square around the best size, and the price of being short."""
    sizes = np.arange(limits.most_households + 1)
    metres = weights.size_square * (sizes - limits.best_households) ** 2
    missing = limits.least_households - sizes
    metres = metres + (missing > 0) * (weights.short + weights.short_per_household * missing)
    return np.rint(metres * UNITS_PER_METRE).astype(np.int64)


def shortness_prices(limits: Limits) -> Ints:
    """1,000,000 for every micro-grid that is short, else nothing."""
    sizes = np.arange(limits.most_households + 1)
    return ((sizes < limits.least_households) * 1_000_000).astype(np.int64)


def candidates(yard: Yard, limits: Limits, *, unlimited: bool = False) -> tuple[Ints, Ints, Ints]:
    """Per centre the buildings it looks at: own compound first, then foreign ones grouped by compound.

    Returns (starts, buildings, groups): group 0 is the own compound, others are counted from 1.
    """
    starts, members, groups = [0], [], []
    count = len(yard.buildings)
    for centre in range(count):
        order = np.lexsort((np.arange(count), yard.distance[centre], np.arange(count) != centre))
        own = [int(b) for b in order if yard.compound[b] == yard.compound[centre]]
        foreign = [int(b) for b in order if yard.compound[b] != yard.compound[centre]]
        if not unlimited:
            own = [b for b in own if yard.distance[centre, b] <= limits.own_reach_metres * 10]
            own = own[: limits.own_buildings]
            foreign = [b for b in foreign if yard.distance[centre, b] <= limits.max_join_metres * 10]
            foreign = foreign[: limits.foreign_buildings]
        members += own
        groups += [0] * len(own)
        by_compound: dict[int, list[int]] = {}
        for b in foreign:
            by_compound.setdefault(int(yard.compound[b]), []).append(b)
        for number, (_compound, theirs) in enumerate(sorted(by_compound.items()), start=1):
            members += theirs
            groups += [number] * len(theirs)
        starts.append(len(members))
    return np.array(starts, np.int64), np.array(members, np.int64), np.array(groups, np.int64)


Floats = npt.NDArray[np.float64]
