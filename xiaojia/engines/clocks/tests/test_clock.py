"""Deadlines, pauses, extension and shares; recomputed from the history they never change."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaojia.engines.clocks import Clock, Limit, Pause, Unit
from xiaojia.engines.clocks.tests.test_calendar import CALENDAR, at


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        (at(3, 2, 10), Limit(3, Unit.WORKING_DAY), at(3, 5, 18)),
        (at(2, 13, 17), Limit(3, Unit.WORKING_DAY), at(2, 25, 18)),  # 14 (worked), 24, 25 February
        (at(9, 30, 10), Limit(1, Unit.WORKING_DAY), at(10, 8, 18)),
        (at(3, 2, 17), Limit(4, Unit.WORKING_HOUR), at(3, 3, 12)),
        (at(3, 6, 23), Limit(4, Unit.WORKING_HOUR), at(3, 9, 15)),  # Friday night
        (at(3, 7, 23), Limit(24, Unit.HOUR), at(3, 8, 23)),  # round the clock
        (at(3, 7, 23, 45), Limit(30, Unit.MINUTE), at(3, 8, 0, 15)),
        (at(3, 2, 10), Limit(1, Unit.DAY), at(3, 4, 0)),
        (at(4, 30, 10), Limit(1, Unit.DAY), at(5, 7, 0)),  # ends with the first workday after the holiday
        (at(12, 31, 10), Limit(2, Unit.WORKING_DAY), at(1, 5, 18, year=2027)),
    ],
)
def test_deadlines(start: datetime, limit: Limit, due: datetime) -> None:
    clock = Clock(start, limit)
    assert clock.deadline(CALENDAR) == clock.original_deadline(CALENDAR) == due
    assert not clock.is_late(CALENDAR, due)
    assert clock.is_late(CALENDAR, due + timedelta(seconds=1))
    assert clock.moment_of(CALENDAR, 100) == due if limit.unit is not Unit.DAY else True


def test_a_pause_moves_the_deadline_by_the_working_time_it_took() -> None:
    paused = Clock(at(3, 2, 10), Limit(3, Unit.WORKING_DAY), (Pause(at(3, 3, 9), at(3, 4, 9), "等居民回复"),))
    assert paused.deadline(CALENDAR) == at(3, 6, 18)
    assert paused.original_deadline(CALENDAR) == at(3, 5, 18)
    at_night = Clock(at(3, 2, 10), Limit(3, Unit.WORKING_DAY), (Pause(at(3, 2, 19), at(3, 3, 8)),))
    assert at_night.deadline(CALENDAR) == at(3, 5, 18)


def test_an_extension_counts_in_the_unit_of_the_limit_and_leaves_the_promise_visible() -> None:
    clock = Clock(at(3, 2, 10), Limit(3, Unit.WORKING_DAY), extension=2)
    assert clock.deadline(CALENDAR) == at(3, 9, 18)
    assert clock.original_deadline(CALENDAR) == at(3, 5, 18)


def test_a_stopped_clock_is_judged_by_its_stop() -> None:
    stopped = Clock(at(3, 2, 10), Limit(1, Unit.WORKING_DAY), stopped_at=at(3, 3, 17))
    assert not stopped.is_late(CALENDAR, at(4, 1))
    assert stopped.spent(CALENDAR, at(4, 1)) == CALENDAR.worked(at(3, 2, 10), at(3, 3, 17))


def test_rungs_come_in_order_and_a_pause_holds_them_back() -> None:
    start, limit = at(3, 2, 9), Limit(10, Unit.WORKING_HOUR)
    clock = Clock(start, limit)
    assert [clock.moment_of(CALENDAR, p) for p in (50, 80, 100, 150)] == [
        at(3, 2, 16), at(3, 3, 10), at(3, 3, 12), at(3, 4, 10),
    ]  # fmt: skip
    held = Clock(start, limit, (Pause(at(3, 2, 14), at(3, 2, 18)),))
    assert held.moment_of(CALENDAR, 50) == at(3, 3, 11)


def test_a_limit_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Limit(0, Unit.HOUR)


LIMITS = st.builds(Limit, st.integers(1, 20), st.sampled_from(Unit))
MOMENTS = st.integers(0, 60 * 24 * 60).map(lambda minute: at(1, 12, 0) + timedelta(minutes=minute))
PAUSES = st.lists(
    st.builds(
        lambda since, minutes: Pause(since, since + timedelta(minutes=minutes)),
        MOMENTS,
        st.integers(0, 60 * 24 * 6),
    ),
    max_size=3,
).map(tuple)
CLOCKS = st.builds(Clock, MOMENTS, LIMITS, PAUSES, st.integers(0, 5))


@given(CLOCKS)
def test_pauses_and_extension_never_bring_a_deadline_nearer(clock: Clock) -> None:
    due = clock.deadline(CALENDAR)
    assert due >= clock.original_deadline(CALENDAR)
    assert clock.spent(CALENDAR, due) == clock.allowed(CALENDAR)


@given(CLOCKS, st.randoms(use_true_random=False))
def test_the_same_history_written_otherwise_gives_the_same_number(clock: Clock, random: object) -> None:
    """Pauses in another order, one of them stored as two that touch."""
    pieces = []
    for pause in clock.pauses:
        middle = pause.since + (pause.until - pause.since) / 2
        middle = middle.replace(microsecond=0)
        pieces += [Pause(pause.since, middle), Pause(middle, pause.until)]
    random.shuffle(pieces)  # type: ignore[attr-defined]
    again = Clock(clock.started_at, clock.limit, tuple(pieces), clock.extension)
    assert again.deadline(CALENDAR) == clock.deadline(CALENDAR)
    assert again.allowed(CALENDAR) == clock.allowed(CALENDAR)


@given(CLOCKS, st.integers(0, 60 * 24 * 30))
def test_time_spent_adds_up_over_any_cut(clock: Clock, minutes: int) -> None:
    late = clock.started_at + timedelta(days=30)
    cut = clock.started_at + timedelta(minutes=minutes)
    rest = Clock(cut, clock.limit, clock.pauses, clock.extension)
    assert clock.spent(CALENDAR, cut) + rest.spent(CALENDAR, late) == clock.spent(CALENDAR, late)


@given(CLOCKS)
def test_rungs_stand_in_order(clock: Clock) -> None:
    moments = [clock.moment_of(CALENDAR, percent) for percent in (50, 80, 100, 150)]
    assert moments == sorted(moments)
    assert moments[2] <= clock.deadline(CALENDAR)


def test_negative_control_a_pause_that_is_forgotten_changes_the_deadline() -> None:
    pause = Pause(at(3, 3, 9), at(3, 3, 18))
    kept = Clock(at(3, 2, 10), Limit(2, Unit.WORKING_DAY), (pause,))
    lost = Clock(at(3, 2, 10), Limit(2, Unit.WORKING_DAY))
    assert kept.deadline(CALENDAR) != lost.deadline(CALENDAR)
