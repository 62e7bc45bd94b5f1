"""Reads of workdays: one calendar a community, from its own years and the national ones."""

from __future__ import annotations

from datetime import date, time

from xiaojia.domains.workdays.access import visible_workyears
from xiaojia.domains.workdays.models import Workyear
from xiaojia.domains.workdays.rules import FIRST_YEAR, national_table
from xiaojia.engines.clocks import WorkCalendar, YearTable
from xiaojia.kernel.actors import Actor

AHEAD = 3
"""Years after the present one that may be known."""


def tables(*, viewer: Actor, on: date) -> dict[int, YearTable]:
    """Year -> its table, the community's own before the national one (one query)."""
    known = {year: table for year in range(FIRST_YEAR, on.year + AHEAD) if (table := national_table(year))}
    own = {row.year: _table(row) for row in visible_workyears(viewer)}
    return known | own


def calendar(*, viewer: Actor, on: date) -> WorkCalendar:
    """The calendar that every limit of this community is counted on."""
    return WorkCalendar(tables(viewer=viewer, on=on).values())


def own_years(*, viewer: Actor) -> set[int]:
    """Years that the community wrote down itself."""
    return set(visible_workyears(viewer).values_list("year", flat=True))


def missing_year(*, viewer: Actor, on: date) -> int | None:
    """The year that has to be written down now: this one, or from November the next (one query at most)."""
    wanted = [on.year, *([on.year + 1] if on.month >= 11 else [])]
    unannounced = [year for year in wanted if national_table(year) is None]
    if not unannounced:
        return None
    own = own_years(viewer=viewer)
    return next((year for year in unannounced if year not in own), None)


def _table(row: Workyear) -> YearTable:
    hours = tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in row.hours)
    return YearTable(row.year, frozenset(row.days_off), frozenset(row.make_up_days), hours)
