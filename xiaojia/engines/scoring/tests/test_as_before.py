"""The reckoning was made faster once; what it says of a month was written down before, and must not move."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

import pytest

from xiaojia.engines.scoring import (
    Limits,
    MonthProblem,
    Rating,
    check_month,
    month_result,
)

BEFORE = {
    1: "8acb37977234aab0a29b1604",
    2: "f9026908aa2573e8b5fc904c",
    3: "9e7249b083cc83e96b1a62ac",
}
"""Seed -> what the plain first version answered, as a digest."""


def _year(seed: int) -> MonthProblem:
    """A year of a community of sixty with many fives, in four micro-grids and three categories."""
    draw = random.Random(seed)  # noqa: S311  # a simulation
    asked = {(draw.randint(0, 11), draw.randint(1, 60), draw.randint(1, 60)): None for _ in range(2500)}
    ratings = tuple(Rating(*key, draw.choice((1, 2, 3, 4, 5, 5, 5))) for key in asked if key[1] != key[2])
    void = frozenset(rating[:3] for rating in ratings if draw.random() < 0.02)
    return MonthProblem(
        11, ratings, {m: "abc"[m % 3] for m in range(1, 61)}, {m: m % 4 for m in range(1, 61)},
        dict.fromkeys(range(4), 10), {0: 10, 1: 7, 2: 5, 3: 4}, void, Limits(mutual_sure=0),
    )  # fmt: skip


def _said(problem: MonthProblem) -> str:
    result = month_result(problem)
    rows = [
        (v.member, v.category, v.answers, v.middle, v.category_mean, v.value, v.reason) for v in result.values
    ]
    return hashlib.sha256(repr((rows, sorted(result.mutual))).encode()).hexdigest()[:24]


@pytest.mark.parametrize("seed", BEFORE)
def test_a_year_is_reckoned_as_before(seed: int) -> None:
    problem = _year(seed)
    assert len(month_result(problem).mutual) > 20
    assert _said(problem) == BEFORE[seed]
    assert check_month(problem, month_result(problem)) == []


def test_negative_control_one_answer_more_or_a_step_less_is_seen() -> None:
    problem = _year(1)
    last = next(r for r in problem.ratings if r.month == problem.month and r[:3] not in problem.void)
    assert _said(replace(problem, ratings=tuple(r for r in problem.ratings if r != last))) != BEFORE[1]
    assert _said(replace(problem, limits=Limits(mutual_sure=0, mutual_above=81))) != BEFORE[1]
    assert _said(replace(problem, limits=Limits(mutual_sure=0, leniency_half=5))) != BEFORE[1]
