"""The only way into envelopes. PostgreSQL opens it inside a closing, or for what two people signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.recognition.models import Ballot, Envelope
from xiaojia.domains.recognition.rules import Answers, unpacked
from xiaojia.kernel import secrets
from xiaojia.kernel.refusals import Refused

_TABLE, _COLUMN = "recognition_envelope", "answers_sealed"


class Opened(NamedTuple):
    """One slip in the clear: whose, about whom, and what."""

    month_on: date
    rater_id: int
    asked_ids: Sequence[int]
    levels: Sequence[int | None]
    thanks_to: int | None
    thanks: str


def put_in(ballot: Ballot, answers: Answers) -> None:
    """Seal a slip into its envelope, or exchange what is in it. Refused after the close."""
    try:
        with transaction.atomic():
            found = Envelope.objects.filter(ballot=ballot).values_list("pk", flat=True).first()
            if found is None:
                row = Envelope(community_id=ballot.community_id, ballot=ballot, month_id=ballot.month_id)
                row.answers_sealed = _sealed(answers, row.pk)
                row.save(force_insert=True)
            else:
                Envelope.objects.filter(pk=found).update(answers_sealed=_sealed(answers, found))
    except IntegrityError as error:
        raise Refused(_("没有收下，因为这个月的互评已经截止；下个月再说，不影响您什么。")) from error


def opened(community_id: int, *, since: date, until: date) -> list[Opened]:
    """All slips of these months, month after month, inside a closing; anywhere else PostgreSQL refuses."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT month_on, envelope_id::text, rater_id, asked_ids, answers_sealed"
            " FROM recognition_opened(%s, %s, %s)",
            [community_id, since, until],
        )
        rows = cursor.fetchall()
    cells = ((pk, sealed) for _month_on, pk, _rater, _asked, sealed in rows)
    texts = secrets.open_all(cells, table=_TABLE, column=_COLUMN)
    return [
        Opened(month_on, rater, asked, *unpacked(text))
        for (month_on, _pk, rater, asked, _sealed), text in zip(rows, texts, strict=True)
    ]


def levels_about(unsealing_id: UUID, member_id: int) -> Iterator[int | None]:
    """What was answered about one appellant, without who said it; needs two signatures."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM recognition_opened_for(%s)", [unsealing_id])
        for pk, asked, sealed in cursor.fetchall():
            text = secrets.open_sealed(sealed, table=_TABLE, column=_COLUMN, pk=pk)
            levels, _to, _thanks = unpacked(text)
            yield levels[list(asked).index(member_id)]


def digest_of(ballot: Ballot, answers: Answers) -> bytes:
    """A keyed digest by which a second typing is compared with the first; it is wiped when they agree."""
    return secrets.blind_index(answers.packed(), purpose=f"slip {ballot.pk}")


def _sealed(answers: Answers, pk: UUID) -> bytes:
    # One length for all: the size of an envelope shall not tell whether there is a sentence in it.
    return secrets.seal(answers.packed().ljust(400), table=_TABLE, column=_COLUMN, pk=pk)
