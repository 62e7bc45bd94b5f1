"""Papers of the office: calling back, corrections by two, notices of points that end."""

from __future__ import annotations

import secrets
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.ledger import actions, queries
from xiaojia.domains.ledger.access import MAY
from xiaojia.domains.ledger.forms import ReasonForm
from xiaojia.domains.ledger.rules import NOTICE_DAYS, month_of, months_before
from xiaojia.domains.places.queries import community
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def _last_month() -> date:
    return months_before(month_of(clock.today())[0], 1)


def callbacks(request: HttpRequest) -> HttpResponse:
    """One deed in twenty of last month, drawn by a seed that stands on the page."""
    viewer = actor_of(request)
    month = _last_month()
    if request.method == "POST":
        drawn = actions.draw_callbacks(by=viewer, at=clock.now(), month=month, seed=secrets.token_hex(8))
        messages.success(request, _("抽了 %(n)d 条。") % {"n": len(drawn)})
        return redirect("ledger:callbacks")
    rows = queries.callbacks(viewer=viewer, month_on=month)
    context = {"rows": rows, "month": month, "seed": rows[0].seed if rows else ""}
    return render(request, "ledger/callbacks.html", context)


@require_POST
def answer_callback(request: HttpRequest, deed_id: int) -> HttpResponse:
    """What the neighbour said on the phone."""
    is_true = request.POST.get("says") != "no"
    actions.call_back(by=actor_of(request), at=clock.now(), deed_id=deed_id, is_true=is_true)
    messages.success(
        request, _("记下了，有这件事。") if is_true else _("记下了，提了更正，等另一位同事来定。")
    )
    return redirect("ledger:callbacks")


def corrections(request: HttpRequest) -> HttpResponse:
    """Corrections that wait for a second person."""
    viewer = actor_of(request)
    rows = [(row, row.asked_by_id == viewer.account_id) for row in queries.open_corrections(viewer=viewer)]
    return render(request, "ledger/corrections.html", {"rows": rows})


@require_POST
def settle(request: HttpRequest, correction_id: int) -> HttpResponse:
    """The second person agrees, or not."""
    viewer, now = actor_of(request), clock.now()
    answer = actions.reverse_award(
        by=viewer, at=now, on=clock.today(now), correction_id=correction_id,
        is_agreed=request.POST.get("says") == "yes",
    )  # fmt: skip
    if answer is None:
        messages.success(request, _("记下了，不更正，分照旧。"))
    elif answer.shortfall:
        said = _("更正了；有 %(n)d 分本人已经花了，由互助池担着。没留电话的，印一张对账单给他送去。")
        messages.success(request, said % {"n": answer.shortfall})
    else:
        messages.success(request, _("更正了，对账单上写着为什么；没留电话的，印一张给他送去。"))
    return redirect("ledger:corrections")


def correct(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Ask to take a wrong award back; a page of its own, with the sentence that the person will read."""
    viewer, now = actor_of(request), clock.now()
    award = queries.award_shown(transaction_id, viewer=viewer)
    if award is None or award.account.member is None:
        raise Http404
    form, refusal = ReasonForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_correction(
                by=viewer, at=now, transaction_id=transaction_id, reason=form.cleaned_data["reason"]
            )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("提了，等另一位同事来定；没定之前分不动。"))
            return redirect("ledger:corrections")
    context = {"award": award, "member": award.account.member, "form": form, "refusal": refusal}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "ledger/correct.html", context, status=status)


def notices(request: HttpRequest) -> HttpResponse:
    """Whose points end, and whether the paper was handed over; prints the letters that were not."""
    viewer = actor_of(request)
    require(MAY, "hand_notice", viewer, viewer.community_id)
    rows = queries.notices(viewer=viewer)
    context = {
        "rows": rows, "letters": [row for row in rows if row.handed_on is None], "days": NOTICE_DAYS,
        "community": community(viewer.community_id),
    }  # fmt: skip
    return render(request, "ledger/notices.html", context)


@require_POST
def hand(request: HttpRequest, notice_id: int) -> HttpResponse:
    """This paper was handed over today."""
    now = clock.now()
    row = actions.hand_notice(by=actor_of(request), at=now, on=clock.today(now), notice_id=notice_id)
    day = f"{row.expires_on.month}月{row.expires_on.day}日"
    messages.success(request, _("记下了，%(day)s才到期。") % {"day": day})
    return redirect("ledger:notices")
