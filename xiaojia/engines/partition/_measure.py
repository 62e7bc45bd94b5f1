"""What any partition looks like, proposed or made by hand: sizes, exceptions, joins, cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from xiaojia.engines.partition._ground import gabriel_pairs
from xiaojia.engines.partition.problem import Part, Problem, Stretch, community_of

Key = tuple[str, str]
"""Compound and building."""


@dataclass(frozen=True, slots=True)
class Join:
    """Two compounds inside one micro-grid and the gap between their nearest buildings there, in metres."""

    compounds: tuple[str, str]
    buildings: tuple[str, str]
    metres: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One micro-grid as it is: households, compounds, buildings, joins, and what is wrong with it."""

    number: int
    household_count: int
    compounds: tuple[str, ...]
    buildings: tuple[Key, ...]
    joins: tuple[Join, ...]
    codes: tuple[str, ...]
    is_connected: bool


@dataclass(frozen=True, slots=True)
class Description:
    """A whole partition. `cost` in metres-equivalent; counts as in `Result`."""

    grids: Mapping[int, Grid]
    in_range: int
    over: int
    under: int
    cross: int
    split: int
    cost: float


class Places:
    """Where buildings stand and who is next to whom; made once for a problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rows: dict[tuple[str, str, str], Stretch] = {
            (s.compound, s.building, s.unit): s for s in problem.stretches
        }
        chains: dict[Key, list[Stretch]] = {}
        for stretch in problem.stretches:
            chains.setdefault((stretch.compound, stretch.building), []).append(stretch)
        self.chains = chains
        self.spots = {
            key: (sum(s.x_metres for s in chain) / len(chain), sum(s.y_metres for s in chain) / len(chain))
            for key, chain in chains.items()
        }
        self.edges = self._edges()

    def metres(self, a: Key, b: Key) -> float:
        """Straight distance between two buildings, positions taken to the decimetre as everywhere."""
        (ax, ay), (bx, by) = ((round(v * 10) for v in self.spots[k]) for k in (a, b))
        return round(math.hypot(ax - bx, ay - by)) / 10

    def _edges(self) -> dict[Key, set[Key]]:
        import numpy as np

        reach = self.problem.limits.max_join_metres
        confirmed = self.problem.neighbours
        edges: dict[Key, set[Key]] = {key: set() for key in self.spots}
        by_community: dict[str, list[Key]] = {}
        for key in sorted(self.spots):
            by_community.setdefault(community_of(key[0]), []).append(key)
        for keys in by_community.values():
            points = np.array([[round(v * 10) for v in self.spots[k]] for k in keys], float)
            for i, j in gabriel_pairs(points):
                a, b = keys[i], keys[j]
                is_foreign = a[0] != b[0]
                if confirmed is None and self.metres(a, b) > reach:
                    continue
                if confirmed is not None and is_foreign:
                    if (a[0], b[0]) not in confirmed and (b[0], a[0]) not in confirmed:
                        continue
                    if self.metres(a, b) > reach:
                        continue
                edges[a].add(b)
                edges[b].add(a)
        for pair in confirmed or ():
            for a, b in self._nearest(pair):
                edges[a].add(b)
                edges[b].add(a)
        return edges

    def _nearest(self, pair: tuple[str, str]) -> list[tuple[Key, Key]]:
        """On a sketch, confirmed neighbours touch where they are drawn nearest."""
        own = [[key for key in self.spots if key[0] == compound] for compound in pair]
        gaps = [(self.metres(a, b), a, b) for a, b in product(*own)]
        least = min((gap for gap, _a, _b in gaps), default=0.0)
        return [(a, b) for gap, a, b in gaps if gap == least]


def describe(places: Places, parts: Sequence[Part]) -> Description:
    """Measure a partition; never refuses, only says what is the case. Milliseconds for 4,200 households."""
    members: dict[int, list[Part]] = {}
    for part in parts:
        members.setdefault(part.microgrid, []).append(part)
    grids = {number: _grid(places, number, members[number]) for number in sorted(members)}
    owners: dict[Key, set[int]] = {}
    for part in parts:
        owners.setdefault((part.compound, part.building), set()).add(part.microgrid)
    limits = places.problem.limits
    sizes = [g.household_count for g in grids.values()]
    return Description(
        grids=grids,
        in_range=sum(limits.least_households <= s <= limits.most_households for s in sizes),
        over=sum(s > limits.most_households for s in sizes),
        under=sum(s < limits.least_households for s in sizes),
        cross=sum(len(g.compounds) > 1 for g in grids.values()),
        split=sum(len(numbers) > 1 for numbers in owners.values()),
        cost=sum(_travel_price(places, members[n], g) for n, g in grids.items()) + _cuts_price(places, parts),
    )


def _grid(places: Places, number: int, parts: Sequence[Part]) -> Grid:
    limits = places.problem.limits
    total = sum(p.household_count for p in parts)
    buildings = tuple(sorted({(p.compound, p.building) for p in parts}))
    compounds = tuple(sorted({b[0] for b in buildings}))
    whole = _hangs_together(places, buildings)
    codes = []
    if total < limits.least_households:
        codes.append("under_50")
    if total > limits.most_households:
        codes.append("floor_over_80" if _is_one_floor(parts) else "over_80")
    if len(compounds) > 1:
        codes.append("cross_compound")
    if not whole:
        codes.append("not_connected")
    if any(_cuts_small_unit(places, p) for p in parts):
        codes.append("small_unit_cut")
    return Grid(number, total, compounds, buildings, _joins(places, buildings), tuple(codes), whole)


def _is_one_floor(parts: Sequence[Part]) -> bool:
    return len(parts) == 1 and parts[0].floor_from == parts[0].floor_to


def _cuts_small_unit(places: Places, part: Part) -> bool:
    row = places.rows[part.compound, part.building, part.unit]
    is_whole = part.floor_from == 1 and part.floor_to == row.floors
    return not is_whole and row.household_count <= places.problem.limits.most_households


def _hangs_together(places: Places, buildings: Sequence[Key]) -> bool:
    todo = set(buildings)
    stack = [todo.pop()]
    while stack:
        near = places.edges[stack.pop()] & todo
        todo -= near
        stack += near
    return not todo


def _joins(places: Places, buildings: Sequence[Key]) -> tuple[Join, ...]:
    """For each pair of compounds that touch inside the micro-grid, their nearest buildings."""
    nearest: dict[tuple[str, str], tuple[float, Key, Key]] = {}
    for i, a in enumerate(buildings):
        for b in buildings[i + 1 :]:
            if a[0] != b[0]:
                pair = (a[0], b[0])
                found = (places.metres(a, b), a, b)
                if pair not in nearest or found < nearest[pair]:
                    nearest[pair] = found
    return tuple(Join(pair, (a[1], b[1]), round(metres)) for pair, (metres, a, b) in sorted(nearest.items()))


def _travel_price(places: Places, parts: Sequence[Part], grid: Grid) -> float:
    weights, limits = places.problem.weights, places.problem.limits
    travel = min(
        sum(p.household_count * places.metres((p.compound, p.building), centre) for p in parts)
        for centre in grid.buildings
    )
    price = travel / limits.best_households + weights.extra_compound * (len(grid.compounds) - 1)
    if grid.household_count > limits.most_households:
        return price
    price += weights.size_square * (grid.household_count - limits.best_households) ** 2
    missing = limits.least_households - grid.household_count
    return price + (weights.short + weights.short_per_household * missing if missing > 0 else 0.0)


def _cuts_price(places: Places, parts: Sequence[Part]) -> float:
    weights = places.problem.weights
    by_unit: dict[tuple[str, str, str], list[Part]] = {}
    for part in parts:
        by_unit.setdefault((part.compound, part.building, part.unit), []).append(part)
    price = 0.0
    for (compound, building), chain in places.chains.items():
        ends: list[tuple[int, int]] = []
        for place, stretch in enumerate(chain):
            pieces = sorted(by_unit.get((compound, building, stretch.unit), []), key=lambda p: p.floor_from)
            if not pieces:
                continue
            price += weights.cut_inside_unit * sum(a.microgrid != b.microgrid for a, b in pairwise(pieces))
            order = pieces[::-1] if place % 2 else pieces
            ends.append((order[0].microgrid, order[-1].microgrid))
        price += weights.cut_between_units * sum(a[1] != b[0] for a, b in pairwise(ends))
    return price
