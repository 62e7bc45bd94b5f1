"""Whole buildings only: nothing is cut, and what that costs stands in the exceptions."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from xiaojia.engines.partition import Problem, Stretch, check, solve
from xiaojia.engines.partition.whole import solve_whole


def _row(index: int, unit: int, homes: int, floors: int = 6) -> Stretch:
    return Stretch("甲", str(index), str(unit), 40.0 * index, 0.0, floors, 4, homes)


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.lists(st.integers(5, 60), min_size=1, max_size=3), min_size=1, max_size=6))
def test_no_building_is_cut_and_only_large_buildings_are_over(sizes: list[list[int]]) -> None:
    problem = Problem(tuple(_row(i, u, n) for i, units in enumerate(sizes) for u, n in enumerate(units)))
    result = solve_whole(problem)
    assert result.split == 0
    large = [i for i, units in enumerate(sizes) if sum(units) > 80]
    assert result.over == len(large)
    assert [e.code for e in result.exceptions].count("over_80") == len(large)
    wrong = [line for line in check(problem, result.parts) if "households" not in line]
    assert wrong == [], "but for the large buildings the ordinary rules hold"
    assert result.bound <= result.cost + 1e-6


def test_it_is_never_cheaper_where_both_have_the_same_sizes() -> None:
    """Negative control for the trade-off: cutting helps here, so whole buildings leave somebody short."""
    problem = Problem(tuple(_row(i, u, 30) for i in range(4) for u in (1, 2)))
    free, whole = solve(problem), solve_whole(problem)
    assert (free.under, free.over) == (0, 0)
    assert whole.split == 0
    assert free.cost <= whole.cost
    problem = Problem((_row(1, 1, 45), _row(1, 2, 45)))
    whole = solve_whole(problem)
    assert (whole.over, whole.exceptions[0].code) == (1, "over_80")
    assert "多 10 户" in whole.exceptions[0].reason
