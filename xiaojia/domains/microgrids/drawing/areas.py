"""Areas (片): neighbouring compounds that fit one picture, so that text need not shrink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xiaojia.domains.microgrids.drawing.values import House

CAPACITY = 22.0
"""About so many buildings of two or three units fill one picture."""


@dataclass(frozen=True, slots=True)
class Area:
    """Some compounds, named after the one where most households live; `key` is that compound's id."""

    key: int
    name: str
    compound_ids: frozenset[int]
    houses: tuple[House, ...]

    @property
    def cluster_ids(self) -> tuple[int, ...]:
        """Micro-grids with a home in its compounds."""
        return tuple(dict.fromkeys(c for h in self.houses for c in h.clusters))

    @property
    def household_count(self) -> int:
        """Households of its compounds."""
        return sum(h.household_count for h in self.houses)


def _weight(house: House) -> float:
    """Room of one building on paper: about 1 for two or three units, more for stacks of floors."""
    units = len(house.staircases)
    if house.most_slices == 1:
        return 0.6 + 0.2 * units
    return (0.55 + 0.45 * units) * (0.9 + 0.6 * house.most_slices)


@dataclass(slots=True)
class _Clump:
    """Compounds that must stay together, with their weight and centre."""

    houses: list[House]

    @property
    def weight(self) -> float:
        return sum(_weight(h) for h in self.houses)

    @property
    def centre(self) -> tuple[float, float]:
        count = len(self.houses)
        return sum(h.x_metres for h in self.houses) / count, sum(h.y_metres for h in self.houses) / count


def areas_of(houses: Sequence[House]) -> list[Area]:
    """Cut the community into areas, north-west first; joined compounds stay together if they fit."""
    found: list[list[_Clump]] = []
    _bisect(_clumps(houses), found)
    areas = [_area([h for clump in clumps for h in clump.houses]) for clumps in found if clumps]
    return sorted(areas, key=_reading_place)


def _clumps(houses: Sequence[House]) -> list[_Clump]:
    compounds: dict[int, list[House]] = {}
    for house in houses:
        compounds.setdefault(house.compound_id, []).append(house)
    parent = {c: c for c in compounds}

    def root(c: int) -> int:
        while parent[c] != c:
            c = parent[c]
        return c

    first_seen: dict[int, int] = {}
    for house in houses:
        for cluster in house.clusters:
            other = first_seen.setdefault(cluster, house.compound_id)
            a, b = root(other), root(house.compound_id)
            joined = _Clump([h for c in compounds if root(c) in {a, b} for h in compounds[c]])
            if a != b and joined.weight <= CAPACITY:
                parent[max(a, b)] = min(a, b)
    clumps: dict[int, list[House]] = {}
    for compound, members in compounds.items():
        clumps.setdefault(root(compound), []).extend(members)
    return [_Clump(members) for members in clumps.values()]


def _bisect(clumps: list[_Clump], found: list[list[_Clump]]) -> None:
    total = sum(c.weight for c in clumps)
    if total <= CAPACITY or len(clumps) == 1:
        found.append(clumps)
        return
    xs, ys = zip(*(c.centre for c in clumps), strict=True)
    axis = 0 if max(xs) - min(xs) > max(ys) - min(ys) else 1
    order = sorted(clumps, key=lambda c: (c.centre[axis], c.centre[1 - axis], c.houses[0].building_id))
    parts = max(2, round(total / CAPACITY + 0.35))
    goal, gathered, cut = total * (parts // 2) / parts, 0.0, 0
    while cut < len(order) - 1 and (cut == 0 or gathered + order[cut].weight / 2 <= goal):
        gathered += order[cut].weight
        cut += 1
    _bisect(order[:cut], found)
    _bisect(order[cut:], found)


def _area(houses: list[House]) -> Area:
    homes: dict[int, int] = {}
    names: dict[int, str] = {}
    for house in houses:
        homes[house.compound_id] = homes.get(house.compound_id, 0) + house.household_count
        names[house.compound_id] = house.compound
    key = max(homes, key=lambda c: (homes[c], -c))
    return Area(key, names[key], frozenset(homes), tuple(houses))


def _reading_place(area: Area) -> tuple[float, float, int]:
    x, y = _Clump(list(area.houses)).centre
    return (-round(y / 150), x, area.key)
