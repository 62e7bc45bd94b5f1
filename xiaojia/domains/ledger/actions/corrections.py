"""Taking back what was wrong: drawn deeds are asked about again, and a second person agrees to a reversal."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.access import MAY, visible_corrections, visible_transactions
from xiaojia.domains.ledger.actions.posting import Answer, Posting, post
from xiaojia.domains.ledger.actions.telling import tell_corrected
from xiaojia.domains.ledger.models import Callback, Correction, Deed
from xiaojia.domains.ledger.queries.deeds import PAID
from xiaojia.domains.ledger.rules import LEAST_REASON_LETTERS, drawn, month_of
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import NotAllowed, Refused


@transaction.atomic
def draw_callbacks(*, by: Actor, at: datetime, month: date, seed: str) -> list[int]:
    """Draw one deed in twenty of a month for calling back; returns the deed ids. Once a month.

    Deeds on rosters are drawn as well: a roster can be wrong too.
    """
    require(MAY, "call_back", by, by.community_id)
    first, last = month_of(month)
    known = Callback.objects.filter(community_id=by.community_id, month_on=first)
    if known.exists():
        return sorted(known.values_list("deed_id", flat=True))
    done = Deed.objects.filter(community_id=by.community_id, done_on__range=(first, last), state__in=PAID)
    picked = drawn(done.values_list("pk", flat=True), seed=seed)
    Callback.objects.bulk_create(
        [
            Callback(
                community_id=by.community_id, deed_id=pk, month_on=first, seed=seed[:32], drawn_at=at
            )
            for pk in picked
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    audit.record(
        by=by, at=at, verb="draw_callbacks", kind="deed", ids=picked,
        detail={"seed": seed[:32], "month": first},
    )  # fmt: skip
    return picked


@transaction.atomic
def call_back(*, by: Actor, at: datetime, deed_id: int, is_true: bool, reason: str = "") -> Callback:
    """What the call said. If it was not so, a correction is asked for; a second person settles it."""
    require(MAY, "call_back", by, by.community_id)
    row = (
        Callback.objects.select_for_update(of=("self",))
        .filter(community_id=by.community_id, deed_id=deed_id)
        .select_related("deed")
        .first()
    )
    if row is None or row.answered_at is not None:
        raise Refused(_("这一条没有抽到回访，或者已经问过了；回名单看看。"))
    if by.account_id in {row.deed.confirmed_by_id, *row.deed.recorder_ids}:
        raise NotAllowed(_("没有记下，因为这一条是您自己记的或者认的；请另一位同事来回访。"))
    row.answered_at, row.answered_by_id, row.is_true = at, by.account_id, is_true
    row.save(update_fields=["answered_at", "answered_by_id", "is_true"])
    if is_true:
        Deed.objects.filter(pk=deed_id).update(state=Deed.State.CALLED_BACK)
    elif award := visible_transactions(by).filter(source_type="deed", source_id=str(deed_id)).first():
        ask_correction(by=by, at=at, transaction_id=award.pk, reason=reason or _("回访说没有这件事"))
    audit.record(by=by, at=at, verb="call_back", kind="deed", ids=[deed_id], detail={"is_true": is_true})
    return row


@transaction.atomic
def ask_correction(*, by: Actor, at: datetime, transaction_id: int, reason: str) -> Correction:
    """Ask to take an award back. Nothing happens to the points until somebody else agrees."""
    require(MAY, "ask_correction", by, by.community_id)
    award = visible_transactions(by).filter(pk=transaction_id, kind="award", refusal="").first()
    if award is None or award.reversals.exists():
        raise Refused(_("没有记下，因为只有没更正过的得分才能更正；回这一页看看。"))
    if len(reason.strip()) < LEAST_REASON_LETTERS:
        raise Refused(_("没有记下，因为没写清哪里错了；写一句，本人会看到。"))
    try:
        with transaction.atomic():
            row = Correction.objects.create(
                community_id=by.community_id, transaction=award, reason=reason.strip()[:300], asked_at=at,
                asked_by_id=by.account_id,
            )  # fmt: skip
    except IntegrityError:
        raise Refused(_("这一笔已经有人提了更正，等另一位来定。")) from None
    audit.record(by=by, at=at, verb="ask_correction", kind="correction", ids=[row.pk])
    return row


@transaction.atomic
def reverse_award(
    *, by: Actor, at: datetime, on: date, correction_id: int, is_agreed: bool = True
) -> Answer | None:
    """The second person agrees (a reversal of that award) or not (None). What was spent the fund bears.

    A reversal is told to whoever it takes from (`telling`), in the same transaction.
    """
    require(MAY, "settle_correction", by, by.community_id)
    row = (
        visible_corrections(by)
        .select_for_update(of=("self",))
        .filter(pk=correction_id)
        .select_related("transaction__account")
        .first()
    )
    if row is None or row.decided_at is not None:
        raise Refused(_("这一条更正已经定了，没有再办；回名单看看。"))
    if row.asked_by_id == by.account_id:
        raise NotAllowed(_("没有办，因为更正是您提的，要另一位同事来定。"))
    row.decided_at, row.decided_by_id, row.is_agreed = at, by.account_id, is_agreed
    row.save(update_fields=["decided_at", "decided_by_id", "is_agreed"])
    answer, is_told = None, False
    if is_agreed:
        award = row.transaction
        posting = Posting(
            "reversal", award.account_id, award.points, "correction", str(row.pk), on,
            reverses_id=award.pk, reason=row.reason,
        )  # fmt: skip
        answer = post(posting, by=by, at=at)
        if award.source_type == "deed":
            Deed.objects.filter(pk=int(award.source_id)).update(
                state=Deed.State.REFUSED, points=0, refused_reason=row.reason[:120]
            )
        is_told = tell_corrected(award.account.member_id or 0, row.pk, by=by, at=at)
    audit.record(
        by=by, at=at, verb="reverse_award", kind="correction", ids=[row.pk],
        detail={
            "is_agreed": is_agreed, "shortfall": answer.shortfall if answer else 0, "is_told": is_told,
        },
    )  # fmt: skip
    return answer
