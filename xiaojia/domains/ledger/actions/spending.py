"""Spending: at once, or reserved first; giving to the fund; paying what recognition earned."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.access import MAY
from xiaojia.domains.ledger.actions.posting import (
    Answer,
    Over,
    Posting,
    call_collect,
    call_hold,
    call_void,
    post,
    refused,
    seen_whole,
)
from xiaojia.domains.ledger.models import Account, Hold, Member, Transaction
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


def wallet_of(member_id: int, *, by: Actor) -> int:
    """The wallet of a member of this community, also of one who left; Refused when there is none."""
    return wallets_of([member_id], by=by)[member_id]


def wallets_of(member_ids: Collection[int], *, by: Actor) -> dict[int, int]:
    """The wallets of these members by member id; Refused when one has none."""
    with seen_whole(by):
        rows = Account.objects.filter(
            community_id=by.community_id, member_id__in=list(member_ids), balance__isnull=False
        )
        found = {member_id: pk for member_id, pk in rows.values_list("member_id", "pk") if member_id}
    if len(found) < len(set(member_ids)):
        raise Refused(_("这一位没有积分存折；先请本人加入，再来。"))
    return found


def reserve(*, by: Actor, at: datetime, posting: Posting, expires_at: datetime) -> Hold:
    """Hold points for one thing (`posting.kind` is 'redeem'); the same request gets the same hold.

    Raises Lack or OtherRequest after it is written down: a caller with a transaction of its own commits that.
    """
    require(MAY, "spend", by, by.community_id)
    _only("redeem", posting)
    with transaction.atomic():
        answer = call_hold(posting, by=by, at=at, expires_at=expires_at)
        if answer.outcome == "held":
            audit.record(by=by, at=at, verb="reserve", kind="hold", ids=[answer.row_id])
    _raise(answer)
    with seen_whole(by):
        return Hold.objects.get(pk=answer.row_id or 0)


def post_hold(*, by: Actor, at: datetime, on: date, hold_id: int, reason: str = "") -> Answer:
    """Spend what is held, exactly once ('again' for a second call); Over when it was given back."""
    require(MAY, "spend", by, by.community_id)
    with transaction.atomic():
        answer = call_collect(hold_id, by=by, at=at, on=on, reason=reason)
        if answer.outcome == "posted":
            audit.record(by=by, at=at, verb="post_hold", kind="hold", ids=[hold_id])
    if answer.outcome == "void":
        raise Over(_("没有扣分，因为这一单已经过期，分退回存折了；要的话重新留一份。"))
    return answer


@transaction.atomic
def void_hold(*, by: Actor, at: datetime, hold_id: int) -> Answer:
    """Give back what is held, exactly once ('again' for a second call); Over when it was spent."""
    require(MAY, "spend", by, by.community_id)
    answer = call_void(hold_id, by=by, at=at)
    if answer.outcome == "posted":
        raise Over(_("没有退分，因为这一单已经领走了；要退货就办退货。"))
    if answer.outcome == "void":
        audit.record(by=by, at=at, verb="void_hold", kind="hold", ids=[hold_id])
    return answer


def redeem(*, by: Actor, at: datetime, posting: Posting) -> Answer:
    """Spend points at once. Raises Lack or OtherRequest after it is written down, see `reserve`."""
    require(MAY, "spend", by, by.community_id)
    _only("redeem", posting)
    return _posted(posting, by=by, at=at, verb="redeem")


def take_back(*, by: Actor, at: datetime, posting: Posting) -> Answer:
    """Give the points of a returned redemption back (`posting.reverses_id`), once."""
    require(MAY, "spend", by, by.community_id)
    _only("reversal", posting)
    with seen_whole(by):
        if not Transaction.objects.filter(pk=posting.reverses_id or 0, kind="redeem").exists():
            raise Refused(_("没有退分，因为找不到那一笔兑换；在这位的流水里找到再退。"))
    return _posted(posting, by=by, at=at, verb="take_back")


def donate(
    *, by: Actor, at: datetime, on: date, member_id: int, points: int, request_id: uuid.UUID
) -> Answer:
    """Give points to the mutual-aid fund: one's own, or at the counter for whoever asks. Merit stays."""
    own = Member.objects.filter(pk=member_id, account_id=by.account_id, community_id=by.community_id)
    if not own.exists():
        require(MAY, "spend", by, by.community_id)
    account_id = wallet_of(member_id, by=by)
    posting = Posting("donate", account_id, points, "donation", str(request_id), on, request_id)
    return _posted(posting, by=by, at=at, verb="donate")


def pay_recognition(*, by: Actor, at: datetime, posting: Posting) -> Answer:
    """Pay what a month of recognition gave (`source_type` names it); once a source and wallet.

    Whether the month has a confirmed deed, without which nothing is paid, is for the caller to look.
    """
    require(MAY, "pay_recognition", by, by.community_id)
    _only("award", posting)
    return _posted(posting, by=by, at=at, verb="pay_recognition")


def _only(kind: str, posting: Posting) -> None:
    """An action moves points in one way only: taking an award back needs a second person (`corrections`)."""
    if posting.kind != kind:
        raise ValueError(f"this action posts {kind}, not {posting.kind}")


def _posted(posting: Posting, *, by: Actor, at: datetime, verb: str) -> Answer:
    with transaction.atomic():
        answer = post(posting, by=by, at=at)
        if answer.outcome == "posted":
            audit.record(by=by, at=at, verb=verb, kind="transaction", ids=[answer.row_id])
    _raise(answer)
    return answer


def _raise(answer: Answer) -> None:
    no = refused(answer)
    if no is not None:
        raise no
