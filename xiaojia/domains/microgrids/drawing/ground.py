"""The ground on which buildings are put by hand: every building at its place, at one scale."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from xiaojia.domains.microgrids.drawing.values import TEXT, WIDTH, text_width
from xiaojia.domains.microgrids.rules import UnitRow, address_words

PIXELS_PER_METRE = 1.2
MARGIN = 40.0
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
    x_metres: float
    y_metres: float

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
    pixels_per_metre: float = PIXELS_PER_METRE


def ground_of(units: Iterable[UnitRow]) -> Ground:
    """Draw every building once, in walking order."""
    houses = {u.building_id: u for u in units}
    left = min(u.x_metres for u in houses.values())
    top = max(u.y_metres for u in houses.values())
    pegs = [_peg(u, left, top) for u in houses.values()]
    signs: dict[int, list[Peg]] = {}
    for peg in pegs:
        signs.setdefault(peg.compound_id, []).append(peg)
    return Ground(
        width=max(WIDTH, max(p.x for p in pegs) + MARGIN * 2),
        height=max(p.y for p in pegs) + MARGIN,
        pegs=pegs,
        signs=[
            Sign(houses[members[0].building_id].compound, min(p.x + p.left for p in members),
                 min(p.y for p in members) - MARK_HEIGHT / 2 - 7)
            for members in signs.values()
        ],
    )  # fmt: skip


def _peg(unit: UnitRow, left: float, top: float) -> Peg:
    label = unit.building if re.fullmatch(r"\w{1,4}", unit.building) else unit.building[:4]
    return Peg(
        unit.building_id, unit.compound_id, label, address_words(unit.compound, unit.building),
        MARGIN + (unit.x_metres - left) * PIXELS_PER_METRE,
        MARGIN + 14 + (top - unit.y_metres) * PIXELS_PER_METRE,
        max(26.0, text_width(label, TEXT) + 12), unit.x_metres, unit.y_metres,
    )  # fmt: skip
