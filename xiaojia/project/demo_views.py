"""`--demo` only: sit down as a simulated person, without a password."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xiaojia.domains.people.views.sign_in import enter
from xiaojia.domains.places.queries import communities
from xiaojia.domains.teams.models import Tenure
from xiaojia.domains.teams.queries import simulated_tenures
from xiaojia.kernel import clock
from xiaojia.kernel.actors import ROLES
from xiaojia.project.home import DESKS
from xiaojia.project.middleware import TENURE_KEY


def personas(request: HttpRequest) -> HttpResponse:
    """换个人看看: for each simulated community one person of every desk that there is."""
    names = {c.pk: c for c in communities() if c.is_simulated}
    found: dict[int, dict[str, Tenure]] = {pk: {} for pk in names}
    for tenure in _tenures():
        found[tenure.community_id].setdefault(tenure.role, tenure)
    groups = [
        (names[pk], [(ROLES[role], here[role]) for role in DESKS if role in here])
        for pk, here in found.items()
    ]
    return render(request, "personas.html", {"groups": [g for g in groups if g[1]]})


def sit_down_as(request: HttpRequest, role: str) -> HttpResponse:
    """Sign in as the first simulated person of that role, in the first such community or in `?in=CODE`."""
    tenures = _tenures().filter(role=role)
    code = request.GET.get("in")
    if code:
        tenures = tenures.filter(community_id__in=[c.pk for c in communities() if c.code == code])
    tenure = tenures.first()
    if tenure is None:
        raise Http404
    enter(request, tenure.account)
    request.session[TENURE_KEY] = tenure.pk
    return redirect("home")


def _tenures() -> QuerySet[Tenure]:
    simulated = [c.pk for c in communities() if c.is_simulated]
    return simulated_tenures(on=clock.today()).filter(community_id__in=simulated)
