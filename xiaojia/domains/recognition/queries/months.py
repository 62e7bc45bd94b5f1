"""Months and slips: who is asked about whom, and how many came back. Never an answer, never an average."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q

from xiaojia.domains.ledger.queries import own_member, present_members
from xiaojia.domains.recognition.access import (
    MAY,
    opened,
    visible_ballots,
    visible_months,
    visible_thanks,
    whole,
)
from xiaojia.domains.recognition.models import Ballot, Month, State, Thanks
from xiaojia.kernel import secrets
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class MonthShown:
    """A month for the office: participation alone. `by_grid`: (micro-grid id, asked, returned)."""

    month: Month
    asked: int
    returned: int
    thanks_waiting: int
    by_grid: tuple[tuple[int, int, int], ...]

    @property
    def percent(self) -> int:
        """Share of slips that came back, 0..100."""
        return 100 * self.returned // self.asked if self.asked else 0


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip with the names of whom it asks about, in its order; '' for who left, moved out or died."""

    ballot: Ballot
    month: Month
    name: str
    asked: tuple[str, ...]


def months(*, viewer: Actor) -> list[Month]:
    """Months of the viewer's community, the newest first (one query)."""
    require(MAY, "see_months", viewer, viewer.community_id)
    return list(visible_months(viewer)[:24])


def latest_month(*, viewer: Actor) -> Month | None:
    """The newest month that was not cancelled (one query)."""
    with opened(viewer):
        return visible_months(viewer).exclude(state=State.CANCELLED).first()


def month_shown(month_id: UUID, *, viewer: Actor) -> MonthShown | None:
    """How many slips came back, a micro-grid (three queries)."""
    require(MAY, "see_months", viewer, viewer.community_id)
    month = visible_months(viewer).filter(pk=month_id).first()
    if month is None:
        return None
    rows = (
        visible_ballots(viewer)
        .filter(month=month)
        .order_by("microgrid_id")
        .values_list("microgrid_id")
        .annotate(asked=Count("pk"), back=Count("pk", filter=Q(returned_at__isnull=False)))
    )
    by_grid = tuple((grid, asked, returned) for grid, asked, returned in rows)
    waiting = visible_thanks(viewer).filter(month=month, state=Thanks.Screening.WAITING).count()
    return MonthShown(month, sum(row[1] for row in by_grid), sum(row[2] for row in by_grid), waiting, by_grid)


def own_slip(*, viewer: Actor) -> Slip | None:
    """The viewer's own slip of the open month, if they take part and are asked (four queries)."""
    require(MAY, "hand_in_ballot", viewer, viewer.community_id)
    member = own_member(viewer=viewer)
    if member is None:
        return None
    with opened(viewer):
        ballot = (
            visible_ballots(viewer)
            .filter(member_id=member.pk, month__state=State.OPEN)
            .select_related("month", "member")
            .first()
        )
        return _slips([ballot], viewer)[0] if ballot else None


def slips(month_id: UUID, *, viewer: Actor, microgrid_id: int | None = None) -> list[Slip]:
    """All slips of a month for print, by number (three queries)."""
    require(MAY, "print_ballots", viewer, viewer.community_id)
    rows = visible_ballots(viewer).filter(month_id=month_id).select_related("month", "member")
    if microgrid_id is not None:
        rows = rows.filter(microgrid_id=microgrid_id)
    return _slips(list(rows.order_by("number")), viewer)


def slip_of_number(month_id: UUID, number: int, *, viewer: Actor) -> Slip | None:
    """The slip with that number, to be typed in (two queries)."""
    require(MAY, "type_slip", viewer, viewer.community_id)
    rows = visible_ballots(viewer).filter(month_id=month_id, number=number)
    found = list(rows.select_related("month", "member"))
    return _slips(found, viewer)[0] if found else None


def _slips(ballots: list[Ballot], viewer: Actor) -> list[Slip]:
    wide = Actor(viewer.account_id, "officer", viewer.community_id, whole(viewer))
    on = max((ballot.month.closes_on for ballot in ballots), default=date.min)
    names = dict(present_members(viewer=wide, on=on).values_list("pk", "name"))
    return [
        Slip(ballot, ballot.month, ballot.member.name, tuple(names.get(pk, "") for pk in ballot.asked_ids))
        for ballot in ballots
    ]


def waiting_thanks(month_id: UUID, *, viewer: Actor) -> list[tuple[UUID, str, str]]:
    """(id, to whom, text) of sentences that nobody has read yet; the order says nothing of the authors."""
    require(MAY, "screen_thanks", viewer, viewer.community_id)
    rows = visible_thanks(viewer).filter(month_id=month_id, state=Thanks.Screening.WAITING)
    return [
        (row.pk, row.member.name, thanks_text(row)) for row in rows.select_related("member").order_by("pk")
    ]


def thanks_text(row: Thanks) -> str:
    """The sentence in the clear."""
    return secrets.open_sealed(row.text_sealed, table="recognition_thanks", column="text_sealed", pk=row.pk)


def is_late(month: Month, on: date) -> bool:
    """Whether slips of this month may come in no more."""
    return month.state != State.OPEN or on > month.closes_on
