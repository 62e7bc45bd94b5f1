"""Who served before, the papers behind a tenure, and whom a seat may be offered to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from xiaojia.domains.microgrids.queries import unit_rows
from xiaojia.domains.people.queries import people_found
from xiaojia.domains.teams.access import MAY, visible_designations, visible_tenures
from xiaojia.domains.teams.models import Designation, Tenure
from xiaojia.domains.teams.queries.roster import Member, listings_of, member_of
from xiaojia.domains.teams.queries.scope import holding_on
from xiaojia.domains.teams.rules import END_REASONS
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import ROLES, Actor

MOST_CANDIDATES = 12


@dataclass(frozen=True, slots=True)
class Past:
    """A tenure that is over, or one to come; the papers only for the office."""

    member: Member
    reason: str = ""
    document_number: str = ""
    end_reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody a seat may be offered to: `key` is "account:7" or "resident:<uuid>"."""

    key: str
    name: str
    note: str


def past_of(microgrid_id: int, *, viewer: Actor, on: date) -> list[Past]:
    """Tenures of a micro-grid that do not hold on that day, the newest first (two queries)."""
    require(MAY, "see_teams", viewer, viewer.community_id)
    every = visible_tenures(viewer).filter(microgrid_id=microgrid_id).select_related("account")
    holding = holding_on(every, on).values("pk")
    rows = list(every.exclude(pk__in=holding).order_by("-from_on", "-id")[:50])
    papers = {d.tenure_id: d for d in visible_designations(viewer).filter(tenure__in=rows)}
    return [_past(tenure, papers.get(tenure.pk)) for tenure in rows]


def _past(tenure: Tenure, paper: Designation | None) -> Past:
    member = member_of(tenure, None)
    if paper is None:
        return Past(member)
    end = str(END_REASONS[paper.end_reason]) if paper.end_reason else ""
    return Past(member, paper.reason, paper.document_number, end)


def tenure(tenure_id: int, *, viewer: Actor) -> Tenure | None:
    """One tenure of a micro-grid in the viewer's scope; others than the office see their own only."""
    require(MAY, "see_teams", viewer, viewer.community_id)
    rows = visible_tenures(viewer).filter(pk=tenure_id, microgrid__isnull=False)
    if not viewer.scope.is_wide:
        rows = rows.filter(account_id=viewer.account_id)
    return rows.select_related("account", "microgrid").first()


def designation_of(tenure_id: int, *, viewer: Actor) -> Designation | None:
    """The paper behind a tenure, for the office."""
    return visible_designations(viewer).filter(tenure_id=tenure_id).first()


def member(tenure: Tenure, *, viewer: Actor) -> Member:
    """A tenure with the phone its person lets be published (one query)."""
    return member_of(tenure, listings_of([tenure.account_id], viewer=viewer).get(tenure.account_id))


def other_seats(account_id: int, *, viewer: Actor, on: date) -> QuerySet[Tenure]:
    """Seats that somebody holds on that day or later."""
    require(MAY, "see_teams", viewer, viewer.community_id)
    rows = visible_tenures(viewer).filter(account_id=account_id, microgrid__isnull=False)
    return rows.filter(Q(until_on__isnull=True) | Q(until_on__gt=on)).select_related("microgrid")


def candidates(text: str, *, viewer: Actor, on: date) -> tuple[list[Candidate], list[int]]:
    """People with a desk or a seat here, then residents, whose name begins with the text's first word.

    A second word narrows residents to addresses that it names: 邓明礼 刘家院子5栋. Returns household ids of
    the residents found, too: the caller writes them into the view log (P07).
    """
    require(MAY, "see_roster", viewer, viewer.community_id)
    name, _space, where = text.strip().partition(" ")
    if not name:
        return [], []
    serving = visible_tenures(viewer).filter(account__name__startswith=name).select_related("account")
    known: dict[int, Candidate] = {}
    for row in serving.select_related("microgrid").order_by("-from_on", "-id")[:40]:
        known.setdefault(row.account_id, _account_candidate(row))
    units = {u.unit_id: u.address for u in unit_rows(viewer=viewer)}
    found = people_found(name, viewer=viewer, limit=200)
    words = where.replace(" ", "")
    near = [p for p in found if words in f"{units.get(p.unit_id, '')}{p.door}".replace(" ", "")]
    near = near[:MOST_CANDIDATES]
    residents = [
        Candidate(f"resident:{p.resident_id}", p.name, f"{units.get(p.unit_id, '')} {p.door}") for p in near
    ]
    return [*known.values(), *residents][: 2 * MOST_CANDIDATES], [p.household_id for p in near]


def _account_candidate(row: Tenure) -> Candidate:
    role = str(ROLES[row.role])
    note = f"{row.microgrid.number} 号小家{role}" if row.microgrid else role
    return Candidate(f"account:{row.account_id}", row.account.name, note)
