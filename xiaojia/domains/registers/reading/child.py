"""The child that reads strangers' workbooks: limited in memory, time and files, it knows no database.

Standard input is the workbook, standard output JSON lines: one head, one line a row, one end. A refusal is
one line with its code; the sentence is the parent's.
"""

from __future__ import annotations

import io
import json
import sys

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from xiaojia.domains.registers.reading.cells import cell_text
from xiaojia.domains.registers.reading.container import inspect
from xiaojia.domains.registers.reading.facts import Bad, Facts
from xiaojia.domains.registers.reading.joining import can_join, join
from xiaojia.domains.registers.reading.layout import find_tables
from xiaojia.domains.registers.reading.markup import read_page, read_spreadsheet_xml
from xiaojia.domains.registers.reading.origin import add_origin
from xiaojia.domains.registers.reading.table import Sheet, Table
from xiaojia.domains.registers.reading.texts import read_csv
from xiaojia.domains.registers.rules import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, MOST_SHEETS
from xiaojia.kernel.strangers import limit_myself

MEMORY_BYTES = 1536 * 2**20
CPU_SECONDS = 60
OPEN_FILES = 16


def main() -> int:
    _limit()
    try:
        data = sys.stdin.buffer.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise Bad("big", megabytes=MOST_BYTES // 2**20)
        facts = inspect(data)
        _write(_choose(_sheets(data, facts)))
    except Bad as bad:
        _line({"no": bad.code, "facts": bad.facts})
    except PasswordError:
        _line({"no": "password", "facts": {}})
    except (CalamineError, MemoryError, OSError, ValueError) as error:
        _line({"no": "broken", "facts": {"kind": type(error).__name__}})
    return 0


def _limit() -> None:
    limit_myself(memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS, open_files=OPEN_FILES)


def _sheets(data: bytes, facts: Facts) -> list[Sheet]:
    if facts.kind == "page":
        return read_page(data)
    if facts.kind == "xml":
        return read_spreadsheet_xml(data)
    if facts.kind == "csv":
        return [Sheet("", read_csv(data))]
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    if len(book.sheet_names) > MOST_SHEETS:
        raise Bad("sheets", most=MOST_SHEETS)
    return [
        _sheet(book, i, meta.name, facts, is_visible=meta.visible == SheetVisibleEnum.Visible)
        for i, meta in enumerate(book.sheets_metadata)
        if str(meta.typ).endswith("WorkSheet")
    ]


def _sheet(book: CalamineWorkbook, index: int, name: str, facts: Facts, *, is_visible: bool) -> Sheet:
    read = book.get_sheet_by_index(index)
    if read.total_height > MOST_ROWS:
        raise Bad("rows", most=MOST_ROWS)
    if read.total_width > MOST_COLUMNS:
        raise Bad("columns", most=MOST_COLUMNS)
    values = read.to_python(skip_empty_area=False)
    look = facts.look(name)
    rows = [[cell_text(value) for value in row] for row in values]
    for row, column in look.unsolved:
        if row < len(rows) and column < len(rows[row]) and not rows[row][column]:
            rows[row][column] = "=?"
    return Sheet(
        name,
        rows,
        read.merged_cell_ranges or (),
        look.hidden_columns,
        look.hidden_rows,
        is_visible,
        look.formulas,
    )


def _choose(sheets: list[Sheet]) -> tuple[list[Table], list[tuple[str, int]]]:
    """The tables that are read; and those that are not, by sheet, and row where the rest of it is read.

    The table with most rows speaks; those that say of which door they speak as it does (one sheet a
    building, say) join it, whatever the order of their columns.
    """
    tables = [table for sheet in sheets for table in find_tables(sheet)]
    if not tables:
        raise Bad("headless" if any(any(row) for sheet in sheets for row in sheet.rows) else "empty")
    main_table = max(tables, key=lambda table: (table.sheet.is_visible, len(table.rows)))
    joined = [table for table in tables if table is main_table or can_join(main_table, table)]
    add_origin(joined)
    taken = {table.sheet.name for table in joined}
    others = [(s.name, 0) for s in sheets if s.name not in taken and any(any(row) for row in s.rows)]
    others += [
        (table.sheet.name, table.rows[0][0])
        for table in tables
        if table not in joined and table.sheet.name in taken
    ]
    return joined, others


def _write(chosen: tuple[list[Table], list[tuple[str, int]]]) -> None:
    tables, others = chosen
    joined = join(tables)
    _line(
        {
            "headings": joined.headings,
            "indexes": joined.indexes,
            "refused": joined.refused,
            "hidden": joined.hidden,
            "sheets": [table.sheet.name for table in tables],
            "others": others,
            "formulas": sum(table.sheet.formulas for table in tables),
            "skipped": sorted({tuple(skipped) for table in tables for skipped in table.skipped}),
            "struck": [struck for table in tables for struck in table.struck],
            "hidden_rows": sorted(
                {n for t in tables for n, _cells in t.rows if n - 1 in t.sheet.hidden_rows}
            ),
        }
    )
    for row in joined.rows:
        _line(row)
    _line({"end": len(joined.rows)})


def _line(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a text stream when run as a program
    sys.exit(main())
