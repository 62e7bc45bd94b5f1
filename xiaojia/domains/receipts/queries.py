"""Reads of receipts by code: no viewer, for whoever holds the code sees words and dates only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from xiaojia.domains.receipts.models import Receipt


def receipt_by_code(code: str) -> Receipt | None:
    """The receipt of an eight-digit code (one query)."""
    return Receipt.objects.filter(code=code).first()


def receipt_of(kind: str, subject_id: UUID) -> Receipt | None:
    """The receipt of a thing (one query)."""
    return Receipt.objects.filter(kind=kind, subject_id=subject_id).first()


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the timeline of a receipt."""

    at: datetime
    sentence: str


def told(receipt: Receipt) -> list[Told]:
    """The timeline, oldest first (no query)."""
    return [Told(datetime.fromisoformat(at), sentence) for at, sentence in receipt.timeline]


def timelines_of(kind: str, subject_ids: Iterable[UUID]) -> dict[UUID, list[list[str]]]:
    """The published timelines of several things, each line [moment (ISO), sentence] (one query)."""
    rows = Receipt.objects.filter(kind=kind, subject_id__in=list(subject_ids))
    return dict(rows.values_list("subject_id", "timeline"))


def standings_of(kind: str, subject_ids: Iterable[UUID]) -> dict[UUID, tuple[bool, datetime | None]]:
    """Subject -> (is it over, when an answer is expected), as the receipts say it (one query)."""
    rows = Receipt.objects.filter(kind=kind, subject_id__in=list(subject_ids))
    return {pk: (is_over, at) for pk, is_over, at in rows.values_list("subject_id", "is_over", "expected_at")}
