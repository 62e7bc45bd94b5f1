"""The last steps: a reason under each exception, then the date from which the plan holds."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids import actions, queries
from xiaojia.domains.microgrids.access import MAY
from xiaojia.domains.microgrids.forms import AdoptForm, ReasonForm
from xiaojia.domains.microgrids.queries import ExceptionView, Plan
from xiaojia.kernel import clock
from xiaojia.kernel.access import may
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def exceptions(request: HttpRequest, partition_id: int) -> HttpResponse:
    viewer = actor_of(request)
    refusal = None
    typed, asked = "", 0
    if request.method == "POST":
        form = ReasonForm(request.POST)
        form.is_valid()
        asked, typed = form.cleaned_data.get("exception") or 0, form.cleaned_data.get("reason", "")
        try:
            done = actions.approve_exception(by=viewer, at=clock.now(), exception_id=asked, reason=typed)
            messages.success(request, _("%(n)s 号小家的理由记下了。") % {"n": done.cluster.number})
            return redirect(reverse("microgrids:exceptions", args=[partition_id]) + "#next")
        except Refused as refused:
            refusal = refused
    plan = _plan(request, partition_id)
    waiting = plan.open_exceptions
    context = {
        "plan": plan,
        "partition": plan.partition,
        "waiting": waiting,
        "settled": [e for e in plan.exceptions if e.is_settled],
        "open_id": _opened(request, waiting, asked),
        "typed": typed,
        "refusal": refusal,
        "is_draft": plan.partition.state == "draft",
    }
    return render(request, "microgrids/exceptions.html", context, status=refusal.status if refusal else 200)


def _opened(request: HttpRequest, waiting: list[ExceptionView], asked: int) -> int:
    """The exception whose form is open: the one just written, the one asked for, else the first."""
    wanted = str(asked or request.GET.get("open", ""))
    may_be = [e.exception_id for e in waiting if e.may_be_approved]
    return next((pk for pk in may_be if str(pk) == wanted), may_be[0] if may_be else 0)


def adopt(request: HttpRequest, partition_id: int) -> HttpResponse:
    viewer = actor_of(request)
    plan = _plan(request, partition_id)
    form = AdoptForm(request.POST or None, initial={"from_on": clock.today().isoformat()})
    refusal, is_draft = None, plan.partition.state == "draft"
    is_ready = False
    try:
        if is_draft:
            actions.check_adoptable(plan.partition, viewer=viewer)
            is_ready = True
        if request.method == "POST" and form.is_valid():
            return _adopted(request, partition_id, form)
    except Refused as refused:
        refusal = refused
    context = {
        "plan": plan,
        "partition": plan.partition,
        "totals": plan.partition.totals,
        "settled_count": len(plan.exceptions) - len(plan.open_exceptions),
        "form": form,
        "refusal": refusal,
        "is_ready": is_ready,
        "may_adopt": may(MAY, "adopt_partition", viewer, viewer.community_id),
        "is_draft": is_draft,
    }
    status = 422 if form.errors else refusal.status if refusal and request.method == "POST" else 200
    return render(request, "microgrids/adopt.html", context, status=status)


def _adopted(request: HttpRequest, partition_id: int, form: AdoptForm) -> HttpResponse:
    done = actions.adopt_partition(
        by=actor_of(request), at=clock.now(), partition_id=partition_id, from_on=form.cleaned_data["from_on"],
        seen_revision=form.cleaned_data["revision"],
    )  # fmt: skip
    day = done.adopted_on
    words = {"label": done.label, "day": f"{day.month}月{day.day}日" if day else ""}
    messages.success(request, _("%(label)s采用了，从%(day)s算起；每一户都在一个小家里。") % words)
    return redirect("microgrids:home")


def _plan(request: HttpRequest, partition_id: int) -> Plan:
    plan = queries.plan(partition_id, viewer=actor_of(request))
    if plan is None:
        raise Http404
    return plan
