"""CSV in the encodings that offices write: UTF-8 with or without its mark, UTF-16 from Excel, GB18030."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter

from xiaojia.domains.registers.reading.cells import cell_text
from xiaojia.domains.registers.reading.facts import Bad
from xiaojia.domains.registers.rules import MOST_COLUMNS, MOST_ROWS

_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
REACHES_OUT = re.compile(r"^[=+\-@].*\|.*!", re.DOTALL)
"""A cell that would start another program."""
_WIDE = (b",\x00", b"\t\x00", b";\x00", b"\n\x00")
"""Two bytes a character, and no mark in front that says so."""
_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SEPARATOR = re.compile(r"sep=(.)\s*")


def decode(data: bytes) -> str:
    """The text of a CSV, or `Bad` when it is in none of these encodings."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    encodings: tuple[str, ...] = ("utf-8-sig", "gb18030")
    if any(mark in data[:4096] for mark in _WIDE):
        encodings = ("utf-16-le",)
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Bad("type")


def read_csv(data: bytes) -> list[list[str]]:
    """Rows of a CSV; comma, semicolon, tab or bar, whichever divides the first lines most alike."""
    text = decode(data.removesuffix(b"\x1a"))
    if "\x00" in text:
        raise Bad("type")
    delimiter = _delimiter(text[:8000])
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


def _delimiter(sample: str) -> str:
    named = _SEPARATOR.match(sample)
    if named is not None:
        return named[1]
    lines = _QUOTED.sub("", sample).splitlines()

    def alike(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in lines)
        del counts[0]
        most, lines_alike = max(counts.items(), key=lambda item: item[0] * item[1], default=(0, 0))
        return lines_alike * most, most

    return max(_DELIMITERS, key=alike)


def _cell(text: str) -> str:
    if text[:1] in "=+-@" and text:
        kept = _KEPT_AS_TEXT.fullmatch(text)
        if kept is not None:
            text = kept.group(1)
        elif REACHES_OUT.match(text):
            raise Bad("dde")
    return cell_text(text)
