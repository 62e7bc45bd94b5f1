"""Where no column names the compound, something else does: a line between the rows, the sheet, the title.

Runs in the child. What is found becomes a column of its own, so that a person sees and confirms it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xiaojia.domains.registers.reading.table import Table
from xiaojia.domains.registers.rules import FROM_BANDS, FROM_SHEETS, FROM_TITLE, meaning_of

_ORDINAL = re.compile(r"^(?:[(（]?[一二三四五六七八九十\d]+[)）、.．]\s*)+")
_STAIRCASE = re.compile(r"\d\s*(?:[栋幢座#]|号楼|单元)")
_NO_NAME = re.compile(
    r"(?i:sheet)\s*\d*|工作表\d*|表\d*|.*(?:住户|居民|户主|登记|台账|信息|名单|总表|汇总|底册|花名册).*"
)
_COMPOUND = re.compile(r"(?:.*社区)?([一-龥A-Za-z0-9]{1,12}?(?:小区|院子|大院|花园|家园|公寓|[苑邨]))")
_PUNCTUATION = re.compile(r"[:：。，,]")


def add_compound(tables: Sequence[Table]) -> None:
    """Give every table a last column with the compound, if none has one and a place outside tells it."""
    if not _is_missing(tables):
        return
    for heading, names in (
        (FROM_BANDS, [_by_bands(table) for table in tables]),
        (FROM_SHEETS, [_by_sheet(table, is_one_of_many=len(tables) > 1) for table in tables]),
        (FROM_TITLE, [_by_title(table) for table in tables]),
    ):
        if all(any(column) for column in names):
            for table, column in zip(tables, names, strict=True):
                table.add_column(heading, column)
            return


def _is_missing(tables: Sequence[Table]) -> bool:
    table = tables[0]
    meanings = [meaning_of(heading) for heading in table.headings]
    if "compound" in meanings:
        return False
    if "address" not in meanings:
        return True
    kept = [m for m, code in zip(meanings, table.refused, strict=True) if not code]
    column = kept.index("address")
    texts = [cells[column] for t in tables for _number, cells in t.rows if cells[column]]
    return sum(text[0].isdigit() for text in texts) * 2 > len(texts)


def _by_bands(table: Table) -> list[str]:
    bands = {n: _ORDINAL.sub("", text) for n, why, text in table.skipped if why == "band"}
    if any(_STAIRCASE.search(text) or _PUNCTUATION.search(text) for text in bands.values()):
        return []
    names, now = [], ""
    numbers = sorted(bands)
    for number, _cells in table.rows:
        while numbers and numbers[0] < number:
            now = bands[numbers.pop(0)]
        names.append(now)
    return names


def _by_sheet(table: Table, *, is_one_of_many: bool) -> list[str]:
    name = table.sheet.name.strip()
    if not name or _NO_NAME.fullmatch(name) or _STAIRCASE.search(name):
        return []
    if not is_one_of_many and _COMPOUND.fullmatch(name) is None:
        return []
    return [name] * len(table.rows)


def _by_title(table: Table) -> list[str]:
    found = _COMPOUND.search(table.title)
    return [found.group(1)] * len(table.rows) if found else []
