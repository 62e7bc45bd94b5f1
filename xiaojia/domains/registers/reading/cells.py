"""One cell of a stranger's sheet as text: no invisible marks, no float tails, dates as ISO."""

from __future__ import annotations

import re
from datetime import date, datetime, time

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060\ufeff\ufffe\uffff\u00ad]")
_ESCAPED = re.compile(
    r"_x((?![dD][89a-fA-F])[0-9A-Fa-f]{4})_"
)  # how a sheet's XML writes what XML cannot hold
_SPACES = re.compile(r"[\s\u00a0\u3000]+")
LONGEST_CELL = 300


def cell_text(value: object) -> str:
    """Text of a value that calamine gives; phone numbers come as floats (13800000000.0)."""
    if isinstance(value, str):
        return _clean(value) if value else ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def _clean(text: str) -> str:
    if text.isascii() and text.isalnum():
        return text
    if "_x" in text:
        text = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)
    return _SPACES.sub(" ", _UNSEEN.sub("", text)).strip()[:LONGEST_CELL]
