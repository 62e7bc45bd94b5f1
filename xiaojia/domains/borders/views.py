from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.borders import actions, queries
from xiaojia.domains.borders.access import MAY
from xiaojia.domains.borders.forms import BorderForm
from xiaojia.domains.borders.models import Borderchange
from xiaojia.domains.borders.rules import STATES
from xiaojia.domains.places.queries import communities
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def home(request: HttpRequest) -> HttpResponse:
    """Every change in which this community is a side."""
    viewer = actor_of(request)
    found = queries.changes(viewer=viewer)
    names = queries.names(found)
    context = {
        "rows": [_row(change, names) for change in found],
        "may_plan": may(MAY, "plan_change", viewer, viewer.community_id),
    }
    return render(request, "borders/home.html", context)


def _row(change: Borderchange, names: dict[int, str]) -> dict[str, Any]:
    return {
        "change": change,
        "from_name": names[change.community_id],
        "to_name": names[change.to_community_id],
        "word": STATES[change.state],
        "where": "、".join(c.name for c in change.compounds.all()),
        "homes": sum(c.household_count for c in change.compounds.all()),
    }


def waiting(request: HttpRequest) -> HttpResponse:
    """What waits for a yes of this side, which the first page fetches; alone it is the list."""
    if "HX-Request" not in request.headers:
        return redirect("borders:home")
    found = queries.awaiting(viewer=actor_of(request))
    names = queries.names(found)
    context = {"rows": [(change, names[change.community_id]) for change in found]}
    return render(request, "borders/_waiting.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """Choose, look what it would mean, then write it down: nothing moves before the other side's yes."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "plan_change", viewer, viewer.community_id)
    others = communities().exclude(pk=viewer.community_id).filter(valid_until_on__isnull=True)
    form = BorderForm(
        request.POST or None,
        compounds=[
            (pk, _("%(name)s（%(n)s 户）") % {"name": name, "n": count})
            for pk, name, count in queries.compound_choices(viewer=viewer)
        ],
        communities=[(c.pk, c.name) for c in others],
    )
    refusal, told = None, None
    if request.method == "POST" and form.is_valid():
        border = _border(form)
        try:
            actions.check_border(by=viewer, at=now, border=border)
            if "write" in request.POST:
                change = actions.plan_change(by=viewer, at=now, border=border)
                messages.success(request, _("计划写下了；等那边的书记点头，才算数。"))
                return redirect("borders:one", change.pk)
            told = queries.consequences(viewer=viewer, compound_ids=border.compound_ids, on=clock.today(now))
        except Refused as refused:
            refusal = refused
    context = {"form": form, "refusal": refusal, "told": told}
    return render(request, "borders/new.html", context, status=refusal.status if refusal else 200)


def _border(form: BorderForm) -> actions.Border:
    clean = form.cleaned_data
    return actions.Border(
        tuple(clean["compound_ids"]), clean["to_community_id"], clean["from_on"], clean["reason"],
        clean["document_number"],
    )  # fmt: skip


def one(request: HttpRequest, change_id: int, refusal: Refused | None = None) -> HttpResponse:
    """One change: what it means, who said yes, what came of it."""
    viewer = actor_of(request)
    change = _change(change_id, viewer)
    is_there = change.to_community_id == viewer.community_id
    is_living = change.state in ("planned", "agreed")
    context = {
        "row": _row(change, queries.names([change])),
        "told": change.told,
        "result": change.result,
        "refusal": refusal,
        "may_agree": change.state == "planned"
        and is_there
        and may(MAY, "agree_to_change", viewer, viewer.community_id),
        "may_cancel": is_living and may(MAY, "cancel_change", viewer, viewer.community_id),
        "waits_for_other": change.state == "planned" and not is_there,
    }
    return render(request, "borders/one.html", context, status=refusal.status if refusal else 200)


def _change(change_id: int, viewer: Actor) -> Borderchange:
    found = queries.change(change_id, viewer=viewer)
    if found is None:
        raise Http404
    return found


@require_POST
def agree(request: HttpRequest, change_id: int) -> HttpResponse:
    """The second yes."""
    viewer = actor_of(request)
    require(MAY, "agree_to_change", viewer, viewer.community_id)
    _change(change_id, viewer)
    try:
        actions.agree_to_change(by=viewer, at=clock.now(), change_id=change_id)
    except Refused as refused:
        return one(request, change_id, refused)
    messages.success(request, _("说好了；到了那天，自动办。"))
    return redirect("borders:one", change_id)


@require_POST
def cancel(request: HttpRequest, change_id: int) -> HttpResponse:
    """Called off by either side."""
    viewer = actor_of(request)
    require(MAY, "cancel_change", viewer, viewer.community_id)
    _change(change_id, viewer)
    try:
        actions.cancel_change(by=viewer, at=clock.now(), change_id=change_id)
    except Refused as refused:
        return one(request, change_id, refused)
    messages.success(request, _("不办了，什么也没有动。"))
    return redirect("borders:one", change_id)
