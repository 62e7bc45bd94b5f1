"""The search over columns finds the cheapest division, or says that its work was used up."""

from __future__ import annotations

import importlib
import random
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from xiaojia.engines.partition import Problem, Stretch, solve
from xiaojia.engines.partition import _rebalance_choice as choice
from xiaojia.engines.partition import _rebalance_columns as columns
from xiaojia.engines.partition._rebalance_choice import Priced, choose, masks_of
from xiaojia.engines.partition._rebalance_values import MOVE, TOO_MANY
from xiaojia.engines.partition.rebalance import FEWEST, rebalance
from xiaojia.engines.partition.tests.test_rebalance import SMALL, _problem, _today

engine = importlib.import_module("xiaojia.engines.partition.rebalance")
"""The module: the package has a function of that name."""

ATOMS, IDENTITIES, LIMIT = 7, 3, 2

Row = tuple[tuple[int, ...], int, float]
"""Atoms, identity (0: new) and cost."""

STAY = {1: (0, 1), 2: (2, 3, 4), 3: (5, 6)}


def _columns(chance: random.Random) -> list[Row]:
    """Runs of atoms with an identity by lot; staying as today costs nothing."""
    rows: list[Row] = [(atoms, m, 0.0) for m, atoms in STAY.items() if chance.random() < 0.8]
    for _number in range(30):
        low = chance.randrange(ATOMS)
        run = tuple(range(low, min(ATOMS, low + chance.randrange(1, 4))))
        rows.append((run, chance.randrange(IDENTITIES + 1), chance.randrange(40) * MOVE))
    return [*{(atoms, m): (atoms, m, cost) for atoms, m, cost in reversed(rows)}.values()]


def _hits(row: Row) -> int:
    atoms, identity, _cost = row
    if STAY.get(identity) == atoms:
        return 0
    return sum(1 << m for m, mine in STAY.items() if m == identity or set(mine) & set(atoms))


def _total(rows: Sequence[Row]) -> float:
    staying = sum(STAY.get(m) == atoms for atoms, m, _cost in rows)
    altered = len(STAY) - staying + sum(m == 0 for _atoms, m, _cost in rows)
    return sum(cost for _a, _m, cost in rows) + TOO_MANY * max(0, altered - LIMIT)


def _best(rows: Sequence[Row]) -> float:
    found = [float("inf")]
    for count in range(1, ATOMS + 1):
        for some in combinations(rows, count):
            atoms = sorted(a for part, _m, _c in some for a in part)
            named = [m for _a, m, _c in some if m]
            if atoms == list(range(ATOMS)) and len(named) == len(set(named)):
                found.append(_total(some))
    return min(found)


def _priced(rows: Sequence[Row]) -> Priced:
    """Prices without an LP: nothing is paid for atoms, so the reduced cost is the cost."""
    bits = [[*atoms, *([ATOMS + m] if m else [])] for atoms, m, _cost in rows]
    costs = np.array([cost for _a, _m, cost in rows])
    return Priced(
        masks=masks_of(bits, ATOMS + IDENTITIES + 1),
        rows=np.array([a for atoms, _m, _c in rows for a in atoms], np.int64),
        starts=np.cumsum([0, *(len(atoms) for atoms, _m, _c in rows)]),
        costs=costs, reduced=costs, hits=np.array([_hits(r) for r in rows], np.int64),
        new=np.array([m == 0 for _a, m, _c in rows], np.int64),
        atom_count=ATOMS, altered=-LIMIT, lowest=0.0, one_more=TOO_MANY,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_no_choice_is_cheaper(seed: int) -> None:
    rows = sorted(_columns(random.Random(seed)), key=lambda r: r[2])[:22]  # noqa: S311  # a lot, no secret
    best = _best(rows)
    found, is_proven = choose(_priced(rows), 1e12)
    assert is_proven
    assert (found is None) == (best == float("inf"))
    if found is not None:
        assert _total([rows[k] for k in found]) == best
        assert choose(_priced(rows), best) == (None, True), "nothing is below the best"
        kept = [r for k, r in enumerate(rows) if k != found[0]]
        assert _best(kept) >= best, "negative control: without one of its columns it is not cheaper"


def test_used_up_work_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = sorted(_columns(random.Random(1)), key=lambda r: r[2])  # noqa: S311  # a lot, no secret
    monkeypatch.setattr(choice, "MOST_WORK", 5)
    assert choose(_priced(rows), 1e12) == (None, False)


def test_whoever_runs_out_of_work_gets_the_same_answer_from_the_solver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = [("甲", str(i // 2), str(i), n) for i, n in enumerate([3, 3, 4, 2, 5, 3])]
    places += [("乙", str(i // 2), str(i), n) for i, n in enumerate([4, 2, 6, 3])]
    present = _today(places, [1, 1, 2, 2, 0, 3, 4, 4, 0, 5])
    quick = rebalance(_problem(places, SMALL), present)
    asked: list[int] = []
    by_solver = columns._cheapest_by_solver

    def noted(*rest: Any) -> Any:
        asked.append(1)
        return by_solver(*rest)

    monkeypatch.setattr(choice, "MOST_WORK", 0)
    monkeypatch.setattr(columns, "_cheapest_by_solver", noted)
    slow = rebalance(_problem(places, SMALL), present)
    assert asked
    assert [(a.moved, a.missing, len(a.altered)) for a in quick] == [
        (a.moved, a.missing, len(a.altered)) for a in slow
    ]
    assert all(r.is_fewest for a in (*quick, *slow) for r in a.regions)


HOUSES = [
    (115.0, 16.0, 4),
    (7.0, 29.0, 5),
    (193.0, 147.0, 4),
    (154.0, 55.0, 3),
    (146.0, 83.0, 2),
    (39.0, 111.0, 4),
    (133.0, 122.0, 2),
    (169.0, 67.0, 2),
    (72.0, 82.0, 4),
    (89.0, 19.0, 3),
    (140.0, 159.0, 2),
    (190.0, 118.0, 3),
    (166.0, 183.0, 5),
    (187.0, 182.0, 2),
    (127.0, 49.0, 5),
    (61.0, 118.0, 2),
    (100.0, 136.0, 2),
]
"""Metres east and north, households; the last one is new."""


def test_a_region_that_alters_too_many_looks_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new building that makes three micro-grids change among the nearest ones, and two a little further."""
    stretches = [Stretch("甲", str(i), "1", x, y, 1, 4, n) for i, (x, y, n) in enumerate(HOUSES)]
    present = solve(Problem(tuple(stretches[:-1]), limits=SMALL)).parts
    found = []
    for neighbours in ((2,), (2, 5)):
        monkeypatch.setattr(engine, "NEIGHBOURS", neighbours)
        monkeypatch.setattr(engine, "MOST_ALTERED", 2)
        (answer,) = rebalance(Problem(tuple(stretches), limits=SMALL), present, ways=(FEWEST,))
        assert answer.missing == 0
        found.append((len(answer.altered) + len(answer.opened), answer.moved))
    narrow, wide = found
    assert narrow == (3, 8), "negative control: the nearest alone do not do"
    assert wide == (2, 4)
