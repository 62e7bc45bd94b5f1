"""Places on paper: buildings in their compound, compounds in the picture, nothing over anything else.

Real positions lie closer together than their strips of cells are wide. So the picture keeps the order
(what is north stays above, what is west stays left) and gives each its room: rows from north to south, each
row from west to east; short compounds stand below each other when a row has room.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from xiaojia.domains.microgrids.drawing.values import (
    CELL_HEIGHT,
    CELL_WIDTH,
    HALO,
    NAME_BAND,
    PLATE_HEIGHT,
    SLICED_WIDTH,
    TEXT,
    WIDTH,
    House,
    text_width,
)

MARGIN = 14.0
GAP = 15.0
BOX_PADDING = 11.0
BOX_TITLE = 30.0


@dataclass(slots=True)
class Lot:
    """The ground of one building: its strip with halo, and room for the plates that stand at it."""

    house: House
    plates: tuple[float, ...]
    x: float = 0.0
    y: float = 0.0

    @property
    def is_sliced(self) -> bool:
        """Whether some unit is divided by floors: cells become wide and stand on each other."""
        return self.house.most_slices > 1

    @property
    def strip_width(self) -> float:
        """Width of the drawn building."""
        wide = SLICED_WIDTH if self.is_sliced else CELL_WIDTH
        return max(wide * len(self.house.staircases), text_width(self.house.name, TEXT) + 14)

    @property
    def strip_height(self) -> float:
        """Height of the drawn building: name band and cells."""
        stack = CELL_HEIGHT * self.house.most_slices
        beside = (PLATE_HEIGHT + 4) * len(self.plates) if self.is_sliced else 0.0
        return NAME_BAND + max(stack, beside - NAME_BAND)

    @property
    def width(self) -> float:
        """With halo and plates."""
        strip = self.strip_width + 2 * HALO
        widest = max(self.plates, default=0.0)
        return strip + (widest + 2 if widest and self.is_sliced else max(0.0, widest - strip))

    @property
    def height(self) -> float:
        """With halo and plates."""
        below = 0.0 if self.is_sliced else (PLATE_HEIGHT + 4) * len(self.plates)
        return self.strip_height + 2 * HALO + below


@dataclass(slots=True)
class Box:
    """One compound with its lots; positions of the lots are relative until the box is placed."""

    compound_id: int
    name: str
    lots: list[Lot]
    width: float = 0.0
    height: float = 0.0
    x: float = 0.0
    y: float = 0.0

    @property
    def centre(self) -> tuple[float, float]:
        """Mean of its buildings in metres."""
        count = len(self.lots)
        return (
            sum(lot.house.x_metres for lot in self.lots) / count,
            sum(lot.house.y_metres for lot in self.lots) / count,
        )


@dataclass(slots=True)
class _Column:
    boxes: list[Box] = field(default_factory=list)

    @property
    def width(self) -> float:
        return max(b.width for b in self.boxes)

    @property
    def height(self) -> float:
        return sum(b.height for b in self.boxes) + GAP * (len(self.boxes) - 1)

    @property
    def x_metres(self) -> float:
        return sum(b.centre[0] for b in self.boxes) / len(self.boxes)


def laid_out(lots: Sequence[Lot], width: float = WIDTH) -> tuple[list[Box], float]:
    """Place every lot on a picture of this width; returns the compounds' boxes and its height."""
    compounds: dict[int, list[Lot]] = {}
    for lot in lots:
        compounds.setdefault(lot.house.compound_id, []).append(lot)
    boxes = [Box(pk, members[0].house.compound, members) for pk, members in compounds.items()]
    for box in boxes:
        _fill(box, width)
    boxes.sort(key=lambda b: (-b.centre[1], b.centre[0], b.compound_id))
    top = MARGIN
    for row in _shelves(boxes, width):
        top += _settle(row, top, width) + GAP
    return boxes, top - GAP + MARGIN


def _fill(box: Box, width: float) -> None:
    """Rows of buildings, north first; the box is wider than high, and wide enough for its name."""
    inner = width - 2 * MARGIN - 2 * BOX_PADDING
    widest = max(lot.width for lot in box.lots)
    surface = sum((lot.width + GAP) * (lot.height + GAP) for lot in box.lots)
    wanted = min(inner, max(widest, math.sqrt(surface * 2.4)))
    order = sorted(box.lots, key=lambda lot: (-lot.house.y_metres, lot.house.x_metres, lot.house.building_id))
    rows: list[list[Lot]] = [[]]
    for lot in order:
        filled = sum(placed.width + GAP for placed in rows[-1])
        if rows[-1] and filled + lot.width > wanted:
            rows.append([])
        rows[-1].append(lot)
    top, reach = BOX_TITLE, 0.0
    for row in rows:
        left = BOX_PADDING
        for lot in sorted(row, key=lambda lot: (lot.house.x_metres, lot.house.building_id)):
            lot.x, lot.y = left, top
            left += lot.width + GAP
        reach = max(reach, left - GAP)
        top += max(lot.height for lot in row) + GAP
    box.width = max(reach + BOX_PADDING, min(inner, text_width(box.name, 17) + 26))
    box.height = top - GAP + BOX_PADDING


def _shelves(boxes: Sequence[Box], width: float) -> list[list[_Column]]:
    """Shelves of columns: a box that is short enough goes below another one of its shelf."""
    inner = width - 2 * MARGIN
    shelves: list[list[_Column]] = []
    for box in boxes:
        shelf = shelves[-1] if shelves else None
        if shelf is None:
            shelves.append([_Column([box])])
            continue
        depth = max(c.height for c in shelf)
        used = sum(c.width + GAP for c in shelf)
        under = [c for c in shelf if c.width >= box.width and c.height + GAP + box.height <= depth + 1]
        if used + box.width <= inner:
            shelf.append(_Column([box]))
        elif under:
            min(under, key=lambda c: (abs(c.x_metres - box.centre[0]), c.height)).boxes.append(box)
        else:
            shelves.append([_Column([box])])
    return shelves


def _settle(shelf: list[_Column], top: float, width: float) -> float:
    """Give the boxes of a shelf their place; the room that is left stands between the columns."""
    columns = sorted(shelf, key=lambda c: (c.x_metres, c.boxes[0].compound_id))
    spare = width - 2 * MARGIN - sum(c.width for c in columns) - GAP * (len(columns) - 1)
    between = GAP + min(60.0, max(0.0, spare / max(1, len(columns))))
    left = MARGIN
    for column in columns:
        down = top
        for box in column.boxes:
            box.x, box.y = left, down
            for lot in box.lots:
                lot.x, lot.y = lot.x + left, lot.y + down
            down += box.height + GAP
        left += column.width + between
    return max(c.height for c in columns)
