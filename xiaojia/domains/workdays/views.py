from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.workdays import actions, queries
from xiaojia.domains.workdays.access import MAY
from xiaojia.domains.workdays.forms import WorkyearForm
from xiaojia.domains.workdays.rules import FIRST_YEAR, tell_days, tell_hours
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def home(request: HttpRequest) -> HttpResponse:
    """This year and the next as they are worked here, in words."""
    viewer, on = actor_of(request), clock.today()
    require(MAY, "see_workdays", viewer, viewer.community_id)
    known, own = queries.tables(viewer=viewer, on=on), queries.own_years(viewer=viewer)
    years = [
        {
            "year": year,
            "is_known": year in known,
            "is_own": year in own,
            "off": tell_days(known[year].days_off) if year in known else [],
            "made_up": tell_days(known[year].make_up_days) if year in known else [],
            "hours": tell_hours(known[year].hours) if year in known else "",
        }
        for year in (on.year, on.year + 1)
    ]
    return render(request, "workdays/home.html", {"years": years})


def year(request: HttpRequest, year: int) -> HttpResponse:
    """One year to be written down or mended."""
    viewer, on = actor_of(request), clock.today()
    require(MAY, "change_workyear", viewer, viewer.community_id)
    if not FIRST_YEAR <= year < on.year + queries.AHEAD:
        raise Http404
    table = queries.tables(viewer=viewer, on=on).get(year)
    form, refusal = WorkyearForm(request.POST or None, year=year, table=table), None
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_workyear(by=viewer, at=clock.now(), year=year, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(
                request,
                _("%(year)d 年的工作日记下了；已经答应过的日子不变，往后的照新的算。") % {"year": year},
            )
            return redirect("workdays:home")
    context = {"form": form, "refusal": refusal, "year": year, "is_known": table is not None}
    return render(request, "workdays/year.html", context, status=refusal.status if refusal else 200)
