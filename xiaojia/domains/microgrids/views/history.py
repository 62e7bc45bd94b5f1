"""5月3日，哪户在哪个小家."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.microgrids import queries
from xiaojia.domains.microgrids.access import MAY
from xiaojia.domains.microgrids.forms import HistoryForm
from xiaojia.domains.places.access import visible_compounds
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.requests import actor_of


def history(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "see_history", viewer, viewer.community_id)
    form = HistoryForm(request.GET)
    is_valid = form.is_valid()
    on = (form.cleaned_data.get("on") if is_valid else None) or clock.today()
    compound_id = form.cleaned_data.get("compound") if is_valid else None
    text = form.cleaned_data.get("q", "") if is_valid else ""
    rows = queries.day_rows(viewer=viewer, on=on, compound_id=compound_id, text=text) if is_valid else []
    context = {
        "form": form,
        "on": on,
        "typed_on": request.GET.get("on") or on.isoformat(),
        "groups": queries.grouped(rows),
        "home_count": sum(r.household_count for r in rows),
        "compounds": list(visible_compounds(viewer)),
        "compound_id": compound_id,
        "text": text,
        "counted_at": clock.now(),
    }
    return render(request, "microgrids/history.html", context, status=200 if is_valid else 422)
