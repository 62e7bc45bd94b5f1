"""The months of a lived year reckoned once more, outside the database, from what was ticked.

By the engine, to be compared figure for figure and to ask what honest members would have ticked; and by plain
arithmetic without rounding, which shares no code with the engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

from tools.simulator.points_town import Town
from xiaojia.domains.recognition.models import Ballot, Month, Monthvalue
from xiaojia.engines.scoring import Limits, MonthProblem, Rating, month_result, settled

Key = tuple[int, int, int]
Answered = Mapping[Key, int]
WINDOW: Final = 3
TOLERANCE: Final = 2.0
"""Hundredths: what rounding on a slip may make of a value."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One month as it was asked, by simulated numbers; `values`: as the product closed it, in hundredths."""

    number: int
    grids: dict[int, int]
    categories: Mapping[int, str]
    came: frozenset[int]
    pairs: tuple[tuple[int, int], ...]
    values: dict[int, int | None]


def asked_months(town: Town) -> list[Asked]:
    """What the product asked whom, month by month; inside the office's scope."""
    return [_asked(town, month) for month in Month.objects.filter(state="closed").order_by("month_on")]


def _asked(town: Town, month: Month) -> Asked:
    ballots = list(Ballot.objects.filter(month=month).order_by("number"))
    number_of = town.number_of
    pairs = tuple((number_of(b.member_id), number_of(pk)) for b in ballots for pk in b.asked_ids)
    values = Monthvalue.objects.filter(month=month).values_list("member_id", "value")
    return Asked(
        month.month_on.month,
        {number_of(b.member_id): b.microgrid_id for b in ballots},
        town.people.categories,
        frozenset(number_of(b.member_id) for b in ballots if b.returned_at is not None),
        pairs,
        {number_of(pk): value for pk, value in values},
    )


def ticked(town: Town) -> dict[Key, int]:
    """What was ticked, 不了解 left out."""
    return {key: level for key, level in town.answers.items() if level is not None}


def ticked_honestly(town: Town, months: Iterable[Asked]) -> dict[Key, int]:
    """What the same people would have ticked about the same people without the habit of their cliques."""
    honest = town.people.honest()
    found = {}
    for month in months:
        for rater, ratee in month.pairs:
            level = honest.level(month.number, rater, ratee) if rater in month.came else None
            if level is not None:
                found[(month.number, rater, ratee)] = level
    return found


def engine_means(
    months: list[Asked], answers: Answered
) -> tuple[dict[int, float], dict[int, frozenset[Key]]]:
    """Number -> mean of the year as the appraisal takes it, in hundredths; month -> what weighs nothing."""
    ratings = tuple(Rating(m, rater, ratee, level) for (m, rater, ratee), level in sorted(answers.items()))
    void: dict[int, frozenset[Key]] = {}
    so_far: frozenset[Key] = frozenset()
    for month in months:
        so_far |= month_result(_problem(month, ratings, so_far)).mutual
        void[month.number] = so_far
    values: dict[int, list[int]] = defaultdict(list)
    for month in months:
        for value in settled(_problem(month, ratings, so_far)):
            if value.value is not None:
                values[value.member].append(value.value)
    return {number: fmean(mine) for number, mine in values.items()}, void


def _problem(month: Asked, ratings: tuple[Rating, ...], void: frozenset[Key]) -> MonthProblem:
    asked: dict[int, int] = defaultdict(int)
    returned: dict[int, int] = defaultdict(int)
    for number, grid in month.grids.items():
        asked[grid] += 1
        returned[grid] += number in month.came
    return MonthProblem(month.number, ratings, month.categories, month.grids, asked, returned, void, Limits())


def plain_differences(months: list[Asked], answers: Answered, void: Mapping[int, frozenset[Key]]) -> int:
    """Month values that plain arithmetic does not confirm; `void`: month -> what weighed nothing by then."""
    return sum(_wrong(month, plain_values(month, answers, void[month.number])) for month in months)


def _wrong(month: Asked, plain: Mapping[int, float | None]) -> int:
    count = 0
    for number, told in month.values.items():
        mine = plain[number]
        if told is None or mine is None:
            count += told is not mine
        else:
            count += abs(told - mine) > TOLERANCE
    return count


def plain_values(month: Asked, answers: Answered, void: frozenset[Key]) -> dict[int, float | None]:
    """domain.md 4.2 with a pencil that never rounds: number -> value in hundredths, or None."""
    counted = {
        key: 100.0 * level
        for key, level in answers.items()
        if month.number - WINDOW < key[0] <= month.number and key not in void
    }
    overall = fmean(counted.values())
    given: dict[int, list[float]] = defaultdict(list)
    for (_month, rater, _ratee), level in counted.items():
        given[rater].append(level)
    about: dict[int, list[float]] = defaultdict(list)
    alike: dict[str, list[float]] = defaultdict(list)
    for (number, rater, ratee), level in counted.items():
        own = given[rater]
        taken = len(own) / (len(own) + 4) * (fmean(own) - overall)
        value = min(500.0, max(100.0, level - taken))
        alike[month.categories[ratee]].append(value)
        if number == month.number:
            about[ratee].append(value)
    return {number: _plain(month, number, sorted(about[number]), alike) for number in month.grids}


def _plain(month: Asked, number: int, mine: list[float], alike: Mapping[str, list[float]]) -> float | None:
    neighbours = [n for n, grid in month.grids.items() if grid == month.grids[number]]
    if 2 * len(month.came.intersection(neighbours)) < len(neighbours) or len(mine) < 3:
        return None
    middle = fmean(mine[1:-1]) if len(mine) >= 5 else median(mine)
    return (len(mine) * middle + 3 * fmean(alike[month.categories[number]])) / (len(mine) + 3)
