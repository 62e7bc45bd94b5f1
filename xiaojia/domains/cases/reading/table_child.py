"""The child that opens a stranger's table of cases: limited in memory, time and files, it knows no database.

Standard input is the file, standard output JSON lines: [number, cells] a row, then {"end": count}; or one
line with the code of a refusal, whose sentence is the parent's.
"""

from __future__ import annotations

import io
import json
import resource
import sys

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from xiaojia.domains.registers.reading import cells as reading_cells
from xiaojia.domains.registers.reading.cells import cell_text
from xiaojia.domains.registers.reading.container import inspect
from xiaojia.domains.registers.reading.facts import Bad
from xiaojia.domains.registers.reading.texts import read_csv
from xiaojia.domains.registers.rules import MOST_BYTES, MOST_COLUMNS

MOST_ROWS = 200_000
LONGEST_CELL = 8_000
"""What is said may be longer than a cell of a register; what is too long is a doubt, and never cut short."""
MEMORY_BYTES = 1536 * 2**20
CPU_SECONDS = 60


def main() -> int:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        resource.setrlimit(what, (most, most))
    reading_cells.LONGEST_CELL = LONGEST_CELL  # this process reads nothing else
    try:
        data = sys.stdin.buffer.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise Bad("big", megabytes=MOST_BYTES // 2**20)
        count = 0
        for number, cells in enumerate(_rows(data), start=1):
            if any(cells):
                _line([number, cells])
                count += 1
        _line({"end": count})
    except Bad as bad:
        _line({"no": bad.code, "facts": bad.facts})
    except PasswordError:
        _line({"no": "password", "facts": {}})
    except (CalamineError, MemoryError, OSError, ValueError):
        _line({"no": "broken", "facts": {}})
    return 0


def _rows(data: bytes) -> list[list[str]]:
    """The rows of a CSV, or of the first visible sheet that says something."""
    kind = inspect(data).kind
    if kind == "csv":
        return read_csv(data)
    if kind not in {"xlsx", "xls"}:
        raise Bad("type")
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for index, meta in enumerate(book.sheets_metadata):
        if meta.visible != SheetVisibleEnum.Visible or not str(meta.typ).endswith("WorkSheet"):
            continue
        sheet = book.get_sheet_by_index(index)
        if sheet.total_height > MOST_ROWS:
            raise Bad("rows", most=MOST_ROWS)
        if sheet.total_width > MOST_COLUMNS:
            raise Bad("columns", most=MOST_COLUMNS)
        rows = [[cell_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
        if any(any(row) for row in rows):
            return rows
    raise Bad("empty")


def _line(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=False)


if __name__ == "__main__":
    sys.exit(main())
