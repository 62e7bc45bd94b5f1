"""The ground on which buildings are put by hand: every building at its place, at one scale."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from xiaojia.domains.microgrids.drawing.values import TEXT, WIDTH, text_width
from xiaojia.domains.microgrids.rules import UnitRow, address_words

LEAST_PIXELS_PER_METRE, MOST_PIXELS_PER_METRE = 1.0, 1.6
"""Buildings stand 30 metres apart on a sketch, marks are 26 pixels wide."""

MARGIN = 40.0
TOP = 54.0
MARK_HEIGHT = 26.0


@dataclass(frozen=True, slots=True)
class Peg:
    """One building, by its middle."""

    building_id: int
    compound_id: int
    label: str
    address: str
    x: float
    y: float
    width: float

    @property
    def left(self) -> float:
        """Where its mark begins, from its middle."""
        return -self.width / 2


@dataclass(frozen=True, slots=True)
class Sign:
    """A compound's name above its buildings."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that the page of places draws; y grows downwards."""

    width: float
    height: float
    pegs: list[Peg]
    signs: list[Sign]
    pixels_per_metre: float


def ground_of(units: Iterable[UnitRow]) -> Ground:
    """Draw every building once, in walking order."""
    houses = {u.building_id: u for u in units}
    left, right = min(u.x_metres for u in houses.values()), max(u.x_metres for u in houses.values())
    top = max(u.y_metres for u in houses.values())
    ratio = (WIDTH - 2 * MARGIN) / max(right - left, 1.0)
    ratio = min(max(ratio, LEAST_PIXELS_PER_METRE), MOST_PIXELS_PER_METRE)
    pegs = [
        _peg(u, MARGIN + (u.x_metres - left) * ratio, TOP + (top - u.y_metres) * ratio)
        for u in houses.values()
    ]
    signs: dict[int, list[Peg]] = {}
    for peg in pegs:
        signs.setdefault(peg.compound_id, []).append(peg)
    return Ground(
        width=max(WIDTH, max(p.x for p in pegs) + MARGIN),
        height=max(p.y for p in pegs) + MARGIN,
        pegs=pegs,
        signs=[
            Sign(houses[members[0].building_id].compound, min(p.x + p.left for p in members),
                 min(p.y for p in members) - MARK_HEIGHT / 2 - 7)
            for members in signs.values()
        ],
        pixels_per_metre=ratio,
    )  # fmt: skip


def _peg(unit: UnitRow, x: float, y: float) -> Peg:
    label = unit.building if re.fullmatch(r"\w{1,4}", unit.building) else unit.building[:4]
    return Peg(
        unit.building_id, unit.compound_id, label, address_words(unit.compound, unit.building), x, y,
        max(26.0, text_width(label, TEXT) + 12),
    )  # fmt: skip
