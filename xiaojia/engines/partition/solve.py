"""Divide an input into micro-grids: community by community, in any number of processes, with one answer."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from xiaojia.engines.partition import explain
from xiaojia.engines.partition._ground import UNITS_PER_METRE, Ground
from xiaojia.engines.partition._measure import Grid, Key, Places, describe
from xiaojia.engines.partition.problem import (
    Effort,
    Part,
    PartitionException,
    Problem,
    Result,
    community_of,
)

if TYPE_CHECKING:
    from xiaojia.engines.partition._clusters import Settled


Runner = Callable[[Callable[[Any], Any], Sequence[Any]], Sequence[Any]]
"""Calls a function with each item, anywhere, and gives the answers in the order of the items."""


@dataclass(frozen=True, slots=True)
class _Proof:
    """At least `least_short` micro-grids of these buildings are short; `compound` if it stands alone.

    `is_least`: where fewer could be short, but no division has less missing by the price of being short.
    """

    buildings: frozenset[Key]
    compound: str
    total: int
    least_short: int
    method: str
    is_least: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    """One community: micro-grids as parts without numbers, cost and bound in the ground's units, proofs."""

    groups: list[tuple[Part, ...]]
    cost: int
    bound: int
    work: dict[str, int]
    proofs: list[_Proof]


def solve(
    problem: Problem,
    *,
    seed: int = 1,
    effort: Effort = Effort(),  # noqa: B008  # frozen
    processes: int = 1,
    run: Runner | None = None,
) -> Result:
    """The proven best division for the clusters and limits tried.

    The method has no chance in it: `seed` is kept in the report and changes nothing. Same input, same
    effort: the same parts, with any number of `processes`, and wherever `run` lets communities be settled.
    """
    communities = _communities(problem)
    job = partial(_settle, effort)
    if run is not None:
        answers = list(run(job, communities))
    elif processes > 1 and len(communities) > 1:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(processes, len(communities)), mp_context=context) as pool:
            answers = list(pool.map(job, communities))
    else:
        answers = [job(community) for community in communities]
    return _result(problem, answers, seed)


def _communities(problem: Problem) -> list[Problem]:
    """The question of each community, in the order in which communities first appear."""
    found: dict[str, list[int]] = {}
    for row, stretch in enumerate(problem.stretches):
        found.setdefault(community_of(stretch.compound), []).append(row)
    return [replace(problem, stretches=tuple(problem.stretches[r] for r in rows)) for rows in found.values()]


def _settle(effort: Effort, problem: Problem) -> _Answer:
    # numba and HiGHS take a second to load: whoever only measures goes without.
    from xiaojia.engines.partition._clusters import Community

    settled = Community(problem, effort).settle()
    groups = [_parts(problem, settled.ground, group) for group in settled.groups]
    proofs = list(_proofs(problem, settled, effort))
    return _Answer(groups, settled.cost, settled.bound, settled.work, proofs)


def _parts(problem: Problem, ground: Ground, pieces: Sequence[tuple[int, int, int]]) -> tuple[Part, ...]:
    """Pieces of chains as floor ranges of units, numbered later."""
    floors: dict[int, list[tuple[int, int, int]]] = {}
    for building, low, high in pieces:
        for atom in ground.blocks[building].atoms[low : high + 1]:
            floors.setdefault(atom.row, []).append((atom.floor_from, atom.floor_to, atom.households))
    parts = []
    for row, ranges in sorted(floors.items()):
        unit = problem.stretches[row]
        low, high = min(f for f, _t, _h in ranges), max(t for _f, t, _h in ranges)
        homes = sum(h for _f, _t, h in ranges)
        parts.append(Part(0, unit.compound, unit.building, unit.unit, low, high, homes))
    return tuple(parts)


def _proofs(problem: Problem, settled: Settled, effort: Effort) -> Iterator[_Proof]:
    """For what hangs together around every short micro-grid, and for every part that joined others."""
    from xiaojia.engines.partition._certificates import prove_short

    ground = settled.ground
    wide: dict[frozenset[int], list[tuple[frozenset[int], int]]] = {}
    alone: set[frozenset[int]] = set()
    for group in settled.groups:
        homes = sum(a.households for b, low, high in group for a in ground.blocks[b].atoms[low : high + 1])
        compounds = {ground.blocks[b].compound for b, _low, _high in group}
        if homes < problem.limits.least_households:
            region = ground.component(group[0][0], allow_cross=problem.allow_cross)
            wide.setdefault(region, []).append((frozenset(b for b, _low, _high in group), homes))
        if len(compounds) > 1:
            alone |= {ground.component(b, allow_cross=False) for b, _low, _high in group}
    for region in sorted(wide, key=min):
        yield _proof_of_short(problem, ground, region, wide[region], effort)
    for region in sorted(alone, key=min):
        least, total, method = prove_short(ground, region, effort)
        names = _names(ground, region)
        yield _Proof(names, min(names)[0], total, least, method)


def _names(ground: Ground, region: frozenset[int]) -> frozenset[Key]:
    return frozenset((ground.compounds[ground.blocks[b].compound], ground.blocks[b].name) for b in region)


def _proof_of_short(
    problem: Problem,
    ground: Ground,
    region: frozenset[int],
    short: Sequence[tuple[frozenset[int], int]],
    effort: Effort,
) -> _Proof:
    """By number; else by what surrounds them; else by how much is missing. `short`: buildings, households."""
    from xiaojia.engines.partition import _certificates

    least, total, method = _certificates.prove_short(ground, region, effort)
    is_least = False
    if least < len(short) and problem.allow_cross:
        nearby = _certificates.short_nearby(ground, [buildings for buildings, _homes in short], effort)
        if nearby > least:
            least, method = nearby, "nearby"
    if least < len(short):
        weights, most = problem.weights, problem.limits.least_households
        here = sum(weights.short + weights.short_per_household * (most - homes) for _b, homes in short)
        proven = _certificates.least_missing(ground, region, effort)
        is_least = here * UNITS_PER_METRE <= proven + len(short)
    return _Proof(_names(ground, region), "", total, least, method, is_least)


def _result(problem: Problem, answers: Sequence[_Answer], seed: int) -> Result:
    order = {(s.compound, s.building, s.unit): i for i, s in enumerate(problem.stretches)}

    def place(part: Part) -> tuple[int, int]:
        return order[part.compound, part.building, part.unit], part.floor_from

    groups = [
        group for answer in answers for group in sorted(answer.groups, key=lambda g: min(map(place, g)))
    ]
    numbered = [replace(p, microgrid=number) for number, group in enumerate(groups, start=1) for p in group]
    parts = tuple(sorted(numbered, key=place))
    description = describe(Places(problem), parts)
    work = sum((Counter(a.work) for a in answers), Counter[str]())
    proofs = [proof for answer in answers for proof in answer.proofs]
    return Result(
        parts=parts,
        exceptions=tuple(_exceptions(problem, list(description.grids.values()), proofs)),
        in_range=description.in_range,
        over=description.over,
        under=description.under,
        cross=description.cross,
        split=description.split,
        cost=sum(a.cost for a in answers) / UNITS_PER_METRE,
        bound=sum(a.bound for a in answers) / UNITS_PER_METRE,
        effort={"seed": seed, **dict(sorted(work.items()))},
    )


def _exceptions(
    problem: Problem, grids: Sequence[Grid], proofs: Sequence[_Proof]
) -> Iterator[PartitionException]:
    for grid in grids:
        for code in grid.codes:
            certificate: dict[str, Any] = {}
            if code == "under_50":
                certificate = _short_certificate(grid, grids, proofs)
            if code == "cross_compound":
                certificate = _join_certificate(grid, proofs)
            sentence = explain.reason(code, grid, problem.limits, certificate)
            yield PartitionException(grid.number, code, sentence, certificate)


def _short_certificate(grid: Grid, grids: Sequence[Grid], proofs: Sequence[_Proof]) -> dict[str, Any]:
    """What was proven for all that hangs together around this micro-grid; could fewer be short?"""
    proof = next(p for p in proofs if not p.compound and set(grid.buildings) <= p.buildings)
    here = sum("under_50" in g.codes and set(g.buildings) <= proof.buildings for g in grids)
    return {
        "compounds": sorted({compound for compound, _building in proof.buildings}),
        "buildings": len(proof.buildings),
        "total": proof.total,
        "least_short": proof.least_short,
        "short_here": here,
        "method": proof.method,
        "is_least_missing": proof.is_least,
        "is_proven": here <= proof.least_short or proof.is_least,
    }


def _join_certificate(grid: Grid, proofs: Sequence[_Proof]) -> dict[str, Any]:
    """Which compounds touch where, and how many micro-grids the joined part of each would leave short."""
    alone = Counter[str]()
    for proof in proofs:
        if proof.compound and not proof.buildings.isdisjoint(grid.buildings):
            alone[proof.compound] += proof.least_short
    joins = [
        {"compounds": list(j.compounds), "buildings": list(j.buildings), "metres": j.metres}
        for j in grid.joins
    ]
    return {"joins": joins, "alone": {c: n for c, n in sorted(alone.items()) if n}}
