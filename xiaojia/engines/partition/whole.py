"""The third scenario, to look at: buildings are never cut. What that costs is said, not hidden.

A building above 80 households is then a micro-grid by itself that is too large; nothing else may be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xiaojia.engines.partition import explain
from xiaojia.engines.partition._measure import Description, Places, describe
from xiaojia.engines.partition.problem import Effort, Part, PartitionException, Problem, Result, Stretch
from xiaojia.engines.partition.solve import solve


def solve_whole(problem: Problem, *, seed: int = 1, effort: Effort = Effort()) -> Result:  # noqa: B008  # frozen
    """The proven best division that cuts no building, with the exceptions of the ordinary rules.

    `over_80` names every building that is too large; `cost` and `bound` are those of this narrower question.
    """
    houses: dict[tuple[str, str], list[Stretch]] = {}
    for stretch in problem.stretches:
        houses.setdefault((stretch.compound, stretch.building), []).append(stretch)
    narrow = solve(
        replace(problem, stretches=tuple(_as_one(h) for h in houses.values())), seed=seed, effort=effort
    )
    number = {(p.compound, p.building): p.microgrid for p in narrow.parts}
    parts = tuple(
        Part(number[s.compound, s.building], s.compound, s.building, s.unit, 1, s.floors, s.household_count)
        for s in problem.stretches
    )
    description = describe(Places(problem), parts)
    return replace(
        narrow,
        parts=parts,
        exceptions=tuple(_exceptions(problem, description, narrow)),
        in_range=description.in_range,
        over=description.over,
        under=description.under,
        cross=description.cross,
        split=description.split,
    )


def _as_one(units: list[Stretch]) -> Stretch:
    """A building as one unit of one floor, which the engine never cuts."""
    first, count = units[0], len(units)
    return Stretch(
        first.compound,
        first.building,
        "",
        sum(u.x_metres for u in units) / count,
        sum(u.y_metres for u in units) / count,
        1,
        sum(u.doors_per_floor for u in units),
        sum(u.household_count for u in units),
    )


def _exceptions(problem: Problem, description: Description, narrow: Result) -> Iterator[PartitionException]:
    """What the ordinary rules say; the certificates of the narrower question stand where they still hold."""
    known = {(e.microgrid, e.code): e for e in narrow.exceptions}
    for grid in description.grids.values():
        for code in grid.codes:
            found = known.get((grid.number, code))
            certificate = found.certificate if found and code == "cross_compound" else {}
            if code in ("over_80", "floor_over_80"):
                yield PartitionException(
                    grid.number, "over_80", whole_words(grid.household_count, problem), {}
                )
                continue
            sentence = explain.reason(code, grid, problem.limits, certificate)
            yield PartitionException(grid.number, code, sentence, certificate)


def whole_words(household_count: int, problem: Problem) -> str:
    """Why a whole building is too large, in neighbours' words."""
    excess = household_count - problem.limits.most_households
    return f"这一栋就有 {household_count} 户，整栋不拆，所以多 {excess} 户；照规矩要拆开。"
