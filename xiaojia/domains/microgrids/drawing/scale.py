"""The scale bar: how many metres a drawn stretch is, about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xiaojia.domains.microgrids.drawing.values import House

ROUND_METRES = (10, 20, 30, 40, 50, 80, 100, 150, 200, 300, 500, 1000, 2000)


@dataclass(frozen=True, slots=True)
class Scale:
    """A bar of `length` pixels that stands for about `metres`, and the place of the north arrow."""

    x: float
    y: float
    length: float
    metres: int
    north_x: float

    @property
    def text_x(self) -> float:
        """Where its words begin, from its left end."""
        return self.length + 10


def scale_of(spots: Sequence[tuple[House, tuple[float, float]]], width: float, height: float) -> Scale:
    """The middle ratio of drawn to true distance to the nearest building; the picture is spread, so 约."""
    ratios = []
    for house, (x, y) in spots:
        true = [
            (math.hypot(house.x_metres - o.x_metres, house.y_metres - o.y_metres), math.hypot(x - ox, y - oy))
            for o, (ox, oy) in spots
            if o is not house
        ]
        true = [pair for pair in true if pair[0] > 1]
        if true:
            metres, pixels = min(true)
            ratios.append(pixels / metres)
    ratio = sorted(ratios)[len(ratios) // 2] if ratios else 2.0
    metres = next((m for m in ROUND_METRES if m * ratio >= 60), ROUND_METRES[-1])
    return Scale(width - 230, height - 22, min(118.0, metres * ratio), metres, width - 44)
