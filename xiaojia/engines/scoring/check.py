"""An independent verifier: exact fractions and its own walk over the answers; no code is shared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction

from xiaojia.engines.scoring.problem import (
    Assignment,
    AssignmentProblem,
    MonthProblem,
    MonthResult,
    MonthValue,
    Rating,
)


def check_assignment(problem: AssignmentProblem, assignment: Assignment) -> list[str]:
    """Every broken rule as one line; empty when nobody may complain."""
    return list(_assignment(problem, assignment))


def _assignment(problem: AssignmentProblem, assignment: Assignment) -> Iterator[str]:
    everybody = sorted(member for team in problem.teams for member in team.members)
    if sorted(m for circle in assignment.circles for m in circle.order) != everybody:
        yield "somebody is in no circle, or in two"
    asked = {(rater, ratee) for rater, ratees in assignment.asked.items() for ratee in ratees}
    for rater, ratee in sorted(asked):
        if rater == ratee:
            yield f"{rater} is asked about themselves"
        if (ratee, rater) in asked:
            yield f"{rater} and {ratee} are asked about each other"
        if (min(rater, ratee), max(rater, ratee)) in problem.apart:
            yield f"{rater} is asked about {ratee} although they are kept apart"
    yield from _circles(problem, assignment)
    for ratee, count in Counter(ratee for _rater, ratee in asked).items():
        if count > problem.limits.most_asked:
            yield f"{count} are asked about {ratee}"


def _circles(problem: AssignmentProblem, assignment: Assignment) -> Iterator[str]:
    for circle in assignment.circles:
        members = set(circle.order)
        most = max(0, min(problem.limits.most_asked, (len(members) - 1) // 2))
        for rater in circle.order:
            mine = assignment.asked.get(rater, ())
            if len(mine) > most or len(set(mine)) != len(mine):
                yield f"{rater} is asked about {len(mine)}, at most {most}"
            if not set(mine) <= members:
                yield f"{rater} is asked about somebody of another circle"


def check_month(problem: MonthProblem, result: MonthResult) -> list[str]:
    """Values that exact arithmetic does not confirm to within the rounding of a slip (0.02), as lines."""
    return list(_month(problem, result))


def check_settled(problem: MonthProblem, values: Iterable[MonthValue]) -> list[str]:
    """The same for the values of the appraisal: how leniently somebody answers is seen in all `ratings`."""
    known = [r for r in problem.ratings if (r.month, r.rater, r.ratee) not in problem.void]
    return list(_values(problem, values, known, known))


def _month(problem: MonthProblem, result: MonthResult) -> Iterator[str]:
    nothing, first = problem.void | result.mutual, problem.month - problem.limits.window_months
    known = [r for r in problem.ratings if (r.month, r.rater, r.ratee) not in nothing]
    yield from _values(problem, result.values, known, [r for r in known if first < r.month <= problem.month])


def _values(
    problem: MonthProblem, told: Iterable[MonthValue], known: list[Rating], of_raters: list[Rating]
) -> Iterator[str]:
    first, values = problem.month - problem.limits.window_months, {value.member: value for value in told}
    counted = [r for r in known if first < r.month <= problem.month]
    if set(values) != set(problem.microgrids):
        yield "somebody has no line in the result"
    levels = [r.level for r in of_raters]
    for member, value in values.items():
        answers = [r for r in counted if r.ratee == member and r.month == problem.month]
        grid = problem.microgrids[member]
        is_quiet = 100 * problem.returned.get(grid, 0) < (
            problem.limits.least_returned_percent * problem.asked.get(grid, 0)
        )
        if is_quiet or len(answers) < problem.limits.least_answers:
            if value.value is not None:
                yield f"{member} has a value from {len(answers)} answers"
            continue
        everybody = Fraction(sum(levels), len(levels))
        exact = {}
        for r in counted:
            own = [q.level for q in of_raters if q.rater == r.rater]
            share = Fraction(len(own), len(own) + problem.limits.leniency_half)
            moved = r.level - share * (Fraction(sum(own), len(own)) - everybody)
            exact[(r.month, r.rater, r.ratee)] = min(Fraction(5), max(Fraction(1), moved))
        mine = sorted(exact[(r.month, r.rater, r.ratee)] for r in answers)
        inner = mine[1:-1] if len(mine) != 3 else mine[1:2]
        alike = [exact[(r.month, r.rater, r.ratee)] for r in counted
                 if problem.categories[r.ratee] == problem.categories[member]]  # fmt: skip
        mean, middle = sum(alike) / len(alike), sum(inner) / len(inner)
        n, weight = len(mine), problem.limits.shrink_weight
        wanted = (n * middle + weight * mean) / (n + weight)
        if value.value is None or abs(Fraction(value.value, 100) - wanted) > Fraction(2, 100):
            yield f"{member} has {value.value}, exact {float(100 * wanted):.1f}"
