"""The office's pages: months by participation alone, paper slips out and in, quarters and years."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.microgrids.queries import lifetimes
from xiaojia.domains.recognition import actions, queries
from xiaojia.domains.recognition.access import MAY
from xiaojia.domains.recognition.forms import BallotForm, NumberForm, ReasonForm, YearForm
from xiaojia.domains.recognition.models import State
from xiaojia.domains.recognition.rules import LEVELS, UNKNOWN, month_number, month_start
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def home(request: HttpRequest) -> HttpResponse:
    """Months, and what can be done next."""
    viewer, on = actor_of(request), clock.today()
    if not may(MAY, "see_months", viewer, viewer.community_id):
        return redirect("recognition:mine")
    return _home(request, viewer, on, YearForm())


def _home(request: HttpRequest, viewer: Actor, on: date, form: YearForm) -> HttpResponse:
    context = {
        "form": form,
        "months": queries.months(viewer=viewer),
        "on": on,
        "this_month": on.replace(day=1),
        "quarter": _last_quarter(on),
        "last_year": on.year - 1,
        "may_close_year": may(MAY, "close_year", viewer, viewer.community_id),
    }
    return render(request, "recognition/home.html", context, status=422 if form.errors else 200)


def _last_quarter(on: date) -> tuple[int, int]:
    """(year, number) of the quarter before the present one."""
    before = month_start(month_number(on) - (on.month - 1) % 3 - 1)
    return before.year, (before.month + 2) // 3


def month(request: HttpRequest, month_id: UUID) -> HttpResponse:
    """How many slips came back. What they say nobody sees before the close, and averages nobody ever."""
    viewer, on = actor_of(request), clock.today()
    shown = queries.month_shown(month_id, viewer=viewer)
    if shown is None:
        raise Http404
    numbers = {life.microgrid_id: life.number for life in lifetimes(viewer=viewer)}
    context = {
        "shown": shown,
        "grids": [(numbers.get(pk, pk), asked, back) for pk, asked, back in shown.by_grid],
        "is_open": shown.month.state == State.OPEN,
        "is_due": shown.month.state == State.OPEN and on > shown.month.closes_on,
        "form": ReasonForm(),
    }
    return render(request, "recognition/month.html", context)


@require_POST
def open_month(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    try:
        row = actions.open_month(by=viewer, at=clock.now(), month_on=clock.today().replace(day=1))
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("recognition:home")
    messages.success(request, _("开了；把票印出来发下去，有账号的也可以在手机上填。"))
    return redirect("recognition:month", row.pk)


@require_POST
def cancel_month(request: HttpRequest, month_id: UUID) -> HttpResponse:
    viewer, form = actor_of(request), ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    actions.cancel_month(by=viewer, at=clock.now(), month_id=month_id, reason=reason)
    return redirect("recognition:month", month_id)


@require_POST
def close_month(request: HttpRequest, month_id: UUID) -> HttpResponse:
    actions.close_month(by=actor_of(request), at=clock.now(), month_id=month_id)
    messages.success(request, _("结了；每个人只看得到自己的，办公室也看不到别人的。"))
    return redirect("recognition:month", month_id)


def slips(request: HttpRequest, month_id: UUID) -> HttpResponse:
    """Paper slips, one A5 a person."""
    viewer = actor_of(request)
    found = queries.slips(month_id, viewer=viewer)
    if not found:
        raise Http404
    context = {
        "slips": found, "month": found[0].month, "levels": list(LEVELS.values()), "unknown": UNKNOWN,
    }  # fmt: skip
    return render(request, "recognition/slips.html", context)


def typing(request: HttpRequest, month_id: UUID) -> HttpResponse:
    """Paper slips in: the number, then what is ticked; the same once more."""
    viewer = actor_of(request)
    require(MAY, "type_slip", viewer, viewer.community_id)
    shown = queries.month_shown(month_id, viewer=viewer)
    if shown is None:
        raise Http404
    number_form = NumberForm(request.GET or None)
    number = number_form.cleaned_data["number"] if number_form.is_bound and number_form.is_valid() else None
    slip = queries.slip_of_number(month_id, number, viewer=viewer) if number else None
    form = BallotForm(request.POST or None, names=slip.asked) if slip else None
    refusal = None
    if request.method == "POST" and slip and form and form.is_valid():
        try:
            is_second = actions.type_slip(
                by=viewer, at=clock.now(), ballot_id=slip.ballot.pk, answers=form.answers()
            )
        except Refused as refused:
            refusal = refused
        else:
            said = _("%(n)d 号两遍一样，封好了。") if is_second else _("%(n)d 号第一遍记下了，再输一遍。")
            messages.success(request, said % {"n": slip.ballot.number})
            again = "" if is_second else f"?number={slip.ballot.number}"
            return redirect(request.path + again)
    context = {
        "month": shown.month, "slip": slip, "form": form, "number_form": number_form, "number": number,
        "refusal": refusal, "is_second": bool(slip and slip.ballot.typed_once),
    }  # fmt: skip
    return render(request, "recognition/typing.html", context, status=refusal.status if refusal else 200)


@require_POST
def close_quarter(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    year, number = _last_quarter(clock.today())
    try:
        actions.close_quarter(by=viewer, at=clock.now(), year=year, number=number)
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _("%(year)d 年第 %(n)d 季结了。") % {"year": year, "n": number})
    return redirect("recognition:home")


@require_POST
def close_year(request: HttpRequest) -> HttpResponse:
    """Appraise last year; the hours that somebody counted make chances even (4.2), else all are alike."""
    viewer, on = actor_of(request), clock.today()
    require(MAY, "close_year", viewer, viewer.community_id)
    lives = sorted(lifetimes(viewer=viewer), key=lambda life: life.is_alive(on))
    numbers = {life.number: life.microgrid_id for life in lives}  # of two with one number the living
    form = YearForm(request.POST, microgrids=numbers)
    if not form.is_valid():
        return _home(request, viewer, on, form)
    try:
        actions.close_year(
            by=viewer, at=clock.now(), year=on.year - 1, hours_offered=form.cleaned_data["hours"]
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("recognition:home")
    return redirect("recognition:awards")
