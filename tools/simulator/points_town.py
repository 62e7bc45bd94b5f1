"""The community of the recognition year: who acts, who is who, and the moment it is."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from django.utils import timezone

from tools.simulator.recognition_people import People
from xiaojia.kernel.actors import Actor

YEAR: Final = 2026
CODE: Final = "999999001950"
FIRST: Final = date(2025, 10, 1)
"""The first day that is lived; before it lie a few days of founders' work."""
LAST: Final = date(2027, 2, 20)
FOUNDED: Final = date(2023, 11, 20)
OLD_DAYS: Final = (
    date(2023, 12, 2), date(2024, 3, 16), date(2024, 4, 13), date(2024, 5, 18), date(2024, 6, 15),
)  # fmt: skip
"""Days on which founders worked. Their points end unless they are spent; the first before there are goods."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the year is.

    `nights`: days from one run of the nightly jobs to the next (a small one is quicker with a few).
    """

    grid_count: int = 47
    redemptions_a_day: float = 15.0
    nights: int = 1
    is_selling: bool = True
    has_races: bool = True


@dataclass(slots=True)
class Town:
    """`members`: simulated number -> member id; `own`: who has a phone, and acts for themselves.

    `answers`: (month, rater's number, ratee's number) -> what was ticked on the slip that counts.
    """

    people: People
    plan: Plan
    secretary: Actor
    officer: Actor
    second: Actor
    clerks: tuple[Actor, ...]
    members: dict[int, int] = field(default_factory=dict)
    joined: dict[int, date] = field(default_factory=dict)
    left: dict[int, date] = field(default_factory=dict)
    ages: dict[int, int] = field(default_factory=dict)
    own: dict[int, Actor] = field(default_factory=dict)
    passbooks: dict[int, str] = field(default_factory=dict)
    answers: dict[tuple[int, int, int], int | None] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    _numbers: dict[int, int] = field(default_factory=dict)
    moment: datetime = field(default_factory=lambda: moment(FOUNDED, 9))

    @property
    def community_id(self) -> int:
        """Where it happens."""
        return self.officer.community_id

    def turn_to(self, on: date, hour: int) -> None:
        """It is that hour of that day."""
        self.moment = moment(on, hour)

    def at(self) -> datetime:
        """The next second: no two things happen at one moment."""
        self.moment += timedelta(seconds=1)
        return self.moment

    def enlist(self, number: int, member_id: int, on: date) -> None:
        """Somebody joined."""
        self.members[number], self.joined[number] = member_id, on
        self._numbers[member_id] = number

    def number_of(self, member_id: int) -> int:
        """Who that member is among the simulated people."""
        return self._numbers[member_id]

    def here(self, on: date) -> list[int]:
        """Numbers of those who take part on that day."""
        return [n for n, day in self.joined.items() if day <= on < self.left.get(n, date.max)]

    def chance(self, what: str) -> random.Random:
        """A lot of its own for each kind of thing, so that leaving one out changes no other."""
        return random.Random(f"{self.people.seed} {what}")  # noqa: S311  # an invented year, no secret


def moment(on: date, hour: int) -> datetime:
    """That hour of that day in the community's own time."""
    return timezone.make_aware(datetime.combine(on, time(hour)))
