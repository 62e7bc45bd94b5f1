from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.microgrids import queries as microgrids
from xiaojia.kernel import clock
from xiaojia.kernel.requests import actor_of


def today(request: HttpRequest) -> HttpResponse:
    """The morning sheet."""
    viewer, now = actor_of(request), clock.now()
    day = microgrids.microgrids_on(viewer=viewer, on=clock.today(now))
    return render(request, "secretary/today.html", {"day": day, "now": now})
