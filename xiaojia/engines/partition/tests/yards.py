"""Small invented neighbourhoods for the tests of this engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from xiaojia.engines.partition import Part, Problem, Stretch


def unit(place: str, homes: int, x: float = 0.0, y: float = 0.0, *, floors: int = 6) -> Stretch:
    """`place` is compound/building or compound/building/unit."""
    compound, building, name = (*place.split("/"), "")[:3]
    return Stretch(compound, building, name, x, y, floors, -(-homes // floors), homes)


def row(
    compound: str, sizes: Sequence[int], *, gap: float = 30.0, x: float = 0.0, y: float = 0.0
) -> list[Stretch]:
    """One building a size, side by side."""
    return [unit(f"{compound}/{n + 1}", homes, x + n * gap, y) for n, homes in enumerate(sizes)]


def problem(*stretches: Stretch, **more: Any) -> Problem:
    """A problem of these rows."""
    return Problem(tuple(stretches), **more)


def whole(number: int, stretch: Stretch) -> Part:
    """A unit that is in one micro-grid."""
    return floors_of(number, stretch, 1, stretch.floors)


def floors_of(number: int, stretch: Stretch, low: int, high: int) -> Part:
    """Some floors of a unit."""
    homes = stretch.homes_up_to(high) - stretch.homes_up_to(low - 1)
    return Part(number, stretch.compound, stretch.building, stretch.unit, low, high, homes)


def groups(parts: Sequence[Part]) -> set[frozenset[tuple[str, str, str, int, int]]]:
    """A partition without its numbers."""
    found: dict[int, set[tuple[str, str, str, int, int]]] = {}
    for p in parts:
        found.setdefault(p.microgrid, set()).add((p.compound, p.building, p.unit, p.floor_from, p.floor_to))
    return {frozenset(g) for g in found.values()}


@st.composite
def neighbourhoods(draw: st.DrawFn, *, most_compounds: int = 3, most_communities: int = 2) -> list[Stretch]:
    """A few yards; places may coincide, units may be small, large or one huge floor."""
    rows = []
    for community in range(draw(st.integers(1, most_communities))):
        for compound in range(draw(st.integers(1, most_compounds))):
            for building in range(draw(st.integers(1, 3))):
                x, y = (draw(st.integers(0, 24)) * 10 + 100 * compound for _axis in "xy")
                for name in range(draw(st.integers(1, 2))):
                    homes = draw(st.sampled_from((7, 12, 24, 33, 48, 60, 80, 81, 95, 130)))
                    floors = draw(st.sampled_from((1, 3, 6, 7, 11)))
                    place = f"{community}-{compound}/{building}/{name}"
                    rows.append(unit(place, homes, x, y, floors=floors))
    return rows
