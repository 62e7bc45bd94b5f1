"""Larger yards: set partitioning by column generation, with exact pricing and a bound.

The master LP may use micro-grids that do not hang together: its value is then still a lower bound. The
answer is chosen among connected ones only, by a MIP over the columns found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import highspy
import numpy as np

from xiaojia.engines.partition import _tables
from xiaojia.engines.partition._small import Division, count_short
from xiaojia.engines.partition._yard import Floats, Interval, Yard, candidates
from xiaojia.engines.partition.problem import Effort

Group = tuple[Interval, ...]
_EPSILON = 1e-3


class Master:
    """The LP over the columns found so far, one equality row an atom; kept warm between rounds."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard
        self._solver = quiet_solver()
        empty = np.array([], np.int32)
        ones = np.ones(yard.atom_count)
        self._solver.addRows(
            yard.atom_count, ones, ones, 0, np.zeros(yard.atom_count, np.int32), empty, np.array([])
        )
        self.groups: list[Group] = []
        self.costs: list[int] = []
        self.is_whole: list[bool] = []
        self._known: set[Group] = set()

    def add(self, groups: Iterable[Group]) -> int:
        """Add columns that are new; returns how many were."""
        fresh = []
        for group in groups:
            if group not in self._known:
                self._known.add(group)
                fresh.append(group)
        starts, rows = [], []
        for group in fresh:
            starts.append(len(rows))
            for _b, low, high in group:
                rows += range(low, high + 1)
            self.groups.append(group)
            self.costs.append(self._yard.cost_of(group))
            self.is_whole.append(self._yard.is_whole(group))
        count = len(fresh)
        if count:
            costs = np.array(self.costs[-count:], float)
            self._solver.addCols(
                count, costs, np.zeros(count), np.full(count, highspy.kHighsInf), len(rows),
                np.array(starts, np.int32), np.array(rows, np.int32), np.ones(len(rows)),
            )  # fmt: skip
        return count

    def forbid_broken(self) -> None:
        """From now on only micro-grids that hang together."""
        for k, whole in enumerate(self.is_whole):
            if not whole:
                self._solver.changeColBounds(k, 0.0, 0.0)

    def solve(self) -> tuple[float, Floats]:
        """Value and duals of the LP."""
        self._solver.run()
        duals = np.array(self._solver.getSolution().row_dual, float)
        return float(self._solver.getInfo().objective_function_value), duals

    def weights(self) -> Floats:
        """The LP's share of each column."""
        return np.array(self._solver.getSolution().col_value, float)


def quiet_solver() -> highspy.Highs:
    """HiGHS with one thread, a fixed seed and no clock: the same work everywhere."""
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("random_seed", 1), ("presolve", "off")):
        solver.setOptionValue(name, value)
    return solver


class Pricer:
    """Exact pricing: per centre the best micro-grids of every size at given duals."""

    def __init__(self, yard: Yard, effort: Effort, *, unlimited: bool = False) -> None:
        self._yard = yard
        self._keep = effort.columns_per_centre
        limits = yard.ground.limits
        self._starts, self._members, self._groups = candidates(yard, limits, unlimited=unlimited)
        widest = int(np.diff(self._starts).max())
        centres = len(self._starts) - 1
        self._values = np.empty((centres, self._keep))
        self._picks = np.empty((centres, self._keep, widest), np.int64)

    def price(self, duals: Floats) -> tuple[float, list[tuple[float, Group]]]:
        """The least reduced cost, and the columns with a negative one (cheapest first)."""
        yard = self._yard
        prefix = np.concatenate([[0.0], np.cumsum(duals)])
        _tables.price_all(
            self._starts, self._members, self._groups, yard.interval_start, yard.interval_low,
            yard.interval_high, yard.interval_households, yard.interval_cut, yard.distance, prefix,
            float(yard.fee), yard.size_price.astype(float), self._keep, self._values, self._picks,
        )  # fmt: skip
        found = []
        for c, k in np.argwhere(self._values < -_EPSILON):
            found.append((float(self._values[c, k]), self._group(self._picks[c, k])))
        found.sort()
        return float(self._values.min()), found

    def _group(self, picks: np.ndarray) -> Group:
        yard = self._yard
        return tuple(
            sorted(
                (int(yard.interval_building[k]), int(yard.interval_low[k]), int(yard.interval_high[k]))
                for k in picks
                if k >= 0
            )
        )


def divide_by_columns(yard: Yard, effort: Effort, *, start: Sequence[Group] = ()) -> Division:
    """A division with its bound; `start` brings columns that are known to be good."""
    master = Master(yard)
    master.add(_starting_columns(yard))
    master.add(start)
    pricer = Pricer(yard, effort)
    value, bound = _converge(master, pricer, effort, relaxed=True)
    if any(w > 1e-9 and not whole for w, whole in zip(master.weights(), master.is_whole, strict=True)):
        master.forbid_broken()
        value, _ = _converge(master, pricer, effort, relaxed=False)
    groups = _choose(yard, master, value, effort)
    cost = sum(yard.cost_of(g) for g in groups)
    return Division(groups, cost, min(cost, bound), count_short(yard, groups))


def shortness_bound(yard: Yard, effort: Effort) -> int:
    """A proof: at least so many micro-grids of this yard (made with `shortness_only`) must be short."""
    master = Master(yard)
    master.add(_starting_columns(yard))
    _value, bound = _converge(master, Pricer(yard, effort, unlimited=True), effort, relaxed=True)
    return int(np.ceil(bound / 1_000_000 - 1e-4))


def _converge(master: Master, pricer: Pricer, effort: Effort, *, relaxed: bool) -> tuple[float, int]:
    """Price until nothing pays; returns the LP's value and the best Lagrangean bound met on the way."""
    bound = -np.inf
    value = np.inf
    for _round in range(effort.rounds):
        value, duals = master.solve()
        least, found = pricer.price(duals)
        bound = max(bound, value + min(0.0, least) * len(duals) if least < -_EPSILON else value)
        wanted = [g for _v, g in found if relaxed or master._yard.is_whole(g)]
        if not master.add(wanted[: max(200, 2 * len(duals))]):
            break
    return value, int(np.floor(bound + 0.5))


def _starting_columns(yard: Yard) -> list[Group]:
    """Every interval alone, in every building."""
    table = zip(yard.interval_building, yard.interval_low, yard.interval_high, strict=True)
    return [((int(b), int(low), int(high)),) for b, low, high in table]


def _choose(yard: Yard, master: Master, value: float, effort: Effort) -> tuple[Group, ...]:
    """The best division among connected columns: the LP's own if it is whole, else by MIP."""
    weights = master.weights()
    if np.all((weights < 1e-6) | (weights > 1 - 1e-6)):
        return tuple(g for g, w in zip(master.groups, weights, strict=True) if w > 0.5)
    usable = [k for k, whole in enumerate(master.is_whole) if whole]
    solver = quiet_solver()
    solver.setOptionValue("presolve", "on")
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_max_nodes", effort.mip_nodes)
    starts, rows = [], []
    for k in usable:
        starts.append(len(rows))
        for _b, low, high in master.groups[k]:
            rows += range(low, high + 1)
    count, ones = len(usable), np.ones(yard.atom_count)
    no_rows = np.array([], np.int32)
    solver.addRows(yard.atom_count, ones, ones, 0, np.zeros(yard.atom_count, np.int32), no_rows, np.array([]))
    solver.addCols(
        count, np.array([master.costs[k] for k in usable], float), np.zeros(count), np.ones(count), len(rows),
        np.array(starts, np.int32), np.array(rows, np.int32), np.ones(len(rows)),
    )  # fmt: skip
    kinds = np.full(count, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), kinds)
    solver.run()
    chosen = np.array(solver.getSolution().col_value, float)
    return tuple(master.groups[k] for k, x in zip(usable, chosen, strict=True) if x > 0.5)
