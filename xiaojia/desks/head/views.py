from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.microgrids import queries as microgrids
from xiaojia.domains.people import actions as people
from xiaojia.domains.people import queries as people_queries
from xiaojia.kernel import clock
from xiaojia.kernel.requests import actor_of


def my_microgrid(request: HttpRequest) -> HttpResponse:
    """The head's own 小家: number, size, addresses."""
    viewer, on = actor_of(request), clock.today()
    day = microgrids.microgrids_on(viewer=viewer, on=on)
    return render(request, "head/my_microgrid.html", {"day": day, "on": on})


def neighbours(request: HttpRequest) -> HttpResponse:
    """Who lives here and whom to ask for; leaves a view-log row."""
    viewer, now = actor_of(request), clock.now()
    cards = people_queries.contact_cards(viewer=viewer)
    people.log_view(
        viewer=viewer, at=now, reason="look_up", screen="neighbours",
        household_ids=[c.household_id for c in cards],
    )  # fmt: skip
    return render(request, "head/neighbours.html", {"cards": cards})
