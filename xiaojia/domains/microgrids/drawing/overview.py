"""The whole community at true positions: a mark for each building, a plate that leads to each area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xiaojia.domains.microgrids.drawing.areas import Area
from xiaojia.domains.microgrids.drawing.tints import Rectangle, gap, tints_of
from xiaojia.domains.microgrids.drawing.values import NAME_TEXT, TEXT, TINTS, WIDTH, Group, House, text_width

MARGIN = 46.0
MARK = (15.0, 10.0)
PLATE = 58.0
MOST_HEIGHT = 820.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One building."""

    x: float
    y: float
    tint: int


@dataclass(frozen=True, slots=True)
class AreaPlate:
    """The name of an area, its counts, and how many exceptions wait there."""

    x: float
    y: float
    width: float
    key: int
    name: str
    microgrid_count: int
    household_count: int
    exception_count: int
    height: float = PLATE

    @property
    def pin_x(self) -> float:
        """Middle of its pin inside the plate."""
        return self.width - 22


@dataclass(frozen=True, slots=True)
class Overview:
    """The picture of the whole community. `hulls` are point lists in the order of the plates."""

    width: float
    height: float
    marks: list[Mark]
    hulls: list[str]
    plates: list[AreaPlate]
    bar: tuple[float, int]

    @property
    def bar_x(self) -> float:
        """Left end of the scale bar."""
        return 74.0

    @property
    def bar_y(self) -> float:
        """Height of the scale bar and the arrow."""
        return self.height - 24

    @property
    def bar_text_x(self) -> float:
        """Where the words of the bar begin, from its left end."""
        return self.bar[0] + 10


def overview_of(areas: Sequence[Area], groups: Sequence[Group]) -> Overview:
    """Draw all areas. Buildings stand at their true places; only the plates step aside for each other."""
    houses = [h for area in areas for h in area.houses]
    left, right = min(h.x_metres for h in houses), max(h.x_metres for h in houses)
    low, high = min(h.y_metres for h in houses), max(h.y_metres for h in houses)
    room = WIDTH - 2 * MARGIN
    ratio = min(room / max(right - left, 1.0), (MOST_HEIGHT - 2 * MARGIN) / max(high - low, 1.0), 4.0)
    inset = (WIDTH - (right - left) * ratio) / 2
    height = max((high - low) * ratio + 2 * MARGIN, len(areas) * (PLATE + 8) / 2 + 40) + 40
    places = {
        h.building_id: (inset + (h.x_metres - left) * ratio, MARGIN + (high - h.y_metres) * ratio)
        for h in houses
    }
    by_id = {g.cluster_id: g for g in groups}
    tints = _tints(areas, by_id, places)
    marks = [Mark(*places[h.building_id], tints[_main_cluster(h)]) for h in houses]
    hulls = [_hull([places[h.building_id] for h in area.houses]) for area in areas]
    return Overview(WIDTH, height, marks, hulls, _plates(areas, by_id, places, height), _bar(ratio))


def _main_cluster(house: House) -> int:
    """The micro-grid of most of its households."""

    def share(cluster: int) -> int:
        pieces = (s for stair in house.staircases for s in stair.slices)
        return sum(s.household_count for s in pieces if s.cluster_id == cluster)

    return max(house.clusters, key=share)


def _tints(
    areas: Sequence[Area], groups: Mapping[int, Group], places: Mapping[int, tuple[float, float]]
) -> dict[int, int]:
    shapes: dict[int, tuple[int, list[Rectangle]]] = {}
    for area in areas:
        for house in area.houses:
            x, y = places[house.building_id]
            for cluster in house.clusters:
                shapes.setdefault(cluster, (groups[cluster].number, []))[1].append((x, y, *MARK))
    return tints_of(shapes, count=TINTS)


def _hull(points: Sequence[tuple[float, float]]) -> str:
    """The convex hull as SVG points (Andrew's monotone chain); drawn with a thick round line around it."""
    unique = sorted(set(points))
    if len(unique) <= 2:
        chain = unique
    else:
        lower, upper = _half(unique), _half(unique[::-1])
        chain = lower[:-1] + upper[:-1]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in chain)


def _half(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    chain: list[tuple[float, float]] = []
    for p in points:
        while len(chain) >= 2:
            (ax, ay), (bx, by) = chain[-2], chain[-1]
            if (bx - ax) * (p[1] - ay) - (by - ay) * (p[0] - ax) > 0:
                break
            chain.pop()
        chain.append(p)
    return chain


def _plates(
    areas: Sequence[Area],
    groups: Mapping[int, Group],
    places: Mapping[int, tuple[float, float]],
    height: float,
) -> list[AreaPlate]:
    """Plates near the middle of their areas, over no other plate and as few buildings as possible."""
    found: list[AreaPlate] = []
    for area in sorted(areas, key=lambda a: _middle(a, places)[1]):
        pins = {p for c in area.cluster_ids for p in groups[c].pins}
        counts = f"{len(area.cluster_ids)} 个小家 · {area.household_count:,} 户"
        wide = max(text_width(area.name, NAME_TEXT), text_width(counts, TEXT)) + 24 + (34 if pins else 0)
        x, y = _free_place(_middle(area, places), wide, found, list(places.values()), height)
        found.append(
            AreaPlate(x, y, wide, area.key, area.name, len(area.cluster_ids), area.household_count, len(pins))
        )
    return found


def _middle(area: Area, places: Mapping[int, tuple[float, float]]) -> tuple[float, float]:
    spots = [places[h.building_id] for h in area.houses]
    return sum(x for x, _y in spots) / len(spots), sum(y for _x, y in spots) / len(spots)


def _free_place(
    middle: tuple[float, float],
    wide: float,
    others: Sequence[AreaPlate],
    marks: Sequence[tuple[float, float]],
    height: float,
) -> tuple[float, float]:
    """The best of a grid of places: a covered building costs 40 pixels of way, a covered plate 10,000."""
    left, top = middle[0] - wide / 2, middle[1] - PLATE / 2

    def price(spot: tuple[float, float]) -> float:
        mine = (*spot, wide, PLATE)
        covered = sum(gap(mine, (x - MARK[0] / 2, y - MARK[1] / 2, *MARK)) < 2 for x, y in marks)
        plates = sum(gap(mine, (o.x, o.y, o.width, PLATE)) < 8 for o in others)
        return plates * 10_000 + covered * 40 + abs(spot[0] - left) + abs(spot[1] - top)

    spots = [
        (min(max(6.0, left + dx), WIDTH - wide - 6), min(max(6.0, top + dy), height - PLATE - 50))
        for dx in range(-160, 161, 20)
        for dy in range(-240, 241, 12)
    ]
    return min(spots, key=price)


def _bar(ratio: float) -> tuple[float, int]:
    metres = next((m for m in (20, 50, 100, 200, 500, 1000, 2000) if m * ratio >= 50), 5000)
    return metres * ratio, metres
