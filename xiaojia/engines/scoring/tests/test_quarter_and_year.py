from __future__ import annotations

import pytest

from xiaojia.engines.scoring import (
    Limits,
    MonthValue,
    QuarterMonth,
    YearProblem,
    appraisal_lines,
    appraise,
    fair_chance,
    is_awarded,
    month_lines,
    percentile_80,
    quarter_lines,
    quarter_result,
    recognition_points,
)


def _year(member: int, points: int, **more: object) -> YearProblem:
    fields: dict[str, object] = {
        "member": member, "category": "volunteer", "microgrid": 1,
        "quarter_points": (points, 0, 0, 0), "values": (420,), "active_months": 8,
    }  # fmt: skip
    return YearProblem(**(fields | more))  # type: ignore[arg-type]  # a short way to write rows


def test_the_example_of_the_rules() -> None:
    """E=180, E80=200, mean 4.2, 8 active months: 54 + 24 + 8.9 = 86.9 (domain 4.2)."""
    members = [_year(1, 0, quarter_points=(80, 60, 40, 10)), *[_year(m, 200) for m in range(2, 6)]]
    mine = appraise(members, hours_offered={1: 40})[0]
    assert (mine.best_points, mine.effort_80) == (180, 20000)
    assert (mine.deed_part, mine.mean_part, mine.steady_part, mine.total) == (540, 240, 89, 869)
    assert [line.result for line in appraisal_lines(mine)] == ["180.00", "54.0", "24.0", "8.9", "86.9"]


def test_without_any_value_the_rest_is_scaled_up_and_says_so() -> None:
    members = [_year(1, 180, values=()), *[_year(m, 200) for m in range(2, 6)]]
    mine = appraise(members, hours_offered={})[0]
    assert mine.mean_part is None
    assert mine.total == round((540 + 89) / 0.7)
    assert appraisal_lines(mine)[-1].code == "rescaled"


def test_three_quiet_months_and_the_worst_quarter_cost_nothing() -> None:
    nine = _year(1, 0, quarter_points=(50, 50, 50, 0), active_months=9)
    twelve = _year(2, 0, quarter_points=(50, 50, 50, 50), active_months=12)
    one, other = appraise([nine, twelve], hours_offered={})
    assert one.total == other.total


def test_where_less_was_offered_effort_counts_more_within_bounds() -> None:
    assert fair_chance({1: 10, 2: 100, 3: 90, 4: 400, 5: 0, 6: 100}) == {
        1: 125, 2: 95, 3: 106, 4: 80, 5: 125, 6: 95,
    }  # fmt: skip
    assert fair_chance({1: 0, 2: 0}) == {1: 100, 2: 100}


def test_the_place_at_four_fifths() -> None:
    assert percentile_80([]) == 0
    assert percentile_80([7]) == 7
    assert percentile_80(list(range(1, 11))) == 8


@pytest.mark.parametrize(("value", "points"), [(100, 0), (125, 1), (124, 0), (420, 6), (425, 7), (500, 8)])
def test_points_of_a_month(value: int, points: int) -> None:
    assert recognition_points(value) == points


def test_a_missing_month_is_filled_and_marked_and_no_deed_pays_nothing() -> None:
    months = [QuarterMonth(400, True), QuarterMonth(None, True), QuarterMonth(300, False)]
    result = quarter_result(months, deed_points=17, category_median=320)
    assert result.origins == ("own", "own_mean", "own")
    assert result.used == (400, 350, 300)
    assert result.monthly == (6, 5, 0)
    assert result.points == 28
    assert quarter_lines(result)[-1].sum == "17 + 6 + 5 + 0"


def test_without_own_months_the_category_stands_in_and_without_that_nothing() -> None:
    months = [QuarterMonth(None, True)] * 3
    assert quarter_result(months, deed_points=3, category_median=320).monthly == (4, 4, 4)
    nothing = quarter_result(months, deed_points=3, category_median=None)
    assert (nothing.origins, nothing.points) == (("none",) * 3, 3)


def test_an_award_needs_the_bar_and_a_story() -> None:
    assert is_awarded(800, threshold=800, has_story=True)
    assert not is_awarded(799, threshold=800, has_story=True)
    assert not is_awarded(999, threshold=800, has_story=False)


def test_the_sum_on_a_slip_is_right_by_hand() -> None:
    value = MonthValue(1, "head", 4, middle=425, category_mean=360, value=397)
    lines = month_lines(value, Limits())
    assert lines[1].sum == "(4 × 4.25 + 3 × 3.60) ÷ (4 + 3)"
    assert (lines[1].result, lines[2].result) == ("3.97", "6")
    assert round((4 * 4.25 + 3 * 3.60) / 7, 2) == 3.97
