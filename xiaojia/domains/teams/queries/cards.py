"""What is printed and published: door cards, the wall, building pages. Only people whose yes holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.queries import DayRow
from xiaojia.domains.microgrids.rules import building_words
from xiaojia.domains.places.queries import community
from xiaojia.domains.teams.access import MAY, visible_pages
from xiaojia.domains.teams.models import BuildingPage, Listing
from xiaojia.domains.teams.queries.roster import Member, Team, held_listings, phone_of, roster
from xiaojia.domains.teams.rules import code_words
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class DoorCard:
    """One A5 card: a micro-grid's number, people and the page of one building."""

    team: Team
    building_id: int
    building: str
    area: str
    code: str

    @property
    def code_words(self) -> str:
        """270 514; '' before anything was published."""
        return code_words(self.code) if self.code else ""


def printable(teams: Sequence[Team], *, viewer: Actor) -> list[Team]:
    """The teams with names and phones of those whose yes holds at this moment, and is held (one query).

    To be called last, when everything else about the sheet is known: whoever took a yes back before this is
    not printed, and whoever does so now waits until the sheet is made.
    """
    ids = {m.account_id for t in teams for m in t.members}
    held = held_listings(ids, viewer=viewer)
    return [replace(team, members=_consented(team, held)) for team in teams]


def _consented(team: Team, held: Mapping[int, Listing]) -> tuple[Member, ...]:
    found = []
    for member in team.members:
        listing = held.get(member.account_id)
        if listing is not None:
            found.append(
                replace(member, listing_id=listing.pk, phone=phone_of(listing.pk, listing.phone_sealed))
            )
    return tuple(found)


def door_cards(
    *, viewer: Actor, on: date, microgrid_id: int | None = None, compound_id: int | None = None
) -> list[DoorCard]:
    """Cards for every door of a micro-grid's buildings, one a building (five queries)."""
    require(MAY, "print_cards", viewer, viewer.community_id)
    teams = [
        t
        for t in roster(viewer=viewer, on=on)
        if microgrid_id in (None, t.here.microgrid_id)
        and (compound_id is None or any(r.compound_id == compound_id for r in t.here.rows))
    ]
    codes = dict(visible_pages(viewer).values_list("building_id", "code"))
    found = []
    for team in printable(teams, viewer=viewer):
        for row in _first_rows(team, compound_id):
            pk, name = row.building_id, building_words(row.building)
            found.append(DoorCard(team, pk, name, team.area, codes.get(pk, "")))
    return found


def _first_rows(team: Team, compound_id: int | None) -> list[DayRow]:
    """One row a building."""
    found: dict[int, DayRow] = {}
    for row in team.here.rows:
        if compound_id in (None, row.compound_id):
            found.setdefault(row.building_id, row)
    return list(found.values())


def page_contents(*, viewer: Actor, on: date) -> dict[int, dict[str, Any]]:
    """Building id -> what its page would say: only consented people (five queries)."""
    require(MAY, "publish_pages", viewer, viewer.community_id)
    place = community(viewer.community_id)
    teams = printable(roster(viewer=viewer, on=on), viewer=viewer)
    found: dict[int, dict[str, Any]] = {}
    for team in teams:
        units: dict[int, list[DayRow]] = {}
        for row in team.here.rows:
            units.setdefault(row.building_id, []).append(row)
        for building_id, rows in units.items():
            page = found.setdefault(
                building_id,
                {
                    "community": place.name,
                    "is_simulated": place.is_simulated,
                    "compound": rows[0].compound,
                    "building": building_words(rows[0].building),
                    "microgrids": [],
                },
            )
            page["microgrids"].append(_page_part(team, rows))
    return found


def _page_part(team: Team, rows: Sequence[DayRow]) -> dict[str, Any]:
    units = [_unit_words(r) for r in rows if r.unit or r.is_split]
    return {
        "number": team.here.number,
        "units": [u for u in units if u],
        "people": [_person(m) for m in (team.head, team.steward) if m is not None],
    }


def _unit_words(row: DayRow) -> str:
    unit = _("%(name)s 单元") % {"name": row.unit} if row.unit.isdigit() else row.unit
    return " ".join(word for word in (unit, row.stretch) if word)


def _person(member: Member) -> dict[str, Any]:
    return {
        "role": member.role,
        "name": member.name,
        "phone": member.phone,
        "phone_words": member.phone_words,
        "listing": str(member.listing_id),
        "is_acting": member.is_acting,
    }


def without_listing(content: dict[str, Any], listing_id: str) -> dict[str, Any] | None:
    """The content without the person of that yes; None when nothing of it stands there."""
    parts, is_changed = [], False
    for part in content.get("microgrids", ()):
        people = [p for p in part["people"] if p["listing"] != listing_id]
        is_changed |= len(people) < len(part["people"])
        parts.append({**part, "people": people})
    return {**content, "microgrids": parts} if is_changed else None


def published(code: str) -> BuildingPage | None:
    """The published copy behind a code. No viewer: anybody may read what is published."""
    return BuildingPage.objects.filter(code=code).first()


def page_rows(*, viewer: Actor) -> list[BuildingPage]:
    """Published copies of the viewer's communities in walking order (one query)."""
    require(MAY, "publish_pages", viewer, viewer.community_id)
    return list(visible_pages(viewer).order_by("building__compound__sort_key", "building__sort_key"))


def page_of(building_id: int, *, viewer: Actor) -> BuildingPage | None:
    """The published copy of one building."""
    require(MAY, "publish_pages", viewer, viewer.community_id)
    return visible_pages(viewer).filter(building_id=building_id).first()
