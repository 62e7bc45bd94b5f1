"""When a case is due: the overall clock from the report, and the stage it stands in."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from xiaojia.domains.cases.models import Case, Casestep
from xiaojia.domains.cases.queries import clock_of
from xiaojia.domains.cases.rules import STAGE_LIMITS, STAGE_OF, State
from xiaojia.domains.workdays import queries as workdays
from xiaojia.engines.clocks import Clock, Limit, MissingYear, WorkCalendar
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


class YearMissing(Refused):
    """A limit reaches into a year whose workdays nobody has written down."""


def calendar_for(by: Actor, at: datetime) -> WorkCalendar:
    """The calendar of the actor's community (one query)."""
    return workdays.calendar(viewer=by, on=clock.today(at))


def first_due(calendar: WorkCalendar, limit: Limit, reported_at: datetime) -> datetime:
    """The deadline that is promised at the report."""
    try:
        return Clock(reported_at, limit).deadline(calendar)
    except MissingYear as missing:
        raise _told(missing) from None


def reckon(case: Case, steps: list[Casestep], calendar: WorkCalendar, at: datetime) -> None:
    """Set both deadlines of a case from its steps, the new one among them."""
    try:
        overall = clock_of(case, steps)
        case.due_at = overall.deadline(calendar)
        case.stage_due_at = _stage_due(case, calendar, at)
    except MissingYear as missing:
        raise _told(missing) from None


def _stage_due(case: Case, calendar: WorkCalendar, at: datetime) -> datetime | None:
    stage = STAGE_OF.get(State(case.state))
    if stage is None:
        return None
    if stage not in STAGE_LIMITS:
        return case.due_at
    return min(Clock(at, STAGE_LIMITS[stage]).deadline(calendar), max(case.due_at, at))


def _told(missing: MissingYear) -> YearMissing:
    return YearMissing(
        _("时限没有算，因为还没有 %(year)d 年的工作日；先写下这一年放哪些假，再来一次。")
        % {"year": missing.year},
        where_url=reverse("workdays:year", args=[missing.year]),
        where_label=_("写下这一年"),
    )
