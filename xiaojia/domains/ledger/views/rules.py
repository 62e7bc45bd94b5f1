"""The table of rules, for everybody to read and for the office to change."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.ledger import actions, queries
from xiaojia.domains.ledger.access import MAY
from xiaojia.domains.ledger.forms import BudgetForm, RuleForm
from xiaojia.domains.ledger.rules import DAY_CAP, LIFE_MONTHS, MONTH_CAP, NOTICE_DAYS
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def rules(request: HttpRequest) -> HttpResponse:
    """What is thanked for with how many points, the limits and what nobody does with points."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    may_change = may(MAY, "change_rule", viewer, viewer.community_id)
    if request.method == "POST":
        count = actions.open_rules(by=viewer, at=now, on=on)
        messages.success(request, _("添了 %(n)d 条规则，都能改。") % {"n": count})
        return redirect("ledger:rules")
    context = {
        "rules": queries.rulebook(viewer=viewer, on=on), "may_change": may_change,
        "budget": queries.budget(viewer=viewer) if viewer.scope.is_wide else None,
        "may_budget": may(MAY, "change_budget", viewer, viewer.community_id),
        "day_cap": DAY_CAP, "month_cap": MONTH_CAP, "life_months": LIFE_MONTHS, "notice_days": NOTICE_DAYS,
    }  # fmt: skip
    return render(request, "ledger/rules.html", context)


def change(request: HttpRequest, rule_code: str) -> HttpResponse:
    """Another version of a rule from a day on; `new` begins one."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "change_rule", viewer, viewer.community_id)
    on = clock.today(now)
    present = None if rule_code == "new" else queries.version_on(rule_code, viewer=viewer, on=on)
    if present is None and rule_code != "new":
        raise Http404
    initial = {"valid_from_on": on.isoformat(), "per": "once", "proof": "witness"}
    if present:
        initial |= {name: getattr(present, name) for name in ("text", "points", "per", "cap_month", "proof")}
    form, refusal = RuleForm(request.POST or None, initial=initial), None
    if request.method == "POST" and form.is_valid():
        code = f"own_{uuid4().hex[:8]}" if present is None else rule_code
        ends = request.POST.get("do") == "end"
        try:
            actions.change_rule(
                by=viewer, at=now, on=max(on, form.cleaned_data["valid_from_on"]), rule=form.rule(code),
                ends=ends,
            )  # fmt: skip
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("记下了。以前做的好事照以前的规则算。"))
            return redirect("ledger:rules")
    context = {"form": form, "rule": present, "refusal": refusal, "rule_code": rule_code}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "ledger/rule.html", context, status=status)


def budget(request: HttpRequest) -> HttpResponse:
    """What was approved for points, next to what is out there."""
    viewer = actor_of(request)
    require(MAY, "change_budget", viewer, viewer.community_id)
    now = queries.budget(viewer=viewer)
    form = BudgetForm(request.POST or None, initial={"budget_yuan": now.budget_yuan})
    if request.method == "POST" and form.is_valid():
        actions.change_budget(by=viewer, at=clock.now(), budget_yuan=form.cleaned_data["budget_yuan"])
        messages.success(request, _("记下了。"))
        return redirect("ledger:rules")
    context = {"form": form, "budget": now}
    return render(request, "ledger/budget.html", context, status=422 if form.errors else 200)
