"""What a map is drawn from, and the few measures that every part of it shares (pixels at 标准 size)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 700.0
"""Width of every picture: the page never shows it smaller, so that 15 px text stays 15 px."""

PAPER_WIDTH: Final = 880.0
"""Width of a picture for a landscape sheet: at A4 its text is 9.9 points high."""

TEXT: Final = 15
COUNT_TEXT: Final = 19
NAME_TEXT: Final = 17
HALO: Final = 9.0
NAME_BAND: Final = 23.0
CELL_WIDTH: Final = 46.0
CELL_HEIGHT: Final = 36.0
SLICED_WIDTH: Final = 112.0
PLATE_HEIGHT: Final = 28.0
TINTS: Final = 12


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of one unit in one micro-grid: the whole unit (floors 0 to 0) or some floors."""

    part_ids: tuple[int, ...]
    cluster_id: int
    floor_from: int
    floor_to: int
    household_count: int


@dataclass(frozen=True, slots=True)
class Staircase:
    """One unit with its slices from the ground up."""

    unit_id: int
    address: str
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class House:
    """One building: where it stands (metres, y to the north) and its staircases in order."""

    building_id: int
    name: str
    compound_id: int
    compound: str
    x_metres: float
    y_metres: float
    staircases: tuple[Staircase, ...]

    @property
    def clusters(self) -> tuple[int, ...]:
        """Micro-grids with a home in it, in order."""
        return tuple(dict.fromkeys(s.cluster_id for stair in self.staircases for s in stair.slices))

    @property
    def most_slices(self) -> int:
        """Slices of the staircase with most of them."""
        return max(len(stair.slices) for stair in self.staircases)

    @property
    def household_count(self) -> int:
        """Households of the whole building."""
        return sum(s.household_count for stair in self.staircases for s in stair.slices)


@dataclass(frozen=True, slots=True)
class Group:
    """One micro-grid: number, households, and the numbers of its open or accepted exceptions."""

    cluster_id: int
    number: int
    household_count: int
    pins: tuple[int, ...] = ()


def text_width(text: str, size: float = TEXT) -> float:
    """Width of a text in pixels: full-width characters one em, others a little more than half."""
    return sum(size if unicodedata.east_asian_width(c) in "WF" else size * 0.58 for c in text)
