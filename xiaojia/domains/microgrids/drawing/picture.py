"""One area as shapes with their places: boxes, halos, cells, plates. No colours, only tint numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.drawing.layout import Box, Lot, laid_out
from xiaojia.domains.microgrids.drawing.scale import Scale, scale_of
from xiaojia.domains.microgrids.drawing.tints import Rectangle, tints_of
from xiaojia.domains.microgrids.drawing.values import (
    HALO,
    NAME_BAND,
    PLATE_HEIGHT,
    TEXT,
    TINTS,
    WIDTH,
    Group,
    House,
    Slice,
    text_width,
)
from xiaojia.domains.microgrids.rules import floor_words, size_of

PIN = 24.0
PATTERNS = ("pd", "", "pl", "")
"""By tint: every second micro-grid has dots or lines."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A unit or some floors of it: what is picked, moved, dropped on."""

    x: float
    y: float
    width: float
    height: float
    tint: int
    cluster_id: int
    number: int
    part_ids: tuple[int, ...]
    building_id: int
    household_count: int
    address: str
    floors: str

    @property
    def pattern(self) -> str:
        """Dots or lines beside the tint, so that a copy in black and white can be read too."""
        return PATTERNS[self.tint % len(PATTERNS)]

    @property
    def key(self) -> int:
        """Names the cell in the address of the page."""
        return self.part_ids[0]

    @property
    def parts(self) -> str:
        """Its parts as one word for forms."""
        return ",".join(str(pk) for pk in self.part_ids)

    @property
    def count_x(self) -> float:
        """Middle of the count inside the cell; right-hand when floors stand before it."""
        return self.width - 8 if self.floors else self.width / 2

    @property
    def baseline(self) -> float:
        """Where texts stand inside the cell."""
        return self.height / 2 + 6.5


@dataclass(frozen=True, slots=True)
class Halo:
    """The ground of one micro-grid in one building."""

    x: float
    y: float
    width: float
    height: float
    tint: int
    cluster_id: int


@dataclass(frozen=True, slots=True)
class Band:
    """The ground between two buildings of one micro-grid."""

    x1: float
    y1: float
    x2: float
    y2: float
    tint: int


@dataclass(frozen=True, slots=True)
class Plate:
    """8 号 · 88 户, with the pins of its exceptions."""

    x: float
    y: float
    width: float
    cluster_id: int
    number: int
    household_count: int
    pins: tuple[int, ...]
    is_marked: bool
    height: float = PLATE_HEIGHT

    @property
    def pin_places(self) -> list[tuple[float, int]]:
        """Middle of each pin inside the plate, and its number."""
        return [(15 + PIN * i, pin) for i, pin in enumerate(self.pins)]

    @property
    def text_x(self) -> float:
        """Where its words begin inside the plate."""
        return 9 + PIN * len(self.pins)

    @property
    def label(self) -> str:
        """8 号 · 88 户."""
        return plate_words(self.number, self.household_count)


@dataclass(frozen=True, slots=True)
class Outline:
    """A building's outline with its name."""

    building_id: int
    x: float
    y: float
    width: float
    height: float
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything of one area; y grows downwards."""

    width: float
    height: float
    boxes: list[Box]
    bands: list[Band]
    halos: list[Halo]
    cells: list[Cell]
    outlines: list[Outline]
    plates: list[Plate]
    scale: Scale

    def cell_of(self, part_id: int) -> Cell | None:
        """The cell that holds a part."""
        return next((c for c in self.cells if part_id in c.part_ids), None)


def draw(houses: Sequence[House], groups: Sequence[Group], *, width: float = WIDTH) -> Picture:
    """The picture of these buildings. Same input, same picture."""
    by_id = {g.cluster_id: g for g in groups}
    hosts = _hosts(houses)
    lots = [
        Lot(house, tuple(_plate_width(by_id[c]) for c in house.clusters if hosts[c] == house.building_id))
        for house in houses
    ]
    boxes, height = laid_out(lots, width)
    rough = [halo for lot in lots for halo in _halos(lot, {})]
    links = [link for cluster in by_id for link in _links(cluster, lots)]
    shapes: dict[int, list[Rectangle]] = {}
    for halo in rough:
        shapes.setdefault(halo.cluster_id, []).append((halo.x, halo.y, halo.width, halo.height))
    tints = tints_of({c: (by_id[c].number, rectangles) for c, rectangles in shapes.items()}, count=TINTS)
    floor = height + 38
    return Picture(
        width=width,
        height=floor,
        boxes=boxes,
        bands=[Band(*line, tints[cluster]) for cluster, line in links],
        halos=[halo for lot in lots for halo in _halos(lot, tints)],
        cells=[cell for lot in lots for cell in _cells(lot, by_id, tints)],
        outlines=[_outline(lot) for lot in lots],
        plates=[plate for lot in lots for plate in _plates(lot, by_id, hosts)],
        scale=scale_of([(lot.house, _middle(lot)) for lot in lots], width, floor),
    )


def _hosts(houses: Sequence[House]) -> dict[int, int]:
    """The building at which a micro-grid's plate stands: where most of it lives, if possible with room."""
    homes: dict[int, dict[int, int]] = {}
    for house in houses:
        for stair in house.staircases:
            for piece in stair.slices:
                here = homes.setdefault(piece.cluster_id, {})
                here[house.building_id] = here.get(house.building_id, 0) + piece.household_count
    hosts: dict[int, int] = {}
    load: dict[int, int] = {}
    for cluster in sorted(homes, key=lambda c: (len(homes[c]), c)):
        best = max(homes[cluster], key=lambda b: (-load.get(b, 0), homes[cluster][b], -b))
        hosts[cluster] = best
        load[best] = load.get(best, 0) + 1
    return hosts


def plate_words(number: int, household_count: int) -> str:
    """The words of a plate."""
    return _("%(n)s 号 · %(homes)s 户") % {"n": number, "homes": household_count}


def _plate_width(group: Group) -> float:
    return text_width(plate_words(group.number, group.household_count), TEXT) + 20 + PIN * len(group.pins)


def _strip(lot: Lot) -> tuple[float, float]:
    return lot.x + HALO, lot.y + HALO


def _middle(lot: Lot) -> tuple[float, float]:
    left, top = _strip(lot)
    return left + lot.strip_width / 2, top + lot.strip_height / 2


def _cell_places(lot: Lot) -> list[tuple[int, int, Slice, tuple[float, float, float, float]]]:
    """(staircase, slice from the top, slice, rectangle): the highest floors stand on top."""
    left, top = _strip(lot)
    wide = lot.strip_width / len(lot.house.staircases)
    room = lot.strip_height - NAME_BAND
    found = []
    for column, stair in enumerate(lot.house.staircases):
        tall = room / len(stair.slices)
        for row, piece in enumerate(reversed(stair.slices)):
            found.append(
                (column, row, piece, (left + column * wide, top + NAME_BAND + row * tall, wide, tall))
            )
    return found


def _halos(lot: Lot, tints: dict[int, int]) -> list[Halo]:
    """Per micro-grid the rectangle around its cells; outwards it reaches past the building's wall."""
    left, top = _strip(lot)
    right, bottom = left + lot.strip_width, top + lot.strip_height
    edges: dict[int, list[float]] = {}
    for _column, row, piece, (x, y, w, h) in _cell_places(lot):
        x1 = x - HALO if x <= left + 0.1 else x
        y1 = top - HALO if row == 0 else y
        x2 = x + w + HALO if x + w >= right - 0.1 else x + w
        y2 = y + h + HALO if y + h >= bottom - 0.1 else y + h
        known = edges.setdefault(piece.cluster_id, [x1, y1, x2, y2])
        edges[piece.cluster_id] = [
            min(known[0], x1), min(known[1], y1), max(known[2], x2), max(known[3], y2)
        ]  # fmt: skip
    return [
        Halo(x1, y1, x2 - x1, y2 - y1, tints.get(cluster, 0), cluster)
        for cluster, (x1, y1, x2, y2) in edges.items()
    ]


def _links(cluster: int, lots: Sequence[Lot]) -> list[tuple[int, tuple[float, float, float, float]]]:
    """The shortest tree between the buildings of one micro-grid (Prim)."""
    spots = []
    for lot in lots:
        for halo in _halos(lot, {}):
            if halo.cluster_id == cluster:
                spots.append((halo.x + halo.width / 2, halo.y + halo.height / 2))
    lines = []
    reached, todo = spots[:1], spots[1:]
    while todo:
        _gap, a, b = min(((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2, p, q) for p in reached for q in todo)
        lines.append((cluster, (*a, *b)))
        reached.append(b)
        todo.remove(b)
    return lines


def _cells(lot: Lot, groups: dict[int, Group], tints: dict[int, int]) -> list[Cell]:
    cells = []
    for column, _row, piece, (x, y, w, h) in _cell_places(lot):
        floors = floor_words(piece.floor_from, piece.floor_to) if piece.floor_to else ""
        stair = lot.house.staircases[column]
        cells.append(
            Cell(
                x=x, y=y, width=w, height=h, tint=tints[piece.cluster_id], cluster_id=piece.cluster_id,
                number=groups[piece.cluster_id].number, part_ids=piece.part_ids,
                building_id=lot.house.building_id, household_count=piece.household_count,
                address=f"{stair.address} {floors}".strip(), floors=floors if lot.is_sliced else "",
            )
        )  # fmt: skip
    return cells


def _outline(lot: Lot) -> Outline:
    left, top = _strip(lot)
    return Outline(lot.house.building_id, left, top, lot.strip_width, lot.strip_height, lot.house.name)


def _plates(lot: Lot, groups: dict[int, Group], hosts: dict[int, int]) -> list[Plate]:
    """Below a strip, one under the other; beside a stack, each at the floors it speaks of."""
    left, top = _strip(lot)
    mine = [c for c in lot.house.clusters if hosts[c] == lot.house.building_id]
    step = PLATE_HEIGHT + 4
    if not lot.is_sliced:
        y = top + lot.strip_height + HALO + 3
        return [_plate(groups[c], lot.x, y + i * step) for i, c in enumerate(mine)]
    wished = {c: _stack_middle(lot, c) - PLATE_HEIGHT / 2 for c in mine}
    order = sorted(mine, key=lambda c: wished[c])
    heights: list[float] = []
    for cluster in order:
        heights.append(max(wished[cluster], heights[-1] + step if heights else top))
    lowest = top + lot.strip_height + HALO - PLATE_HEIGHT
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], lowest)
        lowest = heights[i] - step
    x = left + lot.strip_width + HALO + 2
    return [_plate(groups[c], x, y) for c, y in zip(order, heights, strict=True)]


def _stack_middle(lot: Lot, cluster: int) -> float:
    """Half way down the topmost cell of a micro-grid in this building."""
    tops = [(y, h) for _c, _r, piece, (_x, y, _w, h) in _cell_places(lot) if piece.cluster_id == cluster]
    y, h = min(tops)
    return y + h / 2


def _plate(group: Group, x: float, y: float) -> Plate:
    is_marked = bool(group.pins) or not size_of(group.household_count).is_fitting
    return Plate(
        x,
        y,
        _plate_width(group),
        group.cluster_id,
        group.number,
        group.household_count,
        group.pins,
        is_marked,
    )
