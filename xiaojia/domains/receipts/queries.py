"""Reads of receipts by code: no viewer, for whoever holds the code sees words and dates only."""

from __future__ import annotations

from uuid import UUID

from xiaojia.domains.receipts.models import Receipt


def receipt_by_code(code: str) -> Receipt | None:
    """The receipt of an eight-digit code (one query)."""
    return Receipt.objects.filter(code=code).first()


def receipt_of(kind: str, subject_id: UUID) -> Receipt | None:
    """The receipt of a thing (one query)."""
    return Receipt.objects.filter(kind=kind, subject_id=subject_id).first()
