"""Who lives on where: against every possible assignment, and the two rules that keep identities honest."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from xiaojia.engines.partition.identity import inherit, moved_households, shared_by_floor
from xiaojia.engines.partition.problem import Part

SHARED = st.dictionaries(st.tuples(st.integers(1, 4), st.integers(11, 14)), st.integers(0, 40), max_size=10)


def _sizes(shared: dict[tuple[int, int], int], extra: int = 0) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for (_new, old), n in shared.items():
        sizes[old] = sizes.get(old, 0) + n
    return {old: n + extra for old, n in sizes.items()}


def _best_by_hand(shared: dict[tuple[int, int], int], sizes: dict[int, int]) -> int:
    """Every one-to-one assignment, tried."""
    olds = [11, 12, 13, 14]
    best = 0
    for order in permutations([1, 2, 3, 4, 0, 0, 0, 0], 4):
        total = 0
        for old, new in zip(olds, order, strict=True):
            n = shared.get((new, old), 0)
            total += n if new and 2 * n >= sizes.get(old, 0) else 0
        best = max(best, total)
    return best


@settings(max_examples=60, deadline=None)
@given(shared=SHARED, extra=st.integers(0, 30))
def test_the_assignment_is_the_best_of_all(shared: dict[tuple[int, int], int], extra: int) -> None:
    sizes = _sizes(shared, extra)
    kept = inherit(shared, sizes)
    assert len(set(kept.values())) == len(kept)
    assert all(2 * shared[pair] >= sizes[pair[1]] for pair in kept.items())
    assert sum(shared[pair] for pair in kept.items()) == _best_by_hand(shared, sizes)


def test_taking_the_largest_share_first_would_lose() -> None:
    """Negative control for `assignment`: picking greedily keeps 40 + 0, the assignment 39 + 39."""
    shared = {(1, 11): 40, (1, 12): 39, (2, 11): 39}
    sizes = {11: 79, 12: 39}
    assert inherit(shared, sizes) == {1: 11}, "39 of 79 is less than half, so nothing is gained"
    sizes = {11: 78, 12: 39}
    assert inherit(shared, sizes) == {1: 12, 2: 11}


def test_half_is_enough_and_one_less_is_not() -> None:
    assert inherit({(1, 11): 30}, {11: 60}) == {1: 11}
    assert inherit({(1, 11): 29}, {11: 60}) == {}
    assert inherit({}, {11: 60}) == {}


def test_the_order_of_the_input_does_not_matter() -> None:
    shared = {(1, 11): 30, (2, 11): 30, (2, 12): 30, (1, 12): 30}
    backwards = dict(reversed(shared.items()))
    assert inherit(shared, {11: 60, 12: 60}) == inherit(backwards, {12: 60, 11: 60})


def test_households_are_counted_floor_by_floor() -> None:
    present = [Part(5, "a", "1", "1", f, f, 4) for f in range(1, 7)] + [Part(6, "a", "1", "1", 7, 7, 4)]
    parts = [Part(1, "a", "1", "1", 1, 3, 12), Part(2, "a", "1", "1", 4, 7, 16)]
    shared = shared_by_floor(parts, present)
    assert shared == {(1, 5): 12, (2, 5): 12, (2, 6): 4}
    assert moved_households(parts, present, {2: 5}) == 16
    assert moved_households(parts, present, {}) == 28
