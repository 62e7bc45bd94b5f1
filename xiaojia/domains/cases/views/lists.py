"""The list of cases, and the sheet for the wall."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from xiaojia.domains.cases import queries
from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.lines import clocks_of_today, lines
from xiaojia.domains.cases.queries import Wanted
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.requests import actor_of

WALL_DAYS: Final = 14
ROWS: Final = {"a4": 26, "a3": 40}
"""How many stand on one page that is still read from a step away."""


def home(request: HttpRequest) -> HttpResponse:
    """25 a page, the nearest deadline first; whoever handles cases sees their own first."""
    viewer, now, asked = actor_of(request), clock.now(), request.GET
    require(MAY, "see_cases", viewer, viewer.community_id)
    kind = asked.get("kind", "")
    wanted = Wanted(
        view=asked.get("view", "open"),
        casekind_id=int(kind) if kind.isdigit() else None,
        is_mine=bool(asked.get("mine")),
        is_late=bool(asked.get("late")),
        place=asked.get("place", "")[:60],
    )
    page = Paginator(queries.found(wanted, viewer=viewer, at=now), queries.A_PAGE).get_page(asked.get("page"))
    kept = {k: asked[k] for k in ("view", "kind", "mine", "late", "place") if asked.get(k)}
    context = {
        "now": now,
        "page": page,
        "lines": lines(page.object_list, at=now),
        "wanted": wanted,
        "views": [(key, word) for key, (word, _states) in queries.VIEWS.items()],
        "kinds": queries.casekinds(viewer=viewer) if viewer.scope.is_wide else (),
        "query": f"{urlencode(kept)}&" if kept else "",
        "is_desk": viewer.scope.is_wide,
        "is_filtered": bool(kept),
        "has_drafts": bool(settings.XIAOJIA_PUBLIC_URL),
    }
    return render(request, "cases/home.html", context)


def clocks(request: HttpRequest) -> HttpResponse:
    """The counts of today as one sentence, which a page fetches when it is there; alone it is the list."""
    viewer, now = actor_of(request), clock.now()
    if "HX-Request" not in request.headers:
        return redirect(f"{reverse('cases:home')}?view=due")
    context = {"clocks": clocks_of_today(viewer=viewer, at=now)}
    return render(request, "cases/_clocks.html", context)


def board(request: HttpRequest) -> HttpResponse:
    """What was said and what came of it, for the wall: kinds, buildings and dates, no names, no texts."""
    viewer, now = actor_of(request), clock.now()
    size = "a3" if request.GET.get("size") == "a3" else "a4"
    found = queries.on_the_wall(viewer=viewer, since=now - timedelta(days=WALL_DAYS), most=ROWS[size])
    rows = lines(found, at=now)
    context = {
        "now": now,
        "over": [r for r in rows if r.is_over],
        "open": [r for r in rows if not r.is_over],
        "size": size,
        "days": WALL_DAYS,
    }
    return render(request, "cases/board.html", context)
