"""Reads published division tables (CSV with the columns code and name) for `xiaojia divisions`."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from xiaojia.domains.places.actions import DivisionRow
from xiaojia.kernel.refusals import Refused

_LEVELS = {4: "city", 6: "district", 9: "subdistrict", 12: "community"}


def read_divisions(paths: Iterable[Path]) -> list[DivisionRow]:
    """Division rows of all files; codes of 4, 6, 9 or 12 digits are filled up to 12 with zeros.

    Raises Refused with file, row and column when a row is not a division.
    """
    rows: dict[str, DivisionRow] = {}
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if not {"code", "name"} <= set(reader.fieldnames or ()):
                raise Refused(
                    f"{path.name}: no columns code and name, so no divisions were read; check the file."
                )
            for number, record in enumerate(reader, start=2):
                row = _row(record, f"{path.name} row {number}")
                rows[row.code] = row
    return list(rows.values())


def _row(record: dict[str, str], where: str) -> DivisionRow:
    code, name = (record["code"] or "").strip(), (record["name"] or "").strip()
    level = _LEVELS.get(len(code))
    if not code.isdigit() or level is None or not name:
        raise Refused(
            f"{where}: code '{code}' is not 4, 6, 9 or 12 digits with a name, so nothing was loaded."
        )
    parent_length = {12: 9, 9: 6, 6: 4, 4: 0}[len(code)]
    parent = code[:parent_length]
    return DivisionRow(code.ljust(12, "0"), name, level, parent.ljust(12, "0") if parent else "")
