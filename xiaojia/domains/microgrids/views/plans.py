"""Propose and compare: the plans side by side, and the records behind each number."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.microgrids import actions, queries
from xiaojia.domains.microgrids.access import MAY
from xiaojia.domains.microgrids.forms import number_list
from xiaojia.domains.microgrids.queries import MicroGridOnDay, Shelved
from xiaojia.domains.microgrids.queries.compare import ROWS, Column, Record, records, records_now
from xiaojia.domains.microgrids.views.tables import columns, compared, plan_tabs
from xiaojia.domains.places.access import visible_compounds
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.jobs import start_work
from xiaojia.kernel.requests import actor_of

MOST_RECORDS = 25


@dataclass(frozen=True, slots=True)
class Slip:
    """The list that a number opened."""

    partition_id: int
    row: str
    title: str
    counted: object
    records: list[Record]

    @property
    def shown(self) -> list[Record]:
        """The first of them; the rest is in the workbook."""
        return self.records[:MOST_RECORDS]

    @property
    def is_cut(self) -> bool:
        """Whether there are more."""
        return len(self.records) > MOST_RECORDS


def compare(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "see_plans", viewer, viewer.community_id)
    on = clock.today()
    plans = queries.shelf(viewer=viewer, on=on)
    day = queries.microgrids_on(viewer=viewer, on=on)
    table = columns(plans, day)
    rows = queries.unit_rows(viewer=viewer)
    context = {
        "columns": table,
        "compared": compared(table, opened=request.GET.get("open", "")),
        "tabs": plan_tabs(plans, current=0),
        "in_force": queries.holding(plans, on=on),
        "drafts": [c for c in table if c.partition_id],
        "slip": _slip(request, table, plans, day),
        "home_count": sum(r.household_count for r in rows),
        "unit_count": len(queries.lived_in(rows)),
        "is_sketched": any(r.is_sketched for r in rows),
        "counted_at": clock.now(),
    }
    return render(request, "microgrids/plans.html", context)


def _slip(
    request: HttpRequest, table: list[Column], plans: list[Shelved], day: list[MicroGridOnDay]
) -> Slip | None:
    """`?open=12.under`: the under-sized micro-grids of plan 12; plan 0 is what holds now."""
    wanted, _dot, row = request.GET.get("open", "").partition(".")
    column = next((c for c in table if str(c.partition_id) == wanted), None)
    if column is None or row not in ROWS:
        return None
    viewer = actor_of(request)
    partition = next((p.partition for p in plans if p.partition.pk == column.partition_id), None)
    if partition is None:
        found = records_now(day, row)
    else:
        plan = queries.plan_of(partition, viewer=viewer)
        found = records(plan, row, viewer=viewer, on=clock.today())
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
