"""Several tables on one sheet: next to each other, or below each other with heads that differ.

Runs in the child. Each piece becomes a sheet of its own in which every row keeps its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from xiaojia.domains.registers.reading.table import Rectangle, Sheet, Table, find_head, find_table
from xiaojia.domains.registers.rules import heading_key, is_heading, meaning_of

_PLACES: Final = frozenset({"address", "door"})
_DIGIT = re.compile(r"\d")


def find_tables(sheet: Sheet) -> list[Table]:
    """Every table of a sheet with rows in it, from the left to the right and from the top down."""
    pieces = [piece for part in _side_by_side(sheet) for piece in _stacked(part)]
    for piece in pieces[1:]:
        piece.formulas = 0
    return [table for piece in pieces if (table := find_table(piece)) is not None and table.rows]


def _side_by_side(sheet: Sheet) -> list[Sheet]:
    """Cut where the headings begin anew; only if each part says of which door it speaks."""
    head = find_head(sheet)
    if head is None:
        return [sheet]
    keys = [heading_key(heading) for heading in head[2]]
    starts, seen = [0], set[str]()
    for i, key in enumerate(keys):
        if key and key in seen:
            starts.append(i)
            seen = set()
        seen.add(key)
    ends = [*starts[1:], max(len(row) for row in sheet.rows)]
    parts = [head[2][a:b] for a, b in zip(starts, ends, strict=True)]
    if len(parts) < 2 or any(len(_known(part)) < 3 or not _known(part) & _PLACES for part in parts):
        return [sheet]
    return [_columns(sheet, a, b) for a, b in zip(starts, ends, strict=True)]


def _known(headings: Sequence[str]) -> set[str]:
    return {meaning for heading in headings if (meaning := meaning_of(heading))}


def _columns(sheet: Sheet, start: int, end: int) -> Sheet:
    return replace(
        sheet,
        rows=[row[start:end] for row in sheet.rows],
        merged=list(_clipped(sheet.merged, start, end)),
        hidden_columns=frozenset(i - start for i in sheet.hidden_columns if start <= i < end),
    )


def _clipped(merged: Sequence[Rectangle], start: int, end: int) -> Iterator[Rectangle]:
    for (top, left), (bottom, right) in merged:
        if right >= start and left < end:
            yield (top, max(left, start) - start), (bottom, min(right, end - 1) - start)


def _stacked(sheet: Sheet) -> list[Sheet]:
    """Cut above each later head that is not the first one again."""
    head = find_head(sheet)
    if head is None:
        return [sheet]
    starts = [0]
    now = _keys(head[2])
    for i in range(head[1] + 1, len(sheet.rows)):
        row = sheet.rows[i]
        if _is_other_head(row) and _keys(row) != now:
            starts.append(i)
            now = _keys(row)
    ends = [*starts[1:], len(sheet.rows)]
    return [
        replace(
            sheet,
            rows=[[] for _row in range(a)] + sheet.rows[a:b],
            merged=[r for r in sheet.merged if a <= r[0][0] < b],
            is_first=a == 0,
        )
        for a, b in zip(starts, ends, strict=True)
    ]


def _keys(headings: Sequence[str]) -> list[tuple[int, str]]:
    lowest = ((i, heading.rpartition("/")[2] or heading) for i, heading in enumerate(headings))
    return [(i, heading_key(heading)) for i, heading in lowest if heading]


def _is_other_head(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    if len(filled) < 3 or _DIGIT.search("".join(filled)):
        return False
    return len(_known(filled)) >= 3 and sum(map(is_heading, filled)) * 5 >= len(filled) * 4
