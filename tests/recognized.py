"""Recognition in the busy community: a closed month with thanks and an appeal, an open one (模拟)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.recognition import actions
from xiaojia.domains.recognition.models import Ballot, Month
from xiaojia.domains.recognition.rules import Answers, month_number, month_start
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered


def recognized(officer: Actor, head: Actor | None) -> dict[str, Any]:
    """Ids for the pages of recognition. The head's own month is appealed against."""
    now, number = clock.now(), month_number(clock.today())
    before = now - timedelta(days=20)
    ledger.settle_members(by=officer, at=now, on=clock.today())
    closed = actions.open_month(by=officer, at=before, month_on=month_start(number - 1), seed=3)
    _fill(officer, closed)
    actions.close_month(by=officer, at=now, month_id=closed.pk)
    assert head is not None
    with entered(head.scope):
        appeal = actions.file_appeal(by=head, at=now, text="我天天扫楼道（模拟）", month_id=closed.pk)
    is_open = actions.open_month(by=officer, at=now, month_on=month_start(number), seed=4)
    return {
        "month_id": is_open.pk,
        "appeal_id": appeal.pk,
        "appraisal_id": 1,
        "recognition:appeal_month.month_id": closed.pk,
        "recognition:thanks.month_id": closed.pk,
    }


def _fill(officer: Actor, month: Month) -> None:
    for ballot in Ballot.objects.filter(month=month).order_by("number"):
        levels = tuple(1 + (ballot.member_id + ratee) % 5 for ratee in ballot.asked_ids)
        answers = Answers(levels, 0 if levels else None, "雨天帮我收过衣服（模拟）" if levels else "")
        for _typing in range(2):
            actions.type_slip(by=officer, at=month.opened_at, ballot_id=ballot.pk, answers=answers)
