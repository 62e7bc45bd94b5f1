"""The national table of each year, and how days are typed and told. Plain values only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Final

from xiaojia.engines.clocks import YearTable
from xiaojia.engines.clocks.calendar import SATURDAY, Spans

FIRST_YEAR: Final = 2010
_DAY = re.compile(r"(?:(\d{4})\s*[年./-])?\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?")
_RANGE = re.compile(r"\s*(?:[-—–~至到]+)\s*")
_SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*(?:[-—–~至到]+)\s*(\d{1,2})[:：](\d{2})")


class Unreadable(ValueError):
    """A typed day or hour that nobody can read; the argument is the piece."""


@lru_cache(maxsize=64)
def national_table(year: int) -> YearTable | None:
    """Days off and make-up days as the State Council announced them; None while it has not, or not here."""
    from chinese_calendar.constants import holidays, workdays

    off = frozenset(day for day in holidays if day.year == year and day.weekday() < SATURDAY)
    if not off:
        return None
    return YearTable(year, off, frozenset(d for d in workdays if d.year == year and d.weekday() >= SATURDAY))


def read_days(text: str, *, year: int) -> frozenset[date]:
    """Days of a year as people type them: 2月16日-2月20日、2.23, 4/6; one or more a line."""
    days: set[date] = set()
    for piece in re.split(r"[,、;\n]+", unicodedata.normalize("NFKC", text)):
        if not piece.strip():
            continue
        found = list(_DAY.finditer(piece))
        rest = _RANGE.sub("", _DAY.sub("", piece)).strip()
        if rest or not 1 <= len(found) <= 2:
            raise Unreadable(piece.strip())
        ends = [_day(match, year, piece) for match in found]
        if ends[0] > ends[-1]:
            raise Unreadable(piece.strip())
        days |= {ends[0] + timedelta(days=n) for n in range((ends[-1] - ends[0]).days + 1)}
    return frozenset(days)


def _day(match: re.Match[str], year: int, piece: str) -> date:
    try:
        day = date(int(match[1] or year), int(match[2]), int(match[3]))
    except ValueError:
        raise Unreadable(piece.strip()) from None
    if day.year != year:
        raise Unreadable(piece.strip())
    return day


def tell_days(days: Iterable[date]) -> list[str]:
    """The same days for a person: 2月16日-2月20日 for days in a row."""
    lines: list[str] = []
    row: list[date] = []
    for day in [*sorted(days), None]:
        if row and (day is None or day - row[-1] != timedelta(days=1)):
            first, last = (f"{d.month}月{d.day}日" for d in (row[0], row[-1]))
            lines.append(first if first == last else f"{first}-{last}")
            row = []
        if day is not None:
            row.append(day)
    return lines


def read_hours(text: str) -> Spans:
    """Office hours as typed: 9:00-12:00，14:00-18:00."""
    spans = []
    for piece in re.split(r"[,、;\n]+", unicodedata.normalize("NFKC", text)):
        if not piece.strip():
            continue
        match = _SPAN.fullmatch(piece.strip())
        try:
            if match is None:
                raise ValueError(piece)
            spans.append((time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))))
        except ValueError:
            raise Unreadable(piece.strip()) from None
    return tuple(spans)


def tell_hours(spans: Sequence[tuple[time, time]]) -> str:
    """9:00-12:00，14:00-18:00."""
    return "，".join(f"{a.hour}:{a.minute:02d}-{b.hour}:{b.minute:02d}" for a, b in spans)
