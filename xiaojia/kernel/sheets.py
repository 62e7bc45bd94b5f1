"""Sheets: what is printed or exported. A workbook out of rows, safe to open in Excel or WPS."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import xlsxwriter

Cell = str | int | float | Decimal | date | datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table with its title, headings and the line that says how it was counted (口径)."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    note: str = ""


def neutral(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a leading = + - @ or control gets an apostrophe."""
    return "'" + text if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def workbook(*sheets: Sheet) -> bytes:
    """An .xlsx file with one worksheet a sheet; memory stays flat, formulas and links are never written."""
    stream = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "bottom": 2})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title[:31])
            page.write_string(0, 0, sheet.title)
            page.write_string(1, 0, sheet.note)
            for column, heading in enumerate(sheet.headings):
                page.write_string(2, column, heading, bold)
            for line, row in enumerate(sheet.rows, start=3):
                for column, value in enumerate(row):
                    if value is None:
                        continue
                    if isinstance(value, str):
                        page.write_string(line, column, neutral(value))
                    elif isinstance(value, (date, datetime)):
                        page.write_datetime(line, column, value, day)
                    else:
                        page.write_number(line, column, float(value))
    return stream.getvalue()
