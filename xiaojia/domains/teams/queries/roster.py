"""Who serves where on a day: teams of micro-grids, the load of stewards, who looks after an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.queries import MicroGridOnDay, day_rows, grouped, microgrids_on
from xiaojia.domains.teams.access import MAY, visible_tenures, visible_vacancies
from xiaojia.domains.teams.models import Listing, Tenure
from xiaojia.domains.teams.queries.scope import holding_on
from xiaojia.domains.teams.queries.vacancies import VacancyView, vacancy_rows
from xiaojia.domains.teams.rules import KINDS, MOST_MICROGRIDS, SEATS, phone_words
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import ROLES, Actor
from xiaojia.kernel.secrets import open_sealed

MOST_BUILDINGS_NAMED: Final = 4
LOCAL_ROLES: Final = ("head", "steward", "volunteer")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who serves on a day. `listing_id` and `phone` only where their yes to publishing holds."""

    tenure_id: int
    account_id: int
    role: str
    name: str
    kind: str
    is_acting: bool
    from_on: date
    until_on: date | None
    listing_id: UUID | None = None
    phone: str = ""

    @property
    def is_listed(self) -> bool:
        """Whether name and phone may be printed."""
        return self.listing_id is not None

    @property
    def phone_words(self) -> str:
        """The phone in groups, as one reads it aloud."""
        return phone_words(self.phone)

    @property
    def role_word(self) -> str:
        """家长, 代管的家长, 管家."""
        return str(ROLES[self.role])

    @property
    def kind_word(self) -> str:
        """What kind of steward; '' for others."""
        return str(KINDS[self.kind]) if self.kind else ""


@dataclass(frozen=True, slots=True)
class Team:
    """One micro-grid on one day: its seats, volunteers, and the vacancy of a seat nobody holds for good."""

    here: MicroGridOnDay
    members: Sequence[Member] = ()
    vacancies: Sequence[VacancyView] = ()

    @property
    def area(self) -> str:
        """刘家院子 1 栋、5 栋; a long list becomes 刘家院子、老粮站院，共 9 栋."""
        count = len({r.building_id for r in self.here.rows})
        if count <= MOST_BUILDINGS_NAMED:
            return self.here.where
        return _("%(where)s，共 %(n)s 栋") % {"where": "、".join(self.here.compounds), "n": count}

    @property
    def head(self) -> Member | None:
        """The head, perhaps acting."""
        return next((m for m in self.members if m.role == "head"), None)

    @property
    def steward(self) -> Member | None:
        """The steward, perhaps acting."""
        return next((m for m in self.members if m.role == "steward"), None)

    @property
    def volunteers(self) -> list[Member]:
        """Volunteers by tenure."""
        return [m for m in self.members if m.role == "volunteer"]

    @property
    def head_vacancy(self) -> VacancyView | None:
        """The record of the empty head's seat."""
        return next((v for v in self.vacancies if v.role == "head"), None)

    @property
    def steward_vacancy(self) -> VacancyView | None:
        """The record of the empty steward's seat."""
        return next((v for v in self.vacancies if v.role == "steward"), None)

    @property
    def unanswered(self) -> list[str]:
        """Seats that this day answers neither with a person nor with a record: must be empty (R03)."""
        held = {m.role for m in self.members} | {v.role for v in self.vacancies}
        return [role for role in SEATS if role not in held]


@dataclass(slots=True)
class Load:
    """What one steward covers."""

    member: Member
    teams: list[Team] = field(default_factory=list)

    @property
    def household_count(self) -> int:
        """Households in all of them."""
        return sum(t.here.household_count for t in self.teams)

    @property
    def is_full(self) -> bool:
        """Whether one more micro-grid would be too many."""
        return len(self.teams) >= MOST_MICROGRIDS


@dataclass(frozen=True, slots=True)
class Kept:
    """Somebody who looks after an address, with the words of the address."""

    addresses: Sequence[str]
    team: Team


def roster(*, viewer: Actor, on: date, has_phones: bool = False) -> list[Team]:
    """Every team of the viewer's scope on that day, past or future, by number.

    Three queries. `has_phones`: with the yeses that hold now, whatever the day.
    """
    require(MAY, "see_teams", viewer, viewer.community_id)
    return _teams(microgrids_on(viewer=viewer, on=on), viewer=viewer, on=on, has_phones=has_phones)


def team_of(microgrid_id: int, *, viewer: Actor, on: date) -> Team | None:
    """The team of one micro-grid with phones as consented (three queries); None outside the scope."""
    require(MAY, "see_teams", viewer, viewer.community_id)
    here = [m for m in microgrids_on(viewer=viewer, on=on) if m.microgrid_id == microgrid_id]
    return next(iter(_teams(here, viewer=viewer, on=on, has_phones=True)), None)


def who_looks_after(text: str, *, viewer: Actor, on: date) -> list[Kept]:
    """The teams of an address as one says it (刘家院子 5 栋 2 单元), with phones as consented.

    Three queries. A unit that is divided between two micro-grids gives both, with their floors.
    """
    require(MAY, "see_teams", viewer, viewer.community_id)
    rows = day_rows(viewer=viewer, on=on, text=text)
    found = _teams(grouped(rows), viewer=viewer, on=on, has_phones=True)
    return [Kept([r.address for r in team.here.rows], team) for team in found]


def loads(teams: Iterable[Team]) -> list[Load]:
    """Stewards of these teams with all they cover, in the order of their first micro-grid."""
    found: dict[int, Load] = {}
    for team in teams:
        if team.steward is not None:
            found.setdefault(team.steward.account_id, Load(team.steward)).teams.append(team)
    return list(found.values())


def doubled(teams: Iterable[Team]) -> list[tuple[Member, list[Team]]]:
    """People in the head's seat of one micro-grid who hold another seat, too: usually somebody acting."""
    held: dict[int, list[tuple[Member, Team]]] = {}
    for team in teams:
        for member in (team.head, team.steward):
            if member is not None:
                held.setdefault(member.account_id, []).append((member, team))
    several = [seats for seats in held.values() if len({m.role for m, _team in seats}) > 1]
    return [(seats[0][0], [team for _member, team in seats]) for seats in several]


def with_listing(tenures: QuerySet[Tenure]) -> QuerySet[Tenure]:
    """Tenures together with the yes of their person, as far as it holds: `member_of` reads it."""
    living = Listing.objects.filter(
        account_id=OuterRef("account_id"), community_id=OuterRef("community_id"), withdrawn_at__isnull=True
    )
    return tenures.annotate(
        listed_id=Subquery(living.values("pk")[:1]), listed_phone=Subquery(living.values("phone_sealed")[:1])
    )


def _teams(day: Sequence[MicroGridOnDay], *, viewer: Actor, on: date, has_phones: bool) -> list[Team]:
    ids = [m.microgrid_id for m in day]
    held = holding_on(visible_tenures(viewer), on).filter(role__in=LOCAL_ROLES, microgrid_id__in=ids)
    rows = (with_listing(held) if has_phones else held).select_related("account").order_by("id")
    members: dict[int, list[Member]] = {}
    for tenure in rows:
        members.setdefault(tenure.microgrid_id or 0, []).append(member_of(tenure))
    empty: dict[int, list[VacancyView]] = {}
    for vacancy in vacancy_rows(visible_vacancies(viewer).filter(microgrid_id__in=ids), on=on):
        empty.setdefault(vacancy.microgrid_id, []).append(vacancy)
    return [
        Team(m, tuple(members.get(m.microgrid_id, ())), tuple(empty.get(m.microgrid_id, ()))) for m in day
    ]


def held_listings(account_ids: Iterable[int], *, viewer: Actor) -> Mapping[int, Listing]:
    """Account id -> the yes that holds, kept as it is until the transaction ends (one query).

    A sheet that is being made holds what it prints; somebody who takes a yes back in that moment waits for
    it, or the sheet no longer finds it.
    """
    rows = Listing.objects.raw(
        "SELECT * FROM teams_listing WHERE account_id = ANY(%s) AND community_id = ANY(%s)"
        " AND withdrawn_at IS NULL FOR SHARE",
        [list(account_ids), list(viewer.scope.community_ids)],
    )
    return {listing.account_id: listing for listing in rows}


def phone_of(listing_id: UUID, sealed: bytes | memoryview) -> str:
    """The phone of a yes that holds."""
    return open_sealed(sealed, table="teams_listing", column="phone_sealed", pk=listing_id)


def member_of(tenure: Tenure) -> Member:
    """One tenure as people see it; with a phone when it came by `with_listing`."""
    listing_id: UUID | None = getattr(tenure, "listed_id", None)
    return Member(
        tenure.pk,
        tenure.account_id,
        tenure.role,
        tenure.account.name,
        tenure.kind,
        tenure.is_acting,
        tenure.from_on,
        tenure.until_on,
        listing_id,
        phone_of(listing_id, tenure.listed_phone) if listing_id else "",  # type: ignore[attr-defined]  # annotated
    )
