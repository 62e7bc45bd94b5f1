"""Filling a seat, one tenure with what its person agreed to, and its end."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.people import actions as people
from xiaojia.domains.people import queries as people_queries
from xiaojia.domains.places.queries import community
from xiaojia.domains.teams import actions, queries
from xiaojia.domains.teams.access import MAY
from xiaojia.domains.teams.forms import DesignateForm, EndForm, ListingForm, PartyForm
from xiaojia.domains.teams.models import Tenure
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import ROLES, Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

LOCAL_ROLES: Final = ("head", "steward", "volunteer")


def designate(request: HttpRequest, microgrid_id: int, role: str) -> HttpResponse:
    """Search a person (`?q=`), or write a new one; say from when and why."""
    viewer, now = actor_of(request), clock.now()
    if role not in LOCAL_ROLES:
        raise Http404
    verb = "enlist_volunteer" if role == "volunteer" else "designate"
    require(MAY, verb, viewer, viewer.community_id)
    on = clock.today(now)
    team = queries.team_of(microgrid_id, viewer=viewer, on=on)
    if team is None:
        raise Http404
    text = request.GET.get("q", "").strip()[:60]
    found, household_ids = queries.candidates(text, viewer=viewer, on=on)
    people.log_view(
        viewer=viewer, at=now, reason="designate", screen="designate", household_ids=household_ids
    )
    form = DesignateForm(request.POST or None, role=role, initial={"from_on": on.isoformat(), "who": "new"})
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            return _designated(request, form.cleaned_data, microgrid_id, role, viewer)
        except Refused as refused:
            refusal = refused
    context = {
        "form": form, "team": team, "role": role, "role_word": ROLES[role], "text": text,
        "candidates": found, "refusal": refusal, "picked": request.POST.get("who", ""),
        "seat": team.head if role == "head" else team.steward if role == "steward" else None,
    }  # fmt: skip
    status = 422 if form.errors else refusal.status if refusal else 200
    return render(request, "teams/designate.html", context, status=status)


def _designated(
    request: HttpRequest, values: dict[str, Any], microgrid_id: int, role: str, by: Actor
) -> HttpResponse:
    account_id, newcomer = _who(values, by)
    terms = actions.Terms(
        account_id=account_id, microgrid_id=microgrid_id, role=role, from_on=values["from_on"],
        until_on=values["until_on"], kind=values["kind"] if role == "steward" else "",
        is_acting=values["is_acting"], reason=values["reason"], document_number=values["document_number"],
        is_party_said=values["is_party_said"], moves=values["moves"] and role == "head",
    )  # fmt: skip
    at = clock.now()
    tenure = actions.take_in(by=by, at=at, terms=terms, newcomer=newcomer, phone=values["phone"])
    actions.refresh_pages(by=by, at=at)
    day = tenure.from_on
    words = {"name": tenure.account.name, "role": ROLES[role], "day": f"{day.month}月{day.day}日"}
    messages.success(request, _("请%(name)s当%(role)s，记好了，从%(day)s起。") % words)
    return redirect("teams:one", microgrid_id=microgrid_id)


def _who(values: dict[str, Any], by: Actor) -> tuple[int, actions.Newcomer | None]:
    """The account, or 0 and the newcomer who gets one."""
    key, _colon, ident = values["who"].partition(":")
    if key == "account" and ident.isdigit() and queries.serves_here(int(ident), viewer=by):
        return int(ident), None
    name = values["name"]
    if key == "resident":
        try:
            name = people_queries.name_of(UUID(ident), viewer=by)
        except ValueError:
            name = ""
    if key not in {"resident", "new"} or not name:
        raise Refused(_("没找到选的这位；再找一次，重新选。"))
    is_simulated = community(by.community_id).is_simulated
    return 0, actions.Newcomer(name, values["username"], values["password"], is_simulated)


def tenure(request: HttpRequest, tenure_id: int) -> HttpResponse:
    """One tenure: its paper for the office, the yes to the door card, thanks or an end."""
    viewer = actor_of(request)
    found = _tenure(tenure_id, viewer)
    member = queries.member_of(found)
    on = clock.today()
    is_over = found.until_on is not None and found.until_on <= on
    verb = "enlist_volunteer" if found.role == "volunteer" else "end_tenure"
    context = {
        "tenure": found, "member": member, "on": on, "is_over": is_over,
        "paper": queries.designation_of(tenure_id, viewer=viewer),
        "form": ListingForm(initial={"phone": member.phone}),
        "may_end": may(MAY, verb, viewer, viewer.community_id) and not is_over,
        "may_tick": may(MAY, "designate", viewer, viewer.community_id),
    }  # fmt: skip
    return render(request, "teams/tenure.html", context)


@require_POST
def listing(request: HttpRequest, tenure_id: int) -> HttpResponse:
    """The person says yes to the door card with a phone, or takes it back."""
    by, at = actor_of(request), clock.now()
    found, form = _tenure(tenure_id, by), ListingForm(request.POST)
    if not form.is_valid():
        raise Http404
    if form.cleaned_data["says"] == "yes":
        actions.give_listing(by=by, at=at, account_id=found.account_id, phone=form.cleaned_data["phone"])
        if by.scope.is_wide:
            actions.refresh_pages(by=by, at=at)
        messages.success(request, _("记下了：姓名和电话可以上门牌。什么时候都可以收回。"))
    else:
        actions.withdraw_listing(by=by, at=at, account_id=found.account_id)
        messages.success(request, _("收回了。楼栋页上已经没有了，往后印的也不会有。"))
    return redirect("teams:tenure", tenure_id=tenure_id)


@require_POST
def party(request: HttpRequest, tenure_id: int) -> HttpResponse:
    """The person's own word that they are a Party member, written down or erased."""
    by, form = actor_of(request), PartyForm(request.POST)
    _tenure(tenure_id, by)
    if not form.is_valid():
        raise Http404
    is_said = form.cleaned_data["says"] == "yes"
    actions.keep_party_tick(by=by, at=clock.now(), tenure_id=tenure_id, is_said=is_said)
    messages.success(request, _("记下了。") if is_said else _("擦掉了。"))
    return redirect("teams:tenure", tenure_id=tenure_id)


def end(request: HttpRequest, tenure_id: int) -> HttpResponse:
    """Destructive acts ask on a page of their own: until when, and why."""
    viewer, now = actor_of(request), clock.now()
    found = _tenure(tenure_id, viewer)
    verb = "enlist_volunteer" if found.role == "volunteer" else "end_tenure"
    require(MAY, verb, viewer, viewer.community_id)
    form = EndForm(request.POST or None, initial={"on": clock.today(now).isoformat()})
    refusal = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            actions.end_tenure(
                by=viewer, at=now, tenure_id=tenure_id, on=values["on"], reason=values["reason"],
                note=values["note"],
            )  # fmt: skip
            actions.refresh_pages(by=viewer, at=now)
            messages.success(request, _("记好了，谢谢%(name)s。") % {"name": found.account.name})
            return redirect("teams:one", microgrid_id=found.microgrid_id)
        except Refused as refused:
            refusal = refused
    member = queries.member_of(found)
    context = {"tenure": found, "member": member, "form": form, "refusal": refusal}
    status = 422 if form.errors else refusal.status if refusal else 200
    return render(request, "teams/end.html", context, status=status)


def _tenure(tenure_id: int, viewer: Actor) -> Tenure:
    found = queries.tenure(tenure_id, viewer=viewer)
    if found is None:
        raise Http404
    return found
