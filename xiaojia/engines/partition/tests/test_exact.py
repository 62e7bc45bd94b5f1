"""The cheapest cover of a list beside every cover there is; what its number of micro-grids is good for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaojia.engines.partition import _exact
from xiaojia.engines.partition._columns import add_cover, quiet_solver
from xiaojia.engines.partition._exact import Cover, cheapest_cover

ROWS = 6
EVERY = [rows for size in (1, 2, 3) for rows in combinations(range(ROWS), size)]


def cheapest(columns: Sequence[Sequence[int]], costs: Sequence[int]) -> int:
    """By a table over all subsets."""
    never = 10**12
    table = [0] + [never] * (2**ROWS - 1)
    masks = [sum(1 << row for row in rows) for rows in columns]
    for done in range(2**ROWS):
        for mask, cost in zip(masks, costs, strict=True):
            if not mask & done:
                table[done | mask] = min(table[done | mask], table[done] + cost)
    return table[-1]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 60), min_size=len(EVERY), max_size=len(EVERY)), st.integers(0, 2**15))
def test_no_cover_is_cheaper_and_the_bound_says_so(costs: list[int], left_out: int) -> None:
    kept = [k for k in range(len(EVERY)) if k < ROWS or not left_out >> (k % 15) & 1]
    columns, prices = [EVERY[k] for k in kept], [costs[k] for k in kept]
    for few in (0, ROWS):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_exact, "FEW_ROWS", few)
            found = cheapest_cover(ROWS, columns, prices, tuple(range(ROWS)), nodes=1_000)
        assert sorted(row for k in found.chosen for row in columns[k]) == list(range(ROWS))
        assert found.cost == sum(prices[k] for k in found.chosen) == found.bound == cheapest(columns, prices)


THREES = [rows for rows in EVERY if len(rows) != 2]
PRICES = [100 if len(rows) == 1 else 10 for rows in THREES]


def test_what_is_known_stays_when_nothing_is_cheaper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_exact, "FEW_ROWS", 0)
    best = (THREES.index((0, 1, 2)), THREES.index((3, 4, 5)))
    assert cheapest_cover(ROWS, THREES, PRICES, best, nodes=1) == Cover(best, 20, 20)


def test_fixing_the_number_saves_the_mip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five rows of pairs on a ring: 2.5 pairs would be cheapest, three micro-grids are the truth."""
    ring = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4), (0,), (1,), (2,), (3,), (4,)]
    prices = [10] * 5 + [30] * 5
    known = tuple(range(5, 10))

    def refuse(*_args: object) -> int:
        raise AssertionError

    monkeypatch.setattr(_exact, "FEW_ROWS", 0)
    monkeypatch.setattr(_exact._Question, "_branch", refuse)
    found = cheapest_cover(5, ring, prices, known, nodes=1)
    assert (found.cost, found.bound, len(found.chosen)) == (50, 50, 3)


def test_without_the_number_the_same_ring_needs_one() -> None:
    solver = quiet_solver()
    ring = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]
    add_cover(solver, 5, ring, np.full(5, 10.0))
    solver.run()
    assert solver.getInfo().objective_function_value == pytest.approx(25.0)
