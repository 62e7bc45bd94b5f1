"""Who said it: masked on a page, whole only through `actions.open_reporters`, which leaves a note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from xiaojia.domains.cases.models import Reporter
from xiaojia.kernel.masking import mask_name, mask_phone
from xiaojia.kernel.secrets import open_sealed


@dataclass(frozen=True, slots=True)
class HeardFrom:
    """One who said it. Name and phone may be '' and are masked unless opened."""

    name: str
    phone: str
    said_at: datetime
    text: str


def heard_from(reporters: Iterable[Reporter], *, is_opened: bool = False) -> list[HeardFrom]:
    """Reporters as a page may show them (no query)."""
    found = []
    for row in reporters:
        phone = _phone(row)
        name = row.name if is_opened else mask_name(row.name)
        found.append(
            HeardFrom(name, phone if is_opened else mask_phone(phone) if phone else "", row.said_at, row.text)
        )
    return found


def _phone(row: Reporter) -> str:
    if not row.phone_sealed:
        return ""
    return open_sealed(row.phone_sealed, table="cases_reporter", column="phone_sealed", pk=row.pk)
