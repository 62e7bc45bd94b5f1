"""The comparison table and the tabs, shared by several pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from xiaojia.domains.microgrids import queries
from xiaojia.domains.microgrids.queries.compare import Column, column_now, column_of
from xiaojia.domains.microgrids.queries.plans import unproven_ids
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class PlanTab:
    """One plan in the row of tabs."""

    label: str
    url: str
    is_current: bool


def plan_tabs(*, viewer: Actor, on: date, current: int, area: int | None) -> list[PlanTab]:
    """Every draft, in the order of their letters; the current one first in line for its own page."""
    query = f"?area={area}" if area else ""
    return [
        PlanTab(p.label, reverse("microgrids:planner", args=[p.pk]) + query, p.pk == current)
        for p in queries.living_plans(viewer=viewer)
    ]


def columns(*, viewer: Actor, on: date) -> list[Column]:
    """What holds now (if anything), then the drafts (three queries)."""
    drafts = list(queries.living_plans(viewer=viewer))
    unproven = unproven_ids(drafts)
    day = queries.microgrids_on(viewer=viewer, on=on)
    now = [column_now(day)] if day else []
    return [*now, *(column_of(p, is_proven=p.pk not in unproven) for p in drafts)]
