"""An independent verifier: it shares no code with the search and trusts nothing of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xiaojia.engines.partition.problem import Part, Problem


def check(problem: Problem, parts: Sequence[Part]) -> list[str]:
    """Every broken rule as one line; empty when the partition is sound.

    Rules: every floor of every unit exactly once with its own households; at most 80 but for one whole
    floor; a unit of at most 80 uncut; one community a micro-grid; buildings joined over Gabriel edges.
    """
    return [*_coverage(problem, parts), *_sizes(problem, parts), *_shapes(problem, parts)]


def _coverage(problem: Problem, parts: Sequence[Part]) -> list[str]:
    wrong = []
    floors: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    rows = {(s.compound, s.building, s.unit): s for s in problem.stretches}
    for part in parts:
        key = (part.compound, part.building, part.unit)
        if key not in rows:
            wrong.append(f"unknown unit {key}")
            continue
        unit = rows[key]
        h, f = unit.household_count, unit.floors
        if part.household_count != h * part.floor_to // f - h * (part.floor_from - 1) // f:
            wrong.append(f"{key} floors {part.floor_from}-{part.floor_to}: households do not fit the floors")
        floors.setdefault(key, []).append((part.floor_from, part.floor_to))
    for key, unit in rows.items():
        covered = sorted(x for low, high in floors.get(key, []) for x in range(low, high + 1))
        if covered != list(range(1, unit.floors + 1)):
            wrong.append(f"{key}: floors are missing or stand twice")
    return wrong


def _sizes(problem: Problem, parts: Sequence[Part]) -> list[str]:
    wrong = []
    most = problem.limits.most_households
    units = {(s.compound, s.building, s.unit): s for s in problem.stretches}
    for number in {p.microgrid for p in parts}:
        mine = [p for p in parts if p.microgrid == number]
        total = sum(p.household_count for p in mine)
        one_floor = len(mine) == 1 and mine[0].floor_from == mine[0].floor_to
        if total > most and not one_floor:
            wrong.append(f"micro-grid {number}: {total} households")
    for part in parts:
        unit = units.get((part.compound, part.building, part.unit))
        if unit is not None and unit.household_count <= most and part.household_count != unit.household_count:
            wrong.append(f"micro-grid {part.microgrid}: a unit of {unit.household_count} households is cut")
    return wrong


def _shapes(problem: Problem, parts: Sequence[Part]) -> list[str]:
    wrong = []
    spots = _spots(problem)
    reach = problem.limits.max_join_metres
    has = all("-" in s.compound for s in problem.stretches)
    homes = {key: (key[0].split("-", 1)[0] if has else "") for key in spots}
    for number in sorted({p.microgrid for p in parts}):
        mine = sorted({(p.compound, p.building) for p in parts if p.microgrid == number})
        if len({homes[key] for key in mine}) > 1:
            wrong.append(f"micro-grid {number}: more than one community")
            continue
        if not problem.allow_cross and len({key[0] for key in mine}) > 1:
            wrong.append(f"micro-grid {number}: more than one compound")
        peers = [key for key in spots if homes[key] == homes[mine[0]]]
        reached, frontier = {mine[0]}, [mine[0]]
        while frontier:
            here = frontier.pop()
            for there in mine:
                if there not in reached and _touch(problem, here, there, spots, peers, reach):
                    reached.add(there)
                    frontier.append(there)
        if len(reached) < len(mine):
            wrong.append(f"micro-grid {number}: its buildings do not hang together")
    return wrong


def _spots(problem: Problem) -> dict[tuple[str, str], tuple[float, float]]:
    units: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for s in problem.stretches:
        units.setdefault((s.compound, s.building), []).append((s.x_metres, s.y_metres))
    return {k: (sum(x for x, _y in v) / len(v), sum(y for _x, y in v) / len(v)) for k, v in units.items()}


def _touch(
    problem: Problem,
    a: tuple[str, str],
    b: tuple[str, str],
    spots: dict[tuple[str, str], tuple[float, float]],
    peers: Sequence[tuple[str, str]],
    reach: int,
) -> bool:
    """A Gabriel edge within reach (positions to the decimetre); places that coincide all touch."""
    (ax, ay), (bx, by) = (tuple(round(v * 10) for v in spots[k]) for k in (a, b))
    confirmed = problem.neighbours
    if confirmed is not None and a[0] != b[0] and not {(a[0], b[0]), (b[0], a[0])} & confirmed:
        return False
    if (a[0] != b[0] or problem.neighbours is None) and round(math.hypot(ax - bx, ay - by)) > reach * 10:
        return False
    mx, my, radius = (ax + bx) / 2, (ay + by) / 2, ((ax - bx) ** 2 + (ay - by) ** 2) / 4
    for key in peers:
        x, y = (round(v * 10) for v in spots[key])
        if (x, y) not in ((ax, ay), (bx, by)) and (x - mx) ** 2 + (y - my) ** 2 < radius - 1e-6:
            return False
    return True
