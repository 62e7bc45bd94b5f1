from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.cases import queries as cases
from xiaojia.domains.cases.lines import lines
from xiaojia.domains.teams import queries as teams
from xiaojia.kernel import clock
from xiaojia.kernel.requests import actor_of

MOST_CASES: Final = 10


def my_places(request: HttpRequest) -> HttpResponse:
    """Up to three micro-grids with their heads and stairs. Names of those who serve only: no view log."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    found = teams.roster(viewer=viewer, on=on, has_phones=True)
    context = {
        "teams": found,
        "on": on,
        "home_count": sum(t.here.household_count for t in found),
        "mine": lines(cases.mine(viewer=viewer).select_related("building__compound")[:MOST_CASES], at=now),
    }
    return render(request, "steward/my_places.html", context)
