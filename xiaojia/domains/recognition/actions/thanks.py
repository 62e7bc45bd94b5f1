"""Sentences of thanks are read by a person before they are shown; ballots are forgotten in their time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from xiaojia.domains.recognition.access import MAY, visible_months, visible_thanks
from xiaojia.domains.recognition.models import Ballot, Envelope, State, Thanks
from xiaojia.domains.recognition.rules import RETENTION_MONTHS, month_number, month_start
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@transaction.atomic
def screen_thanks(*, by: Actor, at: datetime, thanks_id: UUID, is_shown: bool) -> None:
    """Let a sentence through, or keep it back (its text is erased then). A second answer changes nothing."""
    require(MAY, "screen_thanks", by, by.community_id)
    rows = visible_thanks(by).select_for_update().filter(pk=thanks_id, state=Thanks.Screening.WAITING)
    row = rows.first()
    if row is None:
        return
    row.state = Thanks.Screening.SHOWN if is_shown else Thanks.Screening.WITHHELD
    if not is_shown:
        row.text_sealed = b""
    row.screened_at, row.screened_by_id = at, by.account_id
    row.save()
    audit.record(
        by=by, at=at, verb="screen_thanks", kind="thanks", ids=[row.pk], detail={"is_shown": is_shown}
    )


@transaction.atomic
def forget_ballots(*, by: Actor, at: datetime) -> int:
    """Erase what slips of more than fourteen months ago say (P10); returns how many envelopes went."""
    require(MAY, "close_month", by, by.community_id)
    edge = month_start(month_number(clock.today(at)) - RETENTION_MONTHS)
    months = list(visible_months(by).filter(month_on__lt=edge).exclude(state=State.OPEN))
    gone, _kinds = Envelope.objects.filter(month__in=months).delete()
    if gone:
        Ballot.objects.filter(month__in=months).update(asked_ids=[], returned_at=None, channel="")
        visible_months(by).filter(pk__in=[month.pk for month in months]).update(mutual_sealed=b"")
        audit.record(by=by, at=at, verb="forget_ballots", kind="recognition", ids=[m.pk for m in months])
    return gone
