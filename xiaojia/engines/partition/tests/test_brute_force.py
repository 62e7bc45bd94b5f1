"""Against every division of tiny neighbourhoods, counted by code that shares nothing with the engine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xiaojia.engines.partition import Effort, Stretch, solve
from xiaojia.engines.partition._certificates import prove_short
from xiaojia.engines.partition._ground import lay_out
from xiaojia.engines.partition.tests.yards import problem, row, unit

few = settings(max_examples=40, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Piece:
    """A unit, or one floor of a large one; `place` is its position in the chain of its building."""

    building: tuple[str, str]
    unit: str
    place: int
    homes: int
    x: float
    y: float


def pieces_of(rows: Sequence[Stretch]) -> list[Piece]:
    chains: dict[tuple[str, str], list[Stretch]] = {}
    for s in rows:
        chains.setdefault((s.compound, s.building), []).append(s)
    found = []
    for building, chain in chains.items():
        x, y = (sum(v) / len(chain) for v in ([s.x_metres for s in chain], [s.y_metres for s in chain]))
        bits: list[tuple[str, int]] = []
        for n, s in enumerate(chain):
            floors = [s.homes_up_to(f) - s.homes_up_to(f - 1) for f in range(1, s.floors + 1)]
            cut = floors if s.household_count > 80 else [s.household_count]
            bits += [(s.unit, homes) for homes in (cut[::-1] if n % 2 else cut)]
        found += [Piece(building, u, n, homes, x, y) for n, (u, homes) in enumerate(bits)]
    return found


def is_allowed(group: Sequence[Piece], all_: Sequence[Piece]) -> bool:
    """Size, one stretch a building, and buildings that touch."""
    if sum(p.homes for p in group) > 80 and len(group) > 1:
        return False
    spots = {p.building: (p.x, p.y) for p in group}
    for b in spots:
        places = sorted(p.place for p in group if p.building == b)
        if places != list(range(places[0], places[-1] + 1)):
            return False
    everyone = {(p.x, p.y) for p in all_}
    reached, todo = {group[0].building}, [group[0].building]
    while todo:
        a = todo.pop()
        for b in set(spots) - reached:
            if touch(spots[a], spots[b], everyone):
                reached.add(b)
                todo.append(b)
    return len(reached) == len(spots)


def touch(a: tuple[float, float], b: tuple[float, float], everyone: set[tuple[float, float]]) -> bool:
    middle, radius = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), math.dist(a, b) / 2
    return math.dist(a, b) <= 150 and all(math.dist(p, middle) > radius + 1e-9 for p in everyone - {a, b})


def price(group: Sequence[Piece]) -> float:
    homes = sum(p.homes for p in group)
    metres = min(
        sum(p.homes * round(math.dist((p.x, p.y), (c.x, c.y)), 1) for p in group) / 65 for c in group
    )
    metres += 400 * (len({p.building[0] for p in group}) - 1)
    if homes <= 80:
        metres += 0.05 * (homes - 65) ** 2 + (3000 + 150 * (50 - homes) if homes < 50 else 0)
    return metres


def cuts(groups: Sequence[Sequence[Piece]]) -> float:
    owner = {(p.building, p.place): (n, p.unit) for n, group in enumerate(groups) for p in group}
    paid = 0.0
    for (building, place), (n, name) in owner.items():
        after = owner.get((building, place + 1))
        if after is not None and after[0] != n:
            paid += 75 if after[1] == name else 60
    return paid


def divisions(pieces: Sequence[Piece], all_: Sequence[Piece]) -> Iterator[list[list[Piece]]]:
    """Every division into allowed micro-grids."""
    if not pieces:
        yield []
        return
    first, rest = pieces[0], pieces[1:]
    for count in range(len(rest) + 1):
        for others in combinations(rest, count):
            group = [first, *others]
            if sum(p.homes for p in group) - first.homes <= 80 and is_allowed(group, all_):
                left = [p for p in rest if p not in others]
                for division in divisions(left, all_):
                    yield [group, *division]


def best(rows: Sequence[Stretch], all_rows: Sequence[Stretch] = ()) -> tuple[float, int]:
    """The least cost, and the least number of short micro-grids (of maybe another division)."""
    pieces = pieces_of(rows)
    every = list(divisions(pieces, pieces_of(all_rows or rows)))
    return (
        min(sum(price(g) for g in d) + cuts(d) for d in every),
        min(sum(sum(p.homes for p in g) < 50 for g in d) for d in every),
    )


@st.composite
def tiny(draw: st.DrawFn) -> list[Stretch]:
    """One compound of up to seven pieces."""
    rows = []
    for building in range(draw(st.integers(1, 4))):
        x, y = draw(st.integers(0, 18)) * 10, draw(st.integers(0, 18)) * 10
        if draw(st.booleans()) and building == 0:
            rows.append(unit("a/0/0", draw(st.sampled_from((81, 90, 120))), x, y, floors=3))
            continue
        for name in range(draw(st.integers(1, 2))):
            rows.append(unit(f"a/{building}/{name}", draw(st.integers(5, 75)), x, y))
    return rows


# Small yards are compared whole; `small_atoms=0` sends the same yards through column generation.
EFFORTS = (Effort(), Effort(small_atoms=0))


@pytest.mark.parametrize("effort", EFFORTS, ids=["subsets", "columns"])
@few
@given(tiny())
def test_no_division_of_a_compound_is_cheaper_and_the_gap_is_nothing(
    effort: Effort, rows: list[Stretch]
) -> None:
    assume(len(pieces_of(rows)) <= 7)
    result = solve(problem(*rows), effort=effort)
    cost, _short = best(rows)
    assert result.cost == pytest.approx(cost, abs=1e-6)
    assert result.gap <= effort.good_share if effort.small_atoms == 0 else result.gap == 0


@pytest.mark.parametrize("effort", EFFORTS, ids=["subsets", "columns"])
@few
@given(tiny())
def test_the_proof_of_short_micro_grids_is_the_true_minimum_or_below(
    effort: Effort, rows: list[Stretch]
) -> None:
    assume(len(pieces_of(rows)) <= 7)
    ground = lay_out(problem(*rows), fine_atoms=effort.fine_atoms)
    parts = {ground.component(b, allow_cross=True) for b in range(len(ground.blocks))}
    proven = sum(prove_short(ground, part, effort)[0] for part in parts)
    _cost, short = best(rows)
    assert proven == short if effort.small_atoms else proven <= short


@few
@given(
    st.lists(st.integers(8, 75), min_size=1, max_size=3), st.lists(st.integers(8, 75), min_size=1, max_size=3)
)
def test_two_compounds_join_when_that_is_cheaper_for_a_short_one(first: list[int], second: list[int]) -> None:
    a, b = row("a", first), row("b", second, y=45)
    apart = best(a, [*a, *b])[0] + best(b, [*a, *b])[0]
    is_short = best(a, [*a, *b])[1] + best(b, [*a, *b])[1] > 0
    expected = min(apart, best([*a, *b])[0]) if is_short else apart
    assert solve(problem(*a, *b)).cost == pytest.approx(expected, abs=1e-6)


def test_the_counter_knows_a_better_division_from_a_worse_one() -> None:
    rows = row("a", [30, 25, 70])
    good, bad = [[0, 1], [2]], [[0], [1], [2]]
    pieces = pieces_of(rows)
    costs = [sum(price([pieces[i] for i in g]) for g in d) for d in (good, bad)]
    assert costs[0] == pytest.approx(best(rows)[0])
    assert costs[0] < costs[1]
    assert best(rows)[1] == 0
