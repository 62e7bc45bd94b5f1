"""One's own months, quarters and years, with the arithmetic of each: for that member and nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from xiaojia.domains.recognition.access import MAY, opened, visible_ballots, visible_thanks
from xiaojia.domains.recognition.models import Month, Monthvalue, Quartervalue, State, Thanks, Yearvalue
from xiaojia.domains.recognition.queries.appeals import AppealShown, appeals_of
from xiaojia.domains.recognition.queries.months import thanks_text
from xiaojia.domains.recognition.rules import line_words
from xiaojia.engines.scoring import (
    Appraised,
    Limits,
    Line,
    MonthValue,
    QuarterResult,
    appraisal_lines,
    month_lines,
    quarter_lines,
)
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

MONTHS: Final = 12

Told = tuple[str, str, str]
"""Words, the sum, what comes out."""


@dataclass(frozen=True, slots=True)
class OwnMonth:
    """A closed month of one's own."""

    month: Month
    lines: tuple[Told, ...]
    thanks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnYear:
    """A closed year of one's own; `is_awarded` with the story that stands on the list."""

    year: int
    closed_on: date
    appraisal_id: int
    lines: tuple[Told, ...]
    is_awarded: bool
    story: str


@dataclass(frozen=True, slots=True)
class Own:
    """One's own months and appeals, newest first. `open_month`: whose slip may be filled in now."""

    open_month: Month | None
    months: tuple[OwnMonth, ...]
    appeals: tuple[AppealShown, ...]


@dataclass(frozen=True, slots=True)
class OwnSums:
    """One's own quarters (name, its arithmetic) and years, newest first."""

    quarters: tuple[tuple[str, tuple[Told, ...]], ...]
    years: tuple[OwnYear, ...]


def own(*, viewer: Actor) -> Own:
    """What a member sees of their own months, and nobody else does (four queries and the scope)."""
    require(MAY, "see_own", viewer, viewer.community_id)
    with opened(viewer):
        ballots = visible_ballots(viewer).filter(month__state=State.OPEN, member__left_on__isnull=True)
        ballot = ballots.filter(member__account_id=viewer.account_id).select_related("month").first()
        return Own(
            ballot.month if ballot else None,
            tuple(_months(viewer)),
            tuple(appeals_of(viewer.account_id, viewer=viewer)),
        )


def own_sums(*, viewer: Actor) -> OwnSums:
    """What a member sees of their own quarters and years, and nobody else does (two queries)."""
    require(MAY, "see_own", viewer, viewer.community_id)
    with opened(viewer):
        return OwnSums(tuple(_quarters(viewer)), tuple(_years(viewer)))


def _months(viewer: Actor) -> list[OwnMonth]:
    rows = list(
        Monthvalue.objects.filter(community_id=viewer.community_id, member__account_id=viewer.account_id)
        .select_related("month")
        .order_by("-month__month_on")[:MONTHS]
    )
    thanks: dict[object, list[str]] = {}
    shown = visible_thanks(viewer).filter(member__account_id=viewer.account_id, state=Thanks.Screening.SHOWN)
    for row in shown.filter(month__in=[row.month_id for row in rows]).order_by("pk") if rows else ():
        thanks.setdefault(row.month_id, []).append(thanks_text(row))
    return [
        OwnMonth(
            row.month,
            _told(month_lines(_value(row), Limits(**row.month.limits))),
            tuple(thanks.get(row.month_id, ())),
        )
        for row in rows
    ]


def _quarters(viewer: Actor) -> list[tuple[str, tuple[Told, ...]]]:
    rows = Quartervalue.objects.filter(community_id=viewer.community_id, member__account_id=viewer.account_id)
    return [
        (
            str(row.quarter),
            _told(
                quarter_lines(
                    QuarterResult(
                        tuple(row.used), tuple(row.origins), tuple(row.monthly), row.deed_points, row.points
                    )
                )
            ),
        )
        for row in rows.select_related("quarter").order_by("-quarter__year", "-quarter__number")[:8]
    ]


def _years(viewer: Actor) -> list[OwnYear]:
    rows = Yearvalue.objects.filter(community_id=viewer.community_id, member__account_id=viewer.account_id)
    return [
        OwnYear(
            row.appraisal.year, row.appraisal.closed_at.date(), row.appraisal_id,
            _told(appraisal_lines(appraised(row))), row.is_awarded, row.story,
        )
        for row in rows.select_related("appraisal").order_by("-appraisal__year")[:5]
    ]  # fmt: skip


def appraised(row: Yearvalue) -> Appraised:
    """The engine's value of a stored year."""
    return Appraised(
        row.member_id, row.category, row.best_points, row.chance_percent, row.effort, row.effort_80, row.mean,
        row.active_months, row.deed_part, row.mean_part, row.steady_part, row.total,
    )  # fmt: skip


def _value(row: Monthvalue) -> MonthValue:
    return MonthValue(
        row.member_id, row.category, row.answers, row.middle, row.category_mean, row.value, row.reason
    )


def _told(lines: tuple[Line, ...]) -> tuple[Told, ...]:
    return tuple((line_words(line.code), line.sum, line.result) for line in lines)
