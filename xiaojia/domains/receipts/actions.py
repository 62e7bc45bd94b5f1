"""Writes of receipts: whoever changes a thing tells its receipt in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import F, JSONField, Value
from django.db.models.expressions import CombinedExpression

from xiaojia.domains.receipts.models import Receipt
from xiaojia.domains.receipts.rules import new_code
from xiaojia.kernel.together import insert_many, insert_together

TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What a receipt may say: a word, a sentence for the timeline, when an answer is expected."""

    word: str
    sentence: str = ""
    expected_at: datetime | None = None
    is_over: bool = False


def issue_receipt(*, community_id: int, kind: str, subject_id: UUID, at: datetime, standing: Standing) -> str:
    """A new receipt inside the running transaction and scope; returns its code."""
    for _try in range(TRIES):
        receipt = draw_receipt(
            community_id=community_id, kind=kind, subject_id=subject_id, at=at, standing=standing
        )
        # A taken code makes no error, which would end the transaction: it does not come in.
        if all(insert_together(receipt)):
            return receipt.code
    raise RuntimeError("no free receipt code in twenty tries: the codes are used up")


def draw_receipt(
    *, community_id: int, kind: str, subject_id: UUID, at: datetime, standing: Standing
) -> Receipt:
    """A receipt with a new code, not yet written: for a hot path that inserts it with other rows.

    Where it does not come in, its code was taken (once in ten million): `issue_receipt` draws others.
    """
    return Receipt(
        community_id=community_id,
        code=new_code(),
        kind=kind,
        subject_id=subject_id,
        word=standing.word,
        expected_at=standing.expected_at,
        is_over=standing.is_over,
        timeline=_told([], at, standing),
        issued_at=at,
        changed_at=at,
    )


def tell_receipt(*, kind: str, subject_id: UUID, at: datetime, standing: Standing) -> None:
    """Bring the published copy up to date (one query, whatever others add to its timeline at once)."""
    more = Value(_told([], at, standing), JSONField())
    said = Receipt.objects.filter(kind=kind, subject_id=subject_id).update(
        word=standing.word,
        expected_at=standing.expected_at,
        is_over=standing.is_over,
        timeline=CombinedExpression(F("timeline"), "||", more, output_field=JSONField()),
        changed_at=at,
    )
    if not said:
        raise Receipt.DoesNotExist


def _told(timeline: list[list[str]], at: datetime, standing: Standing) -> list[list[str]]:
    return [*timeline, [at.isoformat(), standing.sentence]] if standing.sentence else timeline


def issue_receipts(
    *, community_id: int, kind: str, subjects: Mapping[UUID, Standing], at: datetime
) -> dict[UUID, str]:
    """Receipts of many things at once; returns the code of each."""
    waiting = dict(subjects)
    codes: dict[UUID, str] = {}
    for _try in range(TRIES):
        drawn = [
            draw_receipt(community_id=community_id, kind=kind, subject_id=pk, at=at, standing=standing)
            for pk, standing in waiting.items()
        ]
        insert_many(drawn, or_leave_out=True)
        came = Receipt.objects.filter(kind=kind, subject_id__in=list(waiting))
        codes |= dict(came.values_list("subject_id", "code"))
        waiting = {pk: standing for pk, standing in waiting.items() if pk not in codes}
        if not waiting:
            return codes
    raise RuntimeError("no free receipt codes in twenty tries: the codes are used up")


def hand_over_receipt(
    *, kind: str, subject_id: UUID, to_subject_id: UUID, to_community_id: int, at: datetime, sentence: str
) -> None:
    """The code that somebody holds speaks of another subject from now on, of another community.

    Runs in the scope of both communities.
    """
    more = Value(_told([], at, Standing("", sentence)), JSONField())
    said = Receipt.objects.filter(kind=kind, subject_id=subject_id).update(
        subject_id=to_subject_id,
        community_id=to_community_id,
        timeline=CombinedExpression(F("timeline"), "||", more, output_field=JSONField()),
        changed_at=at,
    )
    if not said:
        raise Receipt.DoesNotExist
