"""The list of micro-grids and one of them with its doors."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xiaojia.domains.microgrids import queries
from xiaojia.domains.microgrids.access import MAY, visible_microgrids
from xiaojia.domains.people import actions as people
from xiaojia.domains.people import queries as people_queries
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.requests import actor_of


def home(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "see_microgrids", viewer, viewer.community_id)
    on = clock.today()
    day = queries.microgrids_on(viewer=viewer, on=on)
    if not viewer.scope.is_wide:
        if not day:
            raise Http404
        return redirect("microgrids:one", microgrid_id=day[0].microgrid_id)
    plans = queries.shelf(viewer=viewer, on=on)
    context = {
        "day": day,
        "on": on,
        "outside": queries.homeless_count(viewer=viewer, on=on) if day else 0,
        "home_count": sum(m.household_count for m in day),
        "fitting": sum(m.size.is_fitting for m in day),
        "drafts": [p.partition for p in plans if p.is_draft],
        "partition": queries.holding(plans, on=on),
        "unfit": queries.unfit(day, viewer=viewer, on=on),
        "upcoming": queries.upcoming(plans, on=on),
        "register_count": 0 if day else sum(r.household_count for r in queries.unit_rows(viewer=viewer)),
    }
    return render(request, "microgrids/home.html", context)


def one(request: HttpRequest, microgrid_id: int) -> HttpResponse:
    """One micro-grid. `?names=1` shows whom to ask for at each door, and leaves a view-log row."""
    viewer, on = actor_of(request), clock.today()
    require(MAY, "see_microgrids", viewer, viewer.community_id)
    microgrid = visible_microgrids(viewer, on=on).filter(pk=microgrid_id).first()
    if microgrid is None:
        raise Http404
    day = {m.microgrid_id: m for m in queries.microgrids_on(viewer=viewer, on=on)}
    cards = []
    if request.GET.get("names"):
        doors = queries.door_ids(microgrid_id, on=on)
        cards = people_queries.contact_cards(viewer=viewer, household_ids=doors)
        people.log_view(
            viewer=viewer, at=clock.now(), reason="look_up", screen="microgrid",
            household_ids=[c.household_id for c in cards],
        )  # fmt: skip
    units = {r.unit_id: r.address for r in queries.unit_rows(viewer=viewer)} if cards else {}
    context = {
        "microgrid": microgrid,
        "here": day.get(microgrid_id),
        "on": on,
        "cards": [(units.get(c.unit_id, ""), c) for c in cards],
        "is_wide": viewer.scope.is_wide,
    }
    return render(request, "microgrids/one.html", context)
