from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.desks.secretary import morning, slips
from xiaojia.kernel import clock, nights
from xiaojia.kernel.requests import actor_of
from xiaojia.kernel.work import running_works


def today(request: HttpRequest) -> HttpResponse:
    """The morning sheet. `?open=` shows the records behind a number, `?decide=` opens another question."""
    viewer, now = actor_of(request), clock.now()
    on, opened = clock.today(now), request.GET.get("open", "")
    known = morning.facts(viewer=viewer, on=on)
    questions = morning.decisions(known)
    wanted = request.GET.get("decide")
    key = opened or slips.first_worth_showing(known)
    context = {
        "now": now,
        "on": on,
        "backup_failed_since": nights.failed_since(Path(settings.XIAOJIA_HOME)),
        "lead": morning.lead(known, opened),
        # Stands outside of what a slip replaces, so a page that was asked for a slip can do without it.
        "works": [] if opened else running_works(viewer),
        "decisions": questions,
        "decide": next((d.key for d in questions if d.key == wanted), questions[0].key if questions else ""),
        "places": morning.places(known),
        "slip": slips.slip(key, known, viewer=viewer, on=on),
        "is_quiet": not opened,
    }
    return render(request, "secretary/today.html", context)
