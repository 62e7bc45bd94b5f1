"""Where no column names the compound, building or unit, something else does: a line between the rows, the
sheet's name, the title.

Runs in the child. What is found becomes columns of their own, so that a person sees and confirms them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from xiaojia.domains.registers.reading.table import Table
from xiaojia.domains.registers.rules import FROM_BANDS, FROM_PLACES, FROM_SHEETS, FROM_TITLE, meaning_of

_ORDINAL = re.compile(r"^(?:[(（]?[一二三四五六七八九十\d]+[)）、.．]\s*)+")
_NO_NAME = re.compile(
    r"(?i:sheet)\s*\d*|工作表\d*|表\d*|.*(?:住户|居民|户主|登记|台账|信息|名单|总表|汇总|底册|花名册).*"
)
_COMPOUND = re.compile(r"(?:.*社区)?([一-龥A-Za-z0-9]{1,12}?(?:小区|院子|大院|花园|家园|公寓|[苑邨]))")
_PUNCTUATION = re.compile(r"[:：。，,]")
_MARKS = re.compile(r"[\s()（）【】\[\]]+|[:：。，,]+$")
_NAME = r"\d{1,3}[A-Z]?|[A-Z]|[甲乙丙丁]|[一二三四五六七八九十]{1,3}"
_BUILDING = rf"第?(?P<building>{_NAME})(?:号?[栋幢座]|号楼|#楼?)"
_UNIT = rf"第?(?P<unit>{_NAME})单元"
_PLACE = re.compile(
    rf"(?P<compound>.*?)(?:{_BUILDING})?-?(?:{_UNIT})?(?:住户|居民|登记|花?名[册单]|台账|信息|情况|表)*"
)
_IN_TITLE = re.compile(_BUILDING)

Place = tuple[str, str, str]
"""Compound, building and unit."""
MEANINGS: Final = ("compound", "building", "unit")


def add_origin(tables: Sequence[Table]) -> None:
    """Give every table the columns that none has and that a place outside tells of all of them."""
    missing = {meaning for meaning in MEANINGS if _is_missing(tables, meaning)}
    for source, places in (
        (FROM_BANDS, [_by_bands(table) for table in tables]),
        (FROM_SHEETS, [_by_sheet(table, is_one_of_many=_are_many(tables)) for table in tables]),
        (FROM_TITLE, [_by_title(table) for table in tables]),
    ):
        for i, meaning in enumerate(MEANINGS):
            if meaning in missing and all(any(place[i] for place in column) for column in places):
                missing.discard(meaning)
                for table, column in zip(tables, places, strict=True):
                    table.add_column(source + FROM_PLACES[meaning], [place[i] for place in column])


def _are_many(tables: Sequence[Table]) -> bool:
    return len({table.sheet.name for table in tables}) > 1


def _is_missing(tables: Sequence[Table], meaning: str) -> bool:
    table = tables[0]
    meanings = [meaning_of(heading) for heading in table.headings]
    if meaning in meanings:
        return False
    if "address" not in meanings:
        return True
    if meaning != "compound":
        return False
    kept = [m for m, code in zip(meanings, table.refused, strict=True) if not code]
    column = kept.index("address")
    texts = [
        cells[column] for t in tables for _number, cells in t.rows if len(cells) > column and cells[column]
    ]
    return sum(text[0].isdigit() for text in texts) * 2 > len(texts)


def _read(text: str) -> Place:
    """`二、南园 3栋 2单元` is 南园, 3, 2; a text that names no house is all compound."""
    folded = unicodedata.normalize("NFKC", _ORDINAL.sub("", text)).upper()
    found = _PLACE.fullmatch(_MARKS.sub("", folded))
    if found is None or not (found["building"] or found["unit"]):
        return "", "", ""
    building, unit = found["building"], found["unit"]
    return found["compound"], f"{building}栋" if building else "", f"{unit}单元" if unit else ""


def _by_bands(table: Table) -> list[Place]:
    """Each band speaks for the rows below it, and for what the bands above it left open."""
    bands = {n: text for n, why, text in table.skipped if why == "band"}
    houses = {n: _read(text) for n, text in bands.items()}
    names = {n: _ORDINAL.sub("", text) for n, text in bands.items() if not any(houses[n])}
    if any(_PUNCTUATION.search(name) for name in names.values()):
        names = {}
    places, (compound, building, unit) = [], ("", "", "")
    numbers = sorted(bands)
    for number, _cells in table.rows:
        while numbers and numbers[0] < number:
            n = numbers.pop(0)
            if n in names:
                compound, building, unit = names[n], "", ""
            elif any(houses[n]):
                new_compound, new_building, new_unit = houses[n]
                building, unit = (new_building, new_unit) if new_building else (building, new_unit)
                compound = new_compound or compound
        places.append((compound, building, unit))
    return places


def _by_sheet(table: Table, *, is_one_of_many: bool) -> list[Place]:
    name = table.sheet.name.strip()
    place = _read(name)
    if not any(place):
        is_name = bool(name) and not _NO_NAME.fullmatch(name)
        place = (name if is_name and (is_one_of_many or _COMPOUND.fullmatch(name)) else "", "", "")
    return [place] * len(table.rows)


def _by_title(table: Table) -> list[Place]:
    found = _COMPOUND.search(table.title)
    houses = _IN_TITLE.findall(table.title)
    building = f"{houses[0]}栋" if len(houses) == 1 else ""
    return [(found[1] if found else "", building, "")] * len(table.rows)
