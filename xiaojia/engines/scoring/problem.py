"""What the engine is asked, and what it answers: plain values, validated, units in names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

LOWEST: Final = 100
HIGHEST: Final = 500
"""The ends of the scale in hundredths; the five worded levels are 1 to 5."""

TOO_FEW: Final = "too_few"
LOW_PARTICIPATION: Final = "low_participation"
"""Why somebody has no value in a month. No value is not zero."""

Pair = tuple[int, int]


def pair(one: int, other: int) -> Pair:
    """Two members without direction, the smaller id first."""
    return (one, other) if one <= other else (other, one)


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of 4.2 as a community keeps them; `mutual_above`, `mutual_sure`: hundredths of a level.

    Mutual answers are looked for in twelve months and then asked for in none of the next twelve: with three
    and two, a clique of four gains three times what R08 allows (decision 0104). What both lie above, summed
    over all their answers, is at least `mutual_sure` times the root of how many these are: less comes by
    chance between honest neighbours (decision 0107); with 0 the first is all that is asked, as in 4.2.
    """

    most_asked: int = 5
    small_team: int = 7
    leniency_half: int = 4
    shrink_weight: int = 3
    least_answers: int = 3
    trimmed_from: int = 5
    mutual_above: int = 80
    mutual_sure: int = 200
    mutual_window_months: int = 12
    apart_months: int = 12
    window_months: int = 3
    least_returned_percent: int = 50

    def __post_init__(self) -> None:
        if self.least_answers < 3 or self.trimmed_from < self.least_answers:
            raise ValueError("a value needs at least three answers, and trimming leaves some")
        if min(self.most_asked, self.window_months, self.leniency_half) < 1 or self.shrink_weight < 0:
            raise ValueError("limits of recognition are positive")


@dataclass(frozen=True, slots=True)
class Team:
    """The members of one micro-grid, and the micro-grids beside it that it may borrow from."""

    microgrid: int
    members: tuple[int, ...]
    neighbours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AssignmentProblem:
    """Teams of one month, and pairs (`pair`) that are not asked about each other."""

    teams: tuple[Team, ...]
    apart: frozenset[Pair] = frozenset()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        everybody = [member for team in self.teams for member in team.members]
        if len(everybody) != len(set(everybody)):
            raise ValueError("a member belongs to one team")


@dataclass(frozen=True, slots=True)
class Circle:
    """Members in the order of the circle; each is asked about the next `reach`. `guests` came from beside."""

    microgrids: tuple[int, ...]
    order: tuple[int, ...]
    reach: int
    guests: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whom each member is asked about (member -> ratees, perhaps none), and the circles it came from."""

    circles: tuple[Circle, ...]
    asked: Mapping[int, tuple[int, ...]]


class Rating(NamedTuple):
    """One answered question, a level from 1 to 5; 不了解 is none. `month` counts on: year * 12 + month.

    A tuple, because a year of a community has some thirty thousand of them: `MonthProblem` looks at all.
    """

    month: int
    rater: int
    ratee: int
    level: int


@dataclass(frozen=True, slots=True)
class MonthProblem:
    """Everything a month's values follow from.

    `ratings`: of this month and the eleven before; for the appraisal, of the whole year. `categories`: of
    whoever is or was rated. `microgrids`: of whoever takes part this month. `asked`, `returned`: slips a
    micro-grid's members got and gave back.
    `void`: (month, rater, ratee) that an earlier (or, for the appraisal, a later) month found mutual.
    """

    month: int
    ratings: tuple[Rating, ...]
    categories: Mapping[int, str]
    microgrids: Mapping[int, int]
    asked: Mapping[int, int]
    returned: Mapping[int, int]
    void: frozenset[tuple[int, int, int]] = frozenset()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if any(not 1 <= level <= 5 or rater == ratee for _month, rater, ratee, level in self.ratings):
            raise ValueError("a rating is a level from 1 to 5 about somebody else")


@dataclass(frozen=True, slots=True)
class MonthValue:
    """One member's month. `value` None: `reason` says why. Means and value in hundredths."""

    member: int
    category: str
    answers: int
    middle: int | None = None
    category_mean: int | None = None
    value: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MonthResult:
    """Values of everybody of the month; `mutual`: (month, rater, ratee) that weigh nothing from now on."""

    values: tuple[MonthValue, ...]
    mutual: frozenset[tuple[int, int, int]]

    @property
    def apart(self) -> frozenset[Pair]:
        """Pairs to be kept apart in the next months."""
        return frozenset(pair(rater, ratee) for _month, rater, ratee in self.mutual)


@dataclass(frozen=True, slots=True)
class QuarterMonth:
    """One month of a quarter: its value if valid, and whether a deed of that month is confirmed."""

    value: int | None
    has_deed: bool


@dataclass(frozen=True, slots=True)
class QuarterResult:
    """Per month the value used (hundredths or None), where it is from (own, own_mean, category, none) and its
    points (0 without a deed); `points` is deed points plus their sum."""

    used: tuple[int | None, ...]
    origins: tuple[str, ...]
    monthly: tuple[int, ...]
    deed_points: int
    points: int


@dataclass(frozen=True, slots=True)
class Appraised:
    """One member's year. Parts and `total` in tenths; `effort`, after fair chance, in hundredths."""

    member: int
    category: str
    best_points: int
    chance_percent: int
    effort: int
    effort_80: int
    mean: int | None
    active_months: int
    deed_part: int
    mean_part: int | None
    steady_part: int
    total: int


def rounded(numerator: int, denominator: int) -> int:
    """The nearest whole number, halves away from zero: as it is taught in school."""
    if denominator <= 0:
        raise ValueError("a mean of nothing")
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))
