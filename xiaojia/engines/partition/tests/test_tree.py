"""Branching: an LP that dodges a whole number, and the bound that branching proves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaojia.engines.partition import Effort
from xiaojia.engines.partition._columns import Master, Search
from xiaojia.engines.partition._converge import converge, dive, starting_columns
from xiaojia.engines.partition._counts import Count, most_broken
from xiaojia.engines.partition._ground import lay_out
from xiaojia.engines.partition._small import divide_small
from xiaojia.engines.partition._tree import Tree
from xiaojia.engines.partition._yard import Yard, make_yard
from xiaojia.engines.partition.tests.yards import problem, row

EFFORT = replace(Effort(), converged_share=0.0)


def yard_of(sizes: list[int]) -> Yard:
    """Houses in a row."""
    ground = lay_out(problem(*row("a", sizes)), fine_atoms=1_000)
    return make_yard(ground, range(len(ground.blocks)))


def tree_of(yard: Yard) -> tuple[Tree, Master]:
    master, search = Master(yard), Search(yard, EFFORT)
    search.counts = master.counts
    master.add(starting_columns(yard))
    relaxed = converge(master, search, EFFORT)
    groups = dive(master, search, EFFORT)
    master.free()
    return Tree(master, search, relaxed, groups), master


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(12, 60), min_size=4, max_size=9))
def test_a_tree_grown_to_its_end_is_exact(sizes: list[int]) -> None:
    yard = yard_of(sizes)
    best = divide_small(yard, Effort())
    assert best is not None
    tree, _master = tree_of(yard)
    assert tree.bound <= best.cost <= tree.cost
    tree.grow(EFFORT, nodes=200, enough=0.0)
    assert tree.cost - best.cost <= 2
    assert best.cost - 2 <= tree.bound <= best.cost


DODGING = [90, 160, 130]
"""Towers of three floors a block: the LP takes halves of floors where no division can."""


def test_without_nodes_the_bound_stays_the_lps_and_with_them_it_is_the_cost() -> None:
    yard = yard_of(DODGING)
    tree, master = tree_of(yard)
    before = tree.bound
    tree.grow(EFFORT, nodes=0, enough=0.0)
    assert tree.bound == before < tree.cost
    assert not master.counts
    tree.grow(EFFORT, nodes=50, enough=0.0)
    assert before < tree.bound == tree.cost


def test_bounds_are_taken_back_when_the_tree_is_done() -> None:
    yard = yard_of(DODGING)
    tree, master = tree_of(yard)
    value, _duals = master.solve()
    tree.grow(EFFORT, nodes=50, enough=0.0)
    after, _duals = master.solve()
    assert after == pytest.approx(value, abs=1.0)


def test_a_count_that_is_broken_is_found_and_a_whole_one_is_not() -> None:
    yard = yard_of([100, 40])
    atoms = int((yard.atom_building == 0).sum())
    assert atoms > 2
    first, rest = ((0, 0, 0),), ((0, 1, atoms - 1),)
    whole = ((0, 0, atoms - 1),)
    found = most_broken(yard, [first, rest, whole], np.array([0.5, 0.5, 0.5]))
    assert found == (Count("building", 0), 1.5)
    assert most_broken(yard, [first, rest], np.array([1.0, 1.0])) is None
    assert (Count("cut", 0).of(first), Count("cut", 0).of(rest)) == (1.0, 0.0)
