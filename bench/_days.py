"""What every day of a stretch answers, counted in plain SQL beside the product's own queries (R02, R03).

Whoever calls sees every row of the community: as the database's owner, or in its wide scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import psycopg

MOST_VACANT_DAYS: Final = 15

_HOMES_SQL: Final = """
SELECT count(*), count(*) FILTER (WHERE n = 0), count(*) FILTER (WHERE n > 1) FROM (
  SELECT count(m.id) AS n FROM generate_series(%(first)s::date, %(last)s::date, '1 day') AS day
  JOIN people_household h ON h.community_id = %(community)s
    AND h.since_on <= day AND (h.until_on IS NULL OR h.until_on > day)
  LEFT JOIN microgrids_membership m ON m.household_id = h.id
    AND m.from_on <= day AND (m.until_on IS NULL OR m.until_on > day)
  GROUP BY day, h.id
) AS home
"""

_SEATS_SQL: Final = """
SELECT count(*), count(*) FILTER (WHERE held = 1), count(*) FILTER (WHERE held = 0 AND empty = 1),
  count(*) FILTER (WHERE held = 0 AND empty = 0), count(*) FILTER (WHERE held > 1 OR empty > 1) FROM (
  SELECT
    (SELECT count(*) FROM teams_tenure t WHERE t.microgrid_id = g.id AND t.role = role.name
      AND t.from_on <= day AND (t.until_on IS NULL OR t.until_on > day)) AS held,
    (SELECT count(*) FROM teams_vacancy v WHERE v.microgrid_id = g.id AND v.role = role.name
      AND v.opened_on <= day AND (v.closed_on IS NULL OR v.closed_on > day)) AS empty
  FROM generate_series(%(first)s::date, %(last)s::date, '1 day') AS day
  JOIN microgrids_microgrid g ON g.community_id = %(community)s
    AND g.since_on <= day AND (g.until_on IS NULL OR g.until_on > day)
  CROSS JOIN (VALUES ('head'), ('steward')) AS role(name)
) AS seat
"""

_DOUBLE_SQL: Final = """
SELECT count(*) FROM (
  SELECT 1 FROM generate_series(%(first)s::date, %(last)s::date, '1 day') AS day
  JOIN teams_tenure t ON t.community_id = %(community)s AND t.role = 'head' AND t.from_on <= day
    AND (t.until_on IS NULL OR t.until_on > day)
  GROUP BY day, t.account_id HAVING count(*) > 1
) AS head
"""

_VACANT_SQL: Final = """
SELECT count(*), count(*) FILTER (WHERE late), count(*) FILTER (WHERE late AND escalated_at IS NULL),
  coalesce(max(days), 0) FROM (
  SELECT escalated_at, least(coalesce(closed_on, %(last)s::date + 1), %(last)s::date + 1) - opened_on AS days,
    least(coalesce(closed_on, %(last)s::date + 1), %(last)s::date + 1) - opened_on > %(most)s + 1 AS late
  FROM teams_vacancy WHERE community_id = %(community)s AND opened_on <= %(last)s
) AS vacancy
"""

_ALTERED_SQL: Final = """
SELECT count(DISTINCT id) FROM (
  SELECT m.microgrid_id AS id FROM microgrids_membership m JOIN people_household h ON h.id = m.household_id
  WHERE m.community_id = %(community)s AND (m.from_on = %(on)s OR m.until_on = %(on)s)
    AND (h.until_on IS NULL OR h.until_on > %(on)s) AND m.until_on IS DISTINCT FROM m.from_on
  UNION ALL
  SELECT id FROM microgrids_microgrid WHERE community_id = %(community)s
    AND (since_on = %(on)s OR until_on = %(on)s) AND until_on IS DISTINCT FROM since_on
) AS altered
"""


@dataclass(frozen=True, slots=True)
class Days:
    """Household-days and seat-days of a stretch by what answers them; vacancies by how they ended.

    `held` by one person (perhaps acting), `vacant` by a record alone. The four last figures of a right year
    are `outside`, `twice`, `unanswered`, `doubled`, `two_seats` and `silent`: all 0.
    """

    household_days: int
    outside: int
    twice: int
    seat_days: int
    held: int
    vacant: int
    unanswered: int
    doubled: int
    two_seats: int
    vacancies: int
    late: int
    silent: int
    longest_days: int


def days_of(connection: psycopg.Connection[Any], community_id: int, first: date, last: date) -> Days:
    """Count every day from `first` to `last`. `silent`: vacant for more than 15 days and not escalated."""
    values = {"community": community_id, "first": first, "last": last, "most": MOST_VACANT_DAYS}
    found: list[int] = []
    for sql in (_HOMES_SQL, _SEATS_SQL, _DOUBLE_SQL, _VACANT_SQL):
        found += connection.execute(sql, values).fetchone() or ()
    return Days(*found)


def altered_on(connection: psycopg.Connection[Any], community_id: int, on: date) -> int:
    """Micro-grids that got or lost a present household, began or ended on that day."""
    row = connection.execute(_ALTERED_SQL, {"community": community_id, "on": on}).fetchone()
    return int(row[0]) if row else 0


def every_day(first: date, last: date) -> list[date]:
    """All days of the stretch, both ends included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
