"""Propose and compare: the plans side by side, and the records behind each number."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.microgrids import actions, queries
from xiaojia.domains.microgrids.access import MAY
from xiaojia.domains.microgrids.forms import number_list
from xiaojia.domains.microgrids.queries.compare import ROWS, Column, Record, records, records_now
from xiaojia.domains.microgrids.views.tables import columns
from xiaojia.domains.places.access import visible_compounds
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.jobs import start_work
from xiaojia.kernel.requests import actor_of


@dataclass(frozen=True, slots=True)
class Slip:
    """The list that a number opened."""

    partition_id: int
    row: str
    title: str
    counted: object
    records: list[Record]


def compare(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "see_plans", viewer, viewer.community_id)
    table = columns(viewer=viewer, on=clock.today())
    rows = queries.unit_rows(viewer=viewer)
    context = {
        "columns": table,
        "rows": [(name, label) for name, (label, _counted) in ROWS.items()],
        "drafts": [c for c in table if c.partition_id],
        "slip": _slip(request, table),
        "home_count": sum(r.household_count for r in rows),
        "unit_count": len(queries.lived_in(rows)),
        "is_sketched": any(r.is_sketched for r in rows),
        "counted_at": clock.now(),
    }
    return render(request, "microgrids/plans.html", context)


def _slip(request: HttpRequest, table: list[Column]) -> Slip | None:
    """`?open=12.under`: the under-sized micro-grids of plan 12; plan 0 is what holds now."""
    wanted, _dot, row = request.GET.get("open", "").partition(".")
    column = next((c for c in table if str(c.partition_id) == wanted), None)
    if column is None or row not in ROWS:
        return None
    viewer, on = actor_of(request), clock.today()
    if column.partition_id == 0:
        found = records_now(queries.microgrids_on(viewer=viewer, on=on), row)
    else:
        plan = queries.plan(column.partition_id, viewer=viewer)
        if plan is None:
            raise Http404
        found = records(plan, row, viewer=viewer, on=on)
    label, counted = ROWS[row]
    title = _("%(plan)s：%(row)s") % {"plan": column.label, "row": label}
    return Slip(column.partition_id, row, title, counted, found)


@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "propose_partition", viewer, viewer.community_id)
    row = start_work("plan", by=viewer, at=clock.now(), payload={"seed": 1})
    return redirect("work", work_id=row.pk)


@require_POST
def drop(request: HttpRequest, partition_id: int) -> HttpResponse:
    actions.drop_partition(by=actor_of(request), at=clock.now(), partition_id=partition_id)
    return redirect("microgrids:plans")


def adjacency(request: HttpRequest) -> HttpResponse:
    """Which compounds lie side by side: asked only while positions are a sketch."""
    viewer = actor_of(request)
    require(MAY, "confirm_adjacency", viewer, viewer.community_id)
    if request.method == "POST":
        pairs = [tuple(number_list(value.replace("-", ","))) for value in request.POST.getlist("pair")]
        extra = (number_list(request.POST.get("first", "")), number_list(request.POST.get("second", "")))
        if extra[0] and extra[1]:
            pairs.append((extra[0][0], extra[1][0]))
        whole = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
        actions.confirm_adjacency(by=viewer, at=clock.now(), pairs=whole)
        return redirect("microgrids:adjacency")
    compounds = list(visible_compounds(viewer))
    names = {c.pk: c.name for c in compounds}
    pairs_now = sorted(queries.adjacent_pairs(viewer=viewer))
    context = {
        "compounds": compounds,
        "pairs": [(f"{a}-{b}", names[a], names[b]) for a, b in pairs_now if a in names and b in names],
    }
    return render(request, "microgrids/adjacency.html", context)
