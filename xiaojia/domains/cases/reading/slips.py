"""Paper slips typed back, one line each: 11月20日 刘家院子2栋 楼道灯不亮 王婆婆 13800000000."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

MOST_SLIPS: Final = 20
_PHONE: Final = re.compile(r"(?<!\d)(1\d{10}|0\d{2,3}-?\d{7,8})(?!\d)")
_DAY: Final = re.compile(
    r"^\s*(?:(?P<word>今天|昨天|前天)|(?:(?P<year>20\d\d)[-/.年])?(?P<month>\d{1,2})"
    r"(?:月|[/.]|(?<=20\d\d-\d)-|(?<=20\d\d-\d\d)-)(?P<day>\d{1,2})[日号]?)"
    r"(?=[\s,，:：、]|[一-龥])[\s,，:：、]*"
)
_NAME: Final = re.compile(r"(?:^|[\s,，、])(?P<name>[一-龥]{2,4})\s*$")
_EDGES: Final = " ,，、;；\t"
_DAYS_AGO: Final = {"今天": 0, "昨天": 1, "前天": 2}


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One slip. `said_on` is None when the line begins with no day, or with one that is still to come."""

    text: str
    said_on: date | None = None
    phone: str = ""
    name: str = ""


def read_slips(text: str, *, today: date) -> list[SlipLine]:
    """Every line that says something, in order. A name is read only where it stands before the phone."""
    lines = (line.strip() for line in unicodedata.normalize("NFKC", text).splitlines())
    return [_read(line, today) for line in lines if line]


def _read(line: str, today: date) -> SlipLine:
    said_on, rest = _day(line, today)
    phone, name = _PHONE.search(rest), ""
    if phone is not None:
        before, after = rest[: phone.start()], rest[phone.end() :]
        named = _NAME.search(before)
        if named is not None and named.start() > 0:
            name, before = named["name"], before[: named.start()]
        rest = f"{before.rstrip(_EDGES)} {after.lstrip(_EDGES)}"
    return SlipLine(rest.strip(_EDGES), said_on, phone[1] if phone else "", name)


def _day(line: str, today: date) -> tuple[date | None, str]:
    found = _DAY.match(line)
    if found is None:
        return None, line
    if found["word"]:
        return today - timedelta(days=_DAYS_AGO[found["word"]]), line[found.end() :]
    try:
        day = date(int(found["year"] or today.year), int(found["month"]), int(found["day"]))
        if day > today and not found["year"]:
            day = day.replace(year=today.year - 1)
    except ValueError:
        return None, line
    return (day, line[found.end() :]) if day <= today else (None, line)
