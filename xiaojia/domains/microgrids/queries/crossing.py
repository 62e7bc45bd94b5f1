"""Micro-grids and a border to come: which lie wholly inside compounds, which would be cut."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection

from xiaojia.domains.microgrids.access import MAY
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Side:
    """A micro-grid with households in certain compounds, and how many of its households live elsewhere."""

    microgrid_id: int
    number: int
    inside_count: int
    outside_count: int

    @property
    def is_cut(self) -> bool:
        """Whether a border around the compounds goes through it."""
        return self.outside_count > 0


def sides(*, viewer: Actor, community_id: int, compound_ids: Collection[int], on: date) -> list[Side]:
    """Micro-grids of that day with households in these compounds, by number (one query)."""
    require(MAY, "see_microgrids", viewer, community_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT g.id, g.number, count(*) FILTER (WHERE b.compound_id = ANY(%(compounds)s)),"
            " count(*) FILTER (WHERE b.compound_id <> ALL(%(compounds)s))"
            " FROM microgrids_membership m JOIN microgrids_microgrid g ON g.id = m.microgrid_id"
            " JOIN people_household h ON h.id = m.household_id AND h.until_on IS NULL"
            " JOIN places_unit u ON u.id = h.unit_id JOIN places_building b ON b.id = u.building_id"
            " WHERE m.community_id = %(community)s AND m.from_on <= %(on)s"
            " AND (m.until_on IS NULL OR m.until_on > %(on)s)"
            " GROUP BY g.id HAVING bool_or(b.compound_id = ANY(%(compounds)s)) ORDER BY g.number",
            {"compounds": list(compound_ids), "community": community_id, "on": on},
        )
        return [Side(*row) for row in cursor.fetchall()]
