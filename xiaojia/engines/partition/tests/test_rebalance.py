"""The rebalance: what it promises on any small community, and against every division that there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaojia.engines.partition import Limits, Part, Problem, Stretch, check
from xiaojia.engines.partition.identity import inherit, moved_households, shared_by_floor
from xiaojia.engines.partition.rebalance import FEWEST, NO_JOIN, Answer, broken, rebalance

SMALL = Limits(least_households=5, most_households=8, best_households=6)
Places = Sequence[tuple[str, str, str, int]]


def _problem(rows: Places, limits: Limits = SMALL) -> Problem:
    """Buildings in a row, 30 m apart; compounds follow each other."""
    houses = {key: i for i, key in enumerate(dict.fromkeys((c, b) for c, b, _u, _n in rows))}
    return Problem(
        tuple(Stretch(c, b, u, 30.0 * houses[c, b], 0.0, 1, 4, n) for c, b, u, n in rows), limits=limits
    )


def _today(rows: Places, numbers: Sequence[int]) -> list[Part]:
    return [Part(m, c, b, u, 1, 1, n) for (c, b, u, n), m in zip(rows, numbers, strict=True) if m]


def _groupings(items: list[int]) -> Iterator[list[list[int]]]:
    if not items:
        yield []
        return
    first, *rest = items
    for groups in _groupings(rest):
        yield [[first], *groups]
        for i, group in enumerate(groups):
            yield [*groups[:i], [first, *group], *groups[i + 1 :]]


def _is_allowed(rows: Places, group: list[int], limits: Limits) -> bool:
    """At most 80, one run a building, buildings side by side in the row."""
    if len(group) > 1 and sum(rows[i][3] for i in group) > limits.most_households:
        return False
    houses = list(dict.fromkeys((c, b) for c, b, _u, _n in rows))
    mine = sorted({houses.index(rows[i][:2]) for i in group})
    if mine != list(range(mine[0], mine[-1] + 1)):
        return False
    for house in mine:
        units = [i for i in range(len(rows)) if rows[i][:2] == houses[house]]
        places = [k for k, i in enumerate(units) if i in group]
        if places != list(range(places[0], places[-1] + 1)):
            return False
    return True


def _best_by_hand(
    rows: Places, numbers: Sequence[int], limits: Limits, *, is_inside: bool, most_altered: int
) -> int:
    """The least score of all divisions with all identities."""
    today: dict[int, set[int]] = {}
    for i, m in enumerate(numbers):
        if m:
            today.setdefault(m, set()).add(i)
    sizes = {m: sum(rows[i][3] for i in mine) for m, mine in today.items()}
    best = 10**9
    joined = [{rows[i][0] for i in mine} for mine in today.values()]
    for groups in _groupings(list(range(len(rows)))):
        if not all(_is_allowed(rows, g, limits) for g in groups):
            continue
        lacks = [max(0, limits.least_households - sum(rows[i][3] for i in g)) for g in groups]
        for chosen in set(permutations([*today, *[0] * len(groups)], len(groups))):
            shared = [
                sum(rows[i][3] for i in g if numbers[i] == m) if m else 0
                for g, m in zip(groups, chosen, strict=True)
            ]
            if any(m and 2 * n < sizes[m] for m, n in zip(chosen, shared, strict=True)):
                continue
            if is_inside and not all(
                len(names) == 1 or any(names <= known for known in joined)
                for names in ({rows[i][0] for i in g} for g in groups)
            ):
                continue
            staying = sum(bool(m) and set(g) == today[m] for g, m in zip(groups, chosen, strict=True))
            altered = len(today) - staying + sum(not m for m in chosen)
            moved = sum(rows[i][3] for i, m in enumerate(numbers) if m) - sum(shared)
            best = min(best, _worth(lacks, max(0, altered - most_altered), moved))
    return best


def _worth(lacks: Sequence[int], excess: int, moved: int) -> int:
    """A short micro-grid counts as 10,000 moves, a household that is lacking or one more altered as 1,000."""
    return 10_000 * sum(n > 0 for n in lacks) + 1_000 * (sum(lacks) + excess) + moved


def _score(answer: Answer, most_altered: int, limits: Limits) -> int:
    lacks = [max(0, limits.least_households - g.household_count) for g in answer.description.grids.values()]
    excess = max(0, len(answer.altered) + len(answer.opened) - most_altered)
    return _worth(lacks, excess, answer.moved)


@st.composite
def _occasions(draw: st.DrawFn) -> tuple[list[tuple[str, str, str, int]], list[int]]:
    """Up to six units in a row of two compounds; today's numbers run along the row; 0 has just moved in."""
    count = draw(st.integers(2, 6))
    cut = draw(st.integers(1, count))
    rows, numbers, number = [], [], 1
    for i in range(count):
        compound = "甲" if i < cut else "乙"
        rows.append((compound, str(i // 2), str(i), draw(st.integers(1, 6))))
        number += draw(st.integers(0, 1)) if i else 0
        numbers.append(draw(st.sampled_from([number, number, number, 0])))
    return rows, numbers


@pytest.mark.parametrize("way", [FEWEST, NO_JOIN])
@settings(max_examples=60, deadline=None)
@given(occasion=_occasions())
def test_no_division_is_better_than_the_answer(
    way: str, occasion: tuple[list[tuple[str, str, str, int]], list[int]]
) -> None:
    rows, numbers = occasion
    problem, present = _problem(rows), _today(rows, numbers)
    (answer,) = rebalance(problem, present, ways=(way,))
    assert answer.regions or not broken(problem, present)
    if len(answer.regions) != 1:
        return  # regions one after the other promise the best of each, not of all
    ill = len(answer.regions[0].broken)
    most = max(3, ill + 1)
    if len(answer.regions[0].microgrids) == len({n for n in numbers if n}):
        best = _best_by_hand(rows, numbers, SMALL, is_inside=way == NO_JOIN, most_altered=most)
        assert _score(answer, most, SMALL) == best
        assert answer.regions[0].gap < 1e-6


@settings(max_examples=60, deadline=None)
@given(occasion=_occasions())
def test_the_answer_keeps_every_rule_and_says_what_it_did(
    occasion: tuple[list[tuple[str, str, str, int]], list[int]],
) -> None:
    rows, numbers = occasion
    problem, present = _problem(rows), _today(rows, numbers)
    for answer in rebalance(problem, present):
        assert check(problem, answer.parts) == []
        assert sum(p.household_count for p in answer.parts) == sum(n for _c, _b, _u, n in rows)
        shared = shared_by_floor(answer.parts, present)
        assert answer.moved == moved_households(answer.parts, present, {m: m for m in range(1, 9)})
        kept = inherit(shared, _sizes(present))
        assert moved_households(answer.parts, present, kept) == answer.moved, "adoption agrees"
        for region in answer.regions:
            assert region.bound <= region.cost + 1e-6
            assert region.by_hand is None or region.moved <= region.by_hand
        if answer.way == NO_JOIN:
            assert answer.new_joins == ()
    assert rebalance(problem, present) == rebalance(problem, list(reversed(present)))


def _sizes(present: Sequence[Part]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for part in present:
        sizes[part.microgrid] = sizes.get(part.microgrid, 0) + part.household_count
    return sizes


def test_nothing_is_touched_when_nothing_is_broken() -> None:
    rows = [("甲", "1", "1", 6), ("甲", "2", "1", 6)]
    answers = rebalance(_problem(rows), _today(rows, [1, 2]))
    assert [(a.moved, a.altered, a.regions) for a in answers] == [(0, (), ())] * 2


def test_who_moves_into_a_unit_belongs_to_its_neighbours() -> None:
    rows = [("甲", "1", "1", 6), ("甲", "2", "1", 6)]
    grown = [("甲", "1", "1", 8), ("甲", "2", "1", 6)]
    answers = rebalance(_problem(grown), _today(rows, [1, 2]))
    assert all(a.moved == 0 and not a.regions for a in answers)
    assert sum(p.household_count for p in answers[0].parts) == 14
    too_many = [("甲", "1", "1", 5), ("甲", "1", "2", 4), ("甲", "2", "1", 2), ("甲", "2", "2", 3)]
    today = _today([("甲", "1", "1", 4), ("甲", "1", "2", 4), *too_many[2:]], [1, 1, 2, 2])
    assert broken(_problem(too_many), today) == [1]


def test_the_two_answers_conflict_and_both_are_given() -> None:
    """甲 2 loses somebody. Fewest: a unit of the next compound comes; no join: a unit of its own."""
    rows = [
        ("甲", "0", "1", 5),
        ("甲", "0", "2", 3),
        ("甲", "1", "1", 4),
        ("乙", "0", "1", 2),
        ("乙", "1", "1", 6),
    ]
    today = _today(rows, [1, 1, 2, 3, 3])
    fewest, no_join = rebalance(_problem(rows), today)
    assert (fewest.moved, fewest.new_joins) == (2, (2,))
    assert (no_join.moved, no_join.new_joins) == (3, ())
    assert fewest.description.in_range == no_join.description.in_range == 3


def test_a_short_micro_grid_that_was_accepted_may_stay() -> None:
    rows = [("甲", "1", "1", 3), ("甲", "2", "1", 6)]
    today = _today(rows, [1, 2])
    assert broken(_problem(rows), today) == [1], "negative control: unaccepted it is broken"
    assert broken(_problem(rows), today, accepted=[1]) == []
    grown = [*rows, ("甲", "3", "1", 5)]
    for answer in rebalance(_problem(grown), today, accepted=[1]):
        assert answer.moved == 0
        assert answer.missing == 0


def test_a_unit_that_shrinks_to_80_is_given_to_one() -> None:
    """A unit of 12 was cut at the fourth floor; now it has 8 homes and must not be cut."""
    before = [
        Part(1, "甲", "1", "1", 1, 4, 6),
        Part(2, "甲", "1", "1", 5, 8, 2),
        Part(2, "甲", "2", "1", 1, 1, 4),
    ]
    problem = Problem(
        (Stretch("甲", "1", "1", 0, 0, 8, 1, 8), Stretch("甲", "2", "1", 30, 0, 1, 4, 5)), limits=SMALL
    )
    assert broken(problem, before) == [1]
    for answer in rebalance(problem, before):
        assert check(problem, answer.parts) == []
        assert answer.moved == 2
        assert answer.altered == (1, 2)


def test_a_large_unit_keeps_the_cut_of_today() -> None:
    """Two micro-grids share a tower; a new building beside it is no reason to cut it elsewhere."""
    tower = Stretch("甲", "1", "1", 0, 0, 20, 6, 120)
    today = [Part(1, "甲", "1", "1", 1, 11, 66), Part(2, "甲", "1", "1", 12, 20, 54)]
    problem = Problem((tower, Stretch("甲", "2", "", 40, 0, 6, 2, 12)))
    fewest, no_join = rebalance(problem, today)
    assert fewest.parts == no_join.parts
    assert fewest.moved == 0
    assert {(p.microgrid, p.floor_from, p.floor_to) for p in fewest.parts if p.building == "1"} == {
        (1, 1, 11),
        (2, 12, 20),
    }


def test_communities_are_never_mixed() -> None:
    rows = [("一-甲", "1", "1", 6), ("二-乙", "1", "1", 6), ("二-乙", "2", "1", 4)]
    today = _today(rows[:2], [1, 2])
    for answer in rebalance(_problem(rows), today):
        assert check(_problem(rows), answer.parts) == []
        assert answer.missing == 1


def test_the_limit_of_altered_micro_grids_costs_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control for the limit: with room for more, fewer move but more micro-grids change."""
    import xiaojia.engines.partition.rebalance as module

    rows = [("甲", str(i), "1", n) for i, n in enumerate([2, 6, 2, 6, 2, 6, 2])]
    numbers = [1, 1, 2, 2, 3, 3, 0]
    limited = rebalance(_problem(rows), _today(rows, numbers), ways=(FEWEST,))[0]
    monkeypatch.setattr(module, "MOST_ALTERED", 9)
    free = rebalance(_problem(rows), _today(rows, numbers), ways=(FEWEST,))[0]
    assert len(limited.altered) + len(limited.opened) <= 3
    assert limited.missing == free.missing
    assert limited.moved >= free.moved


def test_a_wrong_number_of_today_is_no_crash() -> None:
    """Households of a unit that is gone, and floors above the roof, are simply not there any more."""
    rows = [("甲", "1", "1", 6)]
    today = [*_today(rows, [1]), Part(2, "甲", "9", "1", 1, 1, 6), Part(1, "甲", "1", "1", 9, 9, 1)]
    answer = rebalance(_problem(rows), today)[0]
    assert answer.moved == 0
    assert replace(answer.parts[0], household_count=0) == Part(1, "甲", "1", "1", 1, 1, 0)
