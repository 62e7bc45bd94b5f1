"""Column generation: an LP over the micro-grids found so far, and exact pricing of all the others.

A column is a connected micro-grid around a centre. The pricing walks over every connected set of at most
`Search.deepest` buildings within reach of the centre, so the LP's value is a bound over all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import highspy
import numpy as np

from xiaojia.engines.partition import _tables
from xiaojia.engines.partition._counts import Count
from xiaojia.engines.partition._ground import Ints
from xiaojia.engines.partition._yard import Floats, Interval, Yard
from xiaojia.engines.partition.problem import Effort, Limits

Group = tuple[Interval, ...]
EPSILON = 1e-3

JOINS, SHORT, ALL, OTHERS = 0, 1, 2, 3
"""Rows behind the atoms: joins, short micro-grids, all micro-grids, then `Master.counts`."""
_FREE = (-highspy.kHighsInf, highspy.kHighsInf)
_TOO_DEAR = 1e8
_NOTHING = 1e-6


def quiet_solver() -> highspy.Highs:
    """HiGHS with one thread, a fixed seed and no clock: the same work everywhere."""
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("random_seed", 1), ("presolve", "off")):
        solver.setOptionValue(name, value)
    return solver


def add_cover(solver: highspy.Highs, row_count: int, columns: Sequence[Sequence[int]], costs: Floats) -> None:
    """Rows that are covered exactly once, and columns given by the rows that they cover."""
    nothing, ones = np.array([], np.int32), np.ones(row_count)
    solver.addRows(row_count, ones, ones, 0, np.zeros(row_count, np.int32), nothing, np.array([]))
    add_columns(solver, columns, costs)


def add_columns(solver: highspy.Highs, columns: Sequence[Sequence[int]], costs: Floats) -> None:
    """More columns, each from 0 upwards."""
    count = len(columns)
    lengths = np.array([len(rows) for rows in columns], np.int64)
    starts = (np.cumsum(lengths) - lengths).astype(np.int32)
    entries = np.array([row for rows in columns for row in rows], np.int32)
    top = np.full(count, highspy.kHighsInf)
    solver.addCols(count, costs, np.zeros(count), top, len(entries), starts, entries, np.ones(len(entries)))


def make_integer(solver: highspy.Highs, count: int) -> None:
    """Columns 0..count-1 become whole."""
    kinds = np.full(count, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), kinds)


def rows_of(group: Group) -> list[int]:
    """The atoms that a micro-grid takes."""
    return [row for _b, low, high in group for row in range(low, high + 1)]


class Master:
    """The LP over the columns found so far, one equality row an atom; kept warm between rounds.

    More rows say what every division obeys and fractions would dodge. A yard of several compounds needs
    enough joins to hold them together; a column just under the fee keeps that row feasible. At least
    `least_short` micro-grids are short: known by proof, 0 at first. The number of all, and `counts`, are
    whole: free at first, bounded by whoever branches; `Prices` says in which order their duals stand.
    """

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        self.joins_wanted = len(set(yard.compound.tolist())) - 1 if yard.fee else 0
        self.least_short = 0
        self._solver = quiet_solver()
        add_cover(self._solver, yard.atom_count, [], np.array([]))
        self._is_joining = self.joins_wanted > 0
        nothing = np.array([], np.int32)
        for least in (self.joins_wanted, 0, -highspy.kHighsInf):
            self._solver.addRow(least, highspy.kHighsInf, 0, nothing, np.array([]))
        self.counts: list[Count] = []
        self._bounds = [(float(self.joins_wanted), highspy.kHighsInf), (0.0, highspy.kHighsInf), _FREE]
        self._column_count = int(self._is_joining)
        self._is_elastic = set[int]()
        if self._is_joining:
            self._solver.addCol(
                yard.fee - 1.0, 0.0, self.joins_wanted, 1, np.array([yard.atom_count], np.int32), np.ones(1)
            )
        self.groups: list[Group] = []
        self.costs: list[int] = []
        self._known: set[Group] = set()
        self._columns: list[int] = []
        self._fixed: list[int] = []

    def want_short(self, count: int) -> None:
        """From now on it is known that at least `count` micro-grids are short."""
        self.least_short = count
        self.bound_row(SHORT, count, highspy.kHighsInf)

    def row_of(self, count: Count) -> int:
        """The row of a count among those behind the atoms; made when it is new."""
        if count not in self.counts:
            self.counts.append(count)
            held = [(c, count.of(g)) for c, g in zip(self._columns, self.groups, strict=True)]
            some = np.array([c for c, value in held if value], np.int32)
            values = np.array([value for _c, value in held if value])
            self._solver.addRow(*_FREE, len(some), some, values)
            self._bounds.append(_FREE)
        return OTHERS + self.counts.index(count)

    def bound_row(self, row: int, least: float, most: float) -> None:
        """Keep a row behind the atoms within bounds; missing columns cost more than anything."""
        if row >= ALL or (row == SHORT and most < highspy.kHighsInf):
            self._stretch(row)
        self._bounds[row] = least, most
        self._solver.changeRowBounds(self.yard.atom_count + row, least, most)

    def _stretch(self, row: int) -> None:
        """Columns that keep a row feasible at a price no division has."""
        if row in self._is_elastic:
            return
        self._is_elastic.add(row)
        for sign in (1.0, -1.0):
            at = np.array([self.yard.atom_count + row], np.int32)
            self._solver.addCol(_TOO_DEAR, 0.0, highspy.kHighsInf, 1, at, np.array([sign]))
        self._column_count += 2

    def bounds_of(self, row: int) -> tuple[float, float]:
        """The bounds of a row behind the atoms."""
        return self._bounds[row]

    def add(self, groups: Iterable[Group]) -> int:
        """Add columns that are new; returns how many were."""
        fresh = [g for g in dict.fromkeys(groups) if g not in self._known]
        if not fresh:
            return 0
        self._known.update(fresh)
        costs = [self.yard.cost_of(g) for g in fresh]
        self.groups += fresh
        self.costs += costs
        lines, values = [], []
        for group in fresh:
            rows = rows_of(group)
            entries = [1.0] * len(rows)
            joins = len({int(self.yard.compound[b]) for b, _l, _h in group}) - 1 if self._is_joining else 0
            others = [
                float(joins),
                float(self.yard.is_short(group)),
                1.0,
                *(c.of(group) for c in self.counts),
            ]
            for row, value in enumerate(others, start=self.yard.atom_count):
                if value:
                    rows.append(row)
                    entries.append(value)
            lines.append(rows)
            values += entries
        count = len(fresh)
        lengths = np.array([len(rows) for rows in lines], np.int64)
        self._solver.addCols(
            count, np.array(costs, float), np.zeros(count), np.full(count, highspy.kHighsInf), len(values),
            (np.cumsum(lengths) - lengths).astype(np.int32),
            np.array([row for rows in lines for row in rows], np.int32), np.array(values),
        )  # fmt: skip
        self._columns += range(self._column_count, self._column_count + count)
        self._column_count += count
        return count

    def fix(self, k: int) -> None:
        """Column `k` is part of the answer from now on."""
        self._fixed.append(self._columns[k])
        self._solver.changeColBounds(self._columns[k], 1.0, 1.0)

    def free(self) -> None:
        """No column is fixed any more."""
        for column in self._fixed:
            self._solver.changeColBounds(column, 0.0, highspy.kHighsInf)
        self._fixed.clear()

    def solve(self) -> tuple[float, Floats]:
        """Value and duals of the LP: atoms, then the rows behind them."""
        self._solver.run()
        duals = np.array(self._solver.getSolution().row_dual, float)
        return float(self._solver.getInfo().objective_function_value), duals

    def paid(self, duals: Floats) -> float:
        """What these duals are worth for every division."""
        paid = float(duals[: self.yard.atom_count].sum())
        for dual, (least, most) in zip(duals[self.yard.atom_count :].tolist(), self._bounds, strict=True):
            bound = least if dual > 0 else most
            if abs(dual) > _NOTHING or np.isfinite(bound):
                paid += dual * bound
        return paid

    def shares(self) -> Floats:
        """The LP's share of each column."""
        return np.array(self._solver.getSolution().col_value, float)[self._columns]


class Search:
    """Exact pricing over connected sets of buildings, up to the depth that `Effort.sets` pays for."""

    def __init__(self, yard: Yard, effort: Effort, limits: Limits | None = None) -> None:
        self.yard = yard
        self._keep = effort.columns_per_centre
        limits = limits or yard.ground.limits
        count = len(yard.buildings)
        self._most = limits.most_households
        near = [sorted(others) for others in yard.adjacency]
        self._near_start = np.cumsum([0] + [len(n) for n in near])
        self._near = np.array([b for n in near for b in n], np.int64)
        same = yard.compound[:, None] == yard.compound[None, :]
        reach = np.where(same, limits.own_reach_metres, limits.max_join_metres) * 10
        self._is_reached = (yard.distance <= reach).astype(np.int64)
        self._smallest = np.full(count, self._most + 1, np.int64)
        np.minimum.at(self._smallest, yard.interval_building, yard.interval_households)
        self.deepest, self.set_count, self.is_complete = self._depth(effort)
        self.counts: list[Count] = []
        self._interval_cut = yard.interval_cut.astype(float)
        self._size_price = yard.size_price.astype(float)
        self._is_short = (np.arange(self._most + 1) < limits.least_households).astype(float)
        self._values = np.empty((count, self._most + 1))
        self._picks = np.empty((count, self._most + 1), np.int64)
        self._best = np.empty((count, self._most + 1))
        self._best_set = np.empty((count, self._most + 1, self.deepest), np.int64)
        self._nothing = np.empty((0, self.deepest), np.int64)

    def _depth(self, effort: Effort) -> tuple[int, int, bool]:
        """How deep to walk, how many sets that is, and whether no larger set would fit."""
        depth, sets = 1, len(self._smallest)
        while depth < effort.deepest:
            wider = _tables.count_sets(
                self._near_start,
                self._near,
                self._is_reached,
                self._smallest,
                depth + 1,
                self._most,
                effort.sets,
            )
            if wider == sets:
                return depth, int(sets), True
            if wider > effort.sets and depth >= effort.least_deep:
                break
            depth, sets = depth + 1, wider
        return depth, int(sets), False

    def price(self, duals: Floats, closed: Floats | None = None) -> tuple[float, list[Group]]:
        """The least reduced price a household, and the columns with a negative one; `closed` stay out."""
        self._walk(duals, closed, np.inf, self._nothing)
        sizes = np.maximum(np.arange(self._most + 1), 1)
        least = float((self._best / sizes).min(initial=0.0))
        fee = self._fee(duals)
        found = []
        order = np.argsort(self._best, axis=1, kind="stable")[:, : self._keep]
        for c, row in enumerate(order):
            for s in row:
                if self._best[c, s] < -EPSILON:
                    found.append((float(self._best[c, s]), self._group(c, int(s), fee)))
        found.sort()
        return least, [group for _price, group in found]

    def listed(
        self, duals: Floats, closed: Floats | None, threshold: float, limit: int
    ) -> list[Group] | None:
        """Every micro-grid of reduced price up to `threshold`; None when there are more than `limit`."""
        picks = np.empty((limit, self.deepest), np.int64)
        count = self._walk(duals, closed, threshold, picks)
        if count < 0:
            return None
        yard = self.yard
        table = list(
            zip(
                yard.interval_building.tolist(),
                yard.interval_low.tolist(),
                yard.interval_high.tolist(),
                strict=True,
            )
        )
        return [tuple(sorted(table[k] for k in row if k >= 0)) for row in picks[:count].tolist()]

    def _fee(self, duals: Floats) -> float:
        """The fee of one more compound, less what the row of joins pays for it."""
        return float(self.yard.fee - self._paid(duals, JOINS))

    def _prices_of_sizes(self, duals: Floats) -> Floats:
        """The price of each size, less what is paid for a micro-grid and for a short one."""
        prices: Floats = self._size_price - self._paid(duals, SHORT) * self._is_short - self._paid(duals, ALL)
        return prices

    def _paid(self, duals: Floats, row: int) -> float:
        """The dual of a row behind the atoms, 0 where there is none."""
        behind = duals[self.yard.atom_count :]
        return float(behind[row]) if len(behind) > row else 0.0

    def _prices_of_cuts(self, duals: Floats) -> Floats:
        """The price of the cut behind each interval, less what the counts pay."""
        paid = duals[self.yard.atom_count + OTHERS :]
        if not paid.any():
            return self._interval_cut
        prices = self._interval_cut.copy()
        for count, dual in zip(self.counts, paid.tolist(), strict=False):
            count.pay(self.yard, dual, prices)
        return prices

    def _walk(self, duals: Floats, closed: Floats | None, threshold: float, picks: Ints) -> int:
        yard = self.yard
        atoms = duals[: yard.atom_count]
        if closed is not None:
            atoms = np.where(closed > 0, -2 * _tables.CLOSED, atoms)
        prefix = np.concatenate([[0.0], np.cumsum(atoms)])
        cuts = self._prices_of_cuts(duals)
        _tables.cheapest_intervals(
            yard.interval_start, yard.interval_low, yard.interval_high, yard.interval_households, cuts,
            prefix, self._values, self._picks, self._smallest,
        )  # fmt: skip
        prices = cuts - (prefix[yard.interval_high + 1] - prefix[yard.interval_low])
        sizes = self._prices_of_sizes(duals)
        return int(
            _tables.walk_sets(
                self._near_start, self._near, yard.distance, yard.compound, self._is_reached, self._smallest,
                self._values, self._fee(duals), sizes, self.deepest, self._best, self._best_set,
                yard.interval_start, yard.interval_households, prices, threshold, picks,
                np.zeros(1, np.int64),
            )
        )  # fmt: skip

    def _group(self, centre: int, size: int, fee: float) -> Group:
        yard, members = self.yard, self._best_set[centre, size]
        sizes = np.zeros(self.deepest, np.int64)
        _tables.trace(members, yard.distance[centre], yard.compound, self._values, fee, size, sizes)
        chosen = [int(self._picks[b, h]) for b, h in zip(members, sizes, strict=True) if b >= 0]
        return tuple(
            sorted(
                (int(yard.interval_building[k]), int(yard.interval_low[k]), int(yard.interval_high[k]))
                for k in chosen
            )
        )
