"""What holds for every division, whatever the neighbourhood."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaojia.engines.partition import Places, Problem, Result, Stretch, check, describe, solve
from xiaojia.engines.partition.problem import community_of
from xiaojia.engines.partition.tests.yards import groups, neighbourhoods

often = settings(max_examples=25, deadline=None, derandomize=True)


def divided(rows: list[Stretch], *, allow_cross: bool = True) -> tuple[Problem, Result]:
    asked = Problem(tuple(rows), allow_cross=allow_cross)
    return asked, solve(asked)


@often
@given(neighbourhoods(), st.booleans())
def test_every_floor_is_in_one_micro_grid_and_no_rule_is_broken(
    rows: list[Stretch], allow_cross: bool
) -> None:
    asked, result = divided(rows, allow_cross=allow_cross)
    assert check(asked, result.parts) == []
    assert sum(p.household_count for p in result.parts) == sum(s.household_count for s in rows)
    for grid in describe(Places(asked), result.parts).grids.values():
        assert len({community_of(c) for c in grid.compounds}) == 1
        assert set(grid.codes) <= {"under_50", "floor_over_80", "cross_compound"}


@often
@given(neighbourhoods())
def test_the_result_is_what_describe_measures_and_the_bound_is_below(rows: list[Stretch]) -> None:
    asked, result = divided(rows)
    description = describe(Places(asked), result.parts)
    assert result.cost == pytest.approx(description.cost, abs=1e-6)
    assert result.bound <= result.cost
    assert 0 <= result.gap <= 1
    counted = (
        description.in_range,
        description.over,
        description.under,
        description.cross,
        description.split,
    )
    assert (result.in_range, result.over, result.under, result.cross, result.split) == counted
    assert result.in_range + result.over + result.under == len(description.grids)
    told = {(e.microgrid, e.code) for e in result.exceptions}
    assert told == {(g.number, code) for g in description.grids.values() for code in g.codes}


@often
@given(neighbourhoods(), st.randoms(use_true_random=False))
def test_the_order_of_communities_changes_nothing_but_the_numbers(
    rows: list[Stretch], chance: random.Random
) -> None:
    _asked, result = divided(rows)
    names = sorted({community_of(s.compound) for s in rows})
    chance.shuffle(names)
    _again, shuffled = divided([s for name in names for s in rows if community_of(s.compound) == name])
    assert groups(shuffled.parts) == groups(result.parts)
    assert (shuffled.cost, shuffled.bound) == pytest.approx((result.cost, result.bound))


@often
@given(neighbourhoods(most_communities=1))
def test_a_second_community_changes_nothing_in_the_first(rows: list[Stretch]) -> None:
    _asked, alone = divided(rows)
    beside = [Stretch("far-1", "1", "", 5.0, 5.0, 6, 10, 60)]
    _both, result = divided([*rows, *beside])
    assert groups(alone.parts) < groups(result.parts)


@often
@given(neighbourhoods())
def test_joining_never_leaves_more_short_and_numbers_count_from_one(rows: list[Stretch]) -> None:
    _asked, inside = divided(rows, allow_cross=False)
    _asked, joined = divided(rows)
    assert inside.cross == 0
    assert joined.under <= inside.under
    assert joined.cost <= inside.cost + 1e-6
    numbers = [p.microgrid for p in joined.parts]
    assert set(numbers) == set(range(1, max(numbers) + 1))


@often
@given(neighbourhoods())
def test_a_proven_certificate_is_never_beaten_by_the_division(rows: list[Stretch]) -> None:
    _asked, result = divided(rows)
    for exception in result.exceptions:
        if exception.code == "under_50":
            facts = exception.certificate
            assert facts["least_short"] <= facts["short_here"]
            is_fewest = facts["least_short"] == facts["short_here"]
            assert facts["is_proven"] == (is_fewest or facts["is_least_missing"])


def test_nothing_gives_nothing() -> None:
    result = solve(Problem(()))
    assert (result.parts, result.exceptions, result.cost, result.gap) == ((), (), 0, 0)
