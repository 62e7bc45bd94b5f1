"""One region after a change: what its micro-grids may become and what each possibility costs.

Costs are metres-equivalent: nobody short, then few micro-grids altered, then few households moved, then
the cost of the ordinary division.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from xiaojia.engines.partition._columns import Search
from xiaojia.engines.partition._ground import UNITS_PER_METRE, Ints
from xiaojia.engines.partition._rebalance_state import Place, State
from xiaojia.engines.partition._rebalance_values import (
    MOVE,
    NEW,
    SHORT,
    SHORT_PER_HOUSEHOLD,
    TOO_MANY,
    Column,
    Rows,
)
from xiaojia.engines.partition._yard import Floats, Interval, Yard, make_yard
from xiaojia.engines.partition.problem import Effort


@dataclass(frozen=True, slots=True)
class _Flat:
    """Some arrays of a yard as lists: columns are short, and numpy is slow on a handful of rows."""

    households: list[int]
    building: list[int]
    cut_after: list[int]
    compound: list[int]
    distance: list[list[int]]


def _flat_of(yard: Yard) -> _Flat:
    return _Flat(
        yard.atom_households.tolist(), yard.atom_building.tolist(), yard.cut_after.tolist(),
        yard.compound.tolist(), yard.distance.tolist(),
    )  # fmt: skip


@dataclass(slots=True)
class Task:
    """A region as flat arrays. `moving[m][a]`: households of atom a that move when m takes it.

    `stays` are the micro-grids that may stay exactly as they are; `is_inside`: no compounds join but those of
    one of `joined`, which are together today; at most `most_altered` micro-grids change, when that leaves
    nobody short.
    """

    yard: Yard
    places: list[Place]
    open_rows: Rows
    present: dict[int, Rows]
    stays: frozenset[int]
    moving: dict[int, Ints]
    least: dict[int, int]
    joined: tuple[frozenset[int], ...]
    is_inside: bool
    most_altered: int
    effort: Effort
    _flat: _Flat
    _half: dict[int, float] = field(default_factory=dict)
    _yards: dict[tuple[bool, int], Yard] = field(default_factory=dict)
    _searches: dict[tuple[bool, int], Search] = field(default_factory=dict)
    _costs: dict[Column, float] = field(default_factory=dict)
    _ways: dict[Rows, tuple[int, int]] = field(default_factory=dict)
    _prices: dict[int, list[int]] = field(default_factory=dict)
    _lists: dict[int, list[int]] = field(default_factory=dict)

    @property
    def identities(self) -> list[int]:
        """The micro-grids of the region as they are numbered today."""
        return list(self.present)

    def closed(self) -> Floats:
        """1 for every atom of the yard that the region does not hold."""
        shut = np.ones(self.yard.atom_count)
        shut[list(self.open_rows)] = 0.0
        return shut

    def searches(self, identity: int) -> list[tuple[Search, Floats]]:
        """Where the columns of one identity come from, each with the atoms that are closed to it."""
        least = self.least[identity]
        if not self.is_inside:
            return [(self._search(least, is_single=False), self.closed())]
        found = [(self._search(least, is_single=True), self.closed())]
        for joined in self.joined:
            shut = self.closed()
            shut[~np.isin(self.yard.compound[self.yard.atom_building], sorted(joined))] = 1.0
            found.append((self._search(least, is_single=False), shut))
        return found

    def _search(self, least: int, *, is_single: bool) -> Search:
        key = (is_single, least)
        if key not in self._searches:
            self._searches[key] = Search(self._priced(least, is_single=is_single), self.effort)
        return self._searches[key]

    def _priced(self, least: int, *, is_single: bool) -> Yard:
        """The yard with the prices of a micro-grid that is short below `least`."""
        key = (is_single, least)
        if key not in self._yards:
            yard, limits = self.yard, self.yard.ground.limits
            sizes = np.arange(limits.most_households + 1)
            square = yard.ground.weights.size_square * (sizes - limits.best_households) ** 2
            missing = np.maximum(least - sizes, 0)
            metres = square + (missing > 0) * SHORT + missing * SHORT_PER_HOUSEHOLD
            near = yard.adjacency
            if is_single:
                near = [
                    frozenset(o for o in others if yard.compound[o] == yard.compound[b])
                    for b, others in enumerate(near)
                ]
            prices = np.rint(metres * UNITS_PER_METRE).astype(np.int64)
            self._yards[key] = replace(yard, size_price=prices, adjacency=near)
        return self._yards[key]

    def cost(self, column: Column) -> float:
        """All that one column costs, the households that move included."""
        if column not in self._costs:
            if column.rows not in self._ways:
                self._ways[column.rows] = self._way(column.rows)
            ways, size = self._ways[column.rows]
            prices = self._prices_of(self.least[column.identity])
            units = ways + (prices[size] if size < len(prices) else 0)
            self._costs[column] = units / UNITS_PER_METRE + MOVE * self.moved(column)
        return self._costs[column]

    def _way(self, rows: Rows) -> tuple[int, int]:
        """What atoms cost beside their size, and their size: the same for every identity."""
        flat = self._flat
        runs = self.intervals(rows)
        homes = [sum(flat.households[low : high + 1]) for _b, low, high in runs]
        ways = [flat.distance[b] for b, _low, _high in runs]
        travel = min(sum(h * way[c] for h, way in zip(homes, ways, strict=True)) for c, _low, _high in runs)
        joined = len({flat.compound[b] for b, _low, _high in runs}) - 1
        cuts = sum(flat.cut_after[high] for _b, _low, high in runs)
        return 2 * travel + cuts + self.yard.fee * joined, sum(homes)

    def _prices_of(self, least: int) -> list[int]:
        """The price of every size as a list, of a micro-grid that is short below `least`."""
        if least not in self._prices:
            self._prices[least] = self._priced(least, is_single=False).size_price.tolist()
        return self._prices[least]

    def moved(self, column: Column) -> int:
        """Households of these atoms that belong to another micro-grid today."""
        moving = self._plain(column.identity)
        return sum(moving[row] for row in column.rows)

    def _plain(self, identity: int) -> list[int]:
        """`moving` as a list: columns are short, and numpy is slow on a handful of rows."""
        if identity not in self._lists:
            self._lists[identity] = self.moving[identity].tolist()
        return self._lists[identity]

    def stays_as_it_is(self, column: Column) -> bool:
        """Whether nothing changes for this micro-grid."""
        return column.identity in self.stays and column.rows == self.present[column.identity]

    def may_be(self, column: Column) -> bool:
        """A micro-grid lives on only where at least half of its households stay together."""
        if not self._half.get(column.identity):
            return True
        known, moving = self._plain(NEW), self._plain(column.identity)
        return sum(known[row] - moving[row] for row in column.rows) >= self._half[column.identity]

    def altered(self, columns: Iterable[Column]) -> int:
        """Micro-grids that change, end or are new."""
        chosen = list(columns)
        staying = sum(self.stays_as_it_is(c) for c in chosen)
        return len(self.present) - staying + sum(c.identity == NEW for c in chosen)

    def total(self, columns: Sequence[Column]) -> float:
        """The cost of a whole division, with what is altered beyond the limit."""
        excess = max(0, self.altered(columns) - self.most_altered)
        return sum(self.cost(c) for c in columns) + TOO_MANY * excess

    def violation(self, columns: Sequence[Column]) -> float:
        """The part of the cost that stands for somebody short and for too many altered."""
        lacks = [max(0, self.least[c.identity] - self.size(c.rows)) for c in columns]
        excess = max(0, self.altered(columns) - self.most_altered)
        return sum(SHORT * (n > 0) + SHORT_PER_HOUSEHOLD * n for n in lacks) + TOO_MANY * excess

    def size(self, rows: Iterable[int]) -> int:
        """Households of these atoms."""
        households = self._flat.households
        return sum(households[row] for row in rows)

    def shortness(self, columns: Iterable[Column]) -> int:
        """Households that are missing where a micro-grid is short and was not accepted as such."""
        return sum(max(0, self.least[c.identity] - self.size(c.rows)) for c in columns)

    def intervals(self, rows: Sequence[int]) -> list[Interval]:
        """Atoms as runs within buildings."""
        found: list[Interval] = []
        building = self._flat.building
        for row in rows:
            b = building[row]
            if found and found[-1][0] == b and found[-1][2] == row - 1:
                found[-1] = (b, found[-1][1], row)
            else:
                found.append((b, row, row))
        return found

    def is_sound(self, column: Column) -> bool:
        """Whether the engine could have made this micro-grid: connected, one run a building, at most 80."""
        runs = self.intervals(column.rows)
        houses = [b for b, _low, _high in runs]
        if len(set(houses)) < len(houses) or not self.yard.is_whole(runs):
            return False
        if len(column.rows) > 1 and self.size(column.rows) > self.yard.ground.limits.most_households:
            return False
        joined = {int(self.yard.compound[b]) for b in houses}
        return not self.is_inside or len(joined) == 1 or any(joined <= known for known in self.joined)


def make_task(
    state: State,
    numbers: Sequence[int],
    newcomers: Sequence[Place],
    *,
    is_inside: bool,
    most_altered: int,
    effort: Effort,
) -> Task:
    """The region of these micro-grids and of the atoms that belong to nobody yet."""
    held = state.held()
    wanted = sorted({p for m in numbers for p in held[m]} | set(newcomers))
    yard = make_yard(state.ground, {b for b, _i in wanted})
    index = {b: i for i, b in enumerate(yard.buildings)}
    first = {b: int(yard.first_atom[index[b]]) for b in yard.buildings}
    places = [(b, i) for b in yard.buildings for i in range(len(state.ground.blocks[b].atoms))]
    known = np.array([sum(state.origin[p].values()) for p in places], np.int64)
    broken = set(state.broken())
    astray = {
        m
        for p, counts in state.origin.items()
        for m in counts
        if m != state.owner[p] and state.owner[p] != NEW
    }
    present = {m: tuple(first[b] + i for b, i in held[m]) for m in sorted(numbers)}
    moving, half, least = {NEW: known}, {}, {NEW: state.problem.limits.least_households}
    for m in present:
        mine = np.array([state.origin[p].get(m, 0) for p in places], np.int64)
        moving[m] = known - mine
        half[m] = sum(counts.get(m, 0) for counts in state.origin.values()) / 2
        least[m] = state.least(m)
    here = frozenset(yard.compound.tolist())
    return Task(
        yard=yard, places=places, open_rows=tuple(first[b] + i for b, i in wanted), present=present,
        stays=frozenset(present) - broken - astray, moving=moving, least=least,
        joined=tuple(j for j in state.joined if len(j & here) > 1),
        is_inside=is_inside, most_altered=most_altered, effort=effort, _flat=_flat_of(yard),
        _half=half,
    )  # fmt: skip
