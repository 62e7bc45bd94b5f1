"""From the LP to whole micro-grids and to the proof: exact windows, then a MIP over all that could still pay.

With the duals of the LP each micro-grid has a reduced price, and the reduced prices of a division add up to
its distance from the bound. A better division can only use micro-grids cheaper than that distance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from xiaojia.engines.partition._certificates import short_by_proof, short_by_totals
from xiaojia.engines.partition._columns import ALL, JOINS, OTHERS, SHORT, Group, Master, Search, rows_of
from xiaojia.engines.partition._converge import Relaxed, converge, dive, starting_columns
from xiaojia.engines.partition._exact import cheapest_cover
from xiaojia.engines.partition._small import Division, count_short
from xiaojia.engines.partition._tree import Tree
from xiaojia.engines.partition._yard import Floats, Yard
from xiaojia.engines.partition.problem import Effort


class Columns:
    """A yard whose LP is solved at once; its division and the proof come when they are asked for."""

    def __init__(self, yard: Yard, effort: Effort) -> None:
        self._yard, self._effort = yard, effort
        self._master = Master(yard)
        self._master.add(starting_columns(yard))
        self._master.want_short(short_by_totals(yard))
        self._search = Search(yard, effort)
        self._search.counts = self._master.counts
        self._relaxed = converge(self._master, self._search, effort)
        self.work = {"sets": self._search.set_count, "rounds": self._relaxed.rounds, "windows": 0}

    @property
    def bound(self) -> int:
        """What every division costs at least."""
        return self._relaxed.bound

    def divide(self) -> Division:
        """The division, with the LP's bound."""
        groups = dive(self._master, self._search, self._effort)
        short = count_short(self._yard, groups)
        if short > self._master.least_short:
            least = short_by_proof(self._yard, self._effort)
            if least > self._master.least_short:
                self._master.free()
                self._master.want_short(least)
                self._relaxed = converge(self._master, self._search, self._effort)
                groups = min(groups, dive(self._master, self._search, self._effort), key=self._cost)
        improver = Improver(self._search, self._relaxed, self._effort)
        groups = improver.improve(groups)
        if count_short(self._yard, groups) > self._master.least_short:
            groups = self._branch(groups).groups
        self.work |= {"columns": len(self._master.groups), "windows": improver.windows}
        return self._division(groups, self.bound)

    def prove(self, division: Division) -> Division:
        """The same division or a better one, with a bound that is never below the LP's.

        Branch while that helps; where a leaf is still open, a MIP over all that could pay there.
        """
        tree = self._branch(division.groups)
        groups, bound = tree.groups, tree.bound
        if self._yard.atom_count > self._effort.proof_atoms:
            return self._division(groups, bound)
        bounds = [leaf.relaxed.bound for leaf in tree.leaves]
        for n, leaf in enumerate(tree.leaves[: self._effort.proof_leaves]):
            groups, bounds[n] = Improver(self._search, leaf.relaxed, self._effort).prove(groups)
        return self._division(groups, min([self._cost(groups), *bounds]))

    def _branch(self, groups: tuple[Group, ...]) -> Tree:
        """A tree that is good enough, or as large as is paid for."""
        self._master.free()
        tree = Tree(self._master, self._search, self._relaxed, groups)
        nodes = min(self._effort.branch_nodes, self._effort.branch_sets // self._search.set_count)
        tree.grow(self._effort, nodes=nodes, enough=self._effort.good_share)
        self.work["nodes"] = self.work.get("nodes", 0) + tree.nodes
        return tree

    def _cost(self, groups: Sequence[Group]) -> int:
        return sum(self._yard.cost_of(g) for g in groups)

    def _division(self, groups: tuple[Group, ...], bound: int) -> Division:
        cost = self._cost(groups)
        return Division(groups, cost, min(cost, bound), count_short(self._yard, groups))


class Improver:
    """Makes a division better by re-dividing small areas exactly, and proves what is left."""

    def __init__(self, search: Search, relaxed: Relaxed, effort: Effort) -> None:
        self._search = search
        self._yard = search.yard
        self._effort = effort
        self._bound = self._lowest = relaxed.bound
        self._duals = relaxed.duals
        self._prefix = np.concatenate([[0.0], np.cumsum(relaxed.duals[: self._yard.atom_count])])
        behind = [*relaxed.duals[self._yard.atom_count :].tolist(), 0.0, 0.0, 0.0]
        self._per_join, self._per_short, self._each = behind[JOINS], behind[SHORT], behind[ALL]
        self._per_count = [(c, d) for c, d in zip(search.counts, behind[OTHERS:], strict=False) if d]
        self.windows = 0

    def improve(self, groups: tuple[Group, ...]) -> tuple[Group, ...]:
        """Re-divide the surroundings of each dear micro-grid until nothing changes, wider and wider."""
        kept = set(groups)
        tried: set[frozenset[Group]] = set()
        for width in self._effort.window_groups:
            while self.windows < self._effort.windows and not self._is_good(kept):
                window = next((w for w in self._windows(kept, width) if w not in tried), None)
                if window is None:
                    break
                self.windows += 1
                tried.add(window)
                kept = (kept - window) | set(self._redivide(sorted(window)))
        return tuple(sorted(kept))

    def _is_good(self, groups: Iterable[Group]) -> bool:
        cost = self._cost(groups)
        return cost - self._bound <= self._effort.good_share * cost

    def _cost(self, groups: Iterable[Group]) -> int:
        return sum(self._yard.cost_of(g) for g in groups)

    def _reduced(self, group: Group) -> float:
        paid = sum(self._prefix[high + 1] - self._prefix[low] for _b, low, high in group)
        joins = len({int(self._yard.compound[b]) for b, _low, _high in group}) - 1
        paid += self._per_join * joins + self._per_short * self._yard.is_short(group) + self._each
        paid += sum(dual * count.of(group) for count, dual in self._per_count)
        return float(self._yard.cost_of(group) - paid)

    def _windows(self, groups: set[Group], width: int) -> Iterator[frozenset[Group]]:
        """Each dear micro-grid with its nearest others, the dearest first."""
        for price, seed in sorted((-self._reduced(g), g) for g in groups):
            if -price < self._effort.dear:
                return
            yield self._around(seed, groups, width)

    def _around(self, seed: Group, groups: set[Group], width: int) -> frozenset[Group]:
        mine = [b for b, _l, _h in seed]
        nearest = self._yard.distance[mine].min(axis=0)

        def farness(group: Group) -> tuple[bool, int, Group]:
            return group != seed, min(int(nearest[b]) for b, _l, _h in group), group

        return frozenset(sorted(groups, key=farness)[:width])

    def _redivide(self, window: Sequence[Group]) -> tuple[Group, ...]:
        """The cheapest division of what these micro-grids hold, among the columns that could pay."""
        closed = np.ones(self._yard.atom_count)
        rows = sorted(row for group in window for row in rows_of(group))
        closed[rows] = 0.0
        distance = sum(self._reduced(g) for g in window)
        columns, _reach = self._columns(distance, closed, self._effort.window_columns)
        return self._cheapest(columns, tuple(window), rows, self._effort.window_nodes)[0]

    def _columns(self, distance: float, closed: Floats | None, limit: int) -> tuple[list[Group], float]:
        """All columns of reduced price up to `distance`, or up to the part of it that stays below `limit`."""
        reach = distance
        while True:
            columns = self._search.listed(self._duals, closed, reach, limit)
            if columns is not None:
                return columns, reach
            reach /= 2

    def prove(self, groups: tuple[Group, ...]) -> tuple[tuple[Group, ...], int]:
        """The best division among all columns that could still pay, and the bound that this proves.

        A few columns first: what they improve brings the others nearer to being out of question.
        """
        most = self._effort.proof_entries // self._yard.atom_count
        for limit in sorted({min(limit, most) for limit in self._effort.proof_columns}):
            if self._is_good(groups):
                break
            distance = self._cost(groups) - self._bound + 1.0
            columns, reach = self._columns(distance, None, limit)
            rows = range(self._yard.atom_count)
            groups, least = self._cheapest(columns, groups, rows, self._effort.proof_nodes)
            if reach < distance:
                least = min(least, self._lowest + int(reach))
            self._bound = max(self._bound, least)
        return groups, self._bound

    def _cheapest(
        self, columns: Sequence[Group], known: tuple[Group, ...], rows: Sequence[int], nodes: int
    ) -> tuple[tuple[Group, ...], int]:
        """The cheapest exact cover of `rows`, never worse than `known`, and a bound for these columns."""
        yard = self._yard
        names = list(dict.fromkeys([*known, *columns]))
        costs = [yard.cost_of(g) for g in names]
        if len(names) == len(known):
            return known, sum(costs)
        place = {row: i for i, row in enumerate(rows)}
        lines = [[place[r] for r in rows_of(g)] for g in names]
        found = cheapest_cover(len(place), lines, costs, tuple(range(len(known))), nodes=nodes)
        return tuple(names[k] for k in found.chosen), found.bound
