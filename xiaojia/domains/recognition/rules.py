"""Words and dates of recognition, and what an answer looks like before it is sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LEVELS: Final = {
    5: gettext_lazy("离不开"),
    4: gettext_lazy("常出力"),
    3: gettext_lazy("正常"),
    2: gettext_lazy("偶尔"),
    1: gettext_lazy("没见过出力"),
}
UNKNOWN: Final = gettext_lazy("不了解")
"""Counts as no answer, and the slip as given back."""

_ANSWERS: Final = frozenset({*LEVELS, None})

OPEN_DAYS: Final = 10
"""Days a month's slips may come in, the day of opening not counted."""

_READER: Final = json.JSONDecoder()
"""Stops where the answers end: an envelope is filled up with blanks."""

LONGEST_THANKS: Final = 80
APPEAL_WORKDAYS: Final = 10
APPEAL_DAYS_AT_MOST: Final = 28
"""How many days ten working days are at most, whatever the holidays: while those are not known."""

RETENTION_MONTHS: Final = 14
MOST_HOURS_OFFERED: Final = 20_000
"""In one micro-grid and year; more is a slip of the pen."""
DEFAULT_BAR: Final = 700
"""What is awarded in every category unless the office says otherwise, in tenths of 100."""

OUTCOMES: Final = {
    "stands": gettext_lazy("查过了，算得对"),
    "mended": gettext_lazy("确实有错，另外补上"),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What one slip says: a level (1..5) or None per question, and perhaps one sentence to one of them."""

    levels: tuple[int | None, ...]
    thanks_to: int | None = None
    thanks: str = ""

    def __post_init__(self) -> None:
        if not _ANSWERS.issuperset(self.levels):
            raise ValueError("a level is 1 to 5")
        if self.thanks_to is not None and not 0 <= self.thanks_to < len(self.levels):
            raise ValueError("thanks go to somebody on the slip")

    def packed(self) -> str:
        """One text, the same for the same answers."""
        return json.dumps(
            [self.levels, self.thanks_to if self.thanks else None, self.thanks], ensure_ascii=False
        )


def unpacked(text: str) -> tuple[list[int | None], int | None, str]:
    """What `Answers` said before they were `packed`: levels, thanks to whom, thanks; not looked at again."""
    levels, to, thanks = _READER.raw_decode(text)[0]
    return levels, to, thanks


def month_number(on: date) -> int:
    """Months counted on, as the engine counts them."""
    return on.year * 12 + on.month - 1


def month_start(number: int) -> date:
    """The first day of the month with that number."""
    return date(number // 12, number % 12 + 1, 1)


def month_end(on: date) -> date:
    """The last day of the month of that day."""
    return date.fromordinal(month_start(month_number(on) + 1).toordinal() - 1)


def quarter_months(year: int, number: int) -> tuple[date, date, date]:
    """The first days of the months of a quarter (1..4)."""
    first = 3 * number - 2
    return (date(year, first, 1), date(year, first + 1, 1), date(year, first + 2, 1))


def line_words(code: str) -> str:
    """What a step of the arithmetic is, in residents' words."""
    words: Mapping[str, str] = {
        "trimmed": _("几个人说到您；去掉一个最高、一个最低，其余的平均"),
        "median": _("几个人说到您；人少，取中间的那个"),
        "shrunk": _("和同类邻居三个月的平均放在一起算"),
        "points": _("折成认可分"),
        "too_few": _("样本不足：说到您的不够三个人，这个月不算值，不是零分"),
        "low_participation": _("这个小家交回来的不到一半，这个月大家都不算值"),
        "own": _("这个月自己的值"),
        "own_mean": _("这个月没有值，用自己别的月份的平均补上"),
        "category": _("这一季都没有值，用同类邻居的中间数补上"),
        "none": _("这个月没有值，也补不上"),
        "quarter": _("好事的分，加上三个月的认可分"),
        "effort": _("好事最多的三个季的分，乘上机会多少"),
        "deeds": _("出力"),
        "mean": _("邻居的认可"),
        "steady": _("有好事的月份，九个月就满"),
        "rescaled": _("没有认可值，其余两项放大到一百"),
        "total": _("合计"),
    }
    return words[code]


def counted(levels: Sequence[int | None]) -> dict[str, int]:
    """Level -> how many, '0' for 不了解: all that an appellant gets to see."""
    return {str(level): sum((given or 0) == level for given in levels) for level in (5, 4, 3, 2, 1, 0)}
