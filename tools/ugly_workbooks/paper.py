"""Sheets with their truth, and the three formats they are written in."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import xlwt

from tools.ugly_workbooks.town import Household


@dataclass(slots=True)
class Expected:
    """What a right reading of one row gives, and the doubts that were planted in it."""

    sheet: str
    number: int
    fields: dict[str, Any]
    doubts: list[str]


@dataclass(slots=True)
class Truth:
    """What a right reading of one workbook gives. `secrets` are texts that no row may carry."""

    kind: str = "household"
    rows: list[Expected] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """One sheet while it is being filled."""

    name: str
    truth: Truth
    rows: list[list[Any]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    is_visible: bool = True

    def line(self, *cells: Any) -> int:
        """Any row; its number as Excel shows it."""
        self.rows.append(list(cells))
        return len(self.rows)

    def skip(self, *cells: Any) -> int:
        """A row that is no household and has to be named as such."""
        number = self.line(*cells)
        self.truth.skipped.append(number)
        return number

    def household(
        self,
        household: Household,
        *cells: Any,
        doubts: tuple[str, ...] = (),
        unsure: tuple[str, ...] = (),
        **other: Any,
    ) -> int:
        """A row of this household; `other` says which fields a right reading gives instead.

        Of the fields in `unsure` any reading will do, if only the row carries a doubt.
        """
        number = self.line(*cells)
        fields = {name: v for name, v in (household.fields() | other).items() if name not in unsure}
        planted = list(doubts) or ["any"] * bool(unsure)
        self.truth.rows.append(Expected(self.name, number, fields, planted))
        return number

    def merge(self, first_row: int, first_column: int, last_row: int, last_column: int) -> None:
        """Merge cells; rows as Excel shows them, columns from 0."""
        self.merged.append((first_row, first_column, last_row, last_column))


@dataclass(slots=True)
class Workbook:
    """One ugly workbook: its sheets and its truth. `data` are its bytes where no writer below makes them."""

    name: str
    suffix: str = ".xlsx"
    encoding: str = "utf-8"
    delimiter: str = ","
    data: bytes | None = None
    truth: Truth = field(default_factory=Truth)
    pages: list[Page] = field(default_factory=list)

    def page(self, name: str = "住户") -> Page:
        self.pages.append(Page("" if self.suffix == ".csv" else name, self.truth))
        return self.pages[-1]

    def write(self, folder: Path) -> Path:
        """Write the workbook and its truth."""
        path = folder / f"{self.name}{self.suffix}"
        if self.data is None:
            self.data = {".xlsx": _xlsx, ".xls": _xls, ".csv": _csv}[self.suffix](self)
        path.write_bytes(self.data)
        truth = json.dumps(asdict(self.truth), ensure_ascii=False, indent=1)
        path.with_suffix(".truth.json").write_text(truth, encoding="utf-8")
        return path


def _xlsx(book: Workbook) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for page in book.pages:
        sheet = workbook.create_sheet(page.name)
        for row in page.rows:
            sheet.append(row)
        for top, left, bottom, right in page.merged:
            sheet.merge_cells(start_row=top, start_column=left + 1, end_row=bottom, end_column=right + 1)
        for column in page.hidden_columns:
            sheet.column_dimensions[openpyxl.utils.get_column_letter(column + 1)].hidden = True
        for number in page.hidden_rows:
            sheet.row_dimensions[number].hidden = True
        sheet.sheet_state = "visible" if page.is_visible else "hidden"
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _xls(book: Workbook) -> bytes:
    workbook = xlwt.Workbook(encoding="utf-8")
    dates = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for page in book.pages:
        sheet = workbook.add_sheet(page.name)
        covered = {
            (i, j): None
            for top, left, bottom, right in page.merged
            for i in range(top - 1, bottom)
            for j in range(left, right + 1)
        }
        for top, left, bottom, right in page.merged:
            sheet.write_merge(top - 1, bottom - 1, left, right, page.rows[top - 1][left])
        for i, row in enumerate(page.rows):
            for j, cell in enumerate(row):
                if cell is not None and cell != "" and (i, j) not in covered:
                    sheet.write(i, j, cell, *([dates] if hasattr(cell, "year") else []))
        for column in page.hidden_columns:
            sheet.col(column).hidden = True
        for number in page.hidden_rows:
            sheet.row(number - 1).hidden = True
        sheet.visibility = 0 if page.is_visible else 1
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _csv(book: Workbook) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=book.delimiter).writerows(book.pages[0].rows)
    return stream.getvalue().encode(book.encoding)
