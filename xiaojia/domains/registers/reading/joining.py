"""Tables that say the same in other words or another order become one: its columns are those of all.

Runs in the child. A column that is refused in one of them is refused in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from xiaojia.domains.registers.reading.table import Table
from xiaojia.domains.registers.rules import heading_key, meaning_of

_PLACES: Final = frozenset({"address", "building", "door", "household_count"})


@dataclass(slots=True)
class Joined:
    """The columns of all tables, one entry a column; `rows` align with those that are not refused."""

    headings: list[str] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)
    rows: list[tuple[int, int, list[str]]] = field(default_factory=list)

    def add(self, heading: str, index: int, *, is_hidden: bool) -> int:
        """One more column; its place."""
        self.headings.append(heading)
        self.indexes.append(index if index not in self.indexes else max(self.indexes) + 1)
        self.refused.append("")
        self.hidden.append(is_hidden)
        return len(self.headings) - 1


def can_join(table: Table, other: Table) -> bool:
    """Whether both tables say in the same way which door their rows speak of."""
    if table.headings == other.headings:
        return table.sheet.is_visible == other.sheet.is_visible
    same = _meanings(table) & _PLACES == _meanings(other) & _PLACES
    return same and bool(_meanings(table) & _PLACES) and table.sheet.is_visible == other.sheet.is_visible


def _meanings(table: Table) -> set[str]:
    return {meaning_of(h) for h, code in zip(table.headings, table.refused, strict=True) if not code}


def join(tables: Sequence[Table]) -> Joined:
    """All rows under the columns of the first table, and whatever columns the others have beyond those."""
    joined = Joined()
    places = [_places(joined, table) for table in tables]
    for table, columns in zip(tables, places, strict=True):
        for column, code in zip(columns, table.refused, strict=True):
            joined.refused[column] = joined.refused[column] or code
    kept = [i for i, code in enumerate(joined.refused) if not code]
    for n, (table, columns) in enumerate(zip(tables, places, strict=True)):
        read = [c for c, code in zip(columns, table.refused, strict=True) if not code]
        for number, cells in table.rows:
            texts = dict(zip(read, cells, strict=True))
            joined.rows.append((n, number, [texts.get(i, "") for i in kept]))
    return joined


def _places(joined: Joined, table: Table) -> list[int]:
    """For each column of the table its place among the joined ones: the same words, else the same meaning."""
    known = [heading_key(heading) for heading in joined.headings]
    meant = [meaning_of(heading) for heading in joined.headings]
    free = set(range(len(known)))
    found: list[int | None] = []
    for heading in table.headings:
        key = heading_key(heading)
        at = next((i for i in sorted(free) if known[i] == key), None)
        free.discard(-1 if at is None else at)
        found.append(at)
    for n, heading in enumerate(table.headings):
        meaning = meaning_of(heading)
        if found[n] is None and meaning:
            found[n] = next((i for i in sorted(free) if meant[i] == meaning), None)
            free.discard(-1 if found[n] is None else found[n])
    return [
        joined.add(heading, index, is_hidden=index in table.sheet.hidden_columns) if at is None else at
        for at, heading, index in zip(found, table.headings, table.indexes, strict=True)
    ]
