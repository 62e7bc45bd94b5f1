"""A plan as the drawing's plain values."""

from __future__ import annotations

from collections.abc import Sequence

from xiaojia.domains.microgrids.drawing.values import Group, House, Slice, Staircase
from xiaojia.domains.microgrids.queries import PartView, Plan
from xiaojia.domains.microgrids.rules import building_words


def groups_of(plan: Plan) -> list[Group]:
    """Every micro-grid with the numbers of its exceptions."""
    return [
        Group(c.cluster_id, c.number, c.household_count, tuple(e.number for e in c.exceptions))
        for c in plan.clusters
    ]


def houses_of(plan: Plan) -> list[House]:
    """Every building with its staircases and slices, in walking order."""
    buildings: dict[int, dict[int, list[PartView]]] = {}
    for part in plan.parts:
        buildings.setdefault(part.unit.building_id, {}).setdefault(part.unit.unit_id, []).append(part)
    return [_house(units) for units in buildings.values()]


def _house(units: dict[int, list[PartView]]) -> House:
    first = next(iter(units.values()))[0].unit
    return House(
        building_id=first.building_id,
        name=building_words(first.building),
        compound_id=first.compound_id,
        compound=first.compound,
        x_metres=first.x_metres,
        y_metres=first.y_metres,
        staircases=tuple(
            Staircase(unit_id, parts[0].unit.address, _slices(parts)) for unit_id, parts in units.items()
        ),
    )


def _slices(parts: Sequence[PartView]) -> tuple[Slice, ...]:
    """Blocks that follow each other in one micro-grid are one cell."""
    found: list[Slice] = []
    for part in sorted(parts, key=lambda p: p.floor_from):
        last = found[-1] if found else None
        if last is not None and last.cluster_id == part.cluster_id:
            found[-1] = Slice(
                (*last.part_ids, part.part_id), last.cluster_id, last.floor_from, part.floor_to,
                last.household_count + part.household_count,
            )  # fmt: skip
        else:
            found.append(
                Slice((part.part_id,), part.cluster_id, part.floor_from, part.floor_to, part.household_count)
            )
    return tuple(found)
