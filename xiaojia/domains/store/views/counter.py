"""The counter: who is it, what do they take. Each step is one page, for a phone and for a keyboard."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.people import actions as people
from xiaojia.domains.store import actions, queries
from xiaojia.domains.store.access import MAY
from xiaojia.domains.store.forms import BasketForm
from xiaojia.domains.store.queries import Customer
from xiaojia.domains.store.rules import COLLEAGUE, RETURN_DAYS, may_return
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def home(request: HttpRequest) -> HttpResponse:
    """One field for a name with building, a passbook number or a pick-up code; what waits to be fetched."""
    viewer = actor_of(request)
    require(MAY, "serve", viewer, viewer.community_id)
    text = request.GET.get("q", "").strip()[:40]
    found: list[Customer] = []
    if text:
        kept = queries.redemption_by_code(text, viewer=viewer)
        if kept is not None:
            return redirect("store:redemption", redemption_id=kept.pk)
        found = queries.customers(text, viewer=viewer, on=clock.today())
        if len(found) == 1:
            return redirect("store:serve", member_id=found[0].member_id)
    context = {"text": text, "found": found, "waiting": queries.waiting(viewer=viewer), "on": clock.today()}
    return render(request, "store/home.html", context)


def serve(request: HttpRequest, member_id: int) -> HttpResponse:
    """What one member can spend, and the goods that they take now or have set aside."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    who = queries.customer(member_id, viewer=viewer, on=on)
    if who is None:
        raise Http404
    why = queries.colleague_needed(member_id, viewer=viewer)
    # What is sent twice may name the last piece, which it took itself: the action knows, not the shelf.
    items = queries.shelf(viewer=viewer, on=on, is_all=request.method == "POST")
    form, refusal = BasketForm(request.POST or None, items=items), None
    if request.method == "POST" and form.is_valid():
        v = form.cleaned_data
        basket = actions.Basket(
            member_id, int(v["goods"]), v["quantity"], v["request"], v["way"] or "counter", v["proxy_name"],
            v["note"],
        )  # fmt: skip
        act = actions.reserve_goods if request.POST.get("do") == "keep" else actions.redeem_goods
        try:
            done = act(by=viewer, at=now, on=on, basket=basket)
        except Refused as refused:
            refusal = refused
            # Nothing was done: what is sent next is another piece of paper.
            again = request.POST.copy()
            again["request"] = str(uuid.uuid4())
            form.data = again
        else:
            return redirect("store:redemption", redemption_id=done.pk)
    _log(who, viewer)
    context = {
        "who": who, "form": form, "refusal": refusal, "has_goods": form.has_goods,
        "colleague": COLLEAGUE[why] if why else "",
        "past": queries.redemptions_of(member_id, viewer=viewer),
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "store/serve.html", context, status=status)


def redemption(request: HttpRequest, redemption_id: int) -> HttpResponse:
    """One redemption: what it was, and whatever may still become of it."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    refusal = None
    row = queries.redemption_shown(redemption_id, viewer=viewer)
    if row is None:
        raise Http404
    if request.method == "POST":
        try:
            messages.success(request, _end(request.POST.get("do", ""), redemption_id, viewer))
            return redirect("store:redemption", redemption_id=redemption_id)
        except Refused as refused:
            refusal = refused
    who = queries.customer(row.member_id, viewer=viewer, on=on)
    if who is None:
        raise Http404
    _log(who, viewer)
    is_late = row.expires_at is not None and row.expires_at <= now
    context = {
        "row": row, "who": who, "refusal": refusal, "is_waiting": row.state == "reserved" and not is_late,
        "is_late": row.state == "reserved" and is_late, "return_days": RETURN_DAYS,
        "may_return": row.state == "collected" and row.collected_on is not None
        and may_return(collected_on=row.collected_on, on=on),
    }  # fmt: skip
    return render(request, "store/redemption.html", context, status=refusal.status if refusal else 200)


def _end(do: str, redemption_id: int, viewer: Actor) -> str:
    """Do what was pressed; the sentence that says so."""
    now = clock.now()
    more = {"by": viewer, "at": now, "on": clock.today(now), "redemption_id": redemption_id}
    if do == "collect":
        actions.collect_goods(**more)  # type: ignore[arg-type]  # the four words every ending takes
        return _("领走了，分已经扣好。")
    if do == "cancel":
        actions.cancel_redemption(**more)  # type: ignore[arg-type]  # see above
        return _("不要了，东西回货架，分退回存折。")
    if do in {"return", "return_spoilt"}:
        actions.take_goods_back(**more, is_whole=do == "return")  # type: ignore[arg-type]  # see above
        return _("退货办好了，分退回存折。")
    raise Http404


def _log(who: Customer, viewer: Actor) -> None:
    """Whoever looks at somebody's points leaves a line in 谁看过我 (P07)."""
    if who.household_id is not None:
        people.log_view(
            viewer=viewer, at=clock.now(), reason="points", screen="counter", household_ids=[who.household_id]
        )
