from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaojia.engines.scoring import (
    LOW_PARTICIPATION,
    TOO_FEW,
    Limits,
    MonthProblem,
    Rating,
    check_month,
    check_settled,
    month_result,
    trimmed,
)
from xiaojia.engines.scoring import settled as settled_values

LIMITS = Limits()


def _problem(ratings: list[Rating], *, month: int = 10, returned: int = 10) -> MonthProblem:
    members = {m for r in ratings for m in (r.rater, r.ratee)}
    return MonthProblem(
        month, tuple(ratings), dict.fromkeys(members, "volunteer"), dict.fromkeys(members, 1),
        {1: 10}, {1: returned},
    )  # fmt: skip


def _value(problem: MonthProblem, member: int) -> int | None:
    return next(v.value for v in month_result(problem).values if v.member == member)


RATINGS = st.lists(
    st.tuples(st.integers(9, 10), st.integers(1, 9), st.integers(1, 9), st.integers(1, 5)), max_size=50
)


@settings(max_examples=60, deadline=None)
@given(RATINGS, st.integers(3, 10))
def test_values_are_what_exact_arithmetic_says(rows: list[tuple[int, int, int, int]], returned: int) -> None:
    ratings = [Rating(*row) for row in {row[:3]: row for row in rows if row[1] != row[2]}.values()]
    problem = _problem(ratings, returned=returned)
    result = month_result(problem)
    assert check_month(problem, result) == []
    assert all(v.value is None or 100 <= v.value <= 500 for v in result.values)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(100, 500), min_size=4, max_size=4), st.integers(100, 500), st.integers(100, 500))
def test_one_of_five_moves_the_middle_by_a_third_of_the_spread_at_most(
    others: list[int], one: int, other: int
) -> None:
    moved = abs(trimmed([*others, one], LIMITS) - trimmed([*others, other], LIMITS))
    assert moved <= (max(others) - min(others)) / 3 + 1  # the last unit is rounding


def test_negative_control_a_plain_mean_moves_further() -> None:
    others = [300, 300, 310, 310]
    plain = [sum([*others, last]) / 5 for last in (100, 500)]
    assert plain[1] - plain[0] > 10 / 3 + 1


def test_three_or_four_answers_take_the_median() -> None:
    assert trimmed([100, 300, 500], LIMITS) == 300
    assert trimmed([100, 300, 400, 500], LIMITS) == 350


def test_a_lenient_rater_is_taken_back_and_a_strict_one_brought_up() -> None:
    ratings = [Rating(10, 1, ratee, 5) for ratee in range(3, 8)]
    ratings += [Rating(10, 2, ratee, 1) for ratee in range(3, 8)]
    ratings += [Rating(10, rater, 3, 3) for rater in (8, 9)]
    values = {v.member: v for v in month_result(_problem(ratings)).values}
    # Four answers about 3: 5, 1, 3, 3. Everybody's mean is 3, so 5 -> 5 - 5/9 * 2 = 3.89 and 1 -> 2.11.
    assert values[3].middle == 300
    lenient_only = [r for r in ratings if r.rater == 1] + [Rating(10, r, 3, 1) for r in (8, 9)]
    # 5, 1, 1 with mean 27/7: the lenient 5 comes down, the strict come up, the median moves with them.
    middle = {v.member: v for v in month_result(_problem(lenient_only)).values}[3].middle
    assert middle is not None
    assert middle > 100


def test_fewer_than_three_answers_are_no_value_not_zero() -> None:
    ratings = [Rating(10, 1, 3, 5), Rating(10, 2, 3, 5)]
    value = next(v for v in month_result(_problem(ratings)).values if v.member == 3)
    assert (value.value, value.reason, value.answers) == (None, TOO_FEW, 2)
    third = _problem([*ratings, Rating(10, 4, 3, 5)])
    assert _value(third, 3) is not None


def test_shrinking_pulls_towards_the_category() -> None:
    low = [Rating(10, rater, ratee, 2) for rater, ratee in zip(range(20, 40), range(40, 60), strict=True)]
    praised = [Rating(10, rater, 1, 5) for rater in (2, 3, 4)]
    few = _value(_problem([*low, *praised]), 1)
    more = _value(_problem([*low, *praised, *[Rating(10, rater, 1, 5) for rater in range(5, 12)]]), 1)
    assert few is not None
    assert more is not None
    assert 300 < few < more < 500


def test_a_grid_with_less_than_half_of_its_slips_has_no_values() -> None:
    ratings = [Rating(10, rater, 1, 4) for rater in (2, 3, 4, 5)]
    assert _value(_problem(ratings, returned=5), 1) is not None
    quiet = month_result(_problem(ratings, returned=4)).values
    assert {v.reason for v in quiet} == {LOW_PARTICIPATION}


def _mutual_praise() -> list[Rating]:
    others = [Rating(9 + k % 2, rater, ratee, 3) for k, rater in enumerate(range(3, 9)) for ratee in (1, 2)]
    rest = [Rating(10, rater, ratee, 3) for rater in (1, 2) for ratee in (5, 6, 7, 8)]
    return [*others, *rest, Rating(9, 1, 2, 5), Rating(10, 2, 1, 5)]


def test_mutual_praise_across_months_weighs_nothing_and_keeps_apart() -> None:
    result = month_result(_problem(_mutual_praise()))
    assert result.mutual == {(9, 1, 2), (10, 2, 1)}
    assert result.apart == {(1, 2)}
    without = [r for r in _mutual_praise() if {r.rater, r.ratee} != {1, 2}]
    assert result.values == month_result(_problem(without)).values


def test_praise_of_one_side_or_shared_by_others_is_no_agreement() -> None:
    one_side = [r for r in _mutual_praise() if (r.rater, r.ratee) != (2, 1)] + [Rating(10, 2, 1, 3)]
    assert not month_result(_problem(one_side)).mutual
    shared = [r._replace(level=5) if r.ratee in (1, 2) else r for r in _mutual_praise()]
    shared += [Rating(10, rater, 9, 1) for rater in range(3, 9)]  # who praises both, and not everybody
    assert not month_result(_problem(shared)).mutual


def test_negative_control_without_the_rule_mutual_praise_pays() -> None:
    blind = replace(_problem(_mutual_praise()), limits=Limits(mutual_above=900))
    with_rule, without_rule = _value(_problem(_mutual_praise()), 1), _value(blind, 1)
    assert with_rule is not None
    assert without_rule is not None
    assert without_rule > with_rule


def test_what_a_later_month_found_is_taken_out_for_the_appraisal() -> None:
    earlier = _problem(_mutual_praise(), month=9)
    plain = {v.member: v.answers for v in month_result(earlier).values}
    later = settled_values(replace(earlier, void=frozenset({(9, 1, 2)})))
    assert {v.member: v.answers for v in later}[2] == plain[2] - 1


def test_limits_that_would_publish_single_answers_are_refused() -> None:
    with pytest.raises(ValueError, match="three answers"):
        Limits(least_answers=1)


@pytest.mark.parametrize("wrong", [Rating(10, 1, 2, 6), Rating(10, 1, 2, 0), Rating(10, 1, 1, 3)])
def test_answers_off_the_scale_or_about_oneself_are_refused(wrong: Rating) -> None:
    with pytest.raises(ValueError, match="about somebody else"):
        _problem([wrong])


def _friends(answers: int, level: int) -> list[Rating]:
    """1 and 2 give each other `level` that many times each; twelve others give both 3 and one another 3."""
    rest = range(3, 15)
    others = [Rating(1 + rater % 2, rater, ratee, 3) for rater in rest for ratee in (1, 2)]
    others += [Rating(3, rater, 3 + (rater - 2) % 12, 3) for rater in rest]
    own = [Rating(3, rater, ratee, 3) for rater in (1, 2) for ratee in rest]
    praise = [Rating(n, 1 + n % 2, 2 - n % 2, level) for n in range(1, 2 * answers + 1)]
    return [*others, *own, *praise]


def test_a_level_more_once_each_is_chance_and_for_months_is_an_agreement() -> None:
    assert not month_result(_problem(_friends(1, 4))).mutual
    assert len(month_result(_problem(_friends(3, 4))).mutual) == 6
    assert len(month_result(_problem(_friends(1, 5))).mutual) == 2


def test_negative_control_without_asking_how_sure_one_lucky_month_weighs_nothing() -> None:
    blind = replace(_problem(_friends(1, 4)), limits=Limits(mutual_sure=0))
    assert len(month_result(blind).mutual) == 2


def _beside_the_best(level: int) -> list[Rating]:
    """1 gets fours and fives from everybody, 2 a five from 1 alone, three times; 2 says `level` of 1."""
    praised = [r._replace(level=4 + r.rater % 2) if r.ratee == 1 else r for r in _friends(3, 5)]
    both = [Rating(n, 2 - n % 2, 1 + n % 2, level if n % 2 == 0 else 5) for n in range(1, 7)]
    return [*[r for r in praised if {r.rater, r.ratee} != {1, 2}], *both]


def test_the_top_of_the_scale_is_far_above_also_where_everybody_gives_nearly_that() -> None:
    assert len(month_result(_problem(_beside_the_best(5))).mutual) == 6
    assert not month_result(_problem(_beside_the_best(4))).mutual


def test_everybody_praising_each_other_is_no_agreement() -> None:
    everybody = [Rating(9 + (i < j), i, j, 5) for i in range(1, 9) for j in range(1, 9) if i != j]
    assert not month_result(_problem(everybody)).mutual


def _strict_in_autumn() -> list[Rating]:
    """1, 2 and 3 say the same as everybody about 5 in spring, and a level less of whoever comes later."""
    spring = [Rating(1, rater, 5, 3) for rater in (1, 2, 3, 4)]
    later = [Rating(month, rater, ratee, 2) for month in (6, 7) for rater in (1, 2, 3) for ratee in (6, 7, 8)]
    return [*spring, *later, *[Rating(6, 4, ratee, 3) for ratee in (6, 7, 8)]]


@settings(max_examples=40, deadline=None)
@given(RATINGS, st.integers(3, 10))
def test_settled_values_are_what_exact_arithmetic_says(
    rows: list[tuple[int, int, int, int]], returned: int
) -> None:
    ratings = [Rating(*row) for row in {row[:3]: row for row in rows if row[1] != row[2]}.values()]
    problem = _problem([*ratings, *_strict_in_autumn()], month=9, returned=returned)
    assert check_settled(problem, settled_values(problem)) == []


def test_for_the_appraisal_one_knows_how_strictly_somebody_answers_all_year() -> None:
    problem = _problem(_strict_in_autumn(), month=1)
    at_close = next(v for v in month_result(problem).values if v.member == 5)
    at_end = next(v for v in settled_values(problem) if v.member == 5)
    assert at_close.middle == 300
    assert at_end.middle is not None
    assert at_end.middle > 300
    assert check_settled(problem, settled_values(problem)) == []


def test_negative_control_the_verifier_knows_settled_values_from_those_of_the_close() -> None:
    problem = _problem(_strict_in_autumn(), month=1)
    assert check_settled(problem, month_result(problem).values)
