"""Workbooks: the doors of every micro-grid, a plan, its exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.queries import MicroGridOnDay, Plan
from xiaojia.domains.microgrids.rules import floor_words
from xiaojia.kernel.sheets import Sheet


def doors_sheet(day: Sequence[MicroGridOnDay], *, on: date) -> Sheet:
    """One line a unit (or its floors) with the micro-grid it belongs to."""
    return Sheet(
        title=_("小家门牌表"),
        headings=[_("小家"), _("院子"), _("楼栋"), _("单元"), _("楼层"), _("户数"), _("小家一共")],
        rows=[
            [m.number, r.compound, r.building, r.unit, r.stretch, r.household_count, m.household_count]
            for m in day
            for r in m.rows
        ],
        note=_("%(day)s 那天住在这里的户，按单元数。") % {"day": on.isoformat()},
    )


def plan_sheet(plan: Plan) -> Sheet:
    """One line a unit or floor block of a plan."""
    numbers = {c.cluster_id: c for c in plan.clusters}
    return Sheet(
        title=plan.partition.label,
        headings=[_("小家"), _("院子"), _("楼栋"), _("单元"), _("楼层"), _("户数"), _("小家一共")],
        rows=[
            [
                numbers[p.cluster_id].number, p.unit.compound, p.unit.building, p.unit.unit,
                floor_words(p.floor_from, p.floor_to) if p.floor_to else "",
                p.household_count, numbers[p.cluster_id].household_count,
            ]
            for p in sorted(plan.parts, key=lambda p: numbers[p.cluster_id].number)
        ],
        note=_("划分方案，还没采用的不算数。"),
    )  # fmt: skip


def exceptions_sheet(plan: Plan) -> Sheet:
    """Every exception with what is the case and the reason somebody wrote."""
    return Sheet(
        title=_("例外"),
        headings=[_("图上编号"), _("小家"), _("户数"), _("情况"), _("理由")],
        rows=[
            [e.number, e.cluster_number, e.household_count, e.sentence, e.approved_reason]
            for e in plan.exceptions
        ],
        note=_("编号和图上黑色圆点一样。"),
    )
