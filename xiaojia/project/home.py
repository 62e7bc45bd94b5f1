"""`/` is the desk of the role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xiaojia.desks.head.views import my_microgrid
from xiaojia.desks.officer.views import today as officer_today
from xiaojia.desks.secretary.views import today as secretary_today

DESKS: Final[dict[str, Callable[[HttpRequest], HttpResponse]]] = {
    "secretary": secretary_today,
    "officer": officer_today,
    "head": my_microgrid,
}


def home(request: HttpRequest) -> HttpResponse:
    """The first page of the person's desk; somebody without a tenure today is told whom to ask."""
    if not request.user.is_authenticated:
        return redirect("sign_in")
    actor = getattr(request, "actor", None)
    if actor is None or actor.role not in DESKS:
        return render(request, "no_desk.html", status=403)
    return DESKS[actor.role](request)
