"""A clock: started, limited, paused, extended, stopped. Everything follows from the stored history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from xiaojia.engines.clocks.calendar import WorkCalendar


class Unit(StrEnum):
    """What a limit counts."""

    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def is_working(self) -> bool:
        """Whether nights, weekends and holidays do not count."""
        return self in {Unit.WORKING_HOUR, Unit.WORKING_DAY}


_LENGTHS = {Unit.MINUTE: timedelta(minutes=1), Unit.HOUR: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Limit:
    """So many of a unit; days do not count the day of the start (民法典 201) and end with it (203)."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError("a limit is 1 or more")


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count: [since, until). `until` is the planned end while it still runs."""

    since: datetime
    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """One running limit. `extension` is in the unit of the limit and granted at most once."""

    started_at: datetime
    limit: Limit
    pauses: tuple[Pause, ...] = ()
    extension: int = 0
    stopped_at: datetime | None = None

    def deadline(self, calendar: WorkCalendar) -> datetime:
        """The moment after which it is late, with pauses and extension."""
        return self._due(calendar, self.limit.amount + self.extension)

    def original_deadline(self, calendar: WorkCalendar) -> datetime:
        """The deadline as first promised: no pause, no extension."""
        return self._bare(calendar, self.limit.amount)

    def is_late(self, calendar: WorkCalendar, at: datetime) -> bool:
        """Whether it was stopped, or still ran at `at`, after its deadline."""
        return (self.stopped_at or at) > self.deadline(calendar)

    def spent(self, calendar: WorkCalendar, at: datetime) -> int:
        """Seconds of its own kind of time that have counted up to `at` (or to its stop)."""
        until = min(at, self.stopped_at or at)
        return self._counted(calendar, self.started_at, until)

    def allowed(self, calendar: WorkCalendar) -> int:
        """Seconds of its own kind of time between start and deadline, pauses left out."""
        return self._counted(calendar, self.started_at, self.deadline(calendar))

    def moment_of(self, calendar: WorkCalendar, percent: int) -> datetime:
        """When `percent` of the allowed time has been spent, for instance 50, 80, 100 or 150."""
        seconds = -(-self.allowed(calendar) * percent // 100)
        return self._later(calendar, self.started_at, seconds)

    def _due(self, calendar: WorkCalendar, amount: int) -> datetime:
        bare = self._bare(calendar, amount)
        return self._later(calendar, self.started_at, self._span(calendar, self.started_at, bare))

    def _bare(self, calendar: WorkCalendar, amount: int) -> datetime:
        start = calendar.local(self.started_at)
        if self.limit.unit is Unit.WORKING_HOUR:
            return calendar.after(start, amount * 3600)
        if self.limit.unit in _LENGTHS:
            return start + amount * _LENGTHS[self.limit.unit]
        if self.limit.unit is Unit.WORKING_DAY:
            return calendar.closing_of(calendar.workday_after(start.date(), amount))
        return _midnight_after(start, _workday_from(calendar, start.date() + timedelta(days=amount)))

    def _span(self, calendar: WorkCalendar, since: datetime, until: datetime) -> int:
        """Seconds of this clock's kind of time, pauses or not."""
        if self.limit.unit.is_working:
            return calendar.worked(since, until)
        return max(0, int((until - since).total_seconds()))

    def _step(self, calendar: WorkCalendar, since: datetime, seconds: int) -> datetime:
        if self.limit.unit.is_working:
            return calendar.after(since, seconds)
        return calendar.local(since) + timedelta(seconds=seconds)

    def _counted(self, calendar: WorkCalendar, since: datetime, until: datetime) -> int:
        return sum(self._span(calendar, a, b) for a, b in self._running(since, until))

    def _later(self, calendar: WorkCalendar, since: datetime, seconds: int) -> datetime:
        """The first moment by which `seconds` have counted, pauses left out."""
        for pause_at, resume_at in _merged(self.pauses):
            if resume_at <= since:
                continue
            run = self._span(calendar, since, max(since, pause_at))
            if seconds <= run:
                break
            seconds, since = seconds - run, resume_at
        return self._step(calendar, since, seconds)

    def _running(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of [since, until) outside all pauses."""
        for pause_at, resume_at in _merged(self.pauses):
            if resume_at <= since:
                continue
            if pause_at >= until:
                break
            if pause_at > since:
                yield since, pause_at
            since = resume_at
        if since < until:
            yield since, until


def _merged(pauses: Sequence[Pause]) -> list[tuple[datetime, datetime]]:
    """Pauses in order; those that overlap or touch as one, empty ones left out."""
    merged: list[tuple[datetime, datetime]] = []
    for since, until in sorted((p.since, p.until) for p in pauses if p.since < p.until):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return merged


def _workday_from(calendar: WorkCalendar, day: date) -> date:
    """This day, or the next workday when it is free (民法典 203)."""
    while not calendar.is_workday(day):
        day += timedelta(days=1)
    return day


def _midnight_after(start: datetime, day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=start.tzinfo)
