"""What people would like to find on the shelf: stock follows what they say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.store.access import MAY, visible_wanted
from xiaojia.domains.store.models import Wanted
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused

ONE_PRESS: Final = timedelta(seconds=5)
"""The same words by the same hand within this time are a button pressed twice, not two neighbours."""


@transaction.atomic
def ask_for(*, by: Actor, at: datetime, on: date, text: str) -> Wanted:
    """One more wish for something; no person stands beside it. A button pressed twice is one wish."""
    require(MAY, "ask_for", by, by.community_id)
    text = " ".join(text.split())
    if not text:
        raise Refused(_("没有记，因为没有写想要什么；写上再记。"))
    _lock(by)
    mine = visible_wanted(by).filter(community_id=by.community_id, written_by_id=by.account_id)
    just_now = mine.filter(text=text[:30], asked_at__gt=at - ONE_PRESS, asked_at__lte=at).first()
    if just_now is not None:
        return just_now
    row = Wanted.objects.create(
        community_id=by.community_id, text=text[:30], asked_on=on, asked_at=at, written_by_id=by.account_id
    )
    audit.record(by=by, at=at, verb="ask_for", kind="wanted", ids=[row.pk])
    return row


def _lock(by: Actor) -> None:
    """Wishes of one account are written one after the other, so that the second press sees the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('wanted'), %s)", [by.account_id])


@transaction.atomic
def answer_wanted(*, by: Actor, at: datetime, on: date, text: str, answer: str) -> int:
    """Say once to all who asked for it what becomes of it; how many asked."""
    require(MAY, "answer_wanted", by, by.community_id)
    if not answer.strip():
        raise Refused(_("没有记，因为还没写怎么答复；写一句，比如“下周进货”。"))
    rows = visible_wanted(by).filter(text=text, answered_on__isnull=True, community_id=by.community_id)
    ids = list(rows.select_for_update().values_list("pk", flat=True))
    if ids:
        rows.filter(pk__in=ids).update(answered_on=on, answer=answer.strip()[:60])
        audit.record(by=by, at=at, verb="answer_wanted", kind="wanted", ids=ids)
    return len(ids)
