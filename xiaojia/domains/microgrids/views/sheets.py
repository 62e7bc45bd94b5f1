"""Paper and workbooks: the map with its exceptions, the list of doors."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.microgrids import queries, sheets
from xiaojia.domains.microgrids.access import MAY
from xiaojia.domains.microgrids.drawing import PAPER_WIDTH, areas_of
from xiaojia.domains.microgrids.drawing.from_plan import houses_of
from xiaojia.domains.microgrids.queries import Plan
from xiaojia.domains.microgrids.views.planner import map_page
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.requests import actor_of
from xiaojia.kernel.sheets import Sheet, workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def print_map(request: HttpRequest, partition_id: int) -> HttpResponse:
    """Every area on its own landscape page, with legend and its exceptions; `?area=` prints one."""
    plan = _plan(request, partition_id)
    wanted = request.GET.get("area", "")
    every = [a.key for a in areas_of(houses_of(plan))]
    keys = [key for key in every if str(key) == wanted] or every
    pages = [map_page(plan, {"area": key}, width=PAPER_WIDTH) for key in keys]
    size = "a3" if request.GET.get("size") == "a3" else "a4"
    context = {
        "plan": plan, "partition": plan.partition, "pages": pages, "size": size, "at": clock.now(),
        "wanted": wanted if len(keys) == 1 else "", "is_draft": plan.partition.state == "draft",
    }  # fmt: skip
    return render(request, "microgrids/print_map.html", context)


def doors(request: HttpRequest) -> HttpResponse:
    """The list of micro-grids with their doors, for the wall and for Excel."""
    viewer, on = actor_of(request), clock.today()
    require(MAY, "export_plan", viewer, viewer.community_id)
    day = queries.microgrids_on(viewer=viewer, on=on)
    return render(request, "microgrids/doors.html", {"day": day, "on": on, "at": clock.now()})


def doors_workbook(request: HttpRequest) -> HttpResponse:
    viewer, on = actor_of(request), clock.today()
    require(MAY, "export_plan", viewer, viewer.community_id)
    sheet = sheets.doors_sheet(queries.microgrids_on(viewer=viewer, on=on), on=on)
    return _answer(f"xiaojia-{on:%Y%m%d}.xlsx", sheet)


def plan_workbook(request: HttpRequest, partition_id: int) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "export_plan", viewer, viewer.community_id)
    plan = _plan(request, partition_id)
    return _answer(f"plan-{plan.partition.pk}.xlsx", sheets.plan_sheet(plan), sheets.exceptions_sheet(plan))


def _answer(name: str, *tables: Sheet) -> HttpResponse:
    return HttpResponse(
        workbook(*tables),
        content_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _plan(request: HttpRequest, partition_id: int) -> Plan:
    plan = queries.plan(partition_id, viewer=actor_of(request))
    if plan is None:
        raise Http404
    return plan
