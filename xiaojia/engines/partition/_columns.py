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
_CLOSED = 1e12


class Master:
    """The LP over the columns found so far, one equality row an atom; kept warm between rounds."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
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
            self.costs.append(self.yard.cost_of(group))
            self.is_whole.append(self.yard.is_whole(group))
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

    def is_closed(self, k: int, closed: Floats) -> bool:
        """Whether a column needs an atom that is taken already."""
        return any(closed[low : high + 1].any() for _b, low, high in self.groups[k])

    def fix(self, k: int) -> None:
        """Column `k` is part of the answer from now on."""
        self._solver.changeColBounds(k, 1.0, 1.0)

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

    def price(self, duals: Floats, closed: Floats | None = None) -> tuple[float, list[tuple[float, Group]]]:
        """The least reduced cost, and the columns with a negative one (cheapest first), without `closed` atoms."""
        yard = self._yard
        if closed is not None:
            duals = np.where(closed > 0, -_CLOSED, duals)
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


def divide_by_columns(yard: Yard, effort: Effort) -> Division:
    """A division with its bound: LP with exact pricing, a MIP over the columns found, and a dive."""
    master = Master(yard)
    master.add(_starting_columns(yard))
    pricer = Pricer(yard, effort)
    value, bound, duals = _converge(master, pricer, effort, relaxed=True)
    if not all(master.is_whole):
        master.forbid_broken()
        value, _bound, duals = _converge(master, pricer, effort, relaxed=False)
    if _is_integral(master.weights()):
        groups = _taken(master, master.weights())
    else:
        _dive(master, pricer, effort)
        groups = _choose(master, _taken(master, master.weights()), value, duals, effort)
    cost = sum(yard.cost_of(g) for g in groups)
    return Division(groups, cost, min(cost, bound), count_short(yard, groups))


def _is_integral(weights: Floats) -> bool:
    return bool(np.all((weights < 1e-6) | (weights > 1 - 1e-6)))


def _taken(master: Master, weights: Floats) -> tuple[Group, ...]:
    return tuple(g for g, w in zip(master.groups, weights, strict=True) if w > 0.5)


def _dive(master: Master, pricer: Pricer, effort: Effort) -> None:
    """Fix the strongest micro-grids one after the other and price for what is left, until nothing is open.

    Leaves the master integral, and many good columns behind for the MIP.
    """
    closed = np.zeros(master.yard.atom_count)
    while True:
        weights = master.weights()
        if _is_integral(weights):
            return
        open_columns = [k for k in np.argsort(-weights, kind="stable") if weights[k] > 1e-6]
        strongest = next(k for k in open_columns if not master.is_closed(k, closed))
        for k in open_columns:
            if (weights[k] > 0.999 or k == strongest) and not master.is_closed(k, closed):
                master.fix(int(k))
                for _b, low, high in master.groups[k]:
                    closed[low : high + 1] = 1.0
        for _round in range(effort.dive_rounds):
            _value, duals = master.solve()
            _least, found = pricer.price(duals, closed)
            wanted = [g for _v, g in found if master.yard.is_whole(g)]
            if not master.add(wanted[: 2 * len(duals)]):
                break
        master.solve()


def shortness_bound(yard: Yard, effort: Effort) -> int:
    """A proof: at least so many micro-grids of this yard (made with `shortness_only`) must be short."""
    master = Master(yard)
    master.add(_starting_columns(yard))
    _value, bound, _duals = _converge(master, Pricer(yard, effort, unlimited=True), effort, relaxed=True)
    return int(np.ceil(bound / 1_000_000 - 1e-4))


def _converge(master: Master, pricer: Pricer, effort: Effort, *, relaxed: bool) -> tuple[float, int, Floats]:
    """Price until nothing pays; returns the LP's value, the best Lagrangean bound met, and the last duals."""
    bound, value, duals = -np.inf, np.inf, np.zeros(master.yard.atom_count)
    for _round in range(effort.rounds):
        value, duals = master.solve()
        least, found = pricer.price(duals)
        bound = max(bound, value + min(0.0, least) * len(duals) if least < -_EPSILON else value)
        wanted = [g for _v, g in found if relaxed or master.yard.is_whole(g)]
        if not master.add(wanted[: max(200, 2 * len(duals))]):
            break
    return value, int(np.floor(bound + 0.5)), duals


def _starting_columns(yard: Yard) -> list[Group]:
    """Every interval alone, in every building."""
    table = zip(yard.interval_building, yard.interval_low, yard.interval_high, strict=True)
    return [((int(b), int(low), int(high)),) for b, low, high in table]


def _choose(
    master: Master, known: tuple[Group, ...], value: float, duals: Floats, effort: Effort
) -> tuple[Group, ...]:
    """The best division among the promising connected columns, by MIP; `known` if that is not better.

    A column whose reduced cost exceeds the distance between `known` and the LP cannot improve on `known`.
    """
    yard = master.yard
    cost = sum(yard.cost_of(g) for g in known)
    prefix = np.concatenate([[0.0], np.cumsum(duals)])
    promising = []
    for k, group in enumerate(master.groups):
        if master.is_whole[k]:
            reduced = master.costs[k] - sum(prefix[high + 1] - prefix[low] for _b, low, high in group)
            if reduced <= cost - value:
                promising.append((float(reduced), k))
    if cost - value <= effort.good_share * cost or yard.atom_count > effort.mip_atoms:
        return known
    kept = sorted(k for _reduced, k in sorted(promising)[: effort.mip_columns])
    chosen = {master.groups[k]: master.costs[k] for k in kept} | {g: yard.cost_of(g) for g in known}
    found = cover_by_mip(list(chosen), list(chosen.values()), yard, effort)
    return found if found and sum(chosen[g] for g in found) < cost else known


def cover_by_mip(
    groups: Sequence[Group], costs: Sequence[int], yard: Yard, effort: Effort
) -> tuple[Group, ...]:
    """The cheapest exact cover with these columns, as far as `mip_nodes` reach; () when none was found."""
    solver = quiet_solver()
    solver.setOptionValue("presolve", "on")
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_max_nodes", effort.mip_nodes)
    solver.setOptionValue("mip_heuristic_effort", 0.0)  # the dive did that, and better
    starts, rows = [], []
    for group in groups:
        starts.append(len(rows))
        for _b, low, high in group:
            rows += range(low, high + 1)
    count, ones = len(groups), np.ones(yard.atom_count)
    no_rows = np.array([], np.int32)
    solver.addRows(yard.atom_count, ones, ones, 0, np.zeros(yard.atom_count, np.int32), no_rows, np.array([]))
    solver.addCols(
        count, np.array(costs, float), np.zeros(count), np.ones(count), len(rows),
        np.array(starts, np.int32), np.array(rows, np.int32), np.ones(len(rows)),
    )  # fmt: skip
    kinds = np.full(count, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), kinds)
    solver.run()
    if solver.getInfo().primal_solution_status != 2:
        return ()
    chosen = np.array(solver.getSolution().col_value, float)
    return tuple(g for g, x in zip(groups, chosen, strict=True) if x > 0.5)
