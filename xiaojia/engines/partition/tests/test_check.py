"""The verifier finds each kind of broken rule, one planted fault at a time, and is silent otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaojia.engines.partition import Part, Places, Problem, check, describe
from xiaojia.engines.partition.tests.yards import floors_of, neighbourhoods, problem, row, unit, whole

# Two staircases, one tower of 100 over 10 floors, and a neighbouring compound and community beside them.
ONE, TWO = unit("x-a/1/1", 60), unit("x-a/1/2", 15)
TOWER = unit("x-a/2", 100, 30, floors=10)
OTHER = unit("x-b/1", 20, 60)
FOREIGN = unit("y-c/1", 55, 30, 5)
ALL = problem(ONE, TWO, TOWER, OTHER, FOREIGN)
SOUND = (
    whole(1, ONE),
    whole(1, TWO),
    floors_of(2, TOWER, 1, 5),
    floors_of(3, TOWER, 6, 10),
    whole(3, OTHER),
    whole(4, FOREIGN),
)


def with_part(index: int, *parts: Part) -> tuple[Part, ...]:
    return (*SOUND[:index], *parts, *SOUND[index + 1 :])


def test_a_sound_partition_has_nothing_to_say() -> None:
    assert check(ALL, SOUND) == []


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        (with_part(0), "missing or stand twice"),
        (with_part(0, SOUND[0], replace(SOUND[0], microgrid=5)), "missing or stand twice"),
        (with_part(2, floors_of(2, TOWER, 1, 4)), "missing or stand twice"),
        (with_part(2, floors_of(2, TOWER, 1, 6)), "missing or stand twice"),
        (with_part(2, floors_of(2, TOWER, 0, 5)), "missing or stand twice"),
        (with_part(2, replace(SOUND[2], household_count=49)), "do not fit the floors"),
        (with_part(5, SOUND[5], replace(SOUND[5], building="ghost")), "unknown unit"),
        (with_part(1, replace(SOUND[1], microgrid=3)), "micro-grid 3: 85 households"),
        (with_part(0, floors_of(1, ONE, 1, 3), floors_of(5, ONE, 4, 6)), "a unit of 60 households is cut"),
        (with_part(5, replace(SOUND[5], microgrid=3)), "more than one community"),
    ],
)
def test_each_broken_rule_is_told(parts: Sequence[Part], word: str) -> None:
    assert any(word in line for line in check(ALL, parts)), check(ALL, parts)


def test_joined_compounds_are_told_where_joining_is_not_allowed() -> None:
    assert check(replace(ALL, allow_cross=False), SOUND) == ["micro-grid 3: more than one compound"]


def test_one_whole_floor_may_be_above_80_and_two_may_not() -> None:
    slab = unit("x-a/1", 180, floors=2)
    asked = problem(slab)
    assert check(asked, [floors_of(1, slab, 1, 1), floors_of(2, slab, 2, 2)]) == []
    assert check(asked, [whole(1, slab)]) == ["micro-grid 1: 180 households"]
    beside = unit("x-a/2", 3, 20)
    both = [floors_of(1, slab, 1, 1), floors_of(2, slab, 2, 2), whole(2, beside)]
    assert check(problem(slab, beside), both) == ["micro-grid 2: 93 households"]


@pytest.mark.parametrize(
    ("x", "is_sound"),
    [(150.0, True), (150.1, False)],
)
def test_buildings_hang_together_up_to_the_limit(x: float, is_sound: bool) -> None:
    a, b = unit("a/1", 30), unit("a/2", 30, x)
    assert (check(problem(a, b), [whole(1, a), whole(1, b)]) == []) is is_sound


def test_a_third_building_between_two_keeps_them_apart() -> None:
    a, between, b = row("a", [30, 70, 30])
    apart = [whole(1, a), whole(2, between), whole(1, b)]
    assert check(problem(a, between, b), apart) == ["micro-grid 1: its buildings do not hang together"]
    aside = replace(between, y_metres=31.0)
    assert check(problem(a, aside, b), apart) == []


def test_a_building_of_another_community_keeps_nobody_apart() -> None:
    a, between, b = unit("x-a/1", 30), unit("y-a/1", 70, 30), unit("x-a/2", 30, 60)
    assert check(problem(a, between, b), [whole(1, a), whole(2, between), whole(1, b)]) == []


def test_compounds_without_a_dash_are_a_community_beside_those_with_one() -> None:
    a, b = unit("plain/1", 30), unit("x-a/1", 30, 20)
    assert check(problem(a, b), [whole(1, a), whole(1, b)]) == ["micro-grid 1: more than one community"]


def test_on_a_sketch_compounds_hang_together_only_when_confirmed() -> None:
    a, b = unit("a/1", 30), unit("b/1", 30, 20)
    parts = [whole(1, a), whole(1, b)]
    assert check(problem(a, b, neighbours=frozenset({("b", "a")})), parts) == []
    assert len(check(problem(a, b, neighbours=frozenset()), parts)) == 1


def _by_describe(asked: Problem, parts: Sequence[Part]) -> bool:
    """Whether `describe` finds a rule broken (it knows nothing of communities)."""
    codes = {code for grid in describe(Places(asked), parts).grids.values() for code in grid.codes}
    return bool(codes & {"over_80", "not_connected", "small_unit_cut"})


@settings(max_examples=80, deadline=None, derandomize=True)
@given(neighbourhoods(most_communities=1), st.data())
def test_the_verifier_and_describe_agree_about_any_partition(rows: list, data: st.DataObject) -> None:  # type: ignore[type-arg]  # of stretches
    asked = problem(*rows)
    parts = []
    for stretch, number in product(rows, [data.draw(st.integers(1, 3))]):
        cut = data.draw(st.integers(0, stretch.floors - 1))
        here = data.draw(st.integers(1, 4))
        parts += [floors_of(number, stretch, cut + 1, stretch.floors)]
        parts += [floors_of(here, stretch, 1, cut)] if cut else []
    assert bool(check(asked, parts)) is _by_describe(asked, parts)
