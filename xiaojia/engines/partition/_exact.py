"""The cheapest exact cover among listed micro-grids: one LP for each number of them, then a MIP of the rest.

How many micro-grids there are is a whole number. Fractions live on dodging it (10.2 micro-grids), so an LP
with the number fixed is nearly always whole, where one without it leaves a MIP seconds of work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from xiaojia.engines.partition import _cover
from xiaojia.engines.partition._columns import add_cover, make_integer, quiet_solver
from xiaojia.engines.partition._yard import Floats

FEW_ROWS = 20
_WHOLE = 1e-6
_ROUNDING = 1e-3


@dataclass(frozen=True, slots=True)
class Cover:
    """Indices of the chosen columns, their cost, and what every cover by these columns costs at least."""

    chosen: tuple[int, ...]
    cost: int
    bound: int


@dataclass(slots=True)
class _Count:
    """The LP with so many micro-grids: value, shares, and what each column costs above its duals."""

    number: int
    value: float
    shares: Floats
    above: Floats


def cheapest_cover(
    row_count: int,
    columns: Sequence[Sequence[int]],
    costs: Sequence[int],
    known: tuple[int, ...],
    *,
    nodes: int,
) -> Cover:
    """The cheapest exact cover of the rows, never dearer than `known`; `nodes` of work for each number."""
    if row_count <= FEW_ROWS:
        return _by_subsets(row_count, columns, costs)
    question = _Question(row_count, columns, costs, known, nodes)
    question.answer()
    return Cover(question.chosen, question.cost, min(question.cost, question.bound))


def _by_subsets(row_count: int, columns: Sequence[Sequence[int]], costs: Sequence[int]) -> Cover:
    """Few rows: a table of all their subsets is sooner filled than a MIP is built."""
    order = sorted(range(len(columns)), key=lambda k: (min(columns[k]), costs[k], k))
    masks = np.array([sum(1 << row for row in columns[k]) for k in order], np.int64)
    lowest = np.array([min(columns[k]) for k in order], np.int64)
    starts = np.searchsorted(lowest, np.arange(row_count + 1)).astype(np.int64)
    steps = _cover.cover(row_count, masks, np.array([costs[k] for k in order], np.int64), starts)
    chosen = tuple(order[k] for k in steps.tolist() if k >= 0)
    cost = sum(costs[k] for k in chosen)
    return Cover(chosen, cost, cost)


class _Question:
    def __init__(
        self,
        row_count: int,
        columns: Sequence[Sequence[int]],
        costs: Sequence[int],
        known: tuple[int, ...],
        nodes: int,
    ) -> None:
        self._row_count, self._columns, self._nodes = row_count, columns, nodes
        self._costs = np.array(costs, float)
        self.chosen = known
        self.cost = self.bound = self._price(known)
        count = len(columns)
        self._solver = quiet_solver()
        add_cover(self._solver, row_count, columns, self._costs)
        self._solver.addRow(0, count, count, np.arange(count, dtype=np.int32), np.ones(count))

    def answer(self) -> None:
        """The LP's value is convex in the number: outwards from its least, until it costs too much."""
        free = self._relaxed(0, len(self._columns))
        if free is None:
            return
        middle = float(free.shares.sum())
        low, high = int(np.floor(middle + _WHOLE)), int(np.ceil(middle - _WHOLE))
        for number, step in ((low, -1), (high if high > low else low + 1, 1)):
            while (found := self._relaxed(number, number)) is not None and self._settle(found):
                number += step

    def _settle(self, found: _Count) -> bool:
        """Answer one number of micro-grids; False when this many, and more so, cost too much."""
        least = int(np.ceil(found.value - _ROUNDING))
        if least >= self.cost:
            return False
        if np.all((found.shares < _WHOLE) | (found.shares > 1 - _WHOLE)):
            self._take(np.flatnonzero(found.shares > 0.5).tolist())
        else:
            least = self._branch(found)
        self.bound = min(self.bound, least)
        return True

    def _relaxed(self, least: int, most: int) -> _Count | None:
        self._solver.changeRowBounds(self._row_count, least, most)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._solver.getSolution()
        value = float(self._solver.getInfo().objective_function_value)
        return _Count(least, value, np.array(solution.col_value), np.array(solution.col_dual))

    def _branch(self, found: _Count) -> int:
        """A MIP of the columns that this number of micro-grids could still pay for; its bound."""
        kept = np.flatnonzero(found.above <= self.cost - found.value + 1.0)
        names = kept.tolist()
        place = {k: i for i, k in enumerate(names)}
        solver = quiet_solver()
        # Presolve drops most columns of a window before the first node.
        for option, value in (("presolve", "on"), ("mip_rel_gap", 1e-5), ("mip_max_nodes", self._nodes)):
            solver.setOptionValue(option, value)
        count = len(kept)
        add_cover(solver, self._row_count, [self._columns[k] for k in names], self._costs[kept])
        solver.addRow(found.number, found.number, count, np.arange(count, dtype=np.int32), np.ones(count))
        make_integer(solver, count)
        if len(self.chosen) == found.number and all(k in place for k in self.chosen):
            start = np.zeros(count)
            start[[place[k] for k in self.chosen]] = 1.0
            solver.setSolution(count, np.arange(count, dtype=np.int32), start)
        solver.run()
        status, info = solver.getModelStatus(), solver.getInfo()
        if status == highspy.HighsModelStatus.kInfeasible:
            return self.cost
        self._take(kept[np.array(solver.getSolution().col_value, float) > 0.5].tolist())
        return int(np.floor(max(info.mip_dual_bound, found.value) + _ROUNDING))

    def _take(self, chosen: Sequence[int]) -> None:
        """Keep a cheaper cover, if it is one."""
        names = tuple(chosen)
        rows = sorted(row for k in names for row in self._columns[k])
        if rows == list(range(self._row_count)) and (price := self._price(names)) < self.cost:
            self.chosen, self.cost = names, price

    def _price(self, names: tuple[int, ...]) -> int:
        return int(self._costs[list(names)].sum())
