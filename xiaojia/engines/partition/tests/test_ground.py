"""Where buildings stand: neighbours by the definition of the Gabriel graph, distances, atoms, prices."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaojia.engines.partition import Limits, Places, Weights, describe
from xiaojia.engines.partition._ground import atoms_of, gabriel_pairs, lay_out
from xiaojia.engines.partition._yard import make_yard, shortness_prices, size_prices
from xiaojia.engines.partition.tests.yards import problem, row, unit, whole

Point = tuple[int, int]


def by_definition(points: list[Point]) -> set[tuple[int, int]]:
    """No third place in the closed disc over a pair, in whole numbers."""
    found = set()
    for i, j in combinations(range(len(points)), 2):
        (ax, ay), (bx, by) = points[i], points[j]
        diameter = (ax - bx) ** 2 + (ay - by) ** 2
        others = [p for p in points if p not in (points[i], points[j])]
        if all((2 * x - ax - bx) ** 2 + (2 * y - ay - by) ** 2 > diameter for x, y in others):
            found.add((i, j))
    return found


def pairs(points: list[Point]) -> set[tuple[int, int]]:
    """What the engine finds, each pair ascending."""
    return {(min(p), max(p)) for p in gabriel_pairs(np.array(points, float))}


spots = st.tuples(st.integers(0, 12), st.integers(0, 12))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(spots, min_size=1, max_size=14))
def test_neighbours_are_the_gabriel_graph_whatever_coincides_or_stands_in_line(points: list[Point]) -> None:
    assert pairs(points) == by_definition(points)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 9_000)), min_size=5, max_size=40))
def test_far_from_the_origin_the_neighbours_are_the_same(points: list[Point]) -> None:
    there = [(x + 395_000_000, y - 987_654_321) for x, y in points]
    assert pairs(there) == pairs(points) == by_definition(points)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(0, 0)], set()),
        ([(0, 0), (5, 5)], {(0, 1)}),
        ([(3, 3), (3, 3), (3, 3)], {(0, 1), (0, 2), (1, 2)}),
        ([(x, 0) for x in range(7)], {(x, x + 1) for x in range(6)}),
        ([(0, 0), (10, 0), (10, 10), (0, 10)], {(0, 1), (1, 2), (2, 3), (0, 3)}),
        ([(0, 0), (0, 0), (9, 0)], {(0, 1), (0, 2), (1, 2)}),
    ],
)
def test_simple_places(points: list[Point], expected: set[tuple[int, int]]) -> None:
    assert pairs(points) == expected == by_definition(points)


def test_the_definition_can_tell_a_wrong_edge() -> None:
    assert (0, 2) not in by_definition([(0, 0), (10, 1), (20, 0)])


def test_buildings_farther_than_the_limit_do_not_touch() -> None:
    near = lay_out(problem(unit("a/1", 60), unit("a/2", 60, 150)), fine_atoms=1)
    far = lay_out(problem(unit("a/1", 60), unit("a/2", 60, 150.1)), fine_atoms=1)
    assert (near.edges[0], far.edges[0]) == (frozenset({1}), frozenset())
    assert near.distance[0, 1] == 1500


def test_on_a_sketch_only_confirmed_compounds_touch() -> None:
    rows = [*row("a", [60, 60], gap=400), *row("b", [60], y=40)]
    true = lay_out(problem(*rows), fine_atoms=1)
    assert [sorted(e) for e in true.edges] == [[2], [], [0]]
    apart = lay_out(problem(*rows, neighbours=frozenset()), fine_atoms=1)
    assert [sorted(e) for e in apart.edges] == [[1], [0], []]
    for pair in (("a", "b"), ("b", "a")):
        joined = lay_out(problem(*rows, neighbours=frozenset({pair})), fine_atoms=1)
        assert [sorted(e) for e in joined.edges] == [[1, 2], [0], [0]]


@pytest.mark.parametrize("neighbours", [None, frozenset(), frozenset({("b", "a")})])
def test_the_ground_and_what_describes_it_know_the_same_neighbours(
    neighbours: frozenset[tuple[str, str]] | None,
) -> None:
    rows = [*row("a", [60, 60, 20], gap=70), *row("b", [60, 30], y=40), *row("c", [9], x=500)]
    asked = problem(*rows, neighbours=neighbours)
    ground, places = lay_out(asked, fine_atoms=1), Places(asked)
    names = [(ground.compounds[b.compound], b.name) for b in ground.blocks]
    assert {names[i]: {names[j] for j in e} for i, e in enumerate(ground.edges)} == places.edges


def test_a_building_stands_in_the_middle_of_its_units() -> None:
    ground = lay_out(problem(unit("a/1/1", 60, 0, 4), unit("a/1/2", 60, 9, 8)), fine_atoms=1)
    assert [(b.x, b.y) for b in ground.blocks] == [(45, 60)]


def test_a_small_unit_is_one_atom_and_a_large_one_blocks_of_floors() -> None:
    def ranges(homes: int, floors: int, height: int, *, is_down: bool = False) -> list[tuple[int, int, int]]:
        atoms = atoms_of(0, unit("a/1", homes, floors=floors), Limits(), is_down=is_down, height=height)
        return [(a.floor_from, a.floor_to, a.households) for a in atoms]

    assert ranges(80, 30, 3) == [(1, 30, 80)]
    assert ranges(112, 7, 3) == [(1, 3, 48), (4, 6, 48), (7, 7, 16)]
    assert ranges(112, 7, 3, is_down=True) == [(7, 7, 16), (4, 6, 48), (1, 3, 48)]
    # 27 homes a floor: three floors would be 81.
    assert ranges(108, 4, 3) == [(1, 2, 54), (3, 4, 54)]
    assert ranges(180, 2, 3) == [(1, 1, 90), (2, 2, 90)]
    # A floor without homes goes with the next one that has some.
    assert ranges(81, 100, 1)[0] == (1, 2, 1)
    assert sum(homes for _low, _high, homes in ranges(81, 100, 1)) == 81


def test_odd_units_of_a_chain_run_up_and_even_ones_down() -> None:
    ground = lay_out(problem(unit("a/1/1", 100, floors=2), unit("a/1/2", 100, floors=2)), fine_atoms=1_000)
    assert [(a.row, a.floor_from) for a in ground.blocks[0].atoms] == [(0, 1), (0, 2), (1, 2), (1, 1)]


def test_a_compound_with_many_floors_is_cut_at_every_third() -> None:
    asked = problem(unit("a/1", 300, floors=30))
    assert len(lay_out(asked, fine_atoms=30).blocks[0].atoms) == 30
    assert len(lay_out(asked, fine_atoms=29).blocks[0].atoms) == 10


def test_prices_of_sizes_are_the_formula_in_1300ths_of_a_metre() -> None:
    prices = size_prices(Limits(), Weights())
    for s in range(81):
        metres = 0.05 * (s - 65) ** 2 + (3000 + 150 * (50 - s) if s < 50 else 0)
        assert prices[s] == round(metres * 1300)
    assert len(prices) == 81
    assert [s for s, price in enumerate(shortness_prices(Limits())) if price] == list(range(50))


def test_a_yard_prices_a_micro_grid_as_describe_does() -> None:
    rows = [*row("a", [40, 33]), *row("b", [44], y=60)]
    asked = problem(*rows)
    ground = lay_out(asked, fine_atoms=1)
    yard = make_yard(ground, range(3))
    together = yard.cost_of([(0, 0, 0), (2, 2, 2)]) + yard.cost_of([(1, 1, 1)])
    parts = [whole(1, rows[0]), whole(2, rows[1]), whole(1, rows[2])]
    assert together == pytest.approx(1300 * describe(Places(asked), parts).cost, abs=1e-6)
