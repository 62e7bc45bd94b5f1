"""One's own months, quarters and years, with the arithmetic of each: for that member and nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xiaojia.domains.ledger.queries import own_member
from xiaojia.domains.recognition.access import MAY, visible_thanks, whole
from xiaojia.domains.recognition.models import Month, Monthvalue, Quartervalue, Thanks, Yearvalue
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
from xiaojia.kernel.tenancy import entered

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


def own_months(*, viewer: Actor, limit: int = 12) -> list[OwnMonth]:
    """One's closed months, the newest first, with thanks that were read and let through (four queries)."""
    member_id = _own(viewer)
    if member_id is None:
        return []
    with entered(whole(viewer)):
        rows = list(
            Monthvalue.objects.filter(community_id=viewer.community_id, member_id=member_id)
            .select_related("month")
            .order_by("-month__month_on")[:limit]
        )
        thanks: dict[object, list[str]] = {}
        shown = visible_thanks(viewer).filter(member_id=member_id, state=Thanks.Screening.SHOWN)
        for row in shown.filter(month__in=[row.month_id for row in rows]).order_by("pk"):
            thanks.setdefault(row.month_id, []).append(thanks_text(row))
    return [
        OwnMonth(row.month, _told(month_lines(_value(row), Limits(**row.month.limits))),
                 tuple(thanks.get(row.month_id, ())))
        for row in rows
    ]  # fmt: skip


def own_quarters(*, viewer: Actor) -> list[tuple[str, tuple[Told, ...]]]:
    """(quarter, its arithmetic), the newest first (two queries)."""
    member_id = _own(viewer)
    if member_id is None:
        return []
    with entered(whole(viewer)):
        rows = list(
            Quartervalue.objects.filter(community_id=viewer.community_id, member_id=member_id)
            .select_related("quarter")
            .order_by("-quarter__year", "-quarter__number")[:8]
        )
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
        for row in rows
    ]


def own_years(*, viewer: Actor) -> list[OwnYear]:
    """One's appraisals, the newest first (two queries)."""
    member_id = _own(viewer)
    if member_id is None:
        return []
    with entered(whole(viewer)):
        rows = list(
            Yearvalue.objects.filter(community_id=viewer.community_id, member_id=member_id)
            .select_related("appraisal")
            .order_by("-appraisal__year")[:5]
        )
    return [
        OwnYear(
            row.appraisal.year, row.appraisal.closed_at.date(), row.appraisal_id,
            _told(appraisal_lines(appraised(row))), row.is_awarded, row.story,
        )
        for row in rows
    ]  # fmt: skip


def appraised(row: Yearvalue) -> Appraised:
    """The engine's value of a stored year."""
    return Appraised(
        row.member_id, row.category, row.best_points, row.chance_percent, row.effort, row.effort_80, row.mean,
        row.active_months, row.deed_part, row.mean_part, row.steady_part, row.total,
    )  # fmt: skip


def _own(viewer: Actor) -> int | None:
    require(MAY, "see_own", viewer, viewer.community_id)
    member = own_member(viewer=viewer)
    return member.pk if member else None


def _value(row: Monthvalue) -> MonthValue:
    return MonthValue(
        row.member_id, row.category, row.answers, row.middle, row.category_mean, row.value, row.reason
    )


def _told(lines: tuple[Line, ...]) -> tuple[Told, ...]:
    return tuple((line_words(line.code), line.sum, line.result) for line in lines)
