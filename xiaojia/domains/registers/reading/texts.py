"""CSV in the encodings that offices write: UTF-8 with or without its mark, UTF-16 from Excel, GB18030."""

from __future__ import annotations

import codecs
import csv
import re

from xiaojia.domains.registers.reading.cells import cell_text
from xiaojia.domains.registers.reading.facts import Bad
from xiaojia.domains.registers.rules import MOST_COLUMNS, MOST_ROWS

_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
_REACHES_OUT = re.compile(r"^[=+\-@].*\|.*!", re.DOTALL)


def decode(data: bytes) -> str:
    """The text of a CSV, or `Bad` when it is in none of these encodings."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Bad("type")


def read_csv(data: bytes) -> list[list[str]]:
    """Rows of a CSV; comma, semicolon or tab, whichever the first lines have most of."""
    text = decode(data)
    if "\x00" in text:
        raise Bad("type")
    sample = text[:4000]
    delimiter = max(",;\t", key=sample.count)
    rows: list[list[str]] = []
    csv.field_size_limit(100_000)
    try:
        for row in csv.reader(text.splitlines(keepends=True), delimiter=delimiter):
            if len(rows) >= MOST_ROWS:
                raise Bad("rows", most=MOST_ROWS)
            if len(row) > MOST_COLUMNS:
                raise Bad("columns", most=MOST_COLUMNS)
            rows.append([_cell(cell) for cell in row])
    except csv.Error:
        raise Bad("broken", kind="csv") from None
    return rows


def _cell(text: str) -> str:
    if text[:1] in "=+-@" and text:
        kept = _KEPT_AS_TEXT.fullmatch(text)
        if kept is not None:
            text = kept.group(1)
        elif _REACHES_OUT.match(text):
            raise Bad("dde")
    return cell_text(text)
