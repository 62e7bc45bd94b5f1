"""Divide an input into micro-grids: communities one by one, in one process or several, always the same answer."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from xiaojia.engines.partition import explain
from xiaojia.engines.partition._ground import UNITS_PER_METRE, Ground
from xiaojia.engines.partition._measure import Description, Places, describe
from xiaojia.engines.partition.problem import (
    Effort,
    Part,
    PartitionException,
    Problem,
    Result,
    Stretch,
    community_of,
)

if TYPE_CHECKING:
    from xiaojia.engines.partition._clusters import Settled

_Answer = tuple[list[tuple[Part, ...]], int, int, dict[str, int], list[tuple[frozenset[str], int, int, str]]]


def solve(problem: Problem, *, seed: int = 1, effort: Effort = Effort(), processes: int = 1) -> Result:  # noqa: B008  # frozen
    """The proven best division for the clusters and limits tried.

    The method has no chance in it: `seed` is kept in the report and changes nothing. Same input, same
    effort: the same parts, with any number of `processes`.
    """
    communities = _communities(problem)
    job = partial(_settle, problem, effort)
    if processes > 1 and len(communities) > 1:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(processes, len(communities)), mp_context=context) as pool:
            answers = list(pool.map(job, communities))
    else:
        answers = [job(rows) for rows in communities]
    return _result(problem, answers, seed)


def _communities(problem: Problem) -> list[list[int]]:
    """Input rows of each community, in the order in which communities first appear."""
    has = all("-" in s.compound for s in problem.stretches)
    found: dict[str, list[int]] = {}
    for row, stretch in enumerate(problem.stretches):
        found.setdefault(community_of(stretch.compound, has_communities=has), []).append(row)
    return list(found.values())


def _settle(problem: Problem, effort: Effort, rows: list[int]) -> _Answer:
    # numba and HiGHS take a second to load: whoever only measures goes without.
    from xiaojia.engines.partition._clusters import Community

    settled = Community(problem, rows, effort).settle()
    groups = [_parts(problem, settled.ground, group) for group in settled.groups]
    return groups, settled.cost, settled.bound, settled.work, _proofs(problem, settled, effort)


def _parts(problem: Problem, ground: Ground, pieces: Sequence[tuple[int, int, int]]) -> tuple[Part, ...]:
    """Pieces of chains as floor ranges of units, numbered later."""
    floors: dict[int, list[tuple[int, int, int]]] = {}
    for building, low, high in pieces:
        for atom in ground.blocks[building].atoms[low : high + 1]:
            floors.setdefault(atom.row, []).append((atom.floor_from, atom.floor_to, atom.households))
    parts = []
    for row, stretches in sorted(floors.items()):
        unit: Stretch = problem.stretches[row]
        low, high = min(f for f, _t, _h in stretches), max(t for _f, t, _h in stretches)
        homes = sum(h for _f, _t, h in stretches)
        parts.append(Part(0, unit.compound, unit.building, unit.unit, low, high, homes))
    return tuple(parts)


def _proofs(problem: Problem, settled: Settled, effort: Effort) -> list[tuple[frozenset[str], int, int, str]]:
    """For every region with a short micro-grid, and every joined compound: the proven least number of short ones."""
    from xiaojia.engines.partition._clusters import least_short

    ground = settled.ground
    least = problem.limits.least_households
    regions = _regions(ground, allow_cross=problem.allow_cross)
    wanted: list[frozenset[int]] = []
    for group in settled.groups:
        atoms = [a for b, low, high in group for a in ground.blocks[b].atoms[low : high + 1]]
        compounds = {ground.blocks[b].compound for b, _l, _h in group}
        if sum(a.households for a in atoms) < least:
            wanted.append(next(r for r in regions if compounds <= r))
        if len(compounds) > 1:
            wanted += [frozenset([c]) for c in compounds]
    proofs = []
    for region in sorted(set(wanted), key=sorted):
        count, method = least_short(ground, sorted(region), effort)
        total = sum(a.households for b in ground.blocks if b.compound in region for a in b.atoms)
        proofs.append((frozenset(ground.compounds[c] for c in region), total, count, method))
    return proofs


def _regions(ground: Ground, *, allow_cross: bool) -> list[frozenset[int]]:
    """Compounds that could ever share a micro-grid: connected sets, or each compound by itself."""
    if not allow_cross:
        return [frozenset([c]) for c in range(len(ground.compounds))]
    near = ground.compound_neighbours()
    todo, regions = set(range(len(ground.compounds))), []
    while todo:
        region, stack = set(), [min(todo)]
        while stack:
            c = stack.pop()
            if c not in region:
                region.add(c)
                stack += near[c]
        todo -= region
        regions.append(frozenset(region))
    return regions


def _result(problem: Problem, answers: list[_Answer], seed: int) -> Result:
    order = {(s.compound, s.building, s.unit): i for i, s in enumerate(problem.stretches)}
    parts: list[Part] = []
    number = 0
    for groups, *_rest in answers:
        for group in sorted(
            groups, key=lambda g: min((order[p.compound, p.building, p.unit], p.floor_from) for p in g)
        ):
            number += 1
            parts += [
                Part(number, p.compound, p.building, p.unit, p.floor_from, p.floor_to, p.household_count)
                for p in group
            ]
    parts.sort(key=lambda p: (order[p.compound, p.building, p.unit], p.floor_from))
    description = describe(Places(problem), parts)
    proofs = [proof for *_rest, found in answers for proof in found]
    work: dict[str, int] = {"seed": seed}
    for _groups, _cost, _bound, counts, _proofs_ in answers:
        for name, count in counts.items():
            work[name] = work.get(name, 0) + count
    return Result(
        parts=tuple(parts),
        exceptions=tuple(_exceptions(problem, description, proofs)),
        in_range=description.in_range,
        over=description.over,
        under=description.under,
        cross=description.cross,
        split=description.split,
        cost=sum(a[1] for a in answers) / UNITS_PER_METRE,
        bound=sum(a[2] for a in answers) / UNITS_PER_METRE,
        effort=work,
    )


def _exceptions(
    problem: Problem, description: Description, proofs: list[tuple[frozenset[str], int, int, str]]
) -> list[PartitionException]:
    limits = problem.limits
    short = {n: g for n, g in description.grids.items() if g.household_count < limits.least_households}
    found = []
    for number, grid in description.grids.items():
        for code in grid.codes:
            certificate: dict[str, object] = {}
            if code == "under_50":
                certificate = _short_certificate(set(grid.compounds), short.values(), proofs)
            if code == "cross_compound":
                alone = {
                    min(region): count
                    for region, _total, count, _method in proofs
                    if len(region) == 1 and region <= set(grid.compounds) and count
                }
                joins = [
                    {"compounds": list(j.compounds), "buildings": list(j.buildings), "metres": j.metres}
                    for j in grid.joins
                ]
                certificate = {"joins": joins, "alone": dict(sorted(alone.items()))}
            sentence = explain.reason(code, grid, limits, certificate)
            found.append(PartitionException(number, code, sentence, certificate))
    return found


def _short_certificate(
    compounds: set[str], short: object, proofs: list[tuple[frozenset[str], int, int, str]]
) -> dict[str, object]:
    """The widest region proven for this micro-grid, and whether its number of short ones is the least possible."""
    regions = [proof for proof in proofs if compounds <= proof[0]]
    region, total, least, method = max(regions, key=lambda proof: len(proof[0]))
    here = sum(set(g.compounds) <= region for g in short)  # type: ignore[attr-defined]  # grids
    return {
        "compounds": sorted(region),
        "total": total,
        "least_short": least,
        "short_here": here,
        "method": method,
        "is_proven": here <= least,
    }
