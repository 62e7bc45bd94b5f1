from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.teams import queries as teams
from xiaojia.kernel import clock
from xiaojia.kernel.requests import actor_of


def my_places(request: HttpRequest) -> HttpResponse:
    """Up to three micro-grids with their heads and stairs. Names of those who serve only: no view log."""
    viewer, on = actor_of(request), clock.today()
    found = teams.roster(viewer=viewer, on=on, has_phones=True)
    context = {"teams": found, "on": on, "home_count": sum(t.here.household_count for t in found)}
    return render(request, "steward/my_places.html", context)
