from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from xiaojia.domains.teams import rules
from xiaojia.domains.teams.rules import Span

START = date(2026, 1, 1)


def _day(number: int) -> date:
    return START + timedelta(days=number)


def _held(spans: list[Span], on: date) -> bool:
    return any(begun <= on and (ended is None or on < ended) for begun, ended in spans)


spans = st.lists(
    st.tuples(st.integers(0, 40), st.none() | st.integers(0, 40)).map(
        lambda pair: (_day(pair[0]), None if pair[1] is None else _day(pair[0] + pair[1]))
    ),
    max_size=6,
)


@given(covered=spans, life=st.tuples(st.integers(0, 20), st.none() | st.integers(1, 40)))
def test_every_day_of_a_life_is_covered_or_a_gap_and_never_both(
    covered: list[Span], life: tuple[int, int | None]
) -> None:
    start, length = life
    end = None if length is None else _day(start + length)
    found = rules.gaps((_day(start), end), covered)
    for number in range(90):
        on = _day(number)
        is_alive = _held([(_day(start), end)], on)
        assert _held(found, on) == (is_alive and not _held(covered, on)), on
    for (_, first_end), (second_start, _) in pairwise(found):
        assert first_end is not None
        assert first_end < second_start, "two gaps that touch are one"


def test_three_months_end_on_the_same_day_or_on_the_last() -> None:
    assert rules.months_after(date(2026, 3, 2), 3) == date(2026, 6, 2)
    assert rules.months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert rules.months_after(date(2026, 12, 31), 2) == date(2027, 2, 28)


def test_one_compound() -> None:
    assert rules.is_one_compound([])
    assert rules.is_one_compound([{1, 2}, {2}, {2, 3}])
    assert not rules.is_one_compound([{1, 2}, {2, 3}, {1, 3}])


def test_telephones() -> None:
    assert rules.phone_digits("023-0000 0107") == "02300000107"
    assert rules.phone_digits("138 0000 0107") == "13800000107"
    assert rules.phone_digits("一三八") == ""
    assert rules.phone_digits("12345") == ""
    assert rules.phone_words("13800000107") == "138 0000 0107"
    assert rules.phone_words("02300000107") == "023-0000 0107"
    assert rules.code_words("270514") == "270 514"
