"""Words of places: addresses as people write them, and sort keys in pinyin with numbers in natural order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Crossing:
    """Things go from one community to another: from the day `on` they are the other's."""

    from_community_id: int
    to_community_id: int
    on: date


def sort_key(text: str) -> str:
    """Pinyin with tone numbers and zero-padded numbers: 2栋 before 10栋, 刘家院子 before 南园."""
    # Its dictionary is a quarter of the time Django needs to start, and most processes never sort a name.
    from pypinyin import Style, lazy_pinyin

    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    padded = _NUMBER.sub(lambda m: m.group().zfill(6), folded)
    return " ".join(lazy_pinyin(padded, style=Style.TONE3, neutral_tone_with_five=True))


@dataclass(frozen=True, slots=True)
class Address:
    """A door: `door` is "5-1" (floor and number) or a bare number. `doubt` says what has to be looked at."""

    compound: str = ""
    building: str = ""
    unit: str = ""
    door: str = ""
    doubt: str = ""


_DITTO: Final = re.compile(r"同上|〃|″|\"|''|”|“|同前|同上户|DITTO|DO|:\"|-*//-*|-+〃-+|同", re.IGNORECASE)
_BRACKETS = re.compile(r"[()\[\]【】]")
_DASHES = re.compile(r"\s*[-‐‑‒–—―−﹣_]+\s*")  # the dashes that people type
_WAVES = re.compile(r"\s*[~～至]+\s*")  # a dash as well, unless there are dashes: 1-1至1-4 are four doors
_SPACES = re.compile(r"\s+")
_MARKS = re.compile(r"[、，,;；。.·]+$")
_FLOAT_TAIL = re.compile(r"(?<=\d)\.0+$")
_CHINESE: Final = "零一二三四五六七八九"
_CHINESE_NUMBER = re.compile(r"[零一二两三四五六七八九十]{1,3}(?=号?[栋幢座楼]|单元|层|楼|号|室|门|#)")
_LAST_ASIDE = re.compile(r"\([^()\d]*\)$")
_NUMBERED_ASIDE = re.compile(r"\(([^()]*\d[^()]*)\)")
_ORDINAL = re.compile(r"第(?=(?:\d+|[A-Z])(?:号?[栋幢座]|号楼|单元|[门梯层楼#]))")
_COMMA = re.compile(r"(?<=[栋幢座楼元]),(?=\d)")
_DOOR_SLASH = re.compile(r"(?<=元\d)/(?=\d{1,2}$)|(?<=元\d\d)/(?=\d{1,2}$)")
_NO_COMPOUND = re.compile(r"[^A-Z一-龥]+|.*(?:\d-\d|[、,;/].*|\d(?:和|至|到|与|及)$).*")
_NAME = r"[A-Z]?\d{1,4}[A-Z]?|[A-Z]|[甲乙丙丁]"
_BUILDING_WORD = r"(?:号楼|号栋|[栋幢座]|楼|#楼?)"
_UNIT_WORD = r"(?:单元|[门梯])"
_DOOR = r"\d{1,2}(?:楼|层|F)-?\d{1,3}|(?:\d{1,2}-\d{1,2})|附?\d{1,5}(?:-\d{1,2})?|[A-Z]\d{0,3}|\d{1,4}[A-Z]"
_END = r"(?:号|室|户|房|号房)?"

_WORDED: Final = re.compile(
    rf"(?P<compound>.*?)(?P<building>{_NAME}){_BUILDING_WORD}-?"
    rf"(?:(?P<unit>{_NAME}){_UNIT_WORD}-?|(?P<unit2>\d{{1,2}})-(?=\d{{1,2}}-\d|\d{{3,4}}(?:\D|$)))?"
    rf"(?P<door>{_DOOR})?{_END}"
)
_UNIT_ONLY: Final = re.compile(rf"(?P<compound>\D*?)(?P<unit>{_NAME}){_UNIT_WORD}-?(?P<door>{_DOOR})?{_END}")
_DASHED: Final = re.compile(
    rf"(?P<compound>|(?!.*\d(?:{_BUILDING_WORD}|{_UNIT_WORD})).*?\D)(?P<parts>(?:{_NAME})(?:-\d{{1,4}}[A-Z]?){{1,3}}){_END}"
)
_YARD: Final = re.compile(rf"(?P<compound>\D+?)(?P<door>附?\d{{1,4}}(?:-\d{{1,2}})?){_END}")
_DIVISIONS: Final = re.compile(
    r"(?:[一-龥]{2,8}?(?:省|自治区))?(?:[一-龥]{2,6}?市)?(?:[一-龥]{2,5}?(?<![小社园院片城])[区县])?"
    r"(?:[一-龥]{1,8}?(?:街道|镇|乡))?(?:[一-龥]{1,8}?社区(?:居委会)?)?"
)


def read_address(
    text: str, *, known_compounds: Collection[str] = (), previous: Address | None = None
) -> Address:
    """The door that a text names: 3栋2单元5-1, 3-2-5-1, 3#2-5-1, full width, 同上 (of `previous`).

    What can be read in two ways or in none comes back with a `doubt`, never as a silent guess.
    """
    plain = fold(text)
    if not plain:
        return Address(doubt=_("没有写地址；写成“3栋2单元5-1”这样。"))
    if is_ditto(text):
        if previous is None:
            return Address(doubt=_("写着“同上”，上面却没有地址；把地址写全。"))
        return replace(previous, doubt="")
    if plain.startswith("同上") and previous is not None:
        return _continued(text, plain.removeprefix("同上"), previous)
    compound, rest = _known(_plainer(plain), known_compounds)
    found = _read(rest, text)
    return replace(found, compound=compound or _settled(found.compound, known_compounds))


def is_ditto(text: str) -> bool:
    """Whether a cell says 同上, in brackets, with marks or in any other spelling."""
    return bool(text) and _DITTO.fullmatch(_BRACKETS.sub("", fold(text))) is not None


def fold(text: str) -> str:
    """Half width, capitals, one kind of dash, no spaces; Chinese numbers before 栋, 单元, 楼 as digits."""
    folded = unicodedata.normalize("NFKC", text.replace("″", "〃")).upper()
    folded = _FLOAT_TAIL.sub("", folded)
    folded = _MARKS.sub("", _SPACES.sub("", _DASHES.sub("-", folded)))
    folded = folded if "-" in folded else _WAVES.sub("-", folded)
    return _CHINESE_NUMBER.sub(lambda m: str(_from_chinese(m.group())), folded).replace("—", "-")


def _plainer(plain: str) -> str:
    """第3栋, (3栋2单元)5-1, 3栋,2单元,5/1 and 5-1(住) without what only decorates them."""
    plain = _LAST_ASIDE.sub("", plain)
    plain = _ORDINAL.sub("", _NUMBERED_ASIDE.sub(r"\1", plain))
    return _DOOR_SLASH.sub("-", _COMMA.sub("", plain))


def _from_chinese(text: str) -> int:
    digits = text.replace("两", "二")
    if "十" not in digits:
        return int("".join(str(_CHINESE.index(c)) for c in digits))
    tens, _ten, ones = digits.partition("十")
    return (_CHINESE.index(tens[0]) if tens else 1) * 10 + (_CHINESE.index(ones[0]) if ones else 0)


def _known(plain: str, known: Collection[str]) -> tuple[str, str]:
    """The longest known compound that the text names, and what follows it."""
    for name in sorted(known, key=len, reverse=True):
        at = plain.find(fold(name))
        if name and at >= 0:
            rest = plain[at + len(fold(name)) :]
            return name, rest.removeprefix("小区").removeprefix("-")
    return "", plain


def _settled(compound: str, known: Collection[str]) -> str:
    """A name without divisions before it; 南园 and 南园小区 are one if only one of them is known."""
    name = compound.strip("-")
    rest = name[_DIVISIONS.match(name).end() :]  # type: ignore[union-attr]  # matches at least nothing
    name = rest or name
    twin = twin_of(name)
    return twin if name not in known and twin in known else name


def _read(plain: str, text: str) -> Address:
    """The address; one whose compound is made of numbers and commas names two doors, or none."""
    found = _read_parts(plain, text)
    if found.compound and _NO_COMPOUND.fullmatch(found.compound):
        return Address(doubt=_unclear(text))
    return found


def _unclear(text: str) -> str:
    return _("“%(text)s”读不出是哪一户；写成“3栋2单元5-1”这样。") % {"text": text}


def _read_parts(plain: str, text: str) -> Address:
    worded = _WORDED.fullmatch(plain)
    if worded is not None:
        unit = worded["unit"] or worded["unit2"] or ""
        return _whole(worded["compound"], worded["building"], unit, worded["door"] or "", text)
    only = _UNIT_ONLY.fullmatch(plain)
    if only is not None:
        return Address(
            only["compound"], "", _name(only["unit"]), read_door(only["door"] or ""), _no_building(text)
        )
    dashed = _DASHED.fullmatch(plain)
    if dashed is not None:
        return _from_parts(dashed["compound"], dashed["parts"].split("-"), text)
    yard = _YARD.fullmatch(plain)
    if yard is not None:
        return Address(yard["compound"], "", "", yard["door"].lstrip("0"), _no_building(text))
    return Address(doubt=_unclear(text))


def _whole(compound: str, building: str, unit: str, door: str, text: str) -> Address:
    doubt = "" if door else _("“%(text)s”没有写门号；补上几楼几号。") % {"text": text}
    return Address(compound, _name(building), _name(unit), read_door(door), doubt)


def _from_parts(compound: str, parts: list[str], text: str) -> Address:
    """Numbers with dashes. Three small ones could be building-unit-door or building-floor-door: a doubt."""
    if len(parts) == 4:
        building, unit, *door = parts
        return Address(compound, _name(building), _name(unit), read_door("-".join(door)))
    is_long = len(parts[-1].rstrip("ABCDEFGH")) >= 3
    if len(parts) == 3 and is_long:
        return Address(compound, _name(parts[0]), _name(parts[1]), read_door(parts[2]))
    if len(parts) == 2 and is_long:
        return Address(compound, _name(parts[0]), "", read_door(parts[1]))
    if len(parts) == 3:
        return Address(
            compound,
            doubt=_(
                "“%(text)s”有两种读法：%(a)s栋%(b)s楼%(c)s号，还是%(a)s栋%(b)s单元%(c)s号；写清楚是哪一种。"
            )
            % {"text": text, "a": parts[0], "b": parts[1], "c": parts[2]},
        )
    return Address(compound, "", "", read_door("-".join(parts)), _no_building(text))


def _no_building(text: str) -> str:
    return _("“%(text)s”没有写是哪一栋；补上栋号，平房院子写 1 栋。") % {"text": text}


def _continued(text: str, rest: str, previous: Address) -> Address:
    """同上5-2: the same staircase, another door."""
    door = read_door(rest.lstrip("-"))
    if not door:
        return replace(previous, door="", doubt=_("“%(text)s”读不出门号；把地址写全。") % {"text": text})
    return replace(previous, door=door, doubt="")


def _name(text: str) -> str:
    return text.lstrip("0") or text


_BUILDING_CELL = re.compile(rf"第?(?P<name>{_NAME}){_BUILDING_WORD}?")
_UNIT_CELL = re.compile(rf"第?(?P<name>{_NAME}){_UNIT_WORD}?")
_BARE_CHINESE = re.compile(r"[一二三四五六七八九十]{1,3}")


_INNER_SPACE = re.compile(r"(?<=[一-龥])\s+|\s+(?=[一-龥])")
_STAIRCASE_CELL = re.compile(rf"第?(?P<building>{_NAME}){_BUILDING_WORD}-?(?P<unit>{_NAME})(?:{_UNIT_WORD})?")


def read_compound(text: str, *, known_compounds: Collection[str] = ()) -> str:
    """The name of a compound without spaces inside and divisions before it."""
    name = _INNER_SPACE.sub("", _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip())
    return _settled(name, known_compounds)


def twin_of(compound: str) -> str:
    """The other way to write this compound: 南园 and 南园小区."""
    return compound.removesuffix("小区") if compound.endswith("小区") else f"{compound}小区"


def read_staircase(text: str) -> tuple[str, str]:
    """Building and unit of one cell: `3栋2单元` is 3 and 2, `3幢` is 3 and ''."""
    found = _STAIRCASE_CELL.fullmatch(fold(text))
    if found is not None:
        return _name(found["building"]), _name(found["unit"])
    return read_building(text), ""


def read_building(text: str) -> str:
    """`03幢`, `三号楼`, `3#` are 3; a name (`梧桐楼`) stays a name; '' when the cell says nothing."""
    return _read_name(_BUILDING_CELL, text, keep=True)


def read_unit(text: str) -> str:
    """`2单元`, `二单元`, `2门` are 2; `无`, `/`, `-` mean that the building has no units."""
    return _read_name(_UNIT_CELL, text, keep=False)


def _read_name(pattern: re.Pattern[str], text: str, *, keep: bool) -> str:
    plain = fold(text)
    if _BARE_CHINESE.fullmatch(plain):
        plain = str(_from_chinese(plain))
    found = pattern.fullmatch(plain)
    if found is not None:
        return _name(found["name"])
    return plain if keep and plain not in NOTHING else ""


NOTHING: Final = frozenset(
    {"", "-", "/", "\\", "无", "暂无", "没有", "空", "N/A", "NA", "不详", "未知", "NONE"}
)
_FLOOR_DOOR = re.compile(r"(\d{1,2})(?:-|楼-?|层-?|F-?)0?(\d{1,3}[A-Z]?)")
_RUN_DOOR = re.compile(r"0?(\d{1,2})(\d{2})")
_BARE_DOOR = re.compile(r"附?\d{1,5}(?:-\d{1,2})?|[A-Z]\d{0,3}|\d{1,4}[A-Z]")


def read_door(text: str) -> str:
    """`5-1`, `5楼1号`, `501室`, `0501` are "5-1"; other doors keep what stands there; '' when it is none."""
    plain = re.sub(r"(?:号房|[号室户房门])$", "", fold(text))
    together = _FLOOR_DOOR.fullmatch(plain)
    if together is not None:
        return f"{int(together[1])}-{together[2]}"
    run = _RUN_DOOR.fullmatch(plain)
    if run is not None and int(run[1]) and int(run[2]):
        return f"{int(run[1])}-{int(run[2])}"
    return _name(plain) if _BARE_DOOR.fullmatch(plain) else ""


def floor_of(door: str) -> int:
    """The floor that a normalised door tells, 0 when it does not."""
    floor, dash, _number = door.partition("-")
    return int(floor) if dash and floor.isdigit() else 0
