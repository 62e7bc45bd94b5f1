"""A problem that cannot be divided says which row is wrong and what to do."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from xiaojia.engines.partition import BadProblem, Problem, Stretch
from xiaojia.engines.partition.problem import community_of
from xiaojia.engines.partition.tests.yards import problem, unit

GOOD = unit("a/1/1", 60)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"compound": ""}, "compound and building"),
        ({"building": ""}, "compound and building"),
        ({"x_metres": math.nan}, "numbers in metres"),
        ({"y_metres": math.inf}, "numbers in metres"),
        ({"x_metres": -2e8}, "wide"),
        ({"household_count": 0}, "leave the row out"),
        ({"floors": 0}, "floors"),
        ({"floors": 201}, "floors"),
        ({"household_count": 20_001}, "20001 households in one unit"),
    ],
)
def test_a_bad_row_is_named(change: dict[str, Any], word: str) -> None:
    with pytest.raises(BadProblem, match=rf"^row 2: .*{word}") as caught:
        problem(GOOD, replace(GOOD, **{"building": "2", **change}))
    assert caught.value.row == 2
    assert str(caught.value) == f"row 2: {caught.value.fact}"


def test_the_same_row_without_the_fault_is_taken() -> None:
    assert len(problem(GOOD, replace(GOOD, building="2")).stretches) == 2


def test_a_unit_that_stands_twice_is_named_by_its_second_row() -> None:
    with pytest.raises(BadProblem, match="row 3: compound a, building 1, unit 1 stands twice") as caught:
        problem(GOOD, replace(GOOD, unit="2"), replace(GOOD, household_count=1))
    assert caught.value.row == 3


def test_nothing_to_divide_is_no_problem() -> None:
    assert Problem(()).stretches == ()


def test_homes_are_spread_over_floors_and_add_up() -> None:
    for homes in (1, 7, 81, 100, 333):
        for floors in (1, 2, 7, 33):
            stretch = Stretch("a", "1", "", 0, 0, floors, 1, homes)
            spread = [stretch.homes_up_to(f) - stretch.homes_up_to(f - 1) for f in range(1, floors + 1)]
            assert sum(spread) == homes
            assert max(spread) == stretch.most_homes_on_a_floor == -(-homes // floors)


def test_a_community_is_what_stands_before_the_first_dash() -> None:
    assert [community_of(c) for c in ("x-1", "x-1-2", "-y", "plain")] == ["x", "x", "", ""]
