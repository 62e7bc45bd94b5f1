"""What a month is worth (4.2): leniency, mutual pairs, trimming, shrinking; too few answers give no value."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xiaojia.engines.scoring.problem import (
    HIGHEST,
    LOW_PARTICIPATION,
    LOWEST,
    TOO_FEW,
    Limits,
    MonthProblem,
    MonthResult,
    MonthValue,
    Pair,
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
    limits, month = problem.limits, problem.month
    known = [r for r in problem.ratings if r[0] <= month and r[:3] not in problem.void]
    far, first = month - limits.mutual_window_months, month - limits.window_months
    mutual = _mutual([r for r in known if r[0] > far], limits)
    counted = [r for r in known if r[0] > first and r[:3] not in mutual]
    return MonthResult(tuple(_values(problem, counted, _leniencies(counted))), frozenset(mutual))


def settled(problem: MonthProblem) -> tuple[MonthValue, ...]:
    """The month's values once more, for the yearly appraisal, with everything in `void` weighing nothing.

    Leniency is that of all `ratings`, also of later months: by then one knows how somebody answers (0107).
    """
    first = problem.month - problem.limits.window_months
    known = [r for r in problem.ratings if r[:3] not in problem.void]
    counted = [r for r in known if first < r[0] <= problem.month]
    return tuple(_values(problem, counted, _leniencies(known)))


def _values(
    problem: MonthProblem, counted: Sequence[Rating], leniencies: Mapping[int, _Leniency]
) -> list[MonthValue]:
    limits = problem.limits
    # Five levels of one rater become five values: each is reckoned once.
    becomes = {
        rater: [adjusted(level, leniency, limits) for level in range(6)]
        for rater, leniency in leniencies.items()
    }
    by_category: dict[str, list[int]] = defaultdict(list)
    mine: dict[int, list[int]] = defaultdict(list)
    for month, rater, ratee, level in counted:
        value = becomes[rater][level]
        by_category[problem.categories[ratee]].append(value)
        if month == problem.month:
            mine[ratee].append(value)
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
    given: dict[int, list[int]] = defaultdict(list)
    for _month, rater, _ratee, level in ratings:
        given[rater].append(level)
    return _above({rater: (sum(levels), len(levels)) for rater, levels in given.items()})


def _above(sums: Mapping[int, tuple[int, int]]) -> dict[int, _Leniency]:
    """Of (sum of levels, how many) a rater: how far each lies above everybody."""
    everything = sum(count for _total, count in sums.values())
    if not everything:
        return {}
    overall = rounded(100 * sum(total for total, _count in sums.values()), everything)
    return {
        rater: _Leniency(rounded(100 * total, count) - overall, count)
        for rater, (total, count) in sums.items()
        if count
    }


def _mutual(ratings: Sequence[Rating], limits: Limits) -> set[_Key]:
    """Answers i about j and j about i that both lie far above what others say of the same person.

    Looked for until nothing more is found: a third friend's praise hides the first two only once.
    """
    about: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    given: dict[int, list[int]] = defaultdict(list)
    for _month, rater, ratee, level in ratings:
        about[ratee][rater].append(level)
        given[rater].append(level)
    sums = {rater: (sum(levels), len(levels)) for rater, levels in given.items()}
    nobody: dict[int, list[int]] = {}
    both = [(i, j) for j, raters in about.items() for i in raters if i < j and j in about.get(i, nobody)]
    gone: set[Pair] = set()
    while new := _mutual_once(both, about, sums, limits):
        ways = {way for i, j in new for way in ((i, j), (j, i))}
        gone |= ways
        for rater, ratee in ways:
            levels, (total, count) = about[ratee].pop(rater), sums[rater]
            sums[rater] = (total - sum(levels), count - len(levels))
        both = [two for two in both if two not in new]
    return {rating[:3] for rating in ratings if rating[1:3] in gone} if gone else set()


def _mutual_once(
    both: Iterable[Pair], about: Mapping[int, Mapping[int, list[int]]],
    sums: Mapping[int, tuple[int, int]], limits: Limits,
) -> set[Pair]:  # fmt: skip
    """Pairs of `both` that praise each other, given all that is still known: ratee -> rater -> levels."""
    above = {rater: rounded(leniency.above, 2) for rater, leniency in _above(sums).items()}
    known = {
        ratee: sorted(
            [100 * level - above[rater] for rater, levels in raters.items() for level in levels]
        )
        for ratee, raters in about.items()
    }  # fmt: skip

    def above_others(rater: int, ratee: int) -> tuple[int, int] | None:
        """Twice what this rater's mean lies above the median of the others, and the number of answers.

        None when that is not far. The top of the scale is far: nobody can lie further above (0107).
        """
        levels, values = about[ratee][rater], known[ratee]
        others, taken = len(values) - len(levels), above[rater]
        if not others:
            return None
        mean = rounded(100 * sum(levels) - taken * len(levels), len(levels))
        is_top = limits.mutual_sure > 0 and 100 * min(levels) == HIGHEST
        # Without mine, what stands at a place can only be higher: nearly everybody is passed over here.
        if not is_top and mean - values[(others - 1) // 2] < limits.mutual_above:
            return None
        rest = values.copy()
        for level in levels:
            del rest[bisect_left(rest, 100 * level - taken)]
        # Of the others the median: friends among them would pull a mean along.
        twice = 2 * mean - rest[(others - 1) // 2] - rest[others // 2]
        return (twice, len(levels)) if is_top or twice >= 2 * limits.mutual_above else None

    def is_mutual(i: int, j: int) -> bool:
        there = above_others(i, j)
        back = above_others(j, i) if there else None
        if there is None or back is None or max(there[0], back[0]) < 2 * limits.mutual_above:
            return False
        twice, count = there[0] * there[1] + back[0] * back[1], there[1] + back[1]
        return twice > 0 and twice**2 >= (2 * limits.mutual_sure) ** 2 * count

    return {(i, j) for i, j in both if is_mutual(i, j)}
