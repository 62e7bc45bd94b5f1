"""One community: every compound alone first; then those that cannot stand alone join neighbours, as few as needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from xiaojia.engines.partition._columns import divide_by_columns, quiet_solver, shortness_bound
from xiaojia.engines.partition._ground import Ground, atoms_of, lay_out
from xiaojia.engines.partition._small import Division, divide_small
from xiaojia.engines.partition._yard import Yard, make_yard
from xiaojia.engines.partition.problem import Effort, Problem

Piece = tuple[int, int, int]
"""Building of the ground, first and last atom of its chain."""

Cluster = frozenset[int]


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

    def __init__(self, problem: Problem, rows: Sequence[int], effort: Effort) -> None:
        self._problem = problem
        self._rows = rows
        self._effort = effort
        self._answers: dict[Cluster, tuple[Yard, Division]] = {}
        self.work = {"yards": 0, "small": 0, "columns": 0}
        self._fineness: dict[str, int] = {}
        self.ground = lay_out(problem, rows)

    def settle(self) -> Settled:
        """The whole community."""
        everyone = [frozenset([c]) for c in range(len(self.ground.compounds))]
        self._refine(1)
        self._refine(2)
        clusters = everyone
        if self._problem.allow_cross:
            for _round in range(self._effort.cluster_rounds):
                joined = self._join(clusters)
                if joined == clusters:
                    break
                clusters = joined
        groups: list[tuple[Piece, ...]] = []
        cost = bound = 0
        for cluster in clusters:
            yard, division = self._answer(cluster)
            cost, bound = cost + division.cost, bound + division.bound
            groups += [_pieces(yard, group) for group in division.groups]
        return Settled(self.ground, groups, cost, bound, self.work)

    def _answer(self, cluster: Cluster) -> tuple[Yard, Division]:
        if cluster not in self._answers:
            yard = make_yard(self.ground, sorted(cluster))
            self._answers[cluster] = (yard, self._divide(yard))
        return self._answers[cluster]

    def _divide(self, yard: Yard) -> Division:
        self.work["yards"] += 1
        division = divide_small(yard, self._effort)
        if division is not None:
            self.work["small"] += 1
            return division
        self.work["columns"] += 1
        return divide_by_columns(yard, self._effort)

    def _refine(self, fineness: int) -> None:
        """Blocks of three floors can be too coarse: a short compound tries finer ones before it asks others."""
        before, coarse = self.ground, []
        for c, name in enumerate(before.compounds):
            yard, division = self._answer(frozenset([c]))
            if division.short_count and self._is_refined(yard, name, fineness):
                coarse.append(c)
        if not coarse:
            return
        old = dict(self._answers)
        wanted = self._fineness | {before.compounds[c]: fineness for c in coarse}
        self.ground = lay_out(self._problem, self._rows, wanted)
        for c in coarse:
            del self._answers[frozenset([c])]
        better = {c for c in coarse if self._answer(frozenset([c]))[1].cost < old[frozenset([c])][1].cost}
        self._fineness |= {before.compounds[c]: fineness for c in better}
        if len(better) < len(coarse):
            self.ground = lay_out(self._problem, self._rows, self._fineness)
            for c in set(coarse) - better:
                self._answers[frozenset([c])] = old[frozenset([c])]

    def _is_refined(self, yard: Yard, name: str, fineness: int) -> bool:
        """Whether finer blocks change anything here, and stay few enough."""
        stretches = self._problem.stretches
        rows = [r for r in self._rows if stretches[r].compound == name]
        fine = [
            atoms_of(r, stretches[r], self._problem.limits, is_down=False, fineness=fineness) for r in rows
        ]
        count = sum(len(atoms) for atoms in fine)
        return yard.atom_count < count <= self._effort.fine_atoms

    def _join(self, clusters: list[Cluster]) -> list[Cluster]:
        """One round: candidates of two or three clusters around each short one, the cheapest disjoint choice."""
        index = {c: i for i, cluster in enumerate(clusters) for c in cluster}
        near = self._near(clusters, index)
        short = [i for i, cluster in enumerate(clusters) if self._answer(cluster)[1].short_count]
        if not short:
            return clusters
        candidates: dict[Cluster, tuple[int, ...]] = {cluster: (i,) for i, cluster in enumerate(clusters)}
        for i in short:
            for members in self._around(i, near, set(short)):
                union = frozenset().union(*(clusters[m] for m in members))
                if self._may_fit(union):
                    candidates[union] = members
        return _cheapest(clusters, candidates, {c: self._answer(c)[1].cost for c in candidates})

    def _near(self, clusters: list[Cluster], index: dict[int, int]) -> list[list[int]]:
        """Neighbouring clusters of each cluster, nearest first."""
        gaps: list[dict[int, int]] = [{} for _ in clusters]
        for compound, others in self.ground.compound_neighbours().items():
            for other, metres in others.items():
                mine, theirs = index[compound], index[other]
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

    def _may_fit(self, union: Cluster) -> bool:
        """Whether the households of the union can be cut into 50..80 at all, by the totals."""
        total = sum(
            a.households
            for b in self.ground.blocks
            if b.compound in union
            for a in b.atoms
            if a.households <= self._most
        )
        limits = self._problem.limits
        count = -(-total // limits.most_households)
        atoms = sum(len(b.atoms) for b in self.ground.blocks if b.compound in union)
        return total >= count * limits.least_households and atoms <= self._effort.cluster_atoms

    @property
    def _most(self) -> int:
        return self._problem.limits.most_households


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
    solver.setOptionValue("presolve", "on")
    solver.setOptionValue("mip_rel_gap", 0.0)
    rows = [m for name in names for m in candidates[name]]
    starts = np.cumsum([0] + [len(candidates[name]) for name in names])[:-1].astype(np.int32)
    ones = np.ones(len(clusters))
    nothing = np.array([], np.int32)
    solver.addRows(len(clusters), ones, ones, 0, np.zeros(len(clusters), np.int32), nothing, np.array([]))
    solver.addCols(
        len(names), np.array([costs[n] for n in names], float), np.zeros(len(names)), np.ones(len(names)), len(rows),
        starts, np.array(rows, np.int32), np.ones(len(rows)),
    )  # fmt: skip
    import highspy

    kinds = np.full(len(names), highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(len(names), np.arange(len(names), dtype=np.int32), kinds)
    solver.run()
    chosen = solver.getSolution().col_value
    kept = [name for name, x in zip(names, chosen, strict=True) if x > 0.5]
    return sorted(kept, key=min)


def least_short(ground: Ground, compounds: Sequence[int], effort: Effort) -> tuple[int, str]:
    """A proven least number of short micro-grids of these compounds, and how it was proven.

    Methods: `totals` (no number of micro-grids fits the sum), `all_partitions` (a small yard, every
    partition compared), `lp_bound` (an LP bound with every column priced).
    """
    limits = ground.limits
    sizes = [a.households for b in ground.blocks if b.compound in set(compounds) for a in b.atoms]
    total = sum(s for s in sizes if s <= limits.most_households)
    count = -(-total // limits.most_households)
    proven = 1 if total and total < count * limits.least_households else 0
    yard = make_yard(ground, compounds, shortness_only=True)
    small = divide_small(yard, effort)
    if small is not None:
        return (proven, "totals") if small.short_count == proven else (small.short_count, "all_partitions")
    bound = shortness_bound(yard, effort)
    return (bound, "lp_bound") if bound > proven else (proven, "totals" if proven else "lp_bound")
