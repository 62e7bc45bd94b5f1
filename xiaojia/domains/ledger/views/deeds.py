"""Writing down what somebody did, and the second person who says that it was so. Made for a phone."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.ledger import actions, queries
from xiaojia.domains.ledger.access import MAY
from xiaojia.domains.ledger.forms import ConfirmForm, DeedForm, ReasonForm
from xiaojia.domains.ledger.models import Deed
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def home(request: HttpRequest) -> HttpResponse:
    """What waits for a second person; whoever confirms nothing finds the own passbook."""
    viewer = actor_of(request)
    if not may(MAY, "confirm_deed", viewer, viewer.community_id):
        return redirect("ledger:mine")
    on = clock.today()
    context = {
        "waiting": queries.waiting(viewer=viewer),
        "is_office": viewer.scope.is_wide,
        "active": queries.active_count(viewer=viewer, on=on) if viewer.scope.is_wide else None,
        "has_rules": bool(queries.rulebook(viewer=viewer, on=on)),
    }
    return render(request, "ledger/home.html", context)


def record(request: HttpRequest) -> HttpResponse:
    """One deed: who, what, which day. A volunteer writes down the own ones."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "record_deed", viewer, viewer.community_id)
    on = clock.today(now)
    if may(MAY, "see_members", viewer, viewer.community_id):
        members = list(queries.members(viewer=viewer).exclude(category="team"))
    else:
        own = queries.own_member(viewer=viewer)
        members = [own] if own else []
    rules = queries.rulebook(viewer=viewer, on=on)
    form = DeedForm(
        request.POST or None, members=members,
        rules=[r for r in rules if r.proof != "roster" or viewer.scope.is_wide],
        initial={"done_on": on.isoformat()},
    )  # fmt: skip
    refusal = None
    if request.method == "POST" and form.is_valid():
        v = form.cleaned_data
        done = actions.Done(int(v["member"]), v["rule"], v["done_on"], v["hours"], v["note"])
        try:
            deed = actions.record_deed(by=viewer, at=now, on=on, done=done)
        except Refused as refused:
            refusal = refused
        else:
            if may(MAY, "confirm_deed", viewer, viewer.community_id):
                return redirect("ledger:deed", deed_id=deed.pk)
            messages.success(request, _("记下了，等另一位看见的人来认；认了就到存折上。"))
            return redirect("ledger:mine")
    context = {"form": form, "refusal": refusal, "has_members": bool(members)}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "ledger/record.html", context, status=status)


def deed(request: HttpRequest, deed_id: int) -> HttpResponse:
    """One deed: confirm it with a witness, or give it back with a sentence."""
    viewer, now = actor_of(request), clock.now()
    found = queries.deed_shown(deed_id, viewer=viewer)
    if found is None:
        raise Http404
    members = [m for m in queries.members(viewer=viewer).exclude(category="team") if m.pk != found.member_id]
    is_refusing = request.POST.get("do") == "refuse"
    form = ConfirmForm(None if is_refusing else request.POST or None, members=members)
    reason_form, refusal = ReasonForm(request.POST if is_refusing else None), None
    bound = reason_form if is_refusing else form
    if request.method == "POST" and bound.is_valid():
        try:
            if is_refusing:
                actions.refuse_deed(
                    by=viewer, at=now, deed_id=deed_id, reason=reason_form.cleaned_data["reason"]
                )
                messages.success(request, _("退回了，没有给分，也没有扣分。"))
            else:
                witness = form.cleaned_data["witness"]
                done = actions.confirm_deed(
                    by=viewer, at=now, deed_id=deed_id, witness_id=int(witness) if witness else None
                )
                messages.success(request, _("认了，%(words)s。") % {"words": paid_words(done)})
            return redirect("ledger:home")
        except Refused as refused:
            refusal = refused
    context = {
        "deed": found, "form": form, "reason_form": reason_form, "refusal": refusal,
        "is_waiting": found.state == Deed.State.RECORDED, "state_words": paid_words(found),
    }  # fmt: skip
    status = refusal.status if refusal else 422 if bound.errors else 200
    return render(request, "ledger/deed.html", context, status=status)


def paid_words(deed: Deed) -> str:
    """What came of a deed, in words."""
    if deed.state == Deed.State.REFUSED:
        return _("退回了：%(reason)s") % {"reason": deed.refused_reason}
    if deed.state == Deed.State.RECORDED:
        return _("还没有人认")
    if deed.points < deed.worth:
        return _("到了上限，记 %(points)d 分，心意都记着") % {"points": deed.points}
    return _("记 %(points)d 分") % {"points": deed.points}
