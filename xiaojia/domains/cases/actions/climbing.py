"""What happens when time passes and nobody presses anything: rungs are told, pauses end, mornings are told.

A rung and the messages about it are one transaction. Rung is unique, so a job that runs twice, is killed
or comes a day late tells each rung once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.domains.cases.access import visible_cases
from xiaojia.domains.cases.actions.clocks import calendar_for
from xiaojia.domains.cases.actions.moving import Move, move_case
from xiaojia.domains.cases.models import Case, Rung
from xiaojia.domains.cases.queries.ladder import CLIMBING, TOP, percent_spent, to_resume
from xiaojia.domains.cases.rules import PAUSED, RUNGS
from xiaojia.domains.people.accounts.office import phones_for_work
from xiaojia.domains.receipts.rules import spell
from xiaojia.domains.teams.access import visible_tenures
from xiaojia.domains.teams.queries import holding_on
from xiaojia.engines.clocks import MissingYear
from xiaojia.kernel import audit, clock, outbox
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.outbox import Letter, Recipient
from xiaojia.kernel.outbox_rules import Urgency
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.together import insert_together

RUNG: Final[str] = outbox.kind("case_rung", gettext_lazy("快到时限、过了时限"))
MORNING: Final[str] = outbox.kind("case_morning", gettext_lazy("今天要办的事"))
MOST_CODES: Final = 5
TOLD_HEAD: Final = 80
"""The rung at which the head of the micro-grid hears of it: informed, never charged."""


@transaction.atomic
def tell_rung(*, by: Actor, at: datetime, case_id: UUID, percent: int) -> bool:
    """Write one rung and post its messages; False when it was told already or time was given back."""
    rows = visible_cases(by).select_for_update(of=("self",)).select_related("casekind")
    case = rows.filter(pk=case_id, state__in=sorted(CLIMBING)).first()
    if case is None or percent_spent(case, list(case.steps.all()), calendar_for(by, at), at) < percent:
        return False
    rung = Rung(community_id=case.community_id, case=case, round=case.reopen_count, percent=percent, at=at)
    (is_new,) = insert_together(rung)
    if not is_new:
        return False
    to = _who_hears(case, percent, by=by, on=clock.today(at))
    _post(case, percent, to, by=by, at=at)
    audit.record(by=by, at=at, verb="tell_rung", kind="case", ids=[case.pk], detail={"percent": percent})
    return True


def resume_due(*, by: Actor, at: datetime) -> int:
    """End the pauses whose planned day has come, at the planned moment; returns how many.

    A case that somebody moved in between, or that needs an unknown year, is left for the next time.
    """
    count = 0
    for case in to_resume(viewer=by, at=at):
        try:
            # What was noted after the planned moment stays after it: steps are never out of order.
            moment = max(case.resume_at or at, case.changed_at)
            move_case(by=by, at=moment, case_id=case.pk, move=Move("resume"))
        except Refused:
            continue
        count += 1
    return count


@transaction.atomic
def tell_mornings(*, by: Actor, at: datetime) -> int:
    """One message a day for each handler with something due by tonight or late; none on a day off."""
    on = clock.today(at)
    try:
        if not calendar_for(by, at).is_workday(on):
            return 0
    except MissingYear:
        pass  # rather a message too many than none
    tonight = timezone.make_aware(datetime.combine(on + timedelta(days=1), time()))
    due = visible_cases(by).filter(state__in=sorted(CLIMBING - PAUSED), due_at__lt=tonight)
    officers = _holders(by, on, "officer") or _holders(by, on, "secretary")
    here = set(_serving(by, on))
    mine: dict[int, list[Case]] = defaultdict(list)
    for case in due.order_by("due_at", "id"):
        for account_id in [case.handler_id] if case.handler_id in here else officers:
            mine[account_id or 0].append(case)
    texts = {account_id: _morning_text(cases, at) for account_id, cases in mine.items()}
    keys = {account_id: f"due:{account_id}:{on}" for account_id in texts}
    return _send(MORNING, texts, keys, urgency=Urgency.DIGEST, by=by, at=at)


def _serving(by: Actor, on: date) -> Iterable[int]:
    """Accounts that serve here on that day, in any role (one query)."""
    return holding_on(visible_tenures(by), on).values_list("account_id", flat=True)


def _holders(by: Actor, on: date, role: str) -> list[int]:
    rows = holding_on(visible_tenures(by), on).filter(role=role)
    return list(dict.fromkeys(rows.order_by("id").values_list("account_id", flat=True)))


def _who_hears(case: Case, percent: int, *, by: Actor, on: date) -> dict[int, str]:
    """Account id -> why: as RUNGS says; at 80 % the heads of its micro-grids too, unless confidential."""
    role = RUNGS[percent]
    heads: list[int] = []
    if role == "handler":
        ids = [case.handler_id] if case.handler_id in set(_serving(by, on)) else []
        ids = ids or _holders(by, on, "officer")
    else:
        ids = _holders(by, on, "officer" if role == "officer" else "secretary")
    if percent == TOLD_HEAD and not case.is_confidential:
        rows = holding_on(visible_tenures(by), on).filter(role="head", microgrid_id__in=case.microgrid_ids)
        heads = [pk for pk in rows.values_list("account_id", flat=True) if pk not in ids]
    ids = ids or _holders(by, on, "secretary")
    return dict.fromkeys(heads, "head") | {pk: role for pk in ids if pk is not None}


def _post(case: Case, percent: int, to: Mapping[int, str], *, by: Actor, at: datetime) -> None:
    urgency = Urgency.DANGER if case.casekind.is_danger else Urgency.DIGEST
    texts = {pk: _rung_text(case, percent, role) for pk, role in to.items()}
    keys = {pk: f"rung:{case.pk}:{case.reopen_count}:{percent}:{pk}" for pk in to}
    _send(RUNG, texts, keys, urgency=urgency, by=by, at=at)


def _send(
    kind: str, texts: Mapping[int, str], keys: Mapping[int, str], *, urgency: str, by: Actor, at: datetime
) -> int:
    """Post to everybody who wrote down a phone, if a way out is open; the pages say the same anyway."""
    if not outbox.is_open("sms"):
        return 0
    phones = phones_for_work(texts, viewer=by)
    for account_id, phone in phones.items():
        letter = Letter(kind, texts[account_id], urgency, key=keys[account_id])
        to = Recipient("sms", phone, person=f"account:{account_id}")
        outbox.post(letter, to=to, community_id=by.community_id, at=at)
    return len(phones)


def _rung_text(case: Case, percent: int, role: str) -> str:
    """One line without names; of a quarrel or a worry not even the kind."""
    words = {
        "what": _("一件事") if case.is_confidential else case.casekind.name,
        "code": spell(case.receipt_code),
        "due": f"{timezone.localtime(case.due_at):%m-%d %H:%M}",
    }
    if role == "head":
        return _("您小家的“%(what)s”（%(code)s）快到时限了，办的人已经知道，您不用办。") % words
    if percent == TOP:
        return _("“%(what)s”（%(code)s）超过时限一半了，要报街道；单子印好就能报。") % words
    if role == "secretary":
        return _("“%(what)s”（%(code)s）到了时限还没办结，请看看卡在哪里。") % words
    if role == "officer":
        return _("“%(what)s”（%(code)s）%(due)s 到时限，时间用了八成，看看要不要帮一把。") % words
    return _("您手上的“%(what)s”（%(code)s）时间过半，%(due)s 前办好。") % words


def _morning_text(cases: list[Case], at: datetime) -> str:
    late = sum(case.due_at < at for case in cases)
    codes = "、".join(spell(case.receipt_code) for case in cases[:MOST_CODES])
    words = {"n": len(cases), "late": late, "codes": codes}
    if late:
        return _("今天要办 %(n)d 件，其中超时 %(late)d 件：%(codes)s。") % words
    return _("今天要办 %(n)d 件：%(codes)s。") % words
