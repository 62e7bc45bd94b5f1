"""Who served before, the papers behind a tenure, and whom a seat may be offered to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from xiaojia.domains.microgrids.queries import microgrids_on, unit_rows
from xiaojia.domains.people.queries import people_found
from xiaojia.domains.teams.access import MAY, visible_designations, visible_tenures, visible_vacancies
from xiaojia.domains.teams.models import Designation, Tenure
from xiaojia.domains.teams.queries.roster import LOCAL_ROLES, Member, Team, member_of, with_listing
from xiaojia.domains.teams.queries.vacancies import vacancy_rows
from xiaojia.domains.teams.rules import END_REASONS
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import ROLES, Actor

MOST_CANDIDATES: Final = 12
MOST_PAST: Final = 50


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


def story_of(microgrid_id: int, *, viewer: Actor, on: date) -> tuple[Team, list[Past]] | None:
    """The team of a micro-grid with phones as consented, and its other tenures, the newest first.

    Three queries; None outside the scope. Reasons and documents are for the office: others get ''.
    """
    require(MAY, "see_teams", viewer, viewer.community_id)
    here = next((m for m in microgrids_on(viewer=viewer, on=on) if m.microgrid_id == microgrid_id), None)
    if here is None:
        return None
    every = visible_tenures(viewer).filter(microgrid_id=microgrid_id, role__in=LOCAL_ROLES)
    rows = list(with_listing(every).select_related("account", "designation").order_by("-from_on", "-id"))
    held = [t for t in rows if t.from_on <= on and (t.until_on is None or t.until_on > on)]
    others = [t for t in rows if t not in held and t.until_on != t.from_on]
    empty = vacancy_rows(visible_vacancies(viewer).filter(microgrid_id=microgrid_id), on=on)
    team = Team(here, tuple(member_of(t) for t in reversed(held)), tuple(empty))
    return team, [_past(t, viewer) for t in others[:MOST_PAST]]


def _past(tenure: Tenure, viewer: Actor) -> Past:
    paper: Designation | None = getattr(tenure, "designation", None)
    if paper is None or not viewer.scope.is_wide:
        return Past(member_of(tenure))
    end = str(END_REASONS[paper.end_reason]) if paper.end_reason else ""
    return Past(member_of(tenure), paper.reason, paper.document_number, end)


def tenure(tenure_id: int, *, viewer: Actor) -> Tenure | None:
    """One tenure of a micro-grid in the viewer's scope; others than the office see their own only."""
    require(MAY, "see_teams", viewer, viewer.community_id)
    rows = with_listing(visible_tenures(viewer).filter(pk=tenure_id, microgrid__isnull=False))
    if not viewer.scope.is_wide:
        rows = rows.filter(account_id=viewer.account_id)
    return rows.select_related("account", "microgrid").first()


def designation_of(tenure_id: int, *, viewer: Actor) -> Designation | None:
    """The paper behind a tenure, for the office."""
    return visible_designations(viewer).filter(tenure_id=tenure_id).first()


def serves_here(account_id: int, *, viewer: Actor) -> bool:
    """Whether this account has or had a desk or a seat in the viewer's community."""
    require(MAY, "see_roster", viewer, viewer.community_id)
    return visible_tenures(viewer).filter(account_id=account_id).exists()


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
