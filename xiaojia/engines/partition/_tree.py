"""Branching: the LP again under bounds on what is a whole number in every division.

How many micro-grids there are, how many are short, how many take from one building, whether a chain is cut at
one place: an LP that dodges one of these is divided into two that cannot. The least of the leaves is a bound.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xiaojia.engines.partition._columns import ALL, SHORT, Group, Master, Search, rows_of
from xiaojia.engines.partition._converge import Relaxed, converge
from xiaojia.engines.partition._counts import most_broken
from xiaojia.engines.partition._yard import Floats
from xiaojia.engines.partition.problem import Effort

Bounds = Mapping[int, tuple[float, float]]
"""Row behind the atoms -> least, most."""

_WHOLE = 1e-6


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part of all divisions, by bounds; its LP is solved, or (`relaxed` is its parent's) still open."""

    bounds: Bounds
    relaxed: Relaxed


class Tree:
    """Best-first search; `groups` is the best division met, `leaves` are what could still be better."""

    def __init__(self, master: Master, search: Search, root: Relaxed, groups: tuple[Group, ...]) -> None:
        self._master, self._search, self._yard = master, search, master.yard
        self.groups = groups
        self.cost = self._price(groups)
        self.leaves: list[Leaf] = [Leaf({}, root)]
        self._touched: dict[int, tuple[float, float]] = {}
        self.nodes = 0

    def grow(self, effort: Effort, *, nodes: int, enough: float) -> None:
        """Solve up to `nodes` LPs, the least bound first; stop when the gap is `enough` (of the cost)."""
        queue = [(leaf.relaxed.bound, n, leaf) for n, leaf in enumerate(self.leaves)]
        heapq.heapify(queue)
        made, whole = len(queue), []
        while queue and self.nodes < nodes and queue[0][0] < self.cost * (1 - enough):
            _bound, _n, leaf = heapq.heappop(queue)
            self.nodes += 1
            solved, shares = self._solve(leaf, effort)
            if solved.relaxed.bound >= self.cost:
                continue
            row, value = self._broken(shares)
            if row < 0:
                self._take(shares)
                whole.append(solved)
                continue
            least, most = solved.bounds.get(row, self._master.bounds_of(row))
            for low, high in ((least, np.floor(value)), (np.floor(value) + 1, most)):
                if low <= high:
                    made += 1
                    child = Leaf({**solved.bounds, row: (float(low), float(high))}, solved.relaxed)
                    heapq.heappush(queue, (solved.relaxed.bound, made, child))
        left = [*whole, *(leaf for _bound, _n, leaf in queue)]
        self.leaves = sorted(
            (leaf for leaf in left if leaf.relaxed.bound < self.cost), key=lambda leaf: leaf.relaxed.bound
        )
        self._enter({})

    @property
    def bound(self) -> int:
        """What every division costs at least."""
        return min([self.cost, *(leaf.relaxed.bound for leaf in self.leaves)])

    def _solve(self, leaf: Leaf, effort: Effort) -> tuple[Leaf, Floats]:
        self._enter(leaf.bounds)
        relaxed = converge(self._master, self._search, effort, enough=self.cost)
        self._master.solve()
        bound = max(relaxed.bound, leaf.relaxed.bound)
        return Leaf(leaf.bounds, Relaxed(bound, relaxed.duals, relaxed.rounds)), self._master.shares()

    def _enter(self, bounds: Bounds) -> None:
        for row, before in self._touched.items():
            self._master.bound_row(row, *bounds.get(row, before))
        for row, (least, most) in bounds.items():
            if row not in self._touched:
                self._touched[row] = self._master.bounds_of(row)
                self._master.bound_row(row, least, most)

    def _broken(self, shares: Floats) -> tuple[int, float]:
        """The row to branch on and its value; -1 when every count is whole."""
        groups = self._master.groups
        short = sum(
            s for g, s in zip(groups, shares.tolist(), strict=True) if s > 0 and self._yard.is_short(g)
        )
        for row, value in ((SHORT, short), (ALL, float(shares.sum()))):
            if abs(value - round(value)) > 1e-4:
                return row, value
        found = most_broken(self._yard, groups, shares)
        return (-1, 0.0) if found is None else (self._master.row_of(found[0]), found[1])

    def _take(self, shares: Floats) -> None:
        """Keep a whole and cheaper division."""
        chosen = tuple(g for g, s in zip(self._master.groups, shares.tolist(), strict=True) if s > 1 - _WHOLE)
        rows = sorted(row for g in chosen for row in rows_of(g))
        if rows == list(range(self._yard.atom_count)) and (cost := self._price(chosen)) < self.cost:
            self.groups, self.cost = tuple(sorted(chosen)), cost

    def _price(self, groups: tuple[Group, ...]) -> int:
        return sum(self._yard.cost_of(g) for g in groups)
