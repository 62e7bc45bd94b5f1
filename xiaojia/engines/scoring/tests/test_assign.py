from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaojia.engines.scoring import AssignmentProblem, Team, assign, check_assignment, pair


def _problem(sizes: list[int], apart: set[tuple[int, int]] | None = None) -> AssignmentProblem:
    teams, first = [], 1
    for grid, size in enumerate(sizes, start=1):
        teams.append(Team(grid, tuple(range(first, first + size)), (grid - 1, grid + 1)))
        first += size
    return AssignmentProblem(tuple(teams), frozenset(apart or set()))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=5),
    st.integers(0, 999),
    st.sets(st.tuples(st.integers(1, 40), st.integers(41, 80)), max_size=8),
)
def test_circles_are_sound_whatever_the_teams(
    sizes: list[int], seed: int, apart: set[tuple[int, int]]
) -> None:
    problem = _problem(sizes, apart)
    assignment = assign(problem, seed=seed)
    assert check_assignment(problem, assignment) == []
    assert assign(problem, seed=seed) == assignment


def test_kin_are_swapped_out_and_everybody_still_asked_about_by_five() -> None:
    problem = _problem([15], {pair(1, 2), pair(3, 4), pair(5, 6), pair(1, 7)})
    for seed in range(20):
        asked = assign(problem, seed=seed).asked
        assert all(len(ratees) == 5 for ratees in asked.values())
        assert check_assignment(problem, assign(problem, seed=seed)) == []


def test_a_small_team_borrows_and_the_lender_keeps_seven() -> None:
    circles = {c.microgrids: c for c in assign(_problem([4, 12]), seed=1).circles}
    assert (len(circles[(1,)].order), circles[(1,)].reach, len(circles[(1,)].guests)) == (7, 3, 3)
    assert len(circles[(2,)].order) == 9


def test_two_small_teams_sit_in_one_circle() -> None:
    (circle,) = assign(_problem([4, 5]), seed=1).circles
    assert (circle.microgrids, len(circle.order), circle.reach) == ((1, 2), 9, 4)


@pytest.mark.parametrize(
    ("wrong", "finding"),
    [
        ({1: (2,), 2: (1,)}, "each other"),
        ({1: (1,)}, "themselves"),
        ({1: (3,)}, "kept apart"),
        ({1: (2, 4, 5, 6, 7, 8)}, "at most"),
    ],
)
def test_negative_control_the_verifier_finds_what_is_wrong(
    wrong: dict[int, tuple[int, ...]], finding: str
) -> None:
    problem = _problem([12], {pair(1, 3)})
    broken = replace(assign(problem, seed=3), asked=wrong)
    assert any(finding in line for line in check_assignment(problem, broken))
