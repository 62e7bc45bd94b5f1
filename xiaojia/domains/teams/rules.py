"""Limits and pure decisions of teams: seats, gaps between tenures, what a steward may cover."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SEATS: Final = ("head", "steward")
"""Roles of which every micro-grid has one on each day, or a vacancy."""

MOST_MICROGRIDS: Final = 3
"""A steward covers up to so many micro-grids, all in one compound (R03)."""

MOST_VACANT_DAYS: Final = 15
MOST_ACTING_MONTHS: Final = 3
MOST_BACKDATED_DAYS: Final = 31
"""Papers arrive late: a designation may name a day of the last month; the audit row says when."""

LEAST_REASON_LETTERS: Final = 4

KINDS: Final = {
    "company": gettext_lazy("物业公司的人"),
    "community": gettext_lazy("社区兜底"),
    "resident": gettext_lazy("院里的居民"),
}
"""What kind of steward."""

END_REASONS: Final = {
    "term_over": gettext_lazy("任期到了"),
    "own_wish": gettext_lazy("自己想歇一歇"),
    "moved": gettext_lazy("搬走了"),
    "illness": gettext_lazy("身体或家里有事"),
    "elsewhere": gettext_lazy("换到别的小家"),
    "replaced": gettext_lazy("评议以后换人"),
    "microgrid_ended": gettext_lazy("小家合并了"),
}
"""Why a tenure ended; only the office sees it. Neighbours read a thank-you, whatever the reason."""

Span = tuple[date, date | None]
"""From a day until (not including) another; None: open."""


def gaps(life: Span, covered: Iterable[Span]) -> list[Span]:
    """Stretches of `life` that none of `covered` holds, in order; days that touch leave no gap."""
    found: list[Span] = []
    start, end = life
    for begun, ended in sorted(covered, key=lambda span: span[0]):
        if ended is not None and ended <= begun:
            continue  # a tenure that never began
        if end is not None and start >= end:
            return found
        if begun > start:
            stop = begun if end is None else min(begun, end)
            found.append((start, stop))
            start = stop
        if ended is None:
            return found
        start = max(start, ended)
    if end is None or start < end:
        found.append((start, end))
    return found


def months_after(on: date, months: int) -> date:
    """The same day so many months later, or the last day of that month."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def is_one_compound(compounds: Sequence[set[int]]) -> bool:
    """Whether micro-grids (each with the compounds it touches) have a compound in common."""
    return not compounds or bool(set.intersection(*compounds))


def code_words(code: str) -> str:
    """270514 -> 270 514: read aloud in two groups."""
    return f"{code[:3]} {code[3:]}"


def phone_digits(text: str) -> str:
    """A telephone as typed, without spaces and dashes: '' if it is none."""
    digits = "".join(c for c in text if c not in " -－—()（）")
    return digits if digits.isdigit() and 7 <= len(digits) <= 12 else ""


def phone_words(digits: str) -> str:
    """138 0000 0107; numbers of other lengths stay in one piece."""
    if len(digits) == 11 and digits[0] == "1":
        return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    if len(digits) in (11, 12) and digits[0] == "0":
        return f"{digits[:-8]}-{digits[-8:-4]} {digits[-4:]}"
    return digits


def exit_words(number: int) -> str:
    """What neighbours read when somebody stops: the same for every reason."""
    return _("谢谢为 %(n)s 号小家的邻居出力") % {"n": number}
