"""The register as a plan sees it: units with their households and positions, and who belongs where now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import connection

from xiaojia.domains.microgrids.access import visible_adjacencies
from xiaojia.domains.microgrids.rules import Spot, UnitRow, placed
from xiaojia.domains.people.queries import households_by_unit
from xiaojia.domains.places.queries import UnitPlace, unit_places
from xiaojia.engines.partition import Limits, Problem, Stretch
from xiaojia.kernel.actors import Actor

MOST_FLOORS = 200

DOORS_SQL = """
door AS (
  SELECT h.id AS household_id, h.unit_id, count(*) OVER unit AS homes,
    row_number() OVER (PARTITION BY h.unit_id ORDER BY h.floor, length(h.door), h.door, h.id) AS place,
    LEAST(200, GREATEST(u.floors, max(h.floor) OVER unit, 1)) AS floors
  FROM people_household h JOIN places_unit u ON u.id = h.unit_id
  WHERE h.community_id = %(community_id)s AND h.until_on IS NULL
  WINDOW unit AS (PARTITION BY h.unit_id)
),
home AS (
  SELECT household_id, unit_id, (place * floors + homes - 1) / homes AS floor FROM door
)
"""
"""Every present household with the floor on which a plan counts it.

The engine spreads the H households of a unit over its F floors: H*f//F up to floor f. The n-th door of a
unit therefore counts on floor ceil(n*F/H): sizes are exact whatever the register knows about floors.
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many households of one floor of one unit belong to a micro-grid now; None: to none yet."""

    unit_id: int
    floor: int
    microgrid_id: int | None
    household_count: int


def unit_rows(*, viewer: Actor, with_left: bool = False) -> list[UnitRow]:
    """All units in walking order, empty ones too (two queries). Places that are missing are sketched.

    `with_left`: those too that belong to another community by now.
    """
    homes = households_by_unit(viewer=viewer)
    units = unit_places(viewer=viewer, with_left=with_left)
    buildings = {u.building_id: _spot(u) for u in units}
    spots, is_sketched = placed(buildings)
    return [_unit_row(u, homes.get(u.unit_id, (0, 0)), spots[u.building_id], is_sketched) for u in units]


def _spot(place: UnitPlace) -> Spot:
    if place.x_metres is None or place.y_metres is None:
        return Spot(place.compound_id)
    return Spot(place.compound_id, (place.x_metres, place.y_metres), place.is_drawn)


def _unit_row(
    place: UnitPlace, homes: tuple[int, int], spot: tuple[float, float], is_sketched: bool
) -> UnitRow:
    count, top = homes
    return UnitRow(
        unit_id=place.unit_id,
        building_id=place.building_id,
        compound_id=place.compound_id,
        compound=place.compound,
        grid_name=place.grid_name,
        building=place.building,
        unit=place.unit,
        floors=min(MOST_FLOORS, max(place.floors, top, 1)),
        doors_per_floor=place.doors_per_floor,
        x_metres=spot[0],
        y_metres=spot[1],
        is_sketched=is_sketched,
        household_count=count,
    )


def lived_in(rows: Iterable[UnitRow]) -> list[UnitRow]:
    """Units with at least one household: what a plan divides."""
    return [r for r in rows if r.household_count]


def adjacent_pairs(*, viewer: Actor) -> set[tuple[int, int]]:
    """Confirmed pairs of compound ids, the smaller first."""
    return set(visible_adjacencies(viewer).values_list("first_compound_id", "second_compound_id"))


def unit_key(row: UnitRow, grids: Sequence[str]) -> tuple[str, str, str]:
    """How the engine names a unit: the official 网格 before the dash, which no micro-grid crosses."""
    return f"{grids.index(row.grid_name)}-{row.compound_id}", row.building, row.unit


def problem_of(rows: Sequence[UnitRow], *, is_cross: bool, pairs: set[tuple[int, int]]) -> Problem:
    """The engine's question. On a sketch, compounds join only across confirmed pairs, at any distance."""
    grids = sorted({r.grid_name for r in rows})
    stretches = tuple(
        Stretch(*unit_key(r, grids), r.x_metres, r.y_metres, r.floors, r.doors_per_floor, r.household_count)
        for r in rows
    )
    problem = Problem(stretches, allow_cross=is_cross)
    if not any(r.is_sketched for r in rows):
        return problem
    names = {r.compound_id: unit_key(r, grids)[0] for r in rows}
    confirmed = frozenset((names[a], names[b]) for a, b in pairs if a in names and b in names)
    wide = replace(Limits(), max_join_metres=100_000, own_reach_metres=100_000)
    return replace(problem, limits=wide, neighbours=confirmed)


def standings(*, viewer: Actor, on: date) -> list[Standing]:
    """Present households by unit, floor and the micro-grid they belong to on that day (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {DOORS_SQL} SELECT home.unit_id, home.floor, m.microgrid_id, count(*)"  # noqa: S608  # our own text
            " FROM home LEFT JOIN microgrids_membership m ON m.household_id = home.household_id"
            " AND m.from_on <= %(on)s AND (m.until_on IS NULL OR m.until_on > %(on)s)"
            " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            {"community_id": viewer.community_id, "on": on},
        )
        return [Standing(*row) for row in cursor.fetchall()]
