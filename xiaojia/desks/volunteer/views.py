from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.microgrids.rules import address_words
from xiaojia.domains.teams import queries as teams
from xiaojia.kernel import clock
from xiaojia.kernel.requests import actor_of


def my_service(request: HttpRequest) -> HttpResponse:
    """Whom to call, which stairs, from when until when. Names of those who serve only: no view log."""
    viewer, on = actor_of(request), clock.today()
    own = teams.own_service(viewer=viewer, on=on)
    context = {
        "on": on,
        "own": own,
        "stairs": [
            (address_words(s.compound, s.building, s.unit, (0, 0)), s.household_count) for s in own.stairs
        ]
        if own
        else [],
    }
    return render(request, "volunteer/my_service.html", context)
