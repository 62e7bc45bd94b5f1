"""谁看过我 in plain words: what somebody looked at on one day for one reason is one line, with its times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.people.queries import View
from xiaojia.kernel.actors import ROLES

MOST_VIEWS: Final = 5_000
MOST_TIMES: Final = 3
DAYS: Final = 366

SCREENS: Final = {
    "find": _("找一户的结果"),
    "household": _("这一户的页面"),
    "neighbours": _("邻居名单"),
    "microgrid": _("小家的名单"),
    "handover": _("小家交接本"),
    "designate": _("请人任职的页面"),
    "register rows": _("住户表核对页"),
    "views": _("谁看过的单子"),
    "reporters": _("一件事是谁说的"),
    "passbook": _("积分存折"),
    "slip": _("积分对账单"),
    "card": _("存折卡"),
    "kin": _("报了哪些亲戚"),
    "counter": _("积分超市的柜台"),
}
"""Screen of the view log -> its word."""

REASONS: Final = {
    "look_up": _("查找或联系"),
    "hand_over": _("换人交接"),
    "designate": _("请人任职"),
    "register": _("核对住户表"),
    "asked": _("住户本人来问"),
    "case": _("办一件事"),
    "points": _("看积分"),
}
"""Reason of the view log -> its word."""


@dataclass(slots=True)
class Line:
    """One person, one day, one reason, one screen; `times` are the newest, `count` is all of them."""

    on: date
    name: str
    role: object
    reason: object
    screen: object
    times: list[datetime] = field(default_factory=list)
    count: int = 0

    @property
    def more(self) -> int:
        """How many times are not listed."""
        return self.count - len(self.times)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines by month, newest first; `is_cut` when older ones did not fit."""

    months: list[tuple[date, list[Line]]]
    person_count: int
    view_count: int
    is_cut: bool


def a_year_before(at: datetime) -> datetime:
    """The moment from which the sheet tells."""
    return at - timedelta(days=DAYS)


def sheet(views: Sequence[View]) -> Sheet:
    """Lines out of views (newest first)."""
    lines: dict[tuple[object, ...], Line] = {}
    for view in views:
        local = timezone.localtime(view.at)
        key = (local.date(), view.name, view.role, view.reason, view.screen)
        line = lines.get(key)
        if line is None:
            line = lines[key] = Line(
                local.date(),
                view.name,
                ROLES.get(view.role, view.role),
                REASONS.get(view.reason, view.reason),
                SCREENS.get(view.screen, view.screen),
            )
        line.count += 1
        if len(line.times) < MOST_TIMES:
            line.times.append(local)
    months: dict[date, list[Line]] = {}
    for line in lines.values():
        months.setdefault(line.on.replace(day=1), []).append(line)
    people = {(view.name, view.role) for view in views}
    return Sheet(list(months.items()), len(people), len(views), len(views) >= MOST_VIEWS)
