"""Compares a reading with the truth: cells right, rows lost in silence, doubts that nobody listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Score:
    """The marks of one workbook. `wrong` names every cell that differs."""

    cells: int = 0
    right: int = 0
    planted: int = 0
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    missed_doubts: list[str] = field(default_factory=list)
    needless_doubts: list[str] = field(default_factory=list)
    wrong_columns: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Everything but wrong cells: none of these may happen at all."""
        return self.lost + self.missed_doubts + self.needless_doubts + self.wrong_columns + self.leaks


def table(marks: dict[str, Score]) -> str:
    """One line a workbook with faults or wrong cells, and the sum of all."""
    lines = [
        f"{name:36} {m.right:>6} of {m.cells:>6} right, {len(m.faults)} faults"
        for name, m in sorted(marks.items())
        if m.faults or m.wrong
    ]
    cells, right = sum(m.cells for m in marks.values()), sum(m.right for m in marks.values())
    planted, faults = sum(m.planted for m in marks.values()), sum(len(m.faults) for m in marks.values())
    share = f"{100 * right / max(cells, 1):.2f} %"
    lines.append(
        f"{len(marks)} workbooks: {right} of {cells} cells right ({share}), {planted} doubts planted,"
        f" {sum(len(m.missed_doubts) for m in marks.values())} not listed,"
        f" {sum(len(m.lost) for m in marks.values())} rows lost, {faults} faults"
    )
    return "\n".join(lines)


def score(book: Any, understood: Iterable[Any], truth: dict[str, Any]) -> Score:
    """Marks of `book` and its understood rows against the truth of the generator."""
    marks = Score()
    found: dict[tuple[str, int], list[Any]] = {}
    for row in understood:
        found.setdefault((row.row.sheet_name, row.row.number), []).append(row)
    skipped = sorted(entry.number for entry in book.skipped)
    for expected in truth["rows"]:
        where = f"{expected['sheet']}!{expected['number']}"
        row = _of_these(found.get((expected["sheet"], expected["number"]), []), expected["fields"])
        marks.cells += len(expected["fields"])
        marks.planted += len(expected["doubts"])
        if row is None:
            marks.lost.append(where)
            continue
        _score_cells(marks, where, row, expected["fields"])
        _score_doubts(marks, where, row, expected["doubts"])
    marks.lost += [f"skipped {n}" for n in sorted(set(truth["skipped"]) - set(skipped))]
    marks.lost += [f"invented {sheet}!{number}" for (sheet, number), rows in found.items() for _row in rows]
    marks.lost += [f"needlessly skipped {n}" for n in sorted(set(skipped) - set(truth["skipped"]))]
    _score_columns(marks, book, truth)
    return marks


def _of_these(rows: list[Any], fields: dict[str, Any]) -> Any:
    """Takes one row out of those with the same number (two tables stand side by side): the likest."""
    if not rows:
        return None
    likest = max(rows, key=lambda row: sum(getattr(row, name) == value for name, value in fields.items()))
    rows.remove(likest)
    return likest


def _score_cells(marks: Score, where: str, row: Any, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        got = getattr(row, name)
        got = [list(contact) for contact in got] if name == "contacts" else got
        if got == value:
            marks.right += 1
        else:
            marks.wrong.append(f"{where} {name}: {got!r} for {value!r}")


def _score_doubts(marks: Score, where: str, row: Any, planted: list[str]) -> None:
    codes = [doubt.code for doubt in row.doubts]
    if planted == ["any"]:
        marks.missed_doubts += [f"{where} any"] * (not codes)
        return
    marks.missed_doubts += [f"{where} {code}" for code in planted if code not in codes]
    marks.needless_doubts += [f"{where} {code}" for code in codes if code not in planted]


def _score_columns(marks: Score, book: Any, truth: dict[str, Any]) -> None:
    refused = sorted(column.heading for column in book.columns if column.refused)
    if refused != sorted(truth["refused"]):
        marks.wrong_columns.append(f"refused {refused} for {sorted(truth['refused'])}")
    if book.kind != truth["kind"]:
        marks.wrong_columns.append(f"kind {book.kind}")
    for note in truth["notes"]:
        if not any(note in said for said in book.notes):
            marks.wrong_columns.append(f"note missing: {note}")
    texts = (
        [cell for row in book.rows for cell in row.cells] + [s.why for s in book.skipped] + list(book.notes)
    )
    marks.leaks += [secret for secret in truth["secrets"] if any(secret in text for text in texts)]
