"""`/` is the desk of the role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xiaojia.desks.clerk.views import today as clerk_today
from xiaojia.desks.head.views import my_microgrid
from xiaojia.desks.officer.views import today as officer_today
from xiaojia.desks.secretary.views import today as secretary_today
from xiaojia.desks.steward.views import my_places
from xiaojia.desks.volunteer.views import my_service
from xiaojia.domains.places.queries import communities
from xiaojia.domains.teams.queries import tenures_of
from xiaojia.kernel import clock
from xiaojia.kernel.actors import ROLES
from xiaojia.kernel.requests import actor_of
from xiaojia.project.middleware import TENURE_KEY

DESKS: Final[dict[str, Callable[[HttpRequest], HttpResponse]]] = {
    "secretary": secretary_today,
    "officer": officer_today,
    "head": my_microgrid,
    "steward": my_places,
    "volunteer": my_service,
    "clerk": clerk_today,
}


def home(request: HttpRequest) -> HttpResponse:
    """The first page of the person's desk; somebody without a tenure today is told whom to ask."""
    if not request.user.is_authenticated:
        return redirect("sign_in")
    actor = getattr(request, "actor", None)
    if actor is None or actor.role not in DESKS:
        return render(request, "no_desk.html", status=403)
    return DESKS[actor.role](request)


def desks(request: HttpRequest) -> HttpResponse:
    """换桌: the tenures that one account holds today, perhaps in several communities."""
    actor = actor_of(request)
    tenures = list(tenures_of(actor.account_id, on=clock.today()).select_related("microgrid"))
    if request.method == "POST":
        chosen = next((t for t in tenures if str(t.pk) == request.POST.get("tenure")), None)
        if chosen is None:
            raise Http404
        request.session[TENURE_KEY] = chosen.pk
        return redirect("home")
    names = {c.pk: c.name for c in communities()}
    choices = [(t, ROLES[t.role], names[t.community_id]) for t in tenures]
    return render(request, "desks.html", {"choices": choices, "current": actor.tenure_id})
