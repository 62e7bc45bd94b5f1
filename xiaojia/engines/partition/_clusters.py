"""One community: every part of a compound alone; then those that cannot stand alone join, as few as needed.

A part is what hangs together inside one compound: the houses of a long street may be several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from xiaojia.engines.partition._certificates import totals_fit
from xiaojia.engines.partition._columns import add_cover, make_integer, quiet_solver
from xiaojia.engines.partition._ground import UNITS_PER_METRE, Ground, lay_out
from xiaojia.engines.partition._proof import Columns
from xiaojia.engines.partition._small import Division, divide_small, households_of
from xiaojia.engines.partition._yard import Yard, make_yard
from xiaojia.engines.partition.problem import Effort, Problem

Piece = tuple[int, int, int]
"""Building of the ground, first and last atom of its chain."""

Cluster = frozenset[int]
"""Parts, by their number."""

_HOPE = 0.85
"""The share of the fees that a guess counts: joined parts also save some walking and some cuts."""


@dataclass(slots=True)
class Settled:
    """A community's answer: its ground, micro-grids as pieces, cost, bound, and the work it took."""

    ground: Ground
    groups: list[tuple[Piece, ...]]
    cost: int
    bound: int
    work: dict[str, int] = field(default_factory=dict)


class Community:
    """Solves yards of one community and remembers the answers."""

    def __init__(self, problem: Problem, effort: Effort) -> None:
        self._problem = problem
        self._effort = effort
        self._yards: dict[Cluster, Yard] = {}
        self._columns: dict[Cluster, Columns] = {}
        self._answers: dict[Cluster, Division] = {}
        self.work = Counter[str]()
        self.ground = lay_out(problem, fine_atoms=effort.fine_atoms)
        self._parts = self.ground.parts()

    def settle(self) -> Settled:
        """The whole community."""
        clusters = [frozenset([p]) for p in range(len(self._parts))]
        if self._problem.allow_cross:
            for _round in range(self._effort.cluster_rounds):
                joined = self._join(clusters)
                if joined == clusters:
                    break
                clusters = joined
        groups: list[tuple[Piece, ...]] = []
        cost = bound = 0
        for cluster in clusters:
            division = self._proven(cluster)
            cost, bound = cost + division.cost, bound + division.bound
            groups += [_pieces(self._yards[cluster], group) for group in division.groups]
        return Settled(self.ground, groups, cost, bound, dict(self.work))

    def _bound(self, cluster: Cluster) -> int:
        """What the cluster costs at least: exact when it is small or answered, else the LP's value."""
        if cluster not in self._yards:
            self.work["yards"] += 1
            yard = self._yards[cluster] = make_yard(self.ground, self._buildings(cluster))
            small = divide_small(yard, self._effort)
            if small is not None:
                self._answers[cluster] = small
            else:
                self._columns[cluster] = Columns(yard, self._effort)
        if cluster in self._answers:
            return self._answers[cluster].cost
        return self._columns[cluster].bound

    def _answer(self, cluster: Cluster) -> Division:
        self._bound(cluster)
        if cluster not in self._answers:
            self._answers[cluster] = self._columns[cluster].divide()
        return self._answers[cluster]

    def _proven(self, cluster: Cluster) -> Division:
        """The proof is dear, so only what was chosen gets one."""
        division = self._answer(cluster)
        columns = self._columns.get(cluster)
        if columns is None:
            return division
        self.work.update(columns.work)
        return columns.prove(division)

    def _join(self, clusters: list[Cluster]) -> list[Cluster]:
        """One round: candidates of two or three clusters around each short one, the cheapest disjoint choice.

        A candidate stands in with a guess, then its bound, until the choice falls on it; in the end it is
        answered, and the choice is made again.
        """
        index = {p: i for i, cluster in enumerate(clusters) for p in cluster}
        near = self._near(clusters, index)
        short = [i for i, cluster in enumerate(clusters) if self._answer(cluster).short_count]
        if not short:
            return clusters
        candidates: dict[Cluster, tuple[int, ...]] = {cluster: (i,) for i, cluster in enumerate(clusters)}
        costs = {cluster: self._bound(cluster) for cluster in clusters}
        for i in short:
            for members in self._around(i, near, set(short)):
                parts = [clusters[m] for m in members]
                union = frozenset().union(*parts)
                guess = self._guess(union, parts)
                if guess is not None:
                    candidates[union], costs[union] = members, guess
        while True:
            choice = _cheapest(clusters, candidates, costs)
            pending = [cluster for cluster in choice if cluster not in self._answers]
            if not pending:
                return choice
            is_guess = [cluster for cluster in pending if cluster not in self._yards]
            for cluster in is_guess or pending:
                costs[cluster] = self._bound(cluster) if is_guess else self._answer(cluster).cost

    def _near(self, clusters: list[Cluster], index: dict[int, int]) -> list[list[int]]:
        """Neighbouring clusters of each cluster, nearest first."""
        gaps: list[dict[int, int]] = [{} for _ in clusters]
        for part, others in enumerate(self.ground.part_neighbours(self._parts)):
            for other, metres in others.items():
                mine, theirs = index[part], index[other]
                if mine != theirs:
                    gaps[mine][theirs] = min(metres, gaps[mine].get(theirs, metres))
        most = self._effort.cluster_neighbours
        return [[n for n, _m in sorted(g.items(), key=lambda item: (item[1], item[0]))][:most] for g in gaps]

    def _around(self, i: int, near: list[list[int]], short: set[int]) -> list[tuple[int, ...]]:
        pairs = [tuple(sorted((i, n))) for n in near[i]]
        triples = set()
        for n, m in combinations(near[i], 2):
            triples.add(tuple(sorted((i, n, m))))
        for n in near[i]:
            triples |= {tuple(sorted((i, n, m))) for m in near[n] if m not in (i, n)}
        kept = [t for t in triples if len(short & set(t)) >= 2]
        return sorted(set(pairs)) + sorted(kept)

    def _guess(self, union: Cluster, parts: Sequence[Cluster]) -> int | None:
        """What a union might cost at best: as its parts, what is short by the totals, and the fees.

        None when it could leave no less short than now, or is too much work.
        """
        if union in self._yards:
            return self._bound(union)
        limits, weights = self._problem.limits, self._problem.weights
        atoms = [a.households for b in self._buildings(union) for a in self.ground.blocks[b].atoms]
        if len(atoms) > (self._effort.pair_atoms if len(parts) == 2 else self._effort.triple_atoms):
            return None
        total = sum(homes for homes in atoms if homes <= limits.most_households)
        now, least = sum(self._short_price(part) for part in parts), 0.0
        if not totals_fit(total, limits):
            missing = (total // limits.least_households + 1) * limits.least_households - total
            least = weights.short + weights.short_per_household * missing
            if least + weights.extra_compound * (len(parts) - 1) >= now:
                return None
        joins = self._compounds(union) - 1 - sum(self._compounds(part) - 1 for part in parts)
        more = least - now + _HOPE * weights.extra_compound * joins
        return max(0, sum(self._bound(part) for part in parts) + round(more * UNITS_PER_METRE))

    def _compounds(self, cluster: Cluster) -> int:
        return len({self.ground.blocks[b].compound for b in self._buildings(cluster)})

    def _buildings(self, cluster: Cluster) -> list[int]:
        return sorted(b for part in cluster for b in self._parts[part])

    def _short_price(self, cluster: Cluster) -> float:
        """What the short micro-grids of a cluster cost for being short, in metres."""
        limits, weights = self._problem.limits, self._problem.weights
        yard, division = self._yards[cluster], self._answer(cluster)
        sizes = [households_of(yard, group) for group in division.groups if yard.is_short(group)]
        return sum(
            weights.short + weights.short_per_household * (limits.least_households - size) for size in sizes
        )


def _pieces(yard: Yard, group: Sequence[tuple[int, int, int]]) -> tuple[Piece, ...]:
    return tuple(
        (yard.buildings[b], low - int(yard.first_atom[b]), high - int(yard.first_atom[b]))
        for b, low, high in group
    )


def _cheapest(
    clusters: list[Cluster], candidates: dict[Cluster, tuple[int, ...]], costs: dict[Cluster, int]
) -> list[Cluster]:
    """The cheapest choice of candidates that holds every cluster exactly once, by a small MIP."""
    names = sorted(candidates, key=lambda c: (candidates[c], sorted(c)))
    if len(names) == len(clusters):
        return clusters
    solver = quiet_solver()
    solver.setOptionValue("mip_rel_gap", 0.0)
    add_cover(
        solver, len(clusters), [candidates[n] for n in names], np.array([costs[n] for n in names], float)
    )
    make_integer(solver, len(names))
    solver.run()
    chosen = solver.getSolution().col_value
    kept = [name for name, x in zip(names, chosen, strict=True) if x > 0.5]
    return sorted(kept, key=min)
