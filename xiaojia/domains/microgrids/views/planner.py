"""The map: look, pick, move, take back. Everything works by links and forms; the script only saves steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.microgrids import actions, queries
from xiaojia.domains.microgrids.access import MAY
from xiaojia.domains.microgrids.drawing import Area, Overview, Picture, areas_of, draw, overview_of
from xiaojia.domains.microgrids.drawing.from_plan import groups_of, houses_of
from xiaojia.domains.microgrids.drawing.picture import Cell
from xiaojia.domains.microgrids.drawing.values import WIDTH
from xiaojia.domains.microgrids.forms import MoveForm, PickForm, RevisionForm
from xiaojia.domains.microgrids.queries import ExceptionView, Plan
from xiaojia.domains.microgrids.queries.targets import Amount, Target, amounts, parts_words, targets
from xiaojia.domains.microgrids.views.tables import columns, compared, plan_tabs
from xiaojia.kernel import clock
from xiaojia.kernel.access import may
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


@dataclass(frozen=True, slots=True)
class Picked:
    """The picked cell with what may be done about it."""

    cell: Cell
    part_ids: tuple[int, ...]
    parts: str
    household_count: int
    amounts: list[Amount]
    targets: list[Target]
    target: Target | None


@dataclass(frozen=True, slots=True)
class MapPage:
    """What the planner's page shows of a plan."""

    plan: Plan
    areas: list[Area]
    area: Area | None
    picture: Picture | None
    overview: Overview | None
    picked: Picked | None
    exceptions: list[ExceptionView]

    @property
    def microgrid_count(self) -> int:
        """Micro-grids on this picture."""
        return len(self.area.cluster_ids) if self.area else len(self.plan.clusters)

    @property
    def household_count(self) -> int:
        """Households on this picture."""
        return self.area.household_count if self.area else sum(c.household_count for c in self.plan.clusters)


def map_page(plan: Plan, chosen: Mapping[str, Any], *, width: float = WIDTH) -> MapPage:
    """Choose the area, draw it, and prepare what the picked cell may do (area, pick, parts, to)."""
    area, pick = chosen.get("area"), chosen.get("pick")
    houses, groups = houses_of(plan), groups_of(plan)
    areas = areas_of(houses)
    part = plan.part(pick) if pick else None
    wanted = part.unit.compound_id if part else area
    shown_area = next((a for a in areas if wanted in a.compound_ids), areas[0] if len(areas) == 1 else None)
    if shown_area is None:
        return MapPage(plan, areas, None, None, overview_of(areas, groups), None, plan.exceptions)
    shown = set(shown_area.cluster_ids)
    foreign = [h for h in houses if h not in shown_area.houses and shown & set(h.clusters)]
    picture = draw([*shown_area.houses, *foreign], groups, width=width)
    cell = picture.cell_of(pick) if part and pick else None
    picked = _picked(plan, cell, chosen.get("parts") or [], chosen.get("to")) if cell else None
    exceptions = [e for e in plan.exceptions if e.cluster_id in shown]
    return MapPage(plan, areas, shown_area, picture, None, picked, exceptions)


def _picked(plan: Plan, cell: Cell, parts: list[int], to: int | None) -> Picked:
    """The amount asked for; else the largest that can go anywhere: no picked cell is a dead end."""
    ways = amounts(plan, cell.part_ids)
    asked = ",".join(str(pk) for pk in parts)
    chosen = [w for w in ways if w.parts == asked] or ways
    way = next((w for w in chosen if targets(plan, w.part_ids)), chosen[0])
    found = targets(plan, way.part_ids)
    target = next((t for t in found if t.cluster_id == to), found[0] if found else None)
    return Picked(cell, way.part_ids, way.parts, way.household_count, ways, found, target)


def planner(request: HttpRequest, partition_id: int) -> HttpResponse:
    return _page(request, partition_id, PickForm(request.GET).cleaned())


def map_now(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    partition = queries.partition_in_force(viewer=viewer, on=clock.today())
    if partition is None:
        return redirect("microgrids:home")
    return redirect(f"{reverse('microgrids:planner', args=[partition.pk])}?{request.GET.urlencode()}")


def _page(
    request: HttpRequest, partition_id: int, chosen: dict[str, Any], refusal: Refused | None = None
) -> HttpResponse:
    viewer, on = actor_of(request), clock.today()
    plans = queries.shelf(viewer=viewer, on=on)
    shelved = next((p for p in plans if p.partition.pk == partition_id), None)
    plan = queries.plan_of(shelved.partition, viewer=viewer) if shelved else _old_plan(request, partition_id)
    page = map_page(plan, chosen)
    area_query = f"?area={page.area.key}" if page.area else ""
    table = columns(plans, queries.microgrids_on(viewer=viewer, on=on))
    is_draft = plan.partition.state == "draft"
    context = {
        "page": page,
        "plan": plan,
        "partition": plan.partition,
        "refusal": refusal,
        "is_draft": is_draft,
        "is_sketched": any(u.is_sketched for u in plan.units),
        "may_move": is_draft and may(MAY, "move_part", viewer, viewer.community_id),
        "may_adopt": may(MAY, "adopt_partition", viewer, viewer.community_id),
        "in_force": queries.holding(plans, on=on),
        "tabs": plan_tabs(plans, current=plan.partition.pk, area_query=area_query),
        "area_query": area_query,
        "columns": table,
        "compared": compared(table, current=plan.partition.pk),
        "can_undo": is_draft and shelved is not None and shelved.is_moved,
        "home_count": sum(u.household_count for u in plan.units),
    }
    return render(request, "microgrids/planner.html", context, status=refusal.status if refusal else 200)


def _old_plan(request: HttpRequest, partition_id: int) -> Plan:
    """A plan that is no longer on the shelf: put away, or overtaken."""
    plan = queries.plan(partition_id, viewer=actor_of(request))
    if plan is None:
        raise Http404
    return plan


@require_POST
def move(request: HttpRequest, partition_id: int) -> HttpResponse:
    viewer = actor_of(request)
    form = MoveForm(request.POST)
    chosen = form.cleaned()
    if request.POST.get("look"):
        return redirect(_back(partition_id, chosen))
    try:
        if not form.is_valid():
            raise Refused(_("没有移，因为还没选好移哪里；选一个小家，再点移过去。"))
        actions.move_part(
            by=viewer, at=clock.now(), partition_id=partition_id, part_ids=chosen["parts"],
            to_cluster_id=chosen["to"] or None, seen_revision=form.cleaned_data["revision"],
        )  # fmt: skip
    except Refused as refusal:
        return _page(request, partition_id, chosen, refusal)
    messages.success(request, _moved_words(partition_id, chosen["parts"], viewer))
    return redirect(_back(partition_id, {**chosen, "parts": [], "to": None}))


def _moved_words(partition_id: int, part_ids: list[int], viewer: Actor) -> str:
    """5 栋 2 单元移到 7 号小家了。7 号 76 户，合适。可以撤一步。"""
    plan = queries.plan(partition_id, viewer=viewer)
    parts = [p for p in plan.parts if p.part_id in part_ids] if plan else []
    cluster = plan.cluster(parts[0].cluster_id) if plan and parts else None
    if plan is None or cluster is None:
        return _("移好了。可以撤一步。")
    return _("%(what)s移到 %(n)s 号小家了。%(n)s 号现在 %(count)s 户，%(fits)s。可以撤一步。") % {
        "what": parts_words(plan, parts),
        "n": cluster.number,
        "count": cluster.household_count,
        "fits": cluster.size.word,
    }


@require_POST
def undo(request: HttpRequest, partition_id: int) -> HttpResponse:
    viewer = actor_of(request)
    chosen = PickForm(request.POST).cleaned()
    form = RevisionForm(request.POST)
    revision = form.cleaned_data.get("revision") if form.is_valid() else None
    try:
        taken = actions.undo_move(
            by=viewer, at=clock.now(), partition_id=partition_id, seen_revision=revision
        )
    except Refused as refusal:
        return _page(request, partition_id, chosen, refusal)
    messages.success(request, _("撤了一步，跟移之前一样了。"))
    chosen["pick"] = taken.parts[0][0]
    return redirect(_back(partition_id, chosen))


def _back(partition_id: int, chosen: dict[str, Any]) -> str:
    query = {name: chosen[name] for name in ("area", "pick", "to") if chosen[name] is not None}
    if chosen["parts"]:
        query["parts"] = ",".join(str(pk) for pk in chosen["parts"])
    return f"{reverse('microgrids:planner', args=[partition_id])}?{urlencode(query)}#picked"
