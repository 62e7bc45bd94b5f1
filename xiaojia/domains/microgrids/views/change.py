"""The neighbourhood moves: what no longer fits, two ways to settle it, who moves, letters."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xiaojia.domains.microgrids import queries
from xiaojia.domains.microgrids.access import MAY
from xiaojia.domains.microgrids.queries import Plan
from xiaojia.domains.microgrids.queries.change import UnitMove, change_now, moves_of, ways
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.jobs import start_work
from xiaojia.kernel.requests import actor_of


def change(request: HttpRequest) -> HttpResponse:
    viewer, on = actor_of(request), clock.today()
    found = change_now(viewer=viewer, on=on)
    settled = ways(found, viewer=viewer)
    newcomers = [o for o in found.occasions if not o.number]
    context = {
        "change": found,
        "ill": [o for o in found.occasions if o.number],
        "newcomers": newcomers,
        "newcomer_count": sum(o.household_count for o in newcomers),
        "ways": settled,
        "is_fresh": bool(settled) and not any(w.is_stale for w in settled),
        "may_adopt": may(MAY, "adopt_partition", viewer, viewer.community_id),
        "looked_at": clock.now(),
    }
    return render(request, "microgrids/change.html", context)


@require_POST
def propose_change(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "propose_change", viewer, viewer.community_id)
    row = start_work("change", by=viewer, at=clock.now(), payload={})
    return redirect("work", work_id=row.pk)


@require_POST
def propose_whole(request: HttpRequest) -> HttpResponse:
    """The third scenario, to look at what it costs never to cut a building."""
    viewer = actor_of(request)
    require(MAY, "propose_partition", viewer, viewer.community_id)
    row = start_work("plan", by=viewer, at=clock.now(), payload={"scenario": "whole"})
    return redirect("work", work_id=row.pk)


def moves(request: HttpRequest, partition_id: int) -> HttpResponse:
    """Unit by unit: who gets another micro-grid, and who gets the first one."""
    plan, rows = _moves(request, partition_id)
    moving = [m for m in rows if m.from_number]
    joining = [m for m in rows if not m.from_number]
    context = {
        "plan": plan,
        "partition": plan.partition,
        "moving": moving,
        "moving_count": sum(m.household_count for m in moving),
        "joining": joining,
        "joining_count": sum(m.household_count for m in joining),
        "is_draft": plan.partition.state == "draft",
    }
    return render(request, "microgrids/change_moves.html", context)


def letters(request: HttpRequest, partition_id: int) -> HttpResponse:
    """A letter (A5) for every staircase that moves: doors and numbers, nobody's name."""
    plan, rows = _moves(request, partition_id)
    context = {
        "plan": plan,
        "partition": plan.partition,
        "letters": rows,
        "is_draft": plan.partition.state == "draft",
        "now": clock.now(),
    }
    return render(request, "microgrids/change_letters.html", context)


def _moves(request: HttpRequest, partition_id: int) -> tuple[Plan, list[UnitMove]]:
    viewer = actor_of(request)
    plan = queries.plan(partition_id, viewer=viewer)
    if plan is None:
        raise Http404
    return plan, moves_of(plan, viewer=viewer, on=clock.today())
