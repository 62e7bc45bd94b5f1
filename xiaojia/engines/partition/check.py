"""An independent verifier: it shares no code with the search and trusts nothing of it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from xiaojia.engines.partition.problem import Part, Problem

_Key = tuple[str, str]


def check(problem: Problem, parts: Sequence[Part]) -> list[str]:
    """Every broken rule as one line; empty when the partition is sound.

    Rules: every floor of every unit exactly once with its own households; at most 80 but for one whole
    floor; a unit of at most 80 uncut; one community a micro-grid; buildings joined over Gabriel edges.
    """
    return [*_coverage(problem, parts), *_sizes(problem, parts), *_Shapes(problem).broken(parts)]


def _coverage(problem: Problem, parts: Sequence[Part]) -> Iterator[str]:
    floors: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    rows = {(s.compound, s.building, s.unit): s for s in problem.stretches}
    for part in parts:
        key = (part.compound, part.building, part.unit)
        if key not in rows:
            yield f"unknown unit {key}"
            continue
        h, f = rows[key].household_count, rows[key].floors
        if part.household_count != h * part.floor_to // f - h * (part.floor_from - 1) // f:
            yield f"{key} floors {part.floor_from}-{part.floor_to}: households do not fit the floors"
        floors[key] += range(part.floor_from, part.floor_to + 1)
    for key, unit in rows.items():
        if sorted(floors[key]) != list(range(1, unit.floors + 1)):
            yield f"{key}: floors are missing or stand twice"


def _by_number(parts: Sequence[Part]) -> dict[int, list[Part]]:
    found: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        found[part.microgrid].append(part)
    return dict(sorted(found.items()))


def _sizes(problem: Problem, parts: Sequence[Part]) -> Iterator[str]:
    most = problem.limits.most_households
    units = {(s.compound, s.building, s.unit): s for s in problem.stretches}
    for number, mine in _by_number(parts).items():
        total = sum(p.household_count for p in mine)
        one_floor = len(mine) == 1 and mine[0].floor_from == mine[0].floor_to
        if total > most and not one_floor:
            yield f"micro-grid {number}: {total} households"
    for part in parts:
        unit = units.get((part.compound, part.building, part.unit))
        if unit is not None and unit.household_count <= most and part.household_count != unit.household_count:
            yield f"micro-grid {part.microgrid}: a unit of {unit.household_count} households is cut"


class _Shapes:
    """Where buildings stand (whole decimetres), in which community, and whether two of them touch."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._reach = problem.limits.max_join_metres * 10
        units: dict[_Key, list[tuple[float, float]]] = defaultdict(list)
        for s in problem.stretches:
            units[s.compound, s.building].append((s.x_metres, s.y_metres))
        self._spots = {
            key: (round(sum(x for x, _y in v) / len(v) * 10), round(sum(y for _x, y in v) / len(v) * 10))
            for key, v in units.items()
        }
        self._peers: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for key, spot in self._spots.items():
            self._peers[_community(key)].append(spot)

    def broken(self, parts: Sequence[Part]) -> Iterator[str]:
        for number, some in _by_number(parts).items():
            mine = sorted({(p.compound, p.building) for p in some} & set(self._spots))
            if len({_community(key) for key in mine}) > 1:
                yield f"micro-grid {number}: more than one community"
                continue
            if not self._problem.allow_cross and len({key[0] for key in mine}) > 1:
                yield f"micro-grid {number}: more than one compound"
            if len(self._reached(mine)) < len(mine):
                yield f"micro-grid {number}: its buildings do not hang together"

    def _reached(self, mine: Sequence[_Key]) -> set[_Key]:
        """The buildings that hang together with the first one."""
        reached, frontier = set(mine[:1]), list(mine[:1])
        while frontier:
            here = frontier.pop()
            for there in mine:
                if there not in reached and self._touch(here, there):
                    reached.add(there)
                    frontier.append(there)
        return reached

    def _touch(self, a: _Key, b: _Key) -> bool:
        """A Gabriel edge within reach; places that coincide all touch."""
        (ax, ay), (bx, by) = self._spots[a], self._spots[b]
        confirmed = self._problem.neighbours
        is_foreign = a[0] != b[0]
        if confirmed is not None and is_foreign and not {(a[0], b[0]), (b[0], a[0])} & confirmed:
            return False
        if confirmed is not None and is_foreign and self._gap(a, b) == self._least_gap(a[0], b[0]):
            return True  # a sketch is no measure: confirmed neighbours touch where they are drawn nearest
        if (is_foreign or confirmed is None) and round(math.hypot(ax - bx, ay - by)) > self._reach:
            return False
        diameter = (ax - bx) ** 2 + (ay - by) ** 2
        return not any(
            (2 * x - ax - bx) ** 2 + (2 * y - ay - by) ** 2 <= diameter
            for x, y in self._peers[_community(a)]
            if (x, y) != (ax, ay) and (x, y) != (bx, by)
        )

    def _gap(self, a: _Key, b: _Key) -> int:
        (ax, ay), (bx, by) = self._spots[a], self._spots[b]
        return round(math.hypot(ax - bx, ay - by))

    def _least_gap(self, one: str, other: str) -> int:
        return min(self._gap(a, b) for a in self._spots if a[0] == one for b in self._spots if b[0] == other)


def _community(key: _Key) -> str:
    return key[0].split("-", 1)[0] if "-" in key[0] else ""
