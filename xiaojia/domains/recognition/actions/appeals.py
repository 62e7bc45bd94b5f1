"""An appeal: filed within ten working days, opened by two, answered by another than who closed it."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from xiaojia.domains.ledger.actions import tell_member
from xiaojia.domains.ledger.queries import own_member
from xiaojia.domains.recognition.access import MAY, visible_appeals, visible_months, whole
from xiaojia.domains.recognition.actions.sealing import levels_about
from xiaojia.domains.recognition.models import Appeal, Appraisal, Month, State, Unsealing
from xiaojia.domains.recognition.queries import last_day_to_appeal
from xiaojia.domains.recognition.rules import OUTCOMES, counted
from xiaojia.kernel import audit, clock, outbox, secrets
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.outbox import Letter
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

ANSWERED: Final[str] = outbox.kind("appeal_answered", gettext_lazy("申诉有答复了"))


def file_appeal(
    *, by: Actor, at: datetime, text: str, month_id: UUID | None = None, appraisal_id: int | None = None
) -> Appeal:
    """Say that one's own month or year is wrong, within ten working days; it is answered within ten more."""
    require(MAY, "file_appeal", by, by.community_id)
    member = own_member(viewer=by)
    if member is None or not text.strip():
        raise Refused(_("没有收下，因为没写哪里不对，或者您还没有加入；写一句，再来。"))
    with entered(whole(by)):
        thing = _closed(by, month_id, appraisal_id)
        closed_at = thing.closed_at
        if closed_at is None or clock.today(at) > last_day_to_appeal(closed_at, viewer=by):
            raise Refused(_("没有收下，因为结了以后十个工作日里才能申诉；有别的事，到办公室说。"))
        pk = uuid4()
        row = Appeal(
            pk=pk, community_id=by.community_id, member_id=member.pk, month_id=month_id,
            appraisal_id=appraisal_id, closed_by_id=thing.closed_by_id or 0, filed_at=at,
            filed_by_id=by.account_id, due_on=last_day_to_appeal(at, viewer=by),
            text_sealed=secrets.seal(
                text.strip()[:500], table="recognition_appeal", column="text_sealed", pk=pk
            ),
        )  # fmt: skip
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise Refused(_("这一件您已经申诉过了，正在查；有回音会写在这一页上。")) from error
        audit.record(by=by, at=at, verb="file_appeal", kind="appeal", ids=[pk])
    return row


@transaction.atomic
def ask_unsealing(*, by: Actor, at: datetime, appeal_id: UUID) -> Unsealing:
    """The first of two people who let the answers about the appellant be counted."""
    require(MAY, "open_envelopes", by, by.community_id)
    appeal = _open_appeal(by, appeal_id)
    if appeal.month_id is None:
        raise Refused(_("年评比没有票可以开；要开票，先看是哪个月。"))
    if Unsealing.objects.filter(appeal=appeal).exists():
        raise Refused(_("已经有人提出开封了，等第二个人点头。"))
    row = Unsealing.objects.create(
        community_id=by.community_id, appeal=appeal, asked_at=at, asked_by_id=by.account_id
    )
    audit.record(by=by, at=at, verb="ask_unsealing", kind="appeal", ids=[appeal_id])
    return row


@transaction.atomic
def agree_unsealing(*, by: Actor, at: datetime, appeal_id: UUID) -> Unsealing:
    """The second of them: PostgreSQL opens, and what is kept is how many said what, without who."""
    require(MAY, "open_envelopes", by, by.community_id)
    appeal = _open_appeal(by, appeal_id)
    row = Unsealing.objects.select_for_update().filter(appeal=appeal).first()
    if row is None or row.agreed_at is not None:
        raise Refused(_("没有开，因为没有人提出，或者已经开过了；回上一页看看。"))
    if row.asked_by_id == by.account_id:
        raise Refused(_("没有开，因为开封要两个人，提出的人不能自己点头；请另一位来。"))
    row.agreed_at, row.agreed_by_id = at, by.account_id
    row.save()
    row.counts = counted(list(levels_about(row.pk, appeal.member_id)))
    row.save()
    audit.record(by=by, at=at, verb="agree_unsealing", kind="appeal", ids=[appeal_id])
    return row


@transaction.atomic
def answer_appeal(*, by: Actor, at: datetime, appeal_id: UUID, outcome: str, answer: str) -> Appeal:
    """Answer in words, and tell the appellant that there is an answer; the snapshot stays as it is.

    Whoever closed it, or filed it, cannot.
    """
    require(MAY, "answer_appeal", by, by.community_id)
    appeal = _open_appeal(by, appeal_id)
    if by.account_id in (appeal.closed_by_id, appeal.filed_by_id):
        raise Refused(_("没有记，因为结分的人和申诉的人不能自己答复；请另一位来。"))
    if outcome not in OUTCOMES or len(answer.strip()) < 4:
        raise Refused(_("没有记，因为没写查到了什么；选一个结果，写一句理由，再来。"))
    appeal.outcome, appeal.decided_at, appeal.decided_by_id = outcome, at, by.account_id
    appeal.answer_sealed = secrets.seal(
        answer.strip()[:500], table="recognition_appeal", column="answer_sealed", pk=appeal.pk
    )
    appeal.save()
    is_told = _tell(appeal, by=by, at=at)
    audit.record(
        by=by, at=at, verb="answer_appeal", kind="appeal", ids=[appeal.pk],
        detail={"outcome": outcome, "is_told": is_told},
    )  # fmt: skip
    return appeal


def _tell(appeal: Appeal, *, by: Actor, at: datetime) -> bool:
    """That there is an answer, and where: not which one, and no figure."""
    with override(settings.LANGUAGE_CODE):  # theirs, whatever the office reads
        text = _("您的申诉有答复了，登录进来，看看“邻居的认可”那一页。")
    letter = Letter(ANSWERED, text, key=f"appeal:{appeal.pk}")
    return tell_member(appeal.member_id, letter, by=by, at=at)


def _open_appeal(by: Actor, appeal_id: UUID) -> Appeal:
    appeal = visible_appeals(by).select_for_update().filter(pk=appeal_id).first()
    if appeal is None or appeal.outcome:
        raise Refused(_("找不到这一件，或者已经答复过了；回申诉那一页看看。"))
    return appeal


def _closed(by: Actor, month_id: UUID | None, appraisal_id: int | None) -> Month | Appraisal:
    found: Month | Appraisal | None
    if month_id is not None:
        found = visible_months(by).filter(pk=month_id, state=State.CLOSED).first()
    else:
        found = Appraisal.objects.filter(community_id=by.community_id, pk=appraisal_id or 0).first()
    if found is None:
        raise Refused(_("没有收下，因为这个月还没有结；结了，看到了自己的值，再说哪里不对。"))
    return found
