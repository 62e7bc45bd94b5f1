"""What reading hands on: plain values, nothing of a workbook's format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xiaojia.kernel.refusals import Refused


class Unreadable(Refused):
    """A file that was not read; the sentence says why and what to do, `code` names the reason."""

    status = 422

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `index` counts from 0; `refused` is '' or why its cells never left the reading process."""

    index: int
    heading: str
    meaning: str
    is_hidden: bool
    refused: str


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row. `number` is what Excel shows; `cells` align with the columns that were not refused."""

    sheet_name: str
    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no household, and why: totals, repeated headings, notes."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook as read. `kind` is rules.HOUSEHOLD or rules.BUILDING."""

    kind: str
    sheet_name: str
    headings_hash: str
    columns: tuple[Column, ...]
    rows: Sequence[RawRow]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a person has to look at: one sentence that names the cell and says what to do."""

    code: str
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Understood:
    """What a row says. Unknown texts are '', unknown numbers 0, an unknown size None."""

    row: RawRow
    compound: str = ""
    building: str = ""
    unit: str = ""
    door: str = ""
    floor: int = 0
    size: int | None = None
    contacts: tuple[tuple[str, str], ...] = ()
    relation: str = ""
    grid_name: str = ""
    household_count: int = 0
    floors: int = 0
    doors_per_floor: int = 0
    x_metres: float | None = None
    y_metres: float | None = None
    place: str = ""
    doubts: tuple[Doubt, ...] = ()
