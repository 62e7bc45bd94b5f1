"""What kinds there are and how long each may take: data of the community, with versions."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.cases import actions, queries
from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.forms import LimitForm, limit_words
from xiaojia.domains.cases.models import Casekind
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def home(request: HttpRequest) -> HttpResponse:
    """Every kind with its limit; a community without kinds begins here."""
    viewer = actor_of(request)
    require(MAY, "change_casekind", viewer, viewer.community_id)
    if request.method == "POST":
        count = actions.open_casekinds(by=viewer, at=clock.now(), on=clock.today())
        messages.success(request, _("添了 %(n)d 类。") % {"n": count})
        return redirect("cases:kinds")
    rows = [(kind, limit_words(kind.limit)) for kind in queries.casekinds(viewer=viewer)]
    context = {
        "local": [row for row in rows if row[0].kind == Casekind.Kind.LOCAL],
        "national": [row for row in rows if row[0].kind != Casekind.Kind.LOCAL],
    }
    return render(request, "cases/kinds.html", context)


def one(request: HttpRequest, casekind_id: int) -> HttpResponse:
    """Another limit from today; what runs keeps its promise."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "change_casekind", viewer, viewer.community_id)
    kind = next((k for k in queries.casekinds(viewer=viewer) if k.pk == casekind_id), None)
    if kind is None:
        raise Http404
    first = {"amount": kind.limit_amount, "unit": kind.limit_unit}
    form, refusal = LimitForm(request.POST or None, initial=first), None
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_casekind(
                by=viewer, at=now, on=clock.today(now), casekind_id=casekind_id, limit=form.limit
            )
        except Refused as refused:
            refusal = refused
        else:
            said = _("记下了：%(name)s，%(limit)s。从今天报的算起，以前答应的日子不变。")
            messages.success(request, said % {"name": kind.name, "limit": limit_words(form.limit)})
            return redirect("cases:kinds")
    status = refusal.status if refusal else 422 if form.is_bound and form.errors else 200
    context = {"form": form, "kind": kind, "words": limit_words(kind.limit), "refusal": refusal}
    return render(request, "cases/kind.html", context, status=status)
