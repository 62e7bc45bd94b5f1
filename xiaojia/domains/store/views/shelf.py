"""The shelf and what people would like to find on it."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.store import actions, queries
from xiaojia.domains.store.access import MAY
from xiaojia.domains.store.forms import CountForm, GoodsForm, PriceForm, ReceiveForm, WantedForm
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def shelf(request: HttpRequest) -> HttpResponse:
    """Everything with its price and what is left; something new."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    require(MAY, "see_shelf", viewer, viewer.community_id)
    form, refusal = GoodsForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            goods = actions.add_goods(by=viewer, at=now, on=on, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            return redirect("store:goods", goods_id=goods.pk)
    context = {
        "items": queries.shelf(viewer=viewer, on=on, is_all=True), "form": form, "refusal": refusal,
        "is_open": bool(form.errors or refusal), "on": on,
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "store/shelf.html", context, status=status)


def goods(request: HttpRequest, goods_id: int) -> HttpResponse:
    """One thing: pieces that come or go bad, counting, prices, its last moves."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    do = request.POST.get("do", "")
    fresh = {"request": uuid.uuid4()}
    kinds: dict[str, forms.Form] = {
        "receive": ReceiveForm(request.POST if do in {"receive", "spoil"} else None, initial=fresh),
        "count": CountForm(request.POST if do == "count" else None, prefix="count"),
        "price": PriceForm(request.POST if do == "price" else None, prefix="price"),
    }
    form = kinds["receive"] if do == "spoil" else kinds.get(do)
    refusal = None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            said = _change(do, goods_id, form.cleaned_data if form else {}, viewer, (now, on))
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, said)
            return redirect("store:goods", goods_id=goods_id)
    item = queries.item(goods_id, viewer=viewer, on=on)
    if item is None:
        raise Http404
    context = {
        "item": item, "forms": kinds, "form": form, "refusal": refusal,
        "moves": queries.moves_of(goods_id, viewer=viewer),
        "prices": queries.prices_of(goods_id, viewer=viewer),
        "may_price": may(MAY, "set_price", viewer, viewer.community_id),
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form is not None and form.errors else 200
    return render(request, "store/goods.html", context, status=status)


def _change(
    do: str, goods_id: int, typed: dict[str, object], viewer: Actor, when: tuple[datetime, date]
) -> str:
    """Do what was pressed; the sentence that says so."""
    v: dict[str, object] = {"by": viewer, "at": when[0], "goods_id": goods_id}
    if do in {"receive", "spoil"}:
        pieces = int(str(typed["pieces"]))
        actions.move_stock(
            **v, on=when[1], delta=pieces if do == "receive" else -pieces,  # type: ignore[arg-type]  # plain words
            reason="received" if do == "receive" else "spoiled", request_id=typed["request"],  # type: ignore[arg-type]  # a UUID
        )  # fmt: skip
        return (
            _("记下了，进了 %(n)d 件。") % {"n": pieces}
            if do == "receive"
            else _("记下了，报损 %(n)d 件。") % {"n": pieces}
        )
    if do == "count":
        off = actions.count_stock(**v, on=when[1], counted=int(str(typed["counted"])), note="")  # type: ignore[arg-type]  # plain words
        return _("对上了，一件不差。") if not off else _("改成数出来的了，差 %(n)+d 件。") % {"n": off}
    if do == "price":
        actions.set_price(**v, on=when[1], **typed)  # type: ignore[arg-type]  # plain words
        return _("标价记下了，打印货架单贴出来。")
    if do in {"up", "down"}:
        actions.set_on_sale(**v, is_on_sale=do == "up")  # type: ignore[arg-type]  # plain words
        return _("上架了。") if do == "up" else _("下架了，留着的还能领。")
    raise Http404


def wanted(request: HttpRequest) -> HttpResponse:
    """What people ask for, most asked first; one more, or an answer for all who asked."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    require(MAY, "ask_for", viewer, viewer.community_id)
    is_answer = request.POST.get("do") == "answer"
    form, refusal = WantedForm(None if is_answer else request.POST or None), None
    if request.method == "POST" and (is_answer or form.is_valid()):
        try:
            if is_answer:
                text, answer = request.POST.get("text", ""), request.POST.get("answer", "")
                n = actions.answer_wanted(by=viewer, at=now, on=on, text=text, answer=answer)
                messages.success(request, _("答复记下了，有 %(n)d 个人问过。") % {"n": n})
            else:
                actions.ask_for(by=viewer, at=now, on=on, **form.cleaned_data)
                messages.success(request, _("记下了。问的人多，就先进。"))
            return redirect("store:wanted")
        except Refused as refused:
            refusal = refused
    context = {
        "rows": queries.wanted(viewer=viewer), "form": form, "refusal": refusal,
        "may_answer": may(MAY, "answer_wanted", viewer, viewer.community_id),
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "store/wanted.html", context, status=status)
