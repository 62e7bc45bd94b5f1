"""What waits for the clerk besides the queue, the most pressing first, each with its reason and its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from xiaojia.domains.store.queries import Low, Sheet

CLOSING_HOUR: Final = 17
"""From this hour on the close of today is something to do, not only a page."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One line: what to do, why, and where."""

    title: str
    why: str
    url: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What the first page knows: the hour, what ends today, which days and sheets are open, what runs out."""

    on: date
    hour: int
    due_count: int
    unclosed_on: date | None
    is_today_open: bool
    sheets: Sequence[Sheet]
    low: Sequence[Low]


def next_things(desk: Desk) -> list[Thing]:
    """In the order in which somebody would be sorry to have forgotten them."""
    return [*_due(desk), *_sheets(desk), *_closes(desk), *_low(desk)]


def _due(desk: Desk) -> list[Thing]:
    if not desk.due_count:
        return []
    title = _("%(n)d 份留着的今天到期，打电话问一声") % {"n": desk.due_count}
    return [Thing(title, _("没人来领，东西回货架，分回存折"), "#waiting")]


def _sheets(desk: Desk) -> list[Thing]:
    return [
        Thing(
            _("%(day)s第 %(n)d 张纸单要补录") % {"day": _words(sheet.day_on), "n": sheet.number},
            _("有 %(n)d 行没记上") % {"n": sheet.refused_count}
            if sheet.refused_count
            else _("断网的时候写的"),
            f"{reverse('store:typed')}?day={sheet.day_on.isoformat()}&sheet={sheet.number}",
        )
        for sheet in desk.sheets
    ]


def _closes(desk: Desk) -> list[Thing]:
    days = [] if desk.unclosed_on is None else [desk.unclosed_on]
    if desk.hour >= CLOSING_HOUR and desk.is_today_open:
        days.append(desk.on)
    return [
        Thing(
            _("%(day)s的账还没结") % {"day": _words(day)}, _("照着数一遍货架，对上了就结"),
            f"{reverse('store:day')}?on={day.isoformat()}",
        )
        for day in days
    ]  # fmt: skip


def _low(desk: Desk) -> list[Thing]:
    return [
        Thing(
            _("%(name)s只剩 %(n)d %(unit)s，该进货了") % {"name": one.name, "n": one.stock, "unit": one.unit},
            _("这七天换走了 %(n)d %(unit)s") % {"n": one.gone_in_week, "unit": one.unit},
            reverse("store:goods", args=[one.goods_id]),
        )
        for one in desk.low
    ]


def _words(day: date) -> str:
    return date_format(day, "n月j日")
