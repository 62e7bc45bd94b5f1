"""Who belonged where on a day: "5月3日，哪户在哪个小家"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q

from xiaojia.domains.microgrids.access import MAY
from xiaojia.domains.microgrids.models import Membership, MicroGrid
from xiaojia.domains.microgrids.rules import Size, address_words, building_words, floor_words, names, size_of
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

_BELONGS_SQL = """
FROM microgrids_membership m
JOIN microgrids_microgrid g ON g.id = m.microgrid_id
JOIN people_household h ON h.id = m.household_id AND (h.until_on IS NULL OR h.until_on > %(on)s)
JOIN places_unit u ON u.id = h.unit_id
JOIN places_building b ON b.id = u.building_id
JOIN places_compound c ON c.id = b.compound_id
WHERE m.community_id = ANY(%(communities)s) AND m.from_on <= %(on)s
  AND (m.until_on IS NULL OR m.until_on > %(on)s)
"""

_OUTSIDE_SQL = """
SELECT count(*) FROM people_household h
WHERE h.community_id = ANY(%(communities)s) AND h.until_on IS NULL AND NOT EXISTS (
  SELECT 1 FROM microgrids_membership m
  WHERE m.household_id = h.id AND m.from_on <= %(on)s AND (m.until_on IS NULL OR m.until_on > %(on)s))
"""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """From which day until (not including) which a micro-grid lives; `until_on` None: still."""

    microgrid_id: int
    number: int
    since_on: date
    until_on: date | None

    def is_alive(self, on: date) -> bool:
        """Whether it lives on that day."""
        return self.since_on <= on and (self.until_on is None or on < self.until_on)


@dataclass(frozen=True, slots=True)
class DayRow:
    """Doors of one unit that belonged to one micro-grid on a day; floors 0 if the register does not tell."""

    microgrid_id: int
    number: int
    name: str
    compound_id: int
    compound: str
    building: str
    unit: str
    household_count: int
    floor_from: int
    floor_to: int
    is_split: bool
    unit_id: int = 0
    building_id: int = 0

    @property
    def address(self) -> str:
        """刘家院子 5 栋 2 单元; with floors only where the unit is divided."""
        return address_words(self.compound, self.building, self.unit, self._floors)

    @property
    def stretch(self) -> str:
        """The floors in words, for a unit that is divided between micro-grids."""
        return floor_words(*self._floors) if self._floors[1] else ""

    @property
    def _floors(self) -> tuple[int, int]:
        return (self.floor_from, self.floor_to) if self.is_split else (0, 0)


@dataclass(frozen=True, slots=True)
class MicroGridOnDay:
    """One micro-grid on a day with its rows in walking order."""

    microgrid_id: int
    number: int
    name: str
    rows: tuple[DayRow, ...]

    @property
    def household_count(self) -> int:
        """Households that lived in it on that day."""
        return sum(r.household_count for r in self.rows)

    @property
    def size(self) -> Size:
        """How they fit."""
        return size_of(self.household_count)

    @property
    def compounds(self) -> list[str]:
        """Compounds it touches."""
        return list(dict.fromkeys(r.compound for r in self.rows))

    @property
    def where(self) -> str:
        """刘家院子 1 栋、2 栋；老粮站院 1 栋."""
        found: dict[str, dict[str, None]] = {}
        for row in self.rows:
            found.setdefault(row.compound, {})[building_words(row.building)] = None
        return "；".join(f"{compound} {'、'.join(names)}" for compound, names in found.items())


def door_ids(*microgrid_ids: int, on: date) -> tuple[int, ...]:
    """Household ids of micro-grids on that day, ascending. The scope of a head is computed from it."""
    doors = (
        Membership.objects.filter(microgrid_id__in=microgrid_ids, from_on__lte=on)
        .filter(Q(until_on__isnull=True) | Q(until_on__gt=on))
        .values_list("household_id", flat=True)
    )
    return tuple(sorted(doors))


def lifetimes(*, viewer: Actor) -> list[Lifetime]:
    """Every micro-grid that the viewer's communities have, had or will have (one query)."""
    require(MAY, "see_microgrids", viewer, viewer.community_id)
    rows = MicroGrid.objects.filter(community_id__in=viewer.scope.community_ids).order_by("number", "id")
    return [Lifetime(*row) for row in rows.values_list("id", "number", "since_on", "until_on")]


def microgrid_of(household_id: int, *, viewer: Actor, on: date) -> MicroGrid | None:
    """The micro-grid to which a household belongs on that day, in the viewer's communities (one query)."""
    require(MAY, "see_microgrids", viewer, viewer.community_id)
    held = (
        Membership.objects.filter(
            household_id=household_id, community_id__in=viewer.scope.community_ids, from_on__lte=on
        )
        .filter(Q(until_on__isnull=True) | Q(until_on__gt=on))
        .select_related("microgrid")
        .first()
    )
    return held.microgrid if held else None


def day_rows(*, viewer: Actor, on: date, compound_id: int | None = None, text: str = "") -> list[DayRow]:
    """Which units belonged to which micro-grid on that day (one query), by number and walking order.

    `text` narrows to addresses that it names (`rules.names`). A head sees the own micro-grid only:
    PostgreSQL shows no other doors.
    """
    rows = [DayRow(*row) for row in _day(viewer, on, compound_id=compound_id)]
    return [r for r in rows if names(r.address, text)]


def _day(viewer: Actor, on: date, *, compound_id: int | None = None, more: str = "") -> list[tuple[Any, ...]]:
    """Rows in the order of DayRow's fields; `more` is a further column in SQL of our own."""
    require(MAY, "see_microgrids", viewer, viewer.community_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT g.id, g.number, g.name, c.id, c.name, b.name, u.name,"  # our own text
            " count(*), min(h.floor), max(h.floor),"
            f" count(*) < sum(count(*)) OVER (PARTITION BY u.id), u.id, b.id{more} {_BELONGS_SQL}"
            " AND (%(compound)s::bigint IS NULL OR c.id = %(compound)s)"
            " GROUP BY g.id, c.id, b.id, u.id"
            " ORDER BY g.number, g.id, c.sort_key, b.sort_key, u.ordinal",
            {"on": on, "communities": list(viewer.scope.community_ids), "compound": compound_id},
        )
        return list(cursor.fetchall())


def microgrids_on(*, viewer: Actor, on: date) -> list[MicroGridOnDay]:
    """Micro-grids with their units on that day (one query)."""
    return grouped(day_rows(viewer=viewer, on=on))


def day_and_outside(*, viewer: Actor, on: date) -> tuple[list[MicroGridOnDay], int]:
    """`microgrids_on` and `homeless_count` of that day in one query (two where no micro-grid lives)."""
    rows = _day(viewer, on, more=f", ({_OUTSIDE_SQL})")
    if not rows:
        return [], homeless_count(viewer=viewer, on=on)
    return grouped([DayRow(*row[:-1]) for row in rows]), int(rows[0][-1])


def grouped(rows: Sequence[DayRow]) -> list[MicroGridOnDay]:
    """Rows of a day by micro-grid."""
    found: dict[int, list[DayRow]] = {}
    for row in rows:
        found.setdefault(row.microgrid_id, []).append(row)
    return [
        MicroGridOnDay(pk, members[0].number, members[0].name, tuple(members))
        for pk, members in found.items()
    ]


def homeless_count(*, viewer: Actor, on: date) -> int:
    """Present households that belong to no micro-grid on that day (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTSIDE_SQL, {"on": on, "communities": list(viewer.scope.community_ids)})
        return int(cursor.fetchone()[0])
