"""Workdays and working time, held against the announcement for 2026 and a count of every minute."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaojia.engines.clocks import MissingYear, WorkCalendar, YearTable
from xiaojia.engines.clocks.calendar import CHINA


def days(*texts: str, year: int = 2026) -> frozenset[date]:
    return frozenset(date(year, int(t[:2]), int(t[2:])) for t in texts)


OFF = days(
    "0101", "0102", "0216", "0217", "0218", "0219", "0220", "0223", "0406", "0501", "0504", "0505",
    "0619", "0925", "1001", "1002", "1005", "1006", "1007",
)  # fmt: skip
MADE_UP = days("0104", "0214", "0228", "0509", "0920", "1010")
YEAR_2026 = YearTable(2026, OFF, MADE_UP)
CALENDAR = WorkCalendar([YEAR_2026, YearTable(2027, days("0101", year=2027))])


def at(month: int, day: int, hour: int = 9, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CHINA)


def test_a_year_has_the_workdays_that_were_announced() -> None:
    worked = [d for d in range(365) if CALENDAR.is_workday(date(2026, 1, 1) + timedelta(days=d))]
    assert len(worked) == 261 - len(OFF) + len(MADE_UP) == 248


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [
        (date(2026, 2, 13), date(2026, 2, 14), 1),  # a Saturday that is worked before the festival
        (date(2026, 2, 14), date(2026, 2, 24), 1),  # nothing in between
        (date(2026, 9, 18), date(2026, 9, 21), 2),  # a worked Sunday
        (date(2026, 9, 30), date(2026, 10, 9), 2),
        (date(2026, 12, 31), date(2027, 1, 4), 1),  # over the end of the year
        (date(2026, 3, 2), date(2026, 3, 2), 0),
        (date(2026, 3, 2), date(2026, 3, 1), 0),
    ],
)
def test_workdays_around_festivals_and_the_end_of_the_year(since: date, until: date, count: int) -> None:
    assert CALENDAR.workdays_between(since, until) == count
    if count:
        assert CALENDAR.workday_after(since, count) <= until


def test_negative_control_monday_to_friday_counting_differs_over_the_festival() -> None:
    plain = WorkCalendar([YearTable(2026)])
    assert plain.workdays_between(date(2026, 2, 14), date(2026, 2, 24)) == 7


def test_minutes_before_and_after_closing_are_not_the_same() -> None:
    assert CALENDAR.worked(at(3, 2, 17, 59), at(3, 3, 9, 1)) == 120
    assert CALENDAR.worked(at(3, 2, 18, 1), at(3, 3, 9, 1)) == 60
    assert CALENDAR.worked(at(3, 2, 12), at(3, 2, 14)) == 0, "noon"
    assert CALENDAR.after(at(3, 2, 17, 59), 120) == at(3, 3, 9, 1)
    assert CALENDAR.after(at(3, 2, 17), 3600) == at(3, 2, 18), (
        "the last second of a day, not the next morning"
    )
    assert CALENDAR.after(at(12, 31, 17), 7200) == at(1, 4, 10, year=2027)


def test_the_wall_clock_of_the_office_counts_whatever_zone_a_moment_is_written_in() -> None:
    from datetime import UTC

    assert CALENDAR.worked(datetime(2026, 3, 2, 1, tzinfo=UTC), datetime(2026, 3, 2, 2, tzinfo=UTC)) == 3600


def test_a_missing_year_is_refused_and_named() -> None:
    for ask in (
        lambda: CALENDAR.is_workday(date(2028, 1, 3)),
        lambda: CALENDAR.worked(at(12, 31, year=2027), at(1, 3, year=2028)),
        lambda: CALENDAR.after(at(12, 31, 17, year=2027), 10_000),
        lambda: CALENDAR.workday_after(date(2027, 12, 30), 5),
        lambda: CALENDAR.workdays_between(date(2025, 12, 31), date(2026, 1, 5)),
    ):
        with pytest.raises(MissingYear) as missing:
            ask()
        assert missing.value.year in {2025, 2028}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"days_off": days("0101", year=2025)}, "not a day of"),
        ({"days_off": days("0104"), "make_up_days": days("0104")}, "free and worked"),
        ({"hours": ((time(9), time(12)), (time(11), time(18)))}, "office hours"),
        ({"hours": ()}, "office hours"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        YearTable(2026, **fields)  # type: ignore[arg-type]  # on purpose


MINUTES = st.integers(min_value=0, max_value=60 * 24 * 40)


def _by_the_minute(since: datetime, until: datetime) -> int:
    """Seconds, counted minute by minute, without the calendar's own sums."""
    count, moment = 0, since
    while moment < until:
        day, clock = moment.date(), moment.time()
        is_open = time(9) <= clock < time(12) or time(14) <= clock < time(18)
        is_day = day in MADE_UP or (day.weekday() < 5 and day not in OFF)
        count += 60 * (is_open and is_day)
        moment += timedelta(minutes=1)
    return count


@given(MINUTES, st.integers(min_value=0, max_value=60 * 24 * 12))
def test_working_time_is_what_counting_every_minute_gives(start: int, length: int) -> None:
    since = at(1, 30, 0) + timedelta(minutes=start)
    until = since + timedelta(minutes=length)
    assert CALENDAR.worked(since, until) == _by_the_minute(since, until)


@given(MINUTES, st.integers(min_value=1, max_value=400_000))
def test_a_step_lands_where_the_sum_comes_true_and_not_a_second_later(start: int, seconds: int) -> None:
    since = at(9, 1, 0) + timedelta(minutes=start)
    then = CALENDAR.after(since, seconds)
    assert CALENDAR.worked(since, then) == seconds
    assert CALENDAR.worked(since, then - timedelta(seconds=1)) == seconds - 1


@given(st.integers(0, 600), st.integers(1, 200))
def test_the_nth_workday_is_n_workdays_away(offset: int, count: int) -> None:
    day = date(2026, 1, 1) + timedelta(days=offset % 300)
    then = CALENDAR.workday_after(day, count)
    assert CALENDAR.workdays_between(day, then) == count
    assert CALENDAR.is_workday(then)
