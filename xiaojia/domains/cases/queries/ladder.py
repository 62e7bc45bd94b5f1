"""The ladder: the time a case has spent, the rungs that reaches, what the subdistrict is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from xiaojia.domains.cases.access import MAY, visible_cases
from xiaojia.domains.cases.models import Case, Casestep, Rung
from xiaojia.domains.cases.queries.stories import clock_of
from xiaojia.domains.cases.rules import OPEN, PAUSED, RUNGS, State
from xiaojia.engines.clocks import MissingYear, WorkCalendar
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

CLIMBING: Final = OPEN - {State.REOPEN_ASKED}
"""Whose overall clock runs; one that is said to be unsolved stands until the secretary decides."""
TOP: Final = max(RUNGS)


@dataclass(frozen=True, slots=True)
class Reached:
    """A rung that time has reached and nobody was told of."""

    case_id: UUID
    percent: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """What is to be told now, lowest rung first, and the years that nobody has written down."""

    reached: tuple[Reached, ...]
    missing_years: frozenset[int]


def percent_spent(case: Case, steps: Sequence[Casestep], calendar: WorkCalendar, at: datetime) -> int:
    """Whole percents of the allowed time that have counted up to `at`; pauses do not count."""
    overall = clock_of(case, steps)
    return overall.spent(calendar, at) * 100 // max(1, overall.allowed(calendar))


def ladder(*, viewer: Actor, at: datetime, calendar: WorkCalendar) -> Ladder:
    """Every rung that is due. A case that needs an unknown year waits; all others go on (three queries)."""
    reached, missing = [], set()
    rows = visible_cases(viewer).filter(state__in=sorted(CLIMBING)).select_related("casekind")
    for case in rows.prefetch_related("steps", "rungs"):
        told = {r.percent for r in case.rungs.all() if r.round == case.reopen_count}
        if len(told) == len(RUNGS):
            continue
        try:
            spent = percent_spent(case, list(case.steps.all()), calendar, at)
        except MissingYear as unknown:
            missing.add(unknown.year)
            continue
        reached += [Reached(case.pk, p) for p in RUNGS if p <= spent and p not in told]
    reached.sort(key=lambda r: (r.percent, r.case_id))
    return Ladder(tuple(reached), frozenset(missing))


def to_resume(*, viewer: Actor, at: datetime) -> list[Case]:
    """Paused cases whose planned day has come (one query)."""
    rows = visible_cases(viewer).filter(state__in=sorted(PAUSED), resume_at__lte=at)
    return list(rows.order_by("resume_at", "id"))


def for_subdistrict(*, viewer: Actor) -> QuerySet[Case]:
    """Open cases that climbed to the top in their present round: the sheet for the subdistrict."""
    require(MAY, "see_rates", viewer, viewer.community_id)
    rows = visible_cases(viewer).filter(state__in=sorted(OPEN))
    top = Rung.objects.filter(case_id=OuterRef("pk"), round=OuterRef("reopen_count"), percent=TOP)
    rows = rows.filter(Exists(top))
    return rows.select_related("casekind", "building__compound").order_by("due_at", "id")
