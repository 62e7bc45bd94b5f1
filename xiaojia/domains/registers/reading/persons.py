"""Names, phones and numbers as people type them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from xiaojia.domains.places.rules import NOTHING

_BETWEEN = re.compile(r"[、，,;；/|\n]+|(?<=\d{7})\s+(?=1[3-9]\d{9})|(?<=\d)[或和]")
_BETWEEN_NAMES = re.compile(r"[、，,;；/|\n]+")
_INNER_SPACE = re.compile(r"(?<=[一-龥])\s+(?=[一-龥])")
_MARKS = re.compile(r"[\s\-()（）.]+")
_MOBILE = re.compile(r"(?:\+?0?86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0\d{9,11}|[2-9]\d{6,7}")
_NO_NAME = re.compile(r"[\d=@+<>]")
_NUMBER = re.compile(r"(?:共)?(\d{1,6})(?:\.0+)?[人口户层套位个]*")
_CHINESE: Final = {
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
}
_LONGEST_NAME: Final = 20


def read_names(text: str) -> tuple[list[str], bool]:
    """The names of a cell, and whether all of them read like names. 王 五 is 王五."""
    names = [_INNER_SPACE.sub("", name).strip() for name in _BETWEEN_NAMES.split(text)]
    names = [name for name in names if name and name not in NOTHING]
    clear = [name for name in names if len(name) <= _LONGEST_NAME and not _NO_NAME.search(name)]
    return clear, len(clear) == len(names)


def read_phones(text: str) -> tuple[list[str], str]:
    """The phones of a cell, plain digits, and the first part that is none."""
    folded = unicodedata.normalize("NFKC", text).strip()
    if folded in NOTHING or folded == "0":
        return [], ""
    phones: list[str] = []
    wrong = ""
    for part in _BETWEEN.split(folded):
        found = _phones(_MARKS.sub("", part))
        if found is None:
            wrong = wrong or part.strip()
        else:
            phones += [phone for phone in found if phone not in phones]
    return phones, wrong


def _phones(digits: str) -> list[str] | None:
    """One phone, two mobile phones typed without a gap, none for nothing, or None when it is wrong."""
    if not digits:
        return []
    mobile = _MOBILE.fullmatch(digits)
    if mobile is not None:
        return [mobile[1]]
    if _LANDLINE.fullmatch(digits):
        return [digits]
    if len(digits) == 22 and _MOBILE.fullmatch(digits[:11]) and _MOBILE.fullmatch(digits[11:]):
        return [digits[:11], digits[11:]]
    return None


def read_number(text: str) -> int | None:
    """`3`, `３人`, `三口`, `3.0`; None when it is no plain number."""
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").replace(",", "")
    found = _NUMBER.fullmatch(plain)
    if found is not None:
        return int(found[1])
    return _CHINESE.get(plain.rstrip("人口户层"))
