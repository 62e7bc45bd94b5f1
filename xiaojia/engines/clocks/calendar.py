"""Which days are worked and during which hours; sums and steps of working time.

Days off and make-up days are data, year by year: a weekend may be worked (调休), a Tuesday may be free.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

SATURDAY: Final = 5
CHINA: Final = ZoneInfo("Asia/Shanghai")
MORNING_AND_AFTERNOON: Final = ((time(9), time(12)), (time(14), time(18)))

Spans = tuple[tuple[time, time], ...]
"""Office hours of one day: (from, until) in order, local time, not touching."""


class MissingYear(LookupError):
    """Nobody has said which days of this year are worked; guessing would make cases late in secret."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no table of workdays for {year}")
        self.year = year


@dataclass(frozen=True, slots=True)
class YearTable:
    """One year: weekdays that are free, weekend days that are worked, office hours."""

    year: int
    days_off: frozenset[date] = frozenset()
    make_up_days: frozenset[date] = frozenset()
    hours: Spans = MORNING_AND_AFTERNOON

    def __post_init__(self) -> None:
        strangers = [d for d in self.days_off | self.make_up_days if d.year != self.year]
        if strangers:
            raise ValueError(f"{min(strangers)} is not a day of {self.year}")
        both = self.days_off & self.make_up_days
        if both:
            raise ValueError(f"{min(both)} cannot be free and worked")
        edges = [edge for span in self.hours for edge in span]
        if not edges or any(a >= b for a, b in pairwise(edges)):
            raise ValueError("office hours must be in order and must not touch")

    def is_workday(self, day: date) -> bool:
        """Whether this day of the year is worked."""
        if day in self.make_up_days:
            return True
        return day.weekday() < SATURDAY and day not in self.days_off


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of one year: workdays and working seconds in its first 0, 1, 2, ... days."""

    workdays: list[int]
    seconds: list[int]


class WorkCalendar:
    """Sums and steps of working time over the years that have a table; about constant time a question."""

    def __init__(self, tables: Iterable[YearTable], zone: ZoneInfo = CHINA) -> None:
        self._tables = {table.year: table for table in tables}
        self._zone = zone
        self._sums: dict[int, _Sums] = {}

    def is_workday(self, day: date) -> bool:
        """Whether the day is worked; `MissingYear` when its year has no table."""
        return self._table(day.year).is_workday(day)

    def workdays_between(self, after: date, until: date) -> int:
        """Workdays in (after, until]: the first day does not count, as in 民法典 201."""
        if until <= after:
            return 0
        whole = sum(self._of(year).workdays[-1] for year in range(after.year, until.year))
        return whole + self._workdays_up_to(until) - self._workdays_up_to(after)

    def workday_after(self, day: date, count: int) -> date:
        """The `count`-th workday after `day`; the first has number 1."""
        if count < 1:
            raise ValueError("the first workday after a day has number 1")
        year, wanted = day.year, self._workdays_up_to(day) + count
        while wanted > self._of(year).workdays[-1]:
            wanted -= self._of(year).workdays[-1]
            year += 1
        return date(year, 1, 1) + timedelta(days=bisect_left(self._of(year).workdays, wanted) - 1)

    def closing_of(self, day: date) -> datetime:
        """When the office closes on this day."""
        return datetime.combine(day, self._table(day.year).hours[-1][1], tzinfo=self._zone)

    def local(self, at: datetime) -> datetime:
        """The same moment on the wall clock of the office."""
        return at.astimezone(self._zone)

    def worked(self, since: datetime, until: datetime) -> int:
        """Working seconds in [since, until); 0 when it is empty."""
        if until <= since:
            return 0
        first, last = self.local(since), self.local(until)
        whole = sum(self._of(year).seconds[-1] for year in range(first.year, last.year))
        return whole + self._seconds_up_to(last) - self._seconds_up_to(first)

    def after(self, at: datetime, seconds: int) -> datetime:
        """The first moment by which `seconds` of working time have passed since `at`."""
        here = self.local(at)
        if seconds <= 0:
            return here
        year, wanted = here.year, self._seconds_up_to(here) + seconds
        while wanted > self._of(year).seconds[-1]:
            wanted -= self._of(year).seconds[-1]
            year += 1
        sums = self._of(year).seconds
        place = bisect_left(sums, wanted) - 1
        return self._moment(date(year, 1, 1) + timedelta(days=place), wanted - sums[place])

    def _table(self, year: int) -> YearTable:
        try:
            return self._tables[year]
        except KeyError:
            raise MissingYear(year) from None

    def _of(self, year: int) -> _Sums:
        if year not in self._sums:
            table = self._table(year)
            a_day = sum(_seconds(until) - _seconds(since) for since, until in table.hours)
            days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
            workdays = [0]
            for number in range(days):
                workdays.append(workdays[-1] + table.is_workday(date(year, 1, 1) + timedelta(days=number)))
            self._sums[year] = _Sums(workdays, [count * a_day for count in workdays])
        return self._sums[year]

    def _workdays_up_to(self, day: date) -> int:
        """Workdays of its year up to this day, itself included."""
        return self._of(day.year).workdays[day.timetuple().tm_yday]

    def _seconds_up_to(self, here: datetime) -> int:
        """Working seconds of its year before this moment."""
        day = here.date()
        before = self._of(day.year).seconds[day.timetuple().tm_yday - 1]
        if not self.is_workday(day):
            return before
        second = _seconds(here.time())
        spans = self._table(day.year).hours
        return before + sum(max(0, min(second, _seconds(b)) - _seconds(a)) for a, b in spans)

    def _moment(self, day: date, seconds: int) -> datetime:
        """When `seconds` (from 1 to a whole day) of a workday have been worked."""
        for since, until in self._table(day.year).hours:
            length = _seconds(until) - _seconds(since)
            if seconds <= length:
                return datetime.combine(day, since, tzinfo=self._zone) + timedelta(seconds=seconds)
            seconds -= length
        raise ValueError("a day has no more working time than its office hours")


def _seconds(moment: time) -> int:
    """Seconds since midnight; what is below a second is left out."""
    return moment.hour * 3600 + moment.minute * 60 + moment.second
