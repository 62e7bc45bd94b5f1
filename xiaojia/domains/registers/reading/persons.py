"""Names, phones and numbers as people type them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from xiaojia.domains.places.rules import NOTHING
from xiaojia.kernel.masking import SIMULATED_MARK, unmarked

_BETWEEN = re.compile(r"[、，,;；/|\n]+|(?<=\d{7})\s+(?=1[3-9]\d{9})|(?<=\d)[或和]")
_BETWEEN_NAMES = re.compile(r"[、，,;；/|\n]+")
_INNER_SPACE = re.compile(r"(?<=[一-龥])\s+(?=[一-龥])")
_MARKS = re.compile(r"[\s\-()（）.。·'’#:]+")
_WHOSE = (
    r"(?:联系|家庭|固定|移动)?(?:电话|手机|座机|固话|号码|手机号)|本人|户主|业主|房东|租[客户]|儿子?|女儿?|老伴|妻子?"
    r"|丈夫|夫|爱人|父亲?|母亲?|家里?|微信同号|备用|常用"
)
_WORDS = re.compile(rf"^(?:TEL|PHONE|MOBILE|{_WHOSE})|(?:{_WHOSE})$", re.IGNORECASE)
_MOBILE = re.compile(r"(?:\+?0{0,2}86)?(1[3-9]\d{9})")
_INSIDE = re.compile(r"[(（]?(?<!\d)(1[3-9]\d[\s-]?\d{4}[\s-]?\d{4})(?!\d)[)）]?")
_LABEL = re.compile(r"^(?:户主|姓名|业主|联系人|租户|房东|产权人|电话|手机)[:：]|[:：]$")
_NEUTRAL = re.compile(
    r"[(（](?:[男女夫妻父母子]|儿子|女儿|老伴|丈夫|妻子|爱人|父亲|母亲|租户|租客|房东|业主|户主|房主|本人|产权人|承租人)[)）]"
)
_LANDLINE = re.compile(r"0\d{9,11}|[2-9]\d{6,7}")
_NO_NAME = re.compile(r"[\d=@+<>()（）?？]")
_MARK: Final = unicodedata.normalize("NFKC", SIMULATED_MARK)
_NUMBER = re.compile(r"(?:共)?(\d{1,6})(?:\.0+)?[人口户层楼套位个]*F?")
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


def read_people(text: str) -> tuple[list[tuple[str, str]], bool]:
    """Names of a cell with the phone that stands beside each ('' for none), and whether all are names.

    王 五 is 王五, 张三（女） is 张三, 户主：李四13800001111 is 李四 with his phone.
    """
    people = [_person(unicodedata.normalize("NFKC", part)) for part in _BETWEEN_NAMES.split(text)]
    people = [(name, phone) for name, phone in people if (name and name not in NOTHING) or phone]
    clear = [(n, p) for n, p in people if len(n) <= _LONGEST_NAME and not _NO_NAME.search(unmarked(n))]
    return clear, len(clear) == len(people)


def _person(text: str) -> tuple[str, str]:
    found = _INSIDE.search(text)
    phone = ""
    if found is not None:
        phone = _MARKS.sub("", found[1])
        text = text[: found.start()] + text[found.end() :]
    text = text.replace(_MARK, SIMULATED_MARK)
    name = _LABEL.sub("", _LABEL.sub("", _NEUTRAL.sub("", text).strip()).strip())
    return _INNER_SPACE.sub("", name).strip(), phone


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
    """One phone, two mobile phones typed without a gap, none for nothing, or None when it is wrong.

    Words around it go: 手机, 儿子, 本人.
    """
    if not digits:
        return []
    digits = _WORDS.sub("", digits)
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
    return _CHINESE.get(plain.rstrip("人口户层楼"))
