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
from xiaojia.domains.microgrids.queries import Plan
from xiaojia.kernel import clock
from xiaojia.kernel.access import may
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def exceptions(request: HttpRequest, partition_id: int) -> HttpResponse:
    viewer = actor_of(request)
    refusal = None
    typed, asked = "", 0
    if request.method == "POST":
        asked = (
            int(request.POST.get("exception", "0") or 0)
            if request.POST.get("exception", "0").isdigit()
            else 0
        )
        form = ReasonForm(request.POST)
        typed = form.cleaned_data["reason"] if form.is_valid() else ""
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
        "open_id": asked or next((e.exception_id for e in waiting if e.may_be_approved), 0),
        "typed": typed,
        "refusal": refusal,
        "is_draft": plan.partition.state == "draft",
    }
    return render(request, "microgrids/exceptions.html", context, status=refusal.status if refusal else 200)


def adopt(request: HttpRequest, partition_id: int) -> HttpResponse:
    viewer = actor_of(request)
    plan = _plan(request, partition_id)
    form = AdoptForm(request.POST or None, initial={"from_on": clock.today()})
    refusal = None
    try:
        if plan.partition.state == "draft":
            actions.check_adoptable(plan.partition, viewer=viewer)
        if request.method == "POST" and form.is_valid():
            done = actions.adopt_partition(
                by=viewer, at=clock.now(), partition_id=partition_id, from_on=form.cleaned_data["from_on"]
            )
            day = done.adopted_on
            messages.success(
                request,
                _("%(label)s采用了，从%(day)s算起；每一户都在一个小家里。")
                % {"label": done.label, "day": f"{day.month}月{day.day}日" if day else ""},
            )
            return redirect("microgrids:home")
    except Refused as refused:
        refusal = refused
    context = {
        "plan": plan,
        "partition": plan.partition,
        "form": form,
        "refusal": refusal,
        "may_adopt": may(MAY, "adopt_partition", viewer, viewer.community_id),
        "is_draft": plan.partition.state == "draft",
    }
    status = 422 if form.errors else refusal.status if refusal and request.method == "POST" else 200
    return render(request, "microgrids/adopt.html", context, status=status)


def _plan(request: HttpRequest, partition_id: int) -> Plan:
    plan = queries.plan(partition_id, viewer=actor_of(request))
    if plan is None:
        raise Http404
    return plan
