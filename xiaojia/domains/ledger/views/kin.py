"""Who lives with a member or is kin: declared by themselves, or written from a paper by the office."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.actions.kin import declare_kin_named, withdraw_kin
from xiaojia.domains.ledger.forms import KinForm
from xiaojia.domains.ledger.queries.kin import kin_of
from xiaojia.domains.people import actions as people
from xiaojia.kernel import clock
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def kin(request: HttpRequest, member_id: int) -> HttpResponse:
    """家里人和亲戚: who is told apart from a member, one more, and taking one back."""
    viewer, now = actor_of(request), clock.now()
    found = kin_of(member_id, viewer=viewer)
    if found is None:
        raise Http404
    is_back = request.POST.get("do") == "withdraw"
    form, refusal = KinForm(None if is_back else request.POST or None), None
    try:
        if is_back and (asked := request.POST.get("kinship", "")).isdecimal():
            withdraw_kin(by=viewer, at=now, member_id=member_id, kinship_id=int(asked[:12]))
            messages.success(request, _("撤回了。已经认了的好事和发出去的票，照旧。"))
            return redirect("ledger:kin", member_id=member_id)
        if request.method == "POST" and form.is_valid():
            declare_kin_named(by=viewer, at=now, member_id=member_id, named=form.cleaned_data["named"])
            messages.success(request, _("记下了。往后两位不互相作见证，互评的票也不发给彼此。"))
            return redirect("ledger:kin", member_id=member_id)
    except Refused as refused:
        refusal = refused
    is_own = found.member.account_id == viewer.account_id
    if not is_own and found.member.household_id is not None:
        people.log_view(
            viewer=viewer, at=now, reason="points", screen="kin", household_ids=[found.member.household_id]
        )
    context = {"kin": found, "form": form, "refusal": refusal, "is_own": is_own}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "ledger/kin.html", context, status=status)
