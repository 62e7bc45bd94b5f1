"""Our clocks on real public records: overdue as others recorded it, and where Monday to Friday is wrong."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from xiaojia.domains.workdays.rules import FIRST_YEAR, national_table
from xiaojia.engines.clocks import Clock, Limit, Unit, WorkCalendar, YearTable

ANSWER_WORKDAYS: Final = 15
"""The limit by which replies are judged here; any other shows the same (see the second test)."""


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def _calendar(*, is_national: bool) -> WorkCalendar:
    years = range(FIRST_YEAR, 2027)
    if is_national:
        return WorkCalendar(table for year in years if (table := national_table(year)))
    return WorkCalendar(YearTable(year) for year in years)


def _is_late(opened: datetime, target: datetime, closed: datetime, calendar: WorkCalendar) -> bool:
    """The verdict of a clock whose limit ends exactly at the recorded target."""
    minutes, rest = divmod(int((target - opened).total_seconds()), 60)
    started = opened + timedelta(seconds=rest)
    clock = Clock(started, Limit(max(1, minutes), Unit.MINUTE), stopped_at=closed)
    return clock.is_late(calendar, closed)


def _verdicts(path: Path) -> Iterator[tuple[bool, bool]]:
    """(ours, recorded) wherever a target, an end and a flag stand, and the target lies after the report."""
    calendar = _calendar(is_national=True)
    for row in _rows(path):
        opened, target, closed = (_moment(row[c]) for c in ("open_dt", "sla_target_dt", "closed_dt"))
        if not (opened and target and closed and row["on_time"] in {"ONTIME", "OVERDUE"}):
            continue
        if target - opened >= timedelta(minutes=1):
            yield _is_late(opened, target, closed, calendar), row["on_time"] == "OVERDUE"


def test_overdue_is_what_was_recorded_wherever_both_stand(data_folder: Path) -> None:
    counts = Counter(_verdicts(data_folder / "requests_311_dev.csv.gz"))
    agreed = counts[True, True] + counts[False, False]
    assert counts[True, True] > 100
    assert counts[False, False] > 100
    assert (counts[True, False], counts[False, True]) == (0, 0), f"{agreed} agree, {counts}"


def test_negative_control_a_clock_of_working_days_disagrees(data_folder: Path) -> None:
    calendar = _calendar(is_national=True)
    differs = 0
    for row in _rows(data_folder / "requests_311_dev.csv.gz"):
        opened, target, closed = (_moment(row[c]) for c in ("open_dt", "sla_target_dt", "closed_dt"))
        if opened and target and closed and row["on_time"] in {"ONTIME", "OVERDUE"}:
            clock = Clock(opened, Limit(3, Unit.WORKING_DAY), stopped_at=closed)
            differs += clock.is_late(calendar, closed) != (row["on_time"] == "OVERDUE")
    assert differs > 0


def _replies(path: Path) -> Iterator[tuple[datetime, datetime]]:
    """Said and answered, as moments of the local clock."""
    calendar = _calendar(is_national=True)
    for row in _rows(path):
        said, answered = _local(row["留言时间"]), _local(row["答复时间"])
        if said and answered and answered > said and said.year >= FIRST_YEAR:
            yield calendar.local(said), calendar.local(answered)


def _local(text: str) -> datetime | None:
    try:
        naive = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        return None
    return naive.replace(tzinfo=UTC) - timedelta(hours=8)


def _is_free_weekday_or_worked_weekend(day: date) -> bool:
    table = national_table(day.year)
    assert table is not None
    return day in table.days_off or day in table.make_up_days


def test_working_days_differ_from_monday_to_friday_exactly_where_the_calendar_says_so(
    data_folder: Path,
) -> None:
    national, plain = _calendar(is_national=True), _calendar(is_national=False)
    seen = touched = 0
    for said, answered in _replies(data_folder / "complaint_replies_dev.csv.gz"):
        first, last = said.date(), answered.date()
        between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
        tables = [national_table(day.year) for day in (first, last)]
        assert all(tables), "every year of these records has a national table"
        off = sum(day in national_table(day.year).days_off for day in between)  # type: ignore[union-attr]
        made_up = sum(day in national_table(day.year).make_up_days for day in between)  # type: ignore[union-attr]
        ours, theirs = national.workdays_between(first, last), plain.workdays_between(first, last)
        assert ours - theirs == made_up - off
        seen += 1
        touched += ours != theirs
    assert seen > 1000
    assert touched > 100, "negative control: the two ways of counting do differ on these records"


def test_verdicts_differ_only_where_a_holiday_lies_within_the_limit(data_folder: Path) -> None:
    national, plain = _calendar(is_national=True), _calendar(is_national=False)
    differ = 0
    for said, answered in _replies(data_folder / "complaint_replies_dev.csv.gz"):
        clock = Clock(said, Limit(ANSWER_WORKDAYS, Unit.WORKING_DAY), stopped_at=answered)
        ours, theirs = clock.is_late(national, answered), clock.is_late(plain, answered)
        ends = clock.deadline(national), clock.deadline(plain)
        if ours != theirs:
            differ += 1
            days = (max(ends).date() - said.date()).days
            within = (said.date() + timedelta(days=n) for n in range(1, days + 1))
            assert any(_is_free_weekday_or_worked_weekend(day) for day in within)
            assert min(ends) < answered <= max(ends), "between the two deadlines, and nowhere else"
        elif ends[0] == ends[1]:
            assert ours == theirs
    assert differ > 0
