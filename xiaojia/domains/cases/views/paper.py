"""Paper slips typed back, twenty in one go, and an order of the 12345 line pasted as text."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaojia.domains.cases import actions, proposing
from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.forms import OrderForm, PasteForm, SlipForm
from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.proposing import Ground
from xiaojia.domains.cases.reading import Order, SlipLine, read_order, read_slips
from xiaojia.domains.cases.reading.order import read_limit
from xiaojia.domains.cases.reading.slips import MOST_SLIPS
from xiaojia.domains.cases.views.box import told_day
from xiaojia.domains.receipts.rules import spell
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

ORDERS = UUID("6e0b7b0e-2f0e-5a51-9a0b-0d1f5a1c2345")
"""Namespace of ids made of an order's number: the same order twice is one case."""


def slips(request: HttpRequest) -> HttpResponse:
    """One line a slip; then a check list of all of them; then one button."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "settle_child", viewer, viewer.community_id)
    paste, forms, refusal = PasteForm(), [], None
    does = request.POST.get("does", "")
    if request.method == "POST":
        on = proposing.ground(viewer=viewer, at=now)
        if does == "keep":
            forms = [SlipForm(request.POST, kinds=on.kinds, prefix=f"s{n}") for n in range(_count(request))]
            wanted = [f for f in forms if not f.data.get(f"{f.prefix}-skip")]
            faults = [f for f in wanted if not f.is_valid()]  # every one, so that every mistake is shown
            if not faults:
                try:
                    cases = [_keep(f.cleaned_data, viewer, on, now) for f in wanted]
                except Refused as refused:
                    refusal = refused
                else:
                    return render(request, "cases/slips_kept.html", {"cases": _kept(cases)})
        else:
            paste = PasteForm(request.POST)
            if paste.is_valid():
                read = read_slips(paste.cleaned_data["pasted"], today=clock.today(now))
                forms = [_slip_form(line, n, on) for n, line in enumerate(read[:MOST_SLIPS])]
                refusal = _too_many(len(read))
    context = {"paste": paste, "forms": forms, "refusal": refusal, "most": MOST_SLIPS}
    return render(request, "cases/slips.html", context, status=_status(forms, paste, refusal))


def _count(request: HttpRequest) -> int:
    said = request.POST.get("count", "")
    return min(int(said), MOST_SLIPS) if said.isdigit() else 0


def _too_many(count: int) -> Refused | None:
    if count <= MOST_SLIPS:
        return None
    return Refused(
        _("一次最多 %(most)d 张，先收这些；后面 %(n)d 张还没有收，下一回再贴。")
        % {"most": MOST_SLIPS, "n": count - MOST_SLIPS}
    )


def _status(forms: list[Any], paste: PasteForm, refusal: Refused | None) -> int:
    if any(f.is_bound and f.errors for f in forms) or (paste.is_bound and paste.errors):
        return 422
    return refusal.status if refusal and forms and forms[0].is_bound else 200


def _slip_form(line: SlipLine, number: int, on: Ground) -> SlipForm:
    kinds, place = proposing.guess(line.text, on)
    return SlipForm(
        kinds=on.kinds,
        prefix=f"s{number}",
        initial={
            "text": line.text,
            "casekind": str(kinds[0].kind.casekind_id) if kinds else "",
            "place_text": place.building.label if place.building else place.words,
            "said_on": line.said_on,
            "reporter_name": line.name,
            "reporter_phone": line.phone,
            "client_id": uuid4(),
        },
    )


def _keep(values: dict[str, Any], viewer: Actor, on: Ground, now: datetime) -> Case:
    said_on: date | None = values["said_on"]
    said_at = datetime.combine(said_on, time(9), tzinfo=timezone.get_current_timezone()) if said_on else None
    place = proposing.guess(values["place_text"], on)[1].building if values["place_text"] else None
    report = actions.Report(
        casekind_id=int(values["casekind"]),
        text=values["text"],
        place_text="" if place and place.label == values["place_text"] else values["place_text"],
        building_id=place.building_id if place else None,
        reporter_name=values["reporter_name"],
        reporter_phone=values["reporter_phone"],
        source="slip",
        client_id=values["client_id"],
        said_at=said_at,
    )
    return actions.report_case(by=viewer, at=now, report=report)


def _kept(cases: list[Case]) -> list[dict[str, Any]]:
    return [{"case": c, "code": spell(c.receipt_code), "due": told_day(c)} for c in cases]


def order(request: HttpRequest) -> HttpResponse:
    """Paste the order as it came; look over what was read; keep it with the sender's own limit."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "settle_child", viewer, viewer.community_id)
    paste, form, refusal, read = PasteForm(), None, None, None
    if request.method == "POST":
        on = proposing.ground(viewer=viewer, at=now)
        if request.POST.get("does") == "keep":
            form = OrderForm(request.POST, kinds=on.kinds)
            if form.is_valid():
                try:
                    case = _keep_order(form.cleaned_data, viewer, on, now)
                except Refused as refused:
                    refusal = refused
                else:
                    said = _("收下了。回执号 %(code)s，%(due)s前给回音。")
                    messages.success(
                        request, said % {"code": spell(case.receipt_code), "due": told_day(case)}
                    )
                    return redirect("cases:one", case.pk)
        else:
            paste = PasteForm(request.POST)
            if paste.is_valid():
                read = read_order(paste.cleaned_data["pasted"], at=now)
                form = _order_form(read, on)
    context = {"paste": paste, "form": form, "refusal": refusal, "read": read}
    return render(
        request, "cases/order.html", context, status=_status([form] if form else [], paste, refusal)
    )


def _order_form(read: Order, on: Ground) -> OrderForm:
    text = "\n".join(t for t in (read.title, read.text) if t)
    kinds, place = proposing.guess(f"{read.address} {text}", on)
    if read.address:
        place = proposing.guess(read.address, on)[1]
    return OrderForm(
        kinds=on.kinds,
        initial={
            "text": text,
            "casekind": str(kinds[0].kind.casekind_id) if kinds else "",
            "place_text": place.building.label if place.building else read.address,
            "reporter_name": read.name,
            "reporter_phone": read.phone,
            "number": read.number,
            "sender_limit": read.limit_text,
            "said_at": read.said_at,
            "client_id": uuid4(),
        },
    )


def _keep_order(values: dict[str, Any], viewer: Actor, on: Ground, now: datetime) -> Case:
    said_at = values["said_at"]
    limit = read_limit(values["sender_limit"], since=said_at or now)
    if values["sender_limit"] and limit is None:
        raise actions.NotReported(
            _("这张单没有收，因为来单的时限没看懂；写成“3 个工作日”“24 小时”，或者空着。")
        )
    place = proposing.guess(values["place_text"], on)[1].building if values["place_text"] else None
    number = values["number"].strip()
    report = actions.Report(
        casekind_id=int(values["casekind"]),
        text=values["text"],
        place_text="" if place and place.label == values["place_text"] else values["place_text"],
        building_id=place.building_id if place else None,
        reporter_name=values["reporter_name"],
        reporter_phone=values["reporter_phone"],
        source="12345",
        client_id=uuid5(ORDERS, f"{viewer.community_id} {number}") if number else values["client_id"],
        said_at=said_at,
        limit=limit,
        sender_limit=" ".join(p for p in (number, values["sender_limit"]) if p)[:60],
    )
    return actions.report_case(by=viewer, at=now, report=report)
