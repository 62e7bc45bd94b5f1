"""The room for strangers' workbooks: a limited child reads, pure functions understand, no database.

`read_book` opens a file; `guess_meanings` says what columns mean; `understand` says what rows mean.
"""

from xiaojia.domains.registers.reading.book import read_book
from xiaojia.domains.registers.reading.guessing import guess_meanings
from xiaojia.domains.registers.reading.understanding import understand
from xiaojia.domains.registers.reading.values import (
    Book,
    Column,
    Doubt,
    RawRow,
    Skipped,
    Understood,
    Unreadable,
)

__all__ = [
    "Book",
    "Column",
    "Doubt",
    "RawRow",
    "Skipped",
    "Understood",
    "Unreadable",
    "guess_meanings",
    "read_book",
    "understand",
]
