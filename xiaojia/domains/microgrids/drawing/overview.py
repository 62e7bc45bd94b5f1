"""The whole community at true positions: a mark for each building, a plate that leads to each area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from xiaojia.domains.microgrids.drawing.areas import Area
from xiaojia.domains.microgrids.drawing.tints import Rectangle, gap, tints_of
from xiaojia.domains.microgrids.drawing.values import NAME_TEXT, TEXT, TINTS, WIDTH, Group, House, text_width

MARGIN = 46.0
MARK = (15.0, 10.0)
PLATE = 58.0
MOST_HEIGHT = 820.0
STEPPED_ASIDE = 26.0
"""Farther than this from its nearest building, a plate gets a line to it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One building."""

    x: float
    y: float
    tint: int


@dataclass(frozen=True, slots=True)
class AreaPlate:
    """The name of an area, its counts, and how many exceptions wait there; `leader` are points of a line."""

    x: float
    y: float
    width: float
    key: int
    name: str
    microgrid_count: int
    household_count: int
    exception_count: int
    leader: str = ""
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
    """Draw all areas. Buildings stand at their true places; plates step aside for them and for each other."""
    houses = [h for area in areas for h in area.houses]
    left, right = min(h.x_metres for h in houses), max(h.x_metres for h in houses)
    low, high = min(h.y_metres for h in houses), max(h.y_metres for h in houses)
    room = WIDTH - 2 * MARGIN
    ratio = min(room / max(right - left, 1.0), (MOST_HEIGHT - 2 * MARGIN) / max(high - low, 1.0), 4.0)
    inset = (WIDTH - (right - left) * ratio) / 2
    places = {
        h.building_id: (inset + (h.x_metres - left) * ratio, MARGIN + (high - h.y_metres) * ratio)
        for h in houses
    }
    by_id = {g.cluster_id: g for g in groups}
    tints = _tints(areas, by_id, places)
    marks = [Mark(*places[h.building_id], tints[_main_cluster(h)]) for h in houses]
    hulls = [_hull([places[h.building_id] for h in area.houses]) for area in areas]
    plates = _plates(areas, by_id, places)
    height = max((high - low) * ratio + 2 * MARGIN + 40, max(p.y + p.height for p in plates) + 50)
    return Overview(WIDTH, height, marks, hulls, plates, _bar(ratio))


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
    areas: Sequence[Area], groups: Mapping[int, Group], places: Mapping[int, tuple[float, float]]
) -> list[AreaPlate]:
    """Plates near the middle of their areas, over no building and no other plate."""
    found: list[AreaPlate] = []
    taken = [_mark_room(spot) for spot in places.values()]
    for area in sorted(areas, key=lambda a: _middle(a, places)[1]):
        pins = {p for c in area.cluster_ids for p in groups[c].pins}
        counts = f"{len(area.cluster_ids)} 个小家 · {area.household_count:,} 户"
        wide = max(text_width(area.name, NAME_TEXT), text_width(counts, TEXT)) + 24 + (34 if pins else 0)
        x, y = _free_place(_middle(area, places), wide, taken)
        taken.append((x - 8, y - 8, wide + 16, PLATE + 16))
        leader = _leader((x, y, wide, PLATE), [places[h.building_id] for h in area.houses])
        found.append(
            AreaPlate(
                x,
                y,
                wide,
                area.key,
                area.name,
                len(area.cluster_ids),
                area.household_count,
                len(pins),
                leader,
            )
        )
    return found


def _mark_room(spot: tuple[float, float]) -> Rectangle:
    """A building's mark with two pixels around it."""
    return spot[0] - MARK[0] / 2 - 2, spot[1] - MARK[1] / 2 - 2, MARK[0] + 4, MARK[1] + 4


def _middle(area: Area, places: Mapping[int, tuple[float, float]]) -> tuple[float, float]:
    spots = [places[h.building_id] for h in area.houses]
    return sum(x for x, _y in spots) / len(spots), sum(y for _x, y in spots) / len(spots)


def _free_place(middle: tuple[float, float], wide: float, taken: Sequence[Rectangle]) -> tuple[float, float]:
    """The nearest free place of a grid; below everything there is always one, the picture grows for it.

    Row by row from the middle, and in each row only against what stands beside it: with 240 buildings this
    compares a hundredth of what each place against each rectangle would.
    """
    left, top = middle[0] - wide / 2, middle[1] - PLATE / 2
    lowest = max(y + tall for _x, y, _wide, tall in taken)
    columns = {min(max(6.0, left + dx), WIDTH - wide - 6) for dx in range(-int(WIDTH), int(WIDTH) + 1, 20)}
    rows = {max(6.0, top + dy) for dy in range(-int(lowest), int(lowest) + 1, 12)} | {lowest}
    best = (inf, 0.0, 0.0)
    for y in sorted(rows, key=lambda row: abs(row - top)):
        if abs(y - top) > best[0]:
            break
        beside = [(x, x + w) for x, row, w, tall in taken if y < row + tall and row < y + PLATE]
        free = (x for x in columns if not any(x < end and start < x + wide for start, end in beside))
        best = min([best, *((abs(x - left) + abs(y - top), x, y) for x in free)])
    return best[1:]


def _leader(plate: Rectangle, spots: Sequence[tuple[float, float]]) -> str:
    """A line from a plate that had to step aside to the nearest building of its area, as SVG points."""
    x, y = min(spots, key=lambda spot: gap(plate, (*spot, 0, 0)))
    if gap(plate, (x, y, 0, 0)) <= STEPPED_ASIDE:
        return ""
    from_x = min(max(x, plate[0]), plate[0] + plate[2])
    from_y = min(max(y, plate[1]), plate[1] + plate[3])
    return f"{from_x:.1f},{from_y:.1f} {x:.1f},{y:.1f}"


def _bar(ratio: float) -> tuple[float, int]:
    metres = next((m for m in (20, 50, 100, 200, 500, 1000, 2000) if m * ratio >= 50), 5000)
    return metres * ratio, metres
