"""Appeals for whoever filed them and for the office that answers; answers about somebody only as counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from xiaojia.domains.recognition.access import MAY, visible_appeals
from xiaojia.domains.recognition.models import Appeal, Unsealing
from xiaojia.domains.recognition.rules import (
    APPEAL_DAYS_AT_MOST,
    APPEAL_WORKDAYS,
    LEVELS,
    OUTCOMES,
    UNKNOWN,
)
from xiaojia.domains.workdays.queries import calendar
from xiaojia.engines.clocks import MissingYear
from xiaojia.kernel import clock, secrets
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class AppealShown:
    """An appeal in the clear; `counts`: (word of a level, how many) once two people opened the envelopes."""

    appeal: Appeal
    name: str
    subject: str
    text: str
    outcome: object
    answer: str
    unsealing: Unsealing | None
    counts: tuple[tuple[object, int], ...]


def last_day_to_appeal(closed_at: datetime, *, viewer: Actor) -> date:
    """Ten working days after the close, on this community's calendar (one query).

    Where they reach into a year whose days off nobody has written down yet: four weeks, which are never less.
    """
    day = clock.today(closed_at)
    try:
        return calendar(viewer=viewer, on=day).workday_after(day, APPEAL_WORKDAYS)
    except MissingYear:
        return day + timedelta(days=APPEAL_DAYS_AT_MOST)


def appeals_shown(*, viewer: Actor) -> list[AppealShown]:
    """What waits for an answer, the oldest first, then the last ones answered (one query)."""
    require(MAY, "answer_appeal", viewer, viewer.community_id)
    rows = visible_appeals(viewer).select_related("member", "month", "appraisal", "unsealing")
    return sorted((_shown(row) for row in rows[:100]), key=lambda shown: bool(shown.appeal.outcome))


def appeal_shown(appeal_id: UUID, *, viewer: Actor) -> AppealShown | None:
    """One appeal for the office (one query)."""
    require(MAY, "answer_appeal", viewer, viewer.community_id)
    rows = visible_appeals(viewer).select_related("member", "month", "appraisal", "unsealing")
    row = rows.filter(pk=appeal_id).first()
    return _shown(row) if row else None


def appeals_of(account_id: int, *, viewer: Actor) -> list[AppealShown]:
    """What one person filed and what came of it, inside a scope that shows it (one query)."""
    rows = visible_appeals(viewer).filter(member__account_id=account_id)
    return [_shown(row) for row in rows.select_related("member", "month", "appraisal", "unsealing")]


def _subject(row: Appeal) -> str:
    """The month or the year that it is about: 2026 年 10 月."""
    if row.month is not None:
        return _("%(y)s 年 %(m)s 月") % {"y": row.month.month_on.year, "m": row.month.month_on.month}
    return _("%(y)s 年") % {"y": row.appraisal.year if row.appraisal else ""}


def _shown(row: Appeal) -> AppealShown:
    unsealing: Unsealing | None = getattr(row, "unsealing", None)
    counts = unsealing.counts if unsealing else None
    words = {**{str(level): word for level, word in LEVELS.items()}, "0": UNKNOWN}
    return AppealShown(
        appeal=row,
        name=row.member.name,
        subject=_subject(row),
        text=_open(row, "text_sealed"),
        outcome=OUTCOMES.get(row.outcome, ""),
        answer=_open(row, "answer_sealed"),
        unsealing=unsealing,
        counts=tuple((word, counts.get(level, 0)) for level, word in words.items()) if counts else (),
    )


def _open(row: Appeal, column: str) -> str:
    return secrets.open_sealed(getattr(row, column), table="recognition_appeal", column=column, pk=row.pk)
