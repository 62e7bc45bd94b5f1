"""收一件: type what was heard, look over what it seems to be, keep it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.cases import actions, proposing
from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.forms import BoxForm, ThreeFieldsForm, limit_words
from xiaojia.domains.cases.lines import clocks_of_today
from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.proposing import Chosen, Ground, Proposal
from xiaojia.domains.cases.queries.published import duty_phone
from xiaojia.domains.microgrids.queries import microgrids_on
from xiaojia.domains.microgrids.rules import address_words
from xiaojia.domains.receipts.rules import spell
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of
from xiaojia.kernel.tenancy import entered


def box(request: HttpRequest) -> HttpResponse:
    """The desks get the box with its check list, heads and stewards three fields."""
    viewer = actor_of(request)
    require(MAY, "report_case", viewer, viewer.community_id)
    return _box(request, viewer) if viewer.scope.is_wide else _three_fields(request, viewer)


def _box(request: HttpRequest, viewer: Actor) -> HttpResponse:
    now, does = clock.now(), request.POST.get("does", "")
    context: dict[str, Any] = {
        "now": now,
        "panels": clocks_of_today(viewer=viewer, at=now),
        "duty_phone": partial(duty_phone, viewer.community_id),
    }
    if request.method != "POST":
        context |= {"form": BoxForm(kinds=()), "is_fresh": True}
        return render(request, "cases/box.html", context)
    on = proposing.ground(viewer=viewer, at=now)
    form = BoxForm(request.POST, kinds=on.kinds, is_kept=does == "keep")
    refusal: Refused | None = None
    if form.is_valid() and does == "keep":
        try:
            case = _keep(form, viewer, on)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _kept_sentence(case, is_joined=form.joined is not None))
            return redirect("cases:one", case.pk)
    text = request.POST.get("text", "").strip()
    if text:
        context |= _looked(form, text, viewer=viewer, on=on)
    status = refusal.status if refusal else 422 if form.errors else 200
    context |= {"form": form, "refusal": refusal, "client_id": request.POST.get("client_id") or uuid4()}
    return render(request, "cases/box.html", context, status=status)


def _looked(form: BoxForm, text: str, *, viewer: Actor, on: Ground) -> dict[str, Any]:
    """The check list; what somebody already chose stands."""
    typed, now = form.data, clock.now()
    place_text = typed.get("place_text", "").strip()
    chosen = Chosen(_number(typed.get("casekind")), _number(typed.get("building")), place_text)
    found = proposing.propose(text, viewer=viewer, at=now, on=on, chosen=chosen)
    return {
        "proposal": found,
        "kind_id": str(found.kind.pk) if found.kind else "",
        "kind_reasons": _reasons(found),
        "limit": limit_words(found.kind.limit) if found.kind else "",
        "building_id": typed.get("building") or _first_building(found),
        "place_words": place_text
        or (found.place.building.label if found.place.building else found.place.words),
        "labels": [b.label for b in on.buildings],
        "join": typed.get("join", ""),
    }


def _number(typed: str | None) -> int | None:
    return int(typed) if typed and typed.isdigit() else None


def _reasons(found: Proposal) -> tuple[str, ...]:
    of_kind = (g.reasons for g in found.kinds if found.kind and g.kind.casekind_id == found.kind.pk)
    return next(of_kind, ())


def _first_building(found: Proposal) -> str:
    """Only what was named, or what was spoken of before, is ticked beforehand."""
    return str(found.place.building.building_id) if found.place.building else ""


def _keep(form: BoxForm, viewer: Actor, on: Ground) -> Case:
    """Report, or join the case that was ticked."""
    values, now = form.cleaned_data, clock.now()
    building_id, words = _place(values, on)
    report = actions.Report(
        casekind_id=int(values["casekind"] or 0),
        text=values["text"],
        place_text=words,
        building_id=building_id,
        reporter_name=values["reporter_name"],
        reporter_phone=values["reporter_phone"],
        client_id=values["client_id"],
    )
    if form.joined is not None:
        return actions.join_case(by=viewer, at=now, case_id=form.joined, report=report)
    return actions.report_case(by=viewer, at=now, report=report)


def _place(values: dict[str, Any], on: Ground) -> tuple[int | None, str]:
    """The ticked building, else the one that the words name; the words stay when they say more."""
    known = {b.building_id: b for b in on.buildings}
    chosen = known.get(values.get("building") or 0)
    words = values["place_text"]
    if chosen is None and words:
        chosen = proposing.guess(words, on)[1].building
    if chosen is None:
        return None, words
    return chosen.building_id, "" if words == chosen.label else words


def _kept_sentence(case: Case, *, is_joined: bool) -> str:
    if is_joined:
        return _("加进去了，和 %(code)s 一起办。") % {"code": spell(case.receipt_code)}
    return _("收下了。回执号 %(code)s，%(due)s前给回音。") % {
        "code": spell(case.receipt_code),
        "due": told_day(case),
    }


def told_day(case: Case) -> str:
    """11月30日."""
    due = clock.today(case.due_at)
    return _("%(month)d月%(day)d日") % {"month": due.month, "day": due.day}


def _three_fields(request: HttpRequest, viewer: Actor) -> HttpResponse:
    """Of heads and stewards: what, which building of theirs, where exactly. Word rules choose the kind."""
    now = clock.now()
    rows = [r for m in microgrids_on(viewer=viewer, on=clock.today(now)) for r in m.rows]
    buildings = dict.fromkeys((r.building_id, address_words(r.compound, r.building)) for r in rows)
    form = ThreeFieldsForm(request.POST or None, buildings=list(buildings))
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        report = actions.Report(
            casekind_id=0,
            text=values["text"],
            place_text=values["place_text"],
            building_id=int(values["building"]),
            source="phone",
            client_id=values["client_id"],
        )
        try:
            # A quarrel that is told leaves the teller's own sight at once, so it is written in a wide scope.
            wide = replace(viewer, scope=Scope((viewer.community_id,), is_wide=True))
            with entered(wide.scope):
                case = actions.report_as_neighbour(by=wide, at=now, report=report)
        except Refused as refused:
            refusal = refused
        else:
            if case.is_confidential:
                sentence = _("记下了。这样的事由专干来办，别人看不到。回执号 %(code)s。")
                messages.success(request, sentence % {"code": spell(case.receipt_code)})
                return redirect("cases:home")
            messages.success(request, _kept_sentence(case, is_joined=False))
            return redirect("cases:one", case.pk)
    status = refusal.status if refusal else 422 if form.errors else 200
    context = {
        "form": form,
        "refusal": refusal,
        "has_places": bool(buildings),
        "duty_phone": partial(duty_phone, viewer.community_id),
    }
    return render(request, "cases/three_fields.html", context, status=status)
