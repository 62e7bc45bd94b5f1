"""The day on one page, and the paper sheet for a day without network."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.places.queries import community
from xiaojia.domains.store import actions, queries
from xiaojia.domains.store.access import MAY
from xiaojia.domains.store.forms import SheetForm
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

SHEET_LINES = 18


def day(request: HttpRequest) -> HttpResponse:
    """日结: `?on=` a day, today if nothing or nonsense is said; never one to come."""
    viewer, today = actor_of(request), clock.today()
    try:
        on = min(date.fromisoformat(request.GET.get("on", "")), today)
    except ValueError:
        on = today
    context = {
        "day": queries.day(on, viewer=viewer), "on": on, "before": on - timedelta(days=1),
        "after": on + timedelta(days=1) if on < today else None, "community": community(viewer.community_id),
    }  # fmt: skip
    return render(request, "store/day.html", context)


def sheet(request: HttpRequest) -> HttpResponse:
    """The sheet to print: goods with numbers and prices above, empty lines below."""
    viewer, on = actor_of(request), clock.today()
    require(MAY, "serve", viewer, viewer.community_id)
    items = [i for i in queries.shelf(viewer=viewer, on=on) if i.points is not None]
    context = {
        "items": items, "lines": range(1, SHEET_LINES + 1), "on": on,
        "community": community(viewer.community_id),
    }  # fmt: skip
    return render(request, "store/sheet.html", context)


def typed(request: HttpRequest) -> HttpResponse:
    """A sheet that comes back: each line is answered for itself."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    require(MAY, "serve", viewer, viewer.community_id)
    form = SheetForm(request.POST or None, initial={"day": on.isoformat(), "sheet": 1})
    refusal, answers = None, None
    if request.method == "POST" and form.is_valid():
        v = form.cleaned_data
        try:
            answers = actions.type_sheet(
                by=viewer, at=now, on=on, day=v["day"], sheet=v["sheet"], rows=v["lines"]
            )
        except Refused as refused:
            refusal = refused
    context = {
        "form": form, "refusal": refusal, "answers": answers,
        "done": sum(a.redemption is not None for a in answers or []),
        "refused": sum(a.redemption is None for a in answers or []),
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "store/typed.html", context, status=status)
