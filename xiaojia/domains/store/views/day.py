"""The day on one page, and the paper sheet for a day without network."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from xiaojia.domains.places.queries import community
from xiaojia.domains.store import actions, queries
from xiaojia.domains.store.access import MAY
from xiaojia.domains.store.forms import CorrectForm, SheetForm, SheetsForm
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

SHEET_LINES = 18


def day(request: HttpRequest) -> HttpResponse:
    """日结: `?on=` a day, today if nothing or nonsense is said, never one to come; closed here, once."""
    viewer, now = actor_of(request), clock.now()
    today = clock.today(now)
    on = _asked_on(request, today)
    do = request.POST.get("do", "")
    form = CorrectForm(request.POST if do == "correct" else None)
    refusal = None
    if request.method == "POST" and (do == "close" or (do == "correct" and form.is_valid())):
        more: dict[str, Any] = {"by": viewer, "at": now, "day_on": on}
        try:
            if do == "close":
                actions.close_day(**more, on=today)
                messages.success(request, _("结好了。后来再有变动，这一页的数也不会改。"))
            else:
                actions.correct_close(**more, reason=form.cleaned_data["reason"])
                messages.success(request, _("更正记下了，结账时的数还在。"))
            return redirect(f"{reverse('store:day')}?on={on.isoformat()}")
        except Refused as refused:
            refusal = refused
    context = {**_told(on, viewer), "form": form, "refusal": refusal, "on": on, "today": today}
    context |= {"before": on - timedelta(days=1), "after": on + timedelta(days=1) if on < today else None}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "store/day.html", context, status=status)


def _asked_on(request: HttpRequest, today: date) -> date:
    try:
        return min(date.fromisoformat(request.GET.get("on", "")), today)
    except ValueError:
        return today


def _told(on: date, viewer: Actor) -> dict[str, Any]:
    """The day as it was closed, else as it is reckoned now; its corrections; what changed since the last."""
    now, closes = queries.day(on, viewer=viewer), queries.closes(on, viewer=viewer)
    return {
        "day": closes[0].day if closes else now,
        "close": closes[0] if closes else None,
        "corrections": [(row, _changed(before.day, row.day)) for before, row in pairwise(closes)],
        "is_changed": bool(closes) and closes[-1].day != now,
        "changes": _changed(closes[-1].day, now) if closes else [],
        "now": now,
        "sheets": [s for s in queries.open_sheets(viewer=viewer) if s.day_on == on],
        "community": community(viewer.community_id),
    }


def _changed(then: queries.Day, now: queries.Day) -> list[tuple[queries.DayLine | None, queries.DayLine]]:
    """Things whose pieces are not the same in both, as they were and as they are."""
    before = {line.number: line for line in then.lines}
    return [(before.get(line.number), line) for line in now.lines if before.get(line.number) != line]


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
    """A sheet that comes back: each line is answered for itself. `?day=`, `?sheet=` name one that waits."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    require(MAY, "serve", viewer, viewer.community_id)
    is_count = request.POST.get("do") == "count"
    first = {"day": request.GET.get("day") or on.isoformat(), "sheet": request.GET.get("sheet") or 1}
    form = SheetForm(None if is_count else request.POST or None, initial=first)
    count = SheetsForm(request.POST if is_count else None, initial={"day": first["day"]}, prefix="count")
    refusal, answers = None, None
    try:
        if is_count and count.is_valid():
            waiting = actions.note_sheets(by=viewer, at=now, on=on, **count.cleaned_data)
            messages.success(request, _("记下了，还有 %(n)d 张等着补录。") % {"n": waiting})
            return redirect("store:typed")
        if request.method == "POST" and not is_count and form.is_valid():
            v = form.cleaned_data
            answers = actions.type_sheet(
                by=viewer, at=now, on=on, day=v["day"], sheet=v["sheet"], rows=v["lines"]
            )
    except Refused as refused:
        refusal = refused
    context = {
        "form": form, "count": count, "refusal": refusal, "answers": answers,
        "waiting": queries.open_sheets(viewer=viewer),
        "done": sum(a.redemption is not None for a in answers or []),
        "refused": sum(a.redemption is None for a in answers or []),
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors or count.errors else 200
    return render(request, "store/typed.html", context, status=status)
