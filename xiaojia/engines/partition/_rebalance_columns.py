"""The exact answer for one region: column generation with an identity for every column, then a proof.

One row an atom, one convexity row a micro-grid of today, and one row that counts what is altered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from xiaojia.engines.partition._columns import quiet_solver, rows_of
from xiaojia.engines.partition._ground import UNITS_PER_METRE
from xiaojia.engines.partition._rebalance_choice import Priced, choose, masks_of
from xiaojia.engines.partition._rebalance_task import Task
from xiaojia.engines.partition._rebalance_values import MOVE, NEW, TOO_MANY, Column
from xiaojia.engines.partition._yard import Floats

NOISE = 1e-2
"""Metres below which a reduced cost is rounding."""
LISTED = 2_000
STAGES = (16.0, np.inf)
"""Reduced costs, in households moved, up to which columns are listed. The first ones find a good answer; then
fewer can still beat it."""
NODES = 100
PRESOLVED = 300
"""Columns above which presolving pays."""


@dataclass(slots=True)
class Proven:
    """The chosen columns, their cost, and a bound that no division of the region is below (metres)."""

    columns: list[Column]
    cost: float
    bound: float
    rounds: int


class _Master:
    """The LP over the columns found so far."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.columns: list[Column] = []
        self._known: set[Column] = set()
        self.atom_row = {row: i for i, row in enumerate(task.open_rows)}
        self.identity_row = {m: len(self.atom_row) + k for k, m in enumerate(task.identities)}
        self.last_row = len(self.atom_row) + len(self.identity_row)
        self.solver = _frame(self)

    @property
    def need(self) -> float:
        """How many micro-grids must stay as they are, less the new ones."""
        return float(len(self.task.present) - self.task.most_altered)

    def entries(self, column: Column) -> tuple[list[int], list[float]]:
        """The rows of one column and its coefficients there."""
        rows = [self.atom_row[r] for r in column.rows]
        values = [1.0] * len(rows)
        if column.identity != NEW:
            rows.append(self.identity_row[column.identity])
            values.append(1.0)
        if column.identity == NEW or self.task.stays_as_it_is(column):
            rows.append(self.last_row)
            values.append(-1.0 if column.identity == NEW else 1.0)
        return rows, values

    def add(self, columns: Iterable[Column]) -> int:
        """Add columns that are new; returns how many were."""
        fresh = [c for c in dict.fromkeys(columns) if c not in self._known]
        self._known.update(fresh)
        self.columns += fresh
        _add(self.solver, self, fresh)
        return len(fresh)

    def solve(self) -> tuple[float, Floats]:
        """Value and duals of the LP."""
        self.solver.run()
        duals = np.array(self.solver.getSolution().row_dual, float)
        return float(self.solver.getInfo().objective_function_value), duals

    def toll(self, identity: int, duals: Floats) -> float:
        """What a column pays besides its atoms: its convexity row, or the row of what is altered."""
        return float(duals[self.last_row] if identity == NEW else -duals[self.identity_row[identity]])

    def paid(self, identity: int, duals: Floats) -> Floats:
        """The duals of the atoms as one identity sees them, in the units of the ground."""
        seen = np.zeros(self.task.yard.atom_count)
        seen[list(self.atom_row)] = duals[: len(self.atom_row)]
        return (seen - MOVE * self.task.moving[identity]) * UNITS_PER_METRE

    def reduced(self, column: Column, duals: Sequence[float]) -> float:
        """The reduced cost of a column, in metres."""
        rows, values = self.entries(column)
        return self.task.cost(column) - sum(duals[r] * v for r, v in zip(rows, values, strict=True))


def _frame(master: _Master) -> highspy.Highs:
    """A solver with all rows, and the column that pays for what is altered beyond the limit."""
    solver = quiet_solver()
    atoms, identities = len(master.atom_row), len(master.identity_row)
    top = highspy.kHighsInf
    low = np.array([1.0] * atoms + [0.0] * identities + [master.need])
    high = np.array([1.0] * (atoms + identities) + [top])
    count = atoms + identities + 1
    solver.addRows(count, low, high, 0, np.zeros(count, np.int32), np.array([], np.int32), np.array([]))
    solver.addCol(TOO_MANY, 0.0, top, 1, np.array([master.last_row], np.int32), np.ones(1))
    return solver


def _add(solver: highspy.Highs, master: _Master, columns: Sequence[Column]) -> None:
    if not columns:
        return
    entries = [master.entries(c) for c in columns]
    lengths = np.array([len(rows) for rows, _values in entries], np.int64)
    count = len(columns)
    solver.addCols(
        count, np.array([master.task.cost(c) for c in columns]), np.zeros(count),
        np.full(count, highspy.kHighsInf), int(lengths.sum()),
        (np.cumsum(lengths) - lengths).astype(np.int32),
        np.array([row for rows, _values in entries for row in rows], np.int32),
        np.array([value for _rows, values in entries for value in values]),
    )  # fmt: skip


def solve_region(task: Task, known: Sequence[Column]) -> Proven:
    """The proven best division of the region, never worse than `known`."""
    master = _Master(task)
    master.add(known)
    master.add(Column(m, rows) for m, rows in task.present.items() if m in task.stays)
    master.add(Column(NEW, (row,)) for row in task.open_rows)
    bound, duals, rounds = _converge(master)
    best = _cheapest(master, list(known), [c for c in master.columns if task.may_be(c)])[0]
    cost = task.total(best)
    lowest, last = bound, 0
    for stage in STAGES:
        gap = cost - lowest
        reach = min(gap, stage * MOVE)
        if cost - bound <= NOISE:
            break
        columns, reach = _listed(master, duals, reach)
        if len(columns) > last:
            last = len(columns)
            best, least = _cheapest(master, best, columns)
            cost = task.total(best)
        else:
            least = cost
        bound = max(bound, min(cost, least, lowest + reach if reach < gap else cost))
    return Proven(best, cost, min(cost, bound), rounds)


def _converge(master: _Master) -> tuple[float, Floats, int]:
    """Price until nothing pays; the LP's value, or the Lagrangean bound when the rounds are used up."""
    task = master.task
    best, best_duals = -np.inf, np.zeros(master.last_row + 1)
    for round_number in range(1, task.effort.rounds + 1):
        value, duals = master.solve()
        lower, found, plain = value, [], duals.tolist()
        for identity in [*task.identities, NEW]:
            for search, closed in task.searches(identity):
                _least, groups = search.price(master.paid(identity, duals), closed)
                columns = [Column(identity, tuple(rows_of(g))) for g in groups]
                prices = [master.reduced(c, plain) for c in columns]
                count = len(task.open_rows) if identity == NEW else 1
                lower += count * min(0.0, min(prices, default=0.0))
                found += [c for c, price in zip(columns, prices, strict=True) if price < -NOISE]
        if lower > best:
            best, best_duals = lower, duals
        if not master.add(found):
            return max(best, value - NOISE), duals, round_number
    return float(best), best_duals, task.effort.rounds


def _listed(master: _Master, duals: Floats, gap: float) -> tuple[list[Column], float]:
    """Every column that a better division could use; and up to which reduced cost that is all of them."""
    task = master.task
    reach = gap
    while True:
        found: dict[Column, None] = {}
        is_whole = True
        for identity in [*task.identities, NEW]:
            room = reach - master.toll(identity, duals)
            for search, closed in task.searches(identity):
                groups = search.listed(master.paid(identity, duals), closed, room * UNITS_PER_METRE, LISTED)
                is_whole = is_whole and groups is not None
                for group in groups or []:
                    found[Column(identity, tuple(rows_of(group)))] = None
        if is_whole:
            staying = [Column(m, rows) for m, rows in task.present.items() if m in task.stays]
            return [c for c in [*staying, *found] if task.may_be(c)], reach
        reach = min(reach / 2, 32 * MOVE)


def _cheapest(master: _Master, known: list[Column], columns: Sequence[Column]) -> tuple[list[Column], float]:
    """The cheapest division among these columns, never worse than `known`; and a bound for them."""
    task = master.task
    names = list(dict.fromkeys([*known, *columns]))
    solver = _frame(master)
    _add(solver, master, names)
    solver.run()
    before = task.total(known)
    priced, names = _priced(master, solver, names)
    found, is_proven = choose(priced, before - NOISE)
    best = known if found is None else [names[k] for k in found]
    if is_proven:
        return best, task.total(best)
    return _cheapest_by_solver(master, best, names)


def _priced(master: _Master, solver: highspy.Highs, names: Sequence[Column]) -> tuple[Priced, list[Column]]:
    """The columns as the search takes them, with the duals of the LP over all of them; and their order."""
    task, atom_count = master.task, len(master.atom_row)
    solution = solver.getSolution()
    prices = np.maximum(0.0, np.array(solution.col_dual, float)[1:])
    order = np.argsort(prices, kind="stable").tolist()
    ordered = [names[k] for k in order]
    atoms = [[master.atom_row[r] for r in c.rows] for c in ordered]
    bits = [
        rows if c.identity == NEW else [*rows, master.identity_row[c.identity]]
        for c, rows in zip(ordered, atoms, strict=True)
    ]
    priced = Priced(
        masks=masks_of(bits, master.last_row),
        rows=np.array([row for rows in atoms for row in rows], np.int64),
        starts=np.cumsum([0, *map(len, atoms)]),
        costs=np.array([task.cost(c) for c in ordered]),
        reduced=prices[order],
        hits=np.array(_hits(task, ordered), np.int64),
        new=np.array([c.identity == NEW for c in ordered], np.int64),
        atom_count=atom_count, altered=len(task.present) - len(task.stays) - task.most_altered,
        lowest=float(solver.getInfo().objective_function_value) - NOISE / 2,
        one_more=max(0.0, TOO_MANY - solution.row_dual[master.last_row]),
    )  # fmt: skip
    return priced, ordered


def _hits(task: Task, columns: Sequence[Column]) -> list[int]:
    """For each column the micro-grids that cannot stay as they are beside it, as bits."""
    of_row = {row: 1 << k for k, m in enumerate(sorted(task.stays)) for row in task.present[m]}
    own = {m: 1 << k for k, m in enumerate(sorted(task.stays))}
    found = []
    for column in columns:
        bits = own.get(column.identity, 0)
        for row in column.rows:
            bits |= of_row.get(row, 0)
        found.append(0 if task.stays_as_it_is(column) else bits)
    return found


def _cheapest_by_solver(
    master: _Master, known: list[Column], columns: Sequence[Column]
) -> tuple[list[Column], float]:
    """The same by branch and bound with cuts, up to so many nodes: for what the search is too long at."""
    names = list(dict.fromkeys([*known, *columns]))
    solver = _frame(master)
    presolve = "on" if len(names) > PRESOLVED else "off"
    limits = (("mip_rel_gap", 0.0), ("mip_abs_gap", NOISE), ("mip_max_nodes", NODES), ("presolve", presolve))
    for option, value in limits:
        solver.setOptionValue(option, value)
    _add(solver, master, names)
    count = len(names)
    kinds = np.full(count, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(count, np.arange(1, count + 1, dtype=np.int32), kinds)
    task = master.task
    before = task.total(known)
    start = np.zeros(count + 1)
    start[0] = max(0.0, task.altered(known) - task.most_altered)
    start[1 : len(known) + 1] = 1.0
    solver.setSolution(count + 1, np.arange(count + 1, dtype=np.int32), start)
    solver.run()
    chosen = np.array(solver.getSolution().col_value, float)[1:]
    found = [c for c, x in zip(names, chosen, strict=True) if x > 0.5]
    least = float(solver.getInfo().mip_dual_bound)
    is_cover = sorted(row for c in found for row in c.rows) == list(task.open_rows)
    numbers = [c.identity for c in found if c.identity != NEW]
    is_cover = is_cover and len(numbers) == len(set(numbers))
    return (found if is_cover and task.total(found) < before else known), least
