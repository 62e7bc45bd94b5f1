"""How many micro-grids must be short, proven for whatever hangs together on the neighbour graph.

The proof knows no limits but the rules: at most 80 households, uncut small units and floors, contiguous
pieces of a building, and (where all sets of buildings can be listed) buildings that hang together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from xiaojia.engines.partition import _tables
from xiaojia.engines.partition._columns import EPSILON, Group, Master, Search
from xiaojia.engines.partition._converge import converge, starting_columns
from xiaojia.engines.partition._ground import Ground
from xiaojia.engines.partition._small import divide_small
from xiaojia.engines.partition._yard import Floats, Yard, make_yard, missing_prices
from xiaojia.engines.partition.problem import Effort, Limits

_SHORT = 1_000_000
_ROUNDING = 100


def prove_short(ground: Ground, buildings: Iterable[int], effort: Effort) -> tuple[int, int, str]:
    """At least so many micro-grids of a connected part of the ground are short; its households; the method.

    Floors above 80 are not counted: each is a micro-grid by itself. Methods: `totals` (no number of
    micro-grids fits the sum), `all_partitions` (few atoms, every partition compared), `lp_bound` (an LP
    bound with every column priced).
    """
    mine = frozenset(buildings)
    most = ground.limits.most_households
    total = sum(a.households for b in mine for a in ground.blocks[b].atoms if a.households <= most)
    by_totals = int(not totals_fit(total, ground.limits))
    yard = make_yard(ground, mine, shortness_only=True)
    small = divide_small(yard, effort)
    if small is not None:
        return small.short_count, total, "totals" if small.short_count == by_totals else "all_partitions"
    bound = -(-_lp_bound(yard, effort) // _SHORT) if yard.atom_count <= effort.certificate_atoms else 0
    return max(bound, by_totals), total, "lp_bound" if bound > by_totals else "totals"


def least_missing(ground: Ground, buildings: Iterable[int], effort: Effort) -> int:
    """The least price of being short for a connected part of the ground; 0 where nothing is proven."""
    prices = missing_prices(ground.limits, ground.weights)
    yard = make_yard(ground, buildings, shortness_only=True, shortness=prices)
    small = divide_small(yard, effort)
    if small is not None:
        return small.cost
    return max(0, _lp_bound(yard, effort)) if yard.atom_count <= effort.certificate_atoms else 0


def short_nearby(ground: Ground, short: Iterable[frozenset[int]], effort: Effort) -> int:
    """At least so many micro-grids are short, by what surrounds those that are: `short` are their buildings.

    Inside a neighbourhood everything is covered; what reaches its rim may be filled from outside. So its own
    short micro-grids are short in every division of the whole, and apart from those of other neighbourhoods.
    """
    regions, proven = [set(buildings) for buildings in short], 0
    for _hop in range(effort.certificate_hops):
        for region in regions:
            region |= {other for b in region for other in ground.edges[b]}
        regions = _apart(regions)
        proven = max(proven, sum(_short_inside(ground, region, effort) for region in regions))
    return proven


def _apart(regions: Iterable[set[int]]) -> list[set[int]]:
    """Regions that overlap become one."""
    found: list[set[int]] = []
    for region in regions:
        whole = set(region)
        rest = []
        for other in found:
            if whole.isdisjoint(other):
                rest.append(other)
            else:
                whole |= other
        found = [*rest, whole]
    return found


def _short_inside(ground: Ground, region: set[int], effort: Effort) -> int:
    rim = {b for b in region if not ground.edges[b] <= region}
    yard = make_yard(ground, region, shortness_only=True, open_to=rim)
    small = divide_small(yard, effort)
    if small is not None:
        return small.cost // _SHORT
    return max(0, -(-_lp_bound(yard, effort) // _SHORT)) if yard.atom_count <= effort.certificate_atoms else 0


def totals_fit(total: int, limits: Limits) -> bool:
    """Whether some number of micro-grids, each in range, has this many households together."""
    count = -(-total // limits.most_households)
    return total >= count * limits.least_households


def short_by_totals(yard: Yard) -> int:
    """At least so many micro-grids of a yard are short, because what hangs together has no fitting sum."""
    short = 0
    for part in yard.parts():
        atoms = yard.atom_households[np.isin(yard.atom_building, part)]
        total = int(atoms[atoms <= yard.ground.limits.most_households].sum())
        short += not totals_fit(total, yard.ground.limits)
    return short


def short_by_proof(yard: Yard, effort: Effort) -> int:
    """At least so many micro-grids of a yard are short, by the best proof for each part."""
    parts = [[yard.buildings[b] for b in part] for part in yard.parts()]
    return sum(prove_short(yard.ground, part, effort)[0] for part in parts)


def _lp_bound(yard: Yard, effort: Effort) -> int:
    limits = replace(yard.ground.limits, own_reach_metres=10**9, max_join_metres=10**9)
    wide = Search(yard, replace(effort, sets=effort.proof_sets, deepest=limits.most_households), limits)
    search = wide if wide.is_complete else FreeSearch(yard)
    master = Master(yard)
    master.add(starting_columns(yard))
    return converge(master, search, effort).bound - _ROUNDING


class FreeSearch:
    """Exact pricing over all sets of buildings, whether they hang together or not: a bound all the same."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        count, sizes = len(yard.buildings), len(yard.size_price)
        self._cut = np.zeros(len(yard.interval_low))
        self._values = np.empty((count, sizes))
        self._picks = np.empty((count, sizes), np.int64)
        self._smallest = np.empty(count, np.int64)
        self._table = np.empty((count + 1, sizes))
        self._took = np.empty((count + 1, sizes), np.int64)

    def price(self, duals: Floats, closed: Floats | None = None) -> tuple[float, list[Group]]:
        """The least reduced price a household, and the columns with a negative one."""
        yard = self.yard
        prefix = np.concatenate([[0.0], np.cumsum(duals)])
        _tables.cheapest_intervals(
            yard.interval_start, yard.interval_low, yard.interval_high, yard.interval_households, self._cut,
            prefix, self._values, self._picks, self._smallest,
        )  # fmt: skip
        _tables.fill_freely(self._values, yard.size_price.astype(float), self._table, self._took)
        best = self._table[-1] + yard.size_price
        best[0] = 0.0
        least = float((best / np.maximum(np.arange(len(best)), 1)).min())
        return least, [self._group(int(s)) for s in np.argsort(best, kind="stable") if best[s] < -EPSILON]

    def _group(self, size: int) -> Group:
        yard, found = self.yard, []
        for b in range(len(yard.buildings) - 1, -1, -1):
            h = int(self._took[b + 1, size])
            if h:
                k = int(self._picks[b, h])
                found.append((b, int(yard.interval_low[k]), int(yard.interval_high[k])))
                size -= h
        return tuple(sorted(found))
