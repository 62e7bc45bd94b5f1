"""The ledger of a lived recognition year, read row by row, and what a judged number is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from tools.simulator.points_town import YEAR, Town


@dataclass(frozen=True, slots=True)
class Figure:
    """One judged number; without a limit it is told."""

    what: str
    figure: float
    limit: float | None = None
    is_at_least: bool = False
    note: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether the limit does not hold."""
        if self.limit is None:
            return False
        return self.figure < self.limit if self.is_at_least else self.figure > self.limit


@dataclass(frozen=True, slots=True)
class Moved:
    """One transaction that moved points, with the side of its wallet (`amount`)."""

    pk: int
    member_id: int
    kind: str
    points: int
    source_type: str
    reverses_id: int | None
    happened_on: date
    at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class Books:
    """All that moved, in its order, and when awards were taken back."""

    moves: list[Moved]
    reversed_at: dict[int, datetime]

    def earned(self, first: date, last: date, *, by: datetime, source: str) -> dict[int, int]:
        """Member -> awards of these days as they stood at that moment."""
        found: dict[int, int] = defaultdict(int)
        for move in self.moves:
            is_of = move.kind == "award" and move.source_type == source and first <= move.happened_on <= last
            back_at = self.reversed_at.get(move.pk)
            if is_of and move.at <= by and (back_at is None or back_at > by):
                found[move.member_id] += move.points
        return found


def rows_of(query: str, town: Town) -> list[tuple[Any, ...]]:
    """Rows of a plain query about this community."""
    with connection.cursor() as cursor:
        cursor.execute(query, {"community": town.community_id})
        return list(cursor.fetchall())


def read_books(town: Town) -> Books:
    """The ledger, row by row."""
    rows = rows_of(
        """SELECT t.id, a.member_id, t.kind, t.points, t.source_type, t.reverses_id, t.happened_on,
             t.created_at,
             coalesce((SELECT sum(e.amount) FROM ledger_entry e
                       WHERE e.transaction_id = t.id AND e.account_id = t.account_id), 0)::bigint
           FROM ledger_transaction t JOIN ledger_account a ON a.id = t.account_id
           WHERE t.community_id = %(community)s AND t.refusal = '' ORDER BY t.created_at, t.id""",
        town,
    )
    moves = [Moved(*row) for row in rows]
    return Books(moves, {m.reverses_id: m.at for m in moves if m.reverses_id is not None})


def days_of(number: int) -> tuple[date, date]:
    """The first and the last day of a month of the year."""
    first = date(YEAR, number, 1)
    following = date(YEAR + number // 12, number % 12 + 1, 1)
    return first, following - timedelta(days=1)


def day_of(at: datetime) -> date:
    """The day of a moment there."""
    return timezone.localtime(at).date()
