"""What a month is worth (4.2): leniency, mutual pairs, trimming, shrinking; too few answers give no value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from xiaojia.engines.scoring.problem import (
    HIGHEST,
    LOW_PARTICIPATION,
    LOWEST,
    TOO_FEW,
    Limits,
    MonthProblem,
    MonthResult,
    MonthValue,
    Rating,
    rounded,
)

_Key = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Leniency:
    """How far a rater's answers lie above everybody's, in hundredths, and how many there are."""

    above: int
    count: int


def month_result(problem: MonthProblem) -> MonthResult:
    """Values of all members of the month and the newly found mutual pairs.

    Mutual answers weigh nothing, as if they were not given: leniency and means are computed without them.
    """
    limits = problem.limits
    known = [r for r in problem.ratings if r.month <= problem.month and _key(r) not in problem.void]
    mutual = _mutual([r for r in known if r.month > problem.month - limits.mutual_window_months], limits)
    first = problem.month - limits.window_months
    return MonthResult(
        tuple(_values(problem, [r for r in known if r.month > first and _key(r) not in mutual])),
        frozenset(mutual),
    )


def settled(problem: MonthProblem) -> tuple[MonthValue, ...]:
    """The month's values once more, for the yearly appraisal, with everything in `void` weighing nothing."""
    first = problem.month - problem.limits.window_months
    counted = [r for r in problem.ratings if first < r.month <= problem.month and _key(r) not in problem.void]
    return tuple(_values(problem, counted))


def _values(problem: MonthProblem, counted: Sequence[Rating]) -> list[MonthValue]:
    limits = problem.limits
    leniencies = _leniencies(counted)
    by_category: dict[str, list[int]] = defaultdict(list)
    mine: dict[int, list[int]] = defaultdict(list)
    for rating in counted:
        value = adjusted(rating.level, leniencies[rating.rater], limits)
        by_category[problem.categories[rating.ratee]].append(value)
        if rating.month == problem.month:
            mine[rating.ratee].append(value)
    means = {category: rounded(sum(values), len(values)) for category, values in by_category.items()}
    quiet = {
        grid
        for grid, count in problem.asked.items()
        if 100 * problem.returned.get(grid, 0) < limits.least_returned_percent * count
    }
    return [_value(member, problem, mine[member], means, quiet) for member in sorted(problem.microgrids)]


def adjusted(level: int, leniency: _Leniency, limits: Limits) -> int:
    """A level in hundredths after the rater's leniency: r - m/(m+4) of what they give above all, in 1..5."""
    taken = rounded(leniency.count * leniency.above, leniency.count + limits.leniency_half)
    return max(LOWEST, min(HIGHEST, 100 * level - taken))


def trimmed(values: Sequence[int], limits: Limits) -> int:
    """The middle of the answers: without one highest and one lowest from five on, the median of 3 or 4."""
    ordered = sorted(values)
    if len(ordered) >= limits.trimmed_from:
        inner = ordered[1:-1]
        return rounded(sum(inner), len(inner))
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return rounded(ordered[half - 1] + ordered[half], 2)


def shrunk(middle: int, answers: int, category_mean: int, limits: Limits) -> int:
    """(n * middle + 3 * category mean) / (n + 3)."""
    weight = limits.shrink_weight
    return rounded(answers * middle + weight * category_mean, answers + weight)


def _value(
    member: int, problem: MonthProblem, values: list[int], means: Mapping[str, int], quiet: set[int]
) -> MonthValue:
    category = problem.categories[member]
    answers, limits = len(values), problem.limits
    if problem.microgrids[member] in quiet:
        return MonthValue(member, category, answers, reason=LOW_PARTICIPATION)
    if answers < limits.least_answers:
        return MonthValue(member, category, answers, reason=TOO_FEW)
    middle, mean = trimmed(values, limits), means[category]
    return MonthValue(member, category, answers, middle, mean, shrunk(middle, answers, mean, limits))


def _leniencies(ratings: Sequence[Rating]) -> dict[int, _Leniency]:
    if not ratings:
        return {}
    overall = rounded(sum(100 * r.level for r in ratings), len(ratings))
    levels: dict[int, list[int]] = defaultdict(list)
    for rating in ratings:
        levels[rating.rater].append(100 * rating.level)
    return {
        rater: _Leniency(rounded(sum(given), len(given)) - overall, len(given))
        for rater, given in levels.items()
    }


def _mutual(ratings: Sequence[Rating], limits: Limits) -> set[_Key]:
    """Answers i about j and j about i that both lie far above what others say of the same person.

    Looked for until nothing more is found: a third friend's praise hides the first two only once.
    """
    both = {(r.rater, r.ratee) for r in ratings}
    both = {key for key in both if (key[1], key[0]) in both}
    found: set[_Key] = set()
    while True:
        known = [r for r in ratings if _key(r) not in found]
        new = _mutual_once(known, both, limits)
        if not new:
            return found
        found |= new


def _mutual_once(ratings: Sequence[Rating], both: set[tuple[int, int]], limits: Limits) -> set[_Key]:
    above = {rater: rounded(leniency.above, 2) for rater, leniency in _leniencies(ratings).items()}
    about: dict[int, list[tuple[int, int]]] = defaultdict(list)
    given: dict[tuple[int, int], list[Rating]] = defaultdict(list)
    for rating in ratings:
        about[rating.ratee].append((100 * rating.level - above[rating.rater], rating.rater))
        if (rating.rater, rating.ratee) in both:
            given[(rating.rater, rating.ratee)].append(rating)
    for values in about.values():
        values.sort()
    found: set[_Key] = set()
    for (rater, ratee), there in given.items():
        if (
            rater < ratee
            and (back := given.get((ratee, rater)))
            and _stands_out(rater, about[ratee], limits)
            and _stands_out(ratee, about[rater], limits)
        ):
            found |= {_key(rating) for rating in (*there, *back)}
    return found


def _stands_out(rater: int, about: Sequence[tuple[int, int]], limits: Limits) -> bool:
    """Whether this rater's mean lies far above the median of the others: friends would pull a mean along.

    `about`: (value, rater) in order.
    """
    mine = [value for value, who in about if who == rater]
    if len(mine) == len(about):
        return False
    mean = rounded(sum(mine), len(mine))
    # Without mine, what stands at a place can only be higher: nearly everybody is passed over here.
    if mean - about[(len(about) - len(mine) - 1) // 2][0] < limits.mutual_above:
        return False
    return mean - median([value for value, who in about if who != rater]) >= limits.mutual_above


def _key(rating: Rating) -> _Key:
    return (rating.month, rating.rater, rating.ratee)
