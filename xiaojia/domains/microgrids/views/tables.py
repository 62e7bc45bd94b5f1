"""The comparison table and the tabs, shared by several pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.queries import MicroGridOnDay, Shelved
from xiaojia.domains.microgrids.queries.compare import ROWS, Column, column_now, column_of


@dataclass(frozen=True, slots=True)
class PlanTab:
    """One draft in the row of tabs."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class TableCell:
    """One number with the address of its records; None: does not apply."""

    value: int | None
    url: str
    share: str
    is_current: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of the comparison."""

    label: object
    cells: list[TableCell]


def plan_tabs(plans: Sequence[Shelved], *, current: int, area_query: str = "") -> list[PlanTab]:
    """Every draft, in the order of their letters."""
    return [
        PlanTab(
            p.partition.label,
            reverse("microgrids:planner", args=[p.partition.pk]) + area_query,
            p.partition.pk == current,
        )
        for p in plans
        if p.is_draft
    ]


def columns(plans: Sequence[Shelved], day: Sequence[MicroGridOnDay]) -> list[Column]:
    """What holds now (if anything), then the drafts."""
    now = [column_now(day)] if day else []
    return [*now, *(column_of(p) for p in plans if p.is_draft)]


def compared(table: Sequence[Column], *, current: int = 0, opened: str = "") -> list[TableRow]:
    """The rows of the table; `opened` is the number whose records are shown, such as "12.under"."""
    return [
        TableRow(label, [_cell(column, name, current, opened) for column in table])
        for name, (label, _counted) in ROWS.items()
    ]


def _cell(column: Column, name: str, current: int, opened: str) -> TableCell:
    key = f"{column.partition_id}.{name}"
    value = column.totals.get(name)
    return TableCell(
        value=value,
        url=f"{reverse('microgrids:plans')}?open={key}#records",
        share=_share(column, value) if name == "in_range" and value else "",
        is_current=bool(current) and column.partition_id == current,
        is_open=key == opened,
    )


def _share(column: Column, value: int) -> str:
    return _("%(percent)s%%") % {"percent": value * 100 // max(1, int(column.totals.get("microgrids", 1)))}
