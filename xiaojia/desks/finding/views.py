from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from xiaojia.desks.finding import looked
from xiaojia.desks.finding.address import doors_meant, name_and_place
from xiaojia.domains.ledger.access import MAY as MAY_LEDGER
from xiaojia.domains.microgrids import queries as microgrids
from xiaojia.domains.microgrids.rules import UnitRow, address_words
from xiaojia.domains.people import actions as people
from xiaojia.domains.people import queries as people_queries
from xiaojia.domains.people.access import MAY as MAY_PEOPLE
from xiaojia.domains.places.queries import unit_places
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.requests import actor_of

MOST_FOUND: Final = 25
LONGEST_TEXT: Final = 60


def find(request: HttpRequest) -> HttpResponse:
    """Find a household by address, name or phone inside one's own scope; leaves a view-log row."""
    viewer = actor_of(request)
    if viewer.role == "steward":
        # A steward looks up who looks after an address, never who lives there (P06).
        return redirect(f"{reverse('teams:who')}?{request.GET.urlencode()}")
    require(MAY_PEOPLE, "see_contacts", viewer, viewer.community_id)
    text = request.GET.get("q", "").strip()[:LONGEST_TEXT]
    rows = microgrids.unit_rows(viewer=viewer) if text else []
    cards, units = _found(text, rows, viewer), {u.unit_id: u.address for u in rows}
    people.log_view(
        viewer=viewer, at=clock.now(), reason="look_up", screen="find",
        household_ids=[c.household_id for c in cards],
    )  # fmt: skip
    context = {
        "text": text,
        "found": [(units.get(c.unit_id, ""), c) for c in cards[:MOST_FOUND]],
        "is_cut": len(cards) > MOST_FOUND,
        "most": MOST_FOUND,
    }
    return render(request, "finding/find.html", context)


def _found(text: str, rows: Sequence[UnitRow], viewer: Actor) -> list[people_queries.ContactCard]:
    """One more than fits, so that the page can say that there are more."""
    limit = MOST_FOUND + 1
    ids = people_queries.households_found(text, viewer=viewer, limit=limit)
    name, named_units = ("", []) if ids else name_and_place(text, rows)
    if name:
        ids = people_queries.households_found(
            name, viewer=viewer, limit=limit, unit_ids=[u.unit_id for u in named_units]
        )
    if not ids and not name:
        units, door = doors_meant(text, rows)
        ids = people_queries.doors_found(
            viewer=viewer, unit_ids=[u.unit_id for u in units], door=door, limit=limit
        )
    return people_queries.contact_cards(viewer=viewer, household_ids=ids) if ids else []


def _addresses(viewer: Actor) -> dict[int, str]:
    units = unit_places(viewer=viewer)
    return {u.unit_id: address_words(u.compound, u.building, u.unit) for u in units}


def household(request: HttpRequest, household_id: int) -> HttpResponse:
    """One household: address, who lives there, what they agreed to. Leaves a view-log row."""
    viewer, now = actor_of(request), clock.now()
    home = people_queries.household(household_id, viewer=viewer)
    if home is None:
        raise Http404
    people.log_view(viewer=viewer, at=now, reason="look_up", screen="household", household_ids=[household_id])
    context = {
        "home": home,
        "address": _addresses(viewer).get(home.unit_id, ""),
        "microgrid": microgrids.microgrid_of(household_id, viewer=viewer, on=clock.today(now)),
        "neighbours": people_queries.neighbours(household_id, viewer=viewer),
        "may_see_views": may(MAY_PEOPLE, "see_viewlog", viewer, viewer.community_id),
        "may_join": may(MAY_LEDGER, "join", viewer, viewer.community_id),
    }
    return render(request, "finding/household.html", context)


def household_views(request: HttpRequest, household_id: int) -> HttpResponse:
    """谁看过我: the sheet that anybody of the household may ask for; asking is a view, and stands on it."""
    viewer, now = actor_of(request), clock.now()
    require(MAY_PEOPLE, "see_viewlog", viewer, viewer.community_id)
    home = people_queries.household(household_id, viewer=viewer)
    if home is None:
        raise Http404
    people.log_view(viewer=viewer, at=now, reason="asked", screen="views", household_ids=[household_id])
    since = looked.a_year_before(now)
    views = people_queries.views_of_household(
        household_id, viewer=viewer, since=since, limit=looked.MOST_VIEWS
    )
    context = {
        "home": home,
        "address": _addresses(viewer).get(home.unit_id, ""),
        "sheet": looked.sheet(views),
        "since": since,
        "now": now,
    }
    return render(request, "finding/views.html", context)
