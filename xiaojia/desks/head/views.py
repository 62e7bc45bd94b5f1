from __future__ import annotations

from itertools import groupby
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xiaojia.domains.cases import queries as cases
from xiaojia.domains.cases.lines import lines
from xiaojia.domains.microgrids import queries as microgrids
from xiaojia.domains.people import actions as people
from xiaojia.domains.people import queries as people_queries
from xiaojia.kernel import clock
from xiaojia.kernel.requests import actor_of

MOST_CASES: Final = 10


def my_microgrid(request: HttpRequest) -> HttpResponse:
    """The head's own 小家: number, size, addresses. No names, so no view log."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    day = microgrids.microgrids_on(viewer=viewer, on=on)
    mine = lines(cases.mine(viewer=viewer).select_related("building__compound")[:MOST_CASES], at=now)
    context = {"here": day[0] if day else None, "on": on, "mine": mine}
    return render(request, "head/my_microgrid.html", context)


def neighbours(request: HttpRequest) -> HttpResponse:
    """Door by door whom to ask for, as far as they agreed; leaves a view-log row. Prints as a list.

    Whoever sees the whole community looks people up one by one: nobody reads thousands of names at once.
    """
    viewer, now = actor_of(request), clock.now()
    if viewer.scope.is_wide:
        return redirect("find")
    cards = people_queries.contact_cards(viewer=viewer)
    people.log_view(
        viewer=viewer, at=now, reason="look_up", screen="neighbours",
        household_ids=[c.household_id for c in cards],
    )  # fmt: skip
    units = [u for u in microgrids.unit_rows(viewer=viewer) if u.household_count]
    by_unit = {unit_id: list(rows) for unit_id, rows in groupby(cards, key=lambda c: c.unit_id)}
    context = {
        "now": now,
        "cards": cards,
        "units": [(u.address, by_unit[u.unit_id]) for u in units if u.unit_id in by_unit],
        "asked_count": sum(1 for c in cards if c.name and not c.is_masked),
    }
    return render(request, "head/neighbours.html", context)
