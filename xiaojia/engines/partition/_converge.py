"""From an LP of few columns to one of all that could pay, and from there to whole micro-grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from xiaojia.engines.partition._columns import Group, Master, Search, rows_of
from xiaojia.engines.partition._yard import Floats, Yard
from xiaojia.engines.partition.problem import Effort


class Pricing(Protocol):
    """What column generation asks of a search."""

    yard: Yard

    def price(self, duals: Floats, closed: Floats | None = None) -> tuple[float, list[Group]]:
        """The least reduced price a household, and the columns with a negative one; `closed` stay out."""


@dataclass(slots=True)
class Relaxed:
    """A converged LP: a proven bound of every division, and the duals that prove it."""

    bound: int
    duals: Floats
    rounds: int


def converge(master: Master, search: Pricing, effort: Effort, *, enough: float = np.inf) -> Relaxed:
    """Price until nothing pays. Duals are smoothed towards the best ones so far, which saves most rounds.

    A bound on the way: every division pays the duals, and at least the least price a household for each
    household (a Lagrangean bound). Nobody asks for more than a bound of `enough`.
    """
    homes = int(search.yard.atom_households.sum())
    best: Floats | None = None
    bound = -np.inf
    rounds = 0
    while rounds < effort.rounds:
        rounds += 1
        value, duals = master.solve()
        point = duals if best is None else effort.smoothing * best + (1 - effort.smoothing) * duals
        least, found = search.price(point)
        lower = master.paid(point) + homes * least
        if best is None or lower > bound:
            best, bound = point, lower
        if not master.add(found) and point is not duals:
            least, found = search.price(duals)
            if not master.add(found):
                best, bound = duals, value
        if value - bound <= effort.converged_share * abs(value) or bound >= enough:
            break
    return Relaxed(int(np.floor(bound + 1e-3)), duals if best is None else best, rounds)


def starting_columns(yard: Yard) -> list[Group]:
    """Every interval alone, in every building."""
    table = zip(yard.interval_building, yard.interval_low, yard.interval_high, strict=True)
    return [((int(b), int(low), int(high)),) for b, low, high in table]


def dive(master: Master, search: Search, effort: Effort) -> tuple[Group, ...]:
    """Fix the strongest micro-grids one after the other and price for what is left, until nothing is open."""
    closed = np.zeros(master.yard.atom_count)
    while True:
        shares = master.shares()
        if np.all((shares < 1e-6) | (shares > 1 - 1e-6)):
            return tuple(g for g, share in zip(master.groups, shares, strict=True) if share > 0.5)
        is_first = True
        for k in np.argsort(-shares, kind="stable"):
            if shares[k] < effort.strong_share and not is_first:
                break
            rows = rows_of(master.groups[k])
            if closed[rows].any():
                continue
            master.fix(int(k))
            closed[rows] = 1.0
            is_first = False
        for _round in range(effort.dive_rounds):
            _value, duals = master.solve()
            if not master.add(search.price(duals, closed)[1]):
                break
        master.solve()
