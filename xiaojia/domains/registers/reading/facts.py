"""What the container of a workbook tells before anything reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class Bad(Exception):
    """A file that is not read. `code` picks the parent's sentence, `facts` fill it."""

    def __init__(self, code: str, **facts: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(slots=True)
class Look:
    """What calamine does not tell about a sheet; indexes count from 0.

    `unsolved` are cells whose formula nobody computed before the file was stored.
    """

    hidden_columns: frozenset[int] = frozenset()
    hidden_rows: frozenset[int] = frozenset()
    formulas: int = 0
    unsolved: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """The format, and a look at each sheet by its name."""

    kind: str
    looks: Mapping[str, Look] = field(default_factory=dict)

    def look(self, sheet_name: str) -> Look:
        """The look at this sheet; an empty one where the container says nothing."""
        return self.looks.get(sheet_name, Look())
