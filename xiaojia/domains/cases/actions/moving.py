"""A case moves along the table of transitions. One action; what each transition changes stands in EFFECTS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import override

from xiaojia.domains.cases.access import MAY, living_casekinds, visible_cases
from xiaojia.domains.cases.actions.clocks import calendar_for, reckon
from xiaojia.domains.cases.actions.publishing import tell_public
from xiaojia.domains.cases.models import Case, Casestep, Reporter
from xiaojia.domains.cases.queries import facts_of
from xiaojia.domains.cases.rules import (
    BY_ACTION,
    LONGEST_WAIT_WORKDAYS,
    MOST_TEXT,
    OVER,
    PAUSE_REASONS,
    RESULT_WORDS,
    STATE_WORDS,
    Asked,
    Result,
    State,
    may_handle,
    refusal,
)
from xiaojia.domains.receipts import actions as receipts
from xiaojia.engines.clocks import WorkCalendar
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.together import insert_together


class CaseRefused(Refused):
    """The case cannot take this step now; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Move:
    """One step that somebody wants. `text`: the reason, or what was done; the rest is for single actions.

    assign: handler_id, handler (name shown), handler_role, microgrid_ids · wait, shelve: reason, resume_at ·
    extend: amount in the unit of the limit · answer, verify: result · merge: into_id ·
    change_kind: casekind_id.
    """

    action: str
    text: str = ""
    handler_id: int | None = None
    handler: str = ""
    handler_role: str = "officer"
    microgrid_ids: tuple[int, ...] = ()
    reason: str = ""
    resume_at: datetime | None = None
    amount: int = 0
    result: int | None = None
    into_id: UUID | None = None
    casekind_id: int | None = None


@dataclass(slots=True)
class _Doing:
    """A step in the making: the case under lock, its steps so far, what the new step will remember."""

    case: Case
    move: Move
    by: Actor
    at: datetime
    calendar: WorkCalendar
    detail: dict[str, Any]


@transaction.atomic
def move_case(*, by: Actor, at: datetime, case_id: UUID, move: Move) -> Case:
    """Take one step, or refuse with the sentence of the first guard that says no.

    The row is locked, so that of two people at once the second meets what the first left.
    """
    require(MAY, move.action, by, by.community_id)
    locked = _locked(by, case_id)
    if locked is None:
        raise CaseRefused(_("这件事找不到了，可能不在您的小家；请专干看一看。"))
    case, open_child_count = locked
    before = State(case.state)
    said = refusal(move.action, facts_of(case, open_child_count=open_child_count), _asked(by, at))
    if said is not None:
        raise CaseRefused(str(said))
    text = move.text.strip()
    if move.action in NEEDS_TEXT and not text:
        raise CaseRefused(_("这一步没有走，因为要写一句话：为什么，或者做了什么；写了再点。"))
    if len(text) > MOST_TEXT:
        raise CaseRefused(_("这一步没有走，因为写得太长，最多 %(most)d 个字。") % {"most": MOST_TEXT})
    doing = _Doing(case, move, by, at, calendar_for(by, at), {})
    target = BY_ACTION[move.action].target
    if target is not None:
        case.state = target
    effect = EFFECTS.get(move.action)
    if effect is not None:
        effect(doing)
    step = Casestep(
        community_id=case.community_id, case=case, at=at, account_id=by.account_id, role=by.role,
        action=move.action, from_state=before, to_state=case.state, text=text, detail=doing.detail,
    )  # fmt: skip
    earlier = list(case.steps.all())
    if State(case.state) not in OVER:
        reckon(case, [*earlier, step], doing.calendar, at)
    else:
        case.stage_due_at = None
    case.changed_at = at
    case.save()
    insert_together(step, audit.entry(by=by, at=at, verb=f"{move.action}_case", kind="case", ids=[case.pk]))
    _tell(case, step)
    tell_public(case, is_other_kind=move.action == "change_kind")
    return case


NEEDS_TEXT: Final = frozenset(
    {
        "check_first", "answer", "decline", "bounce", "wait", "shelve", "extend", "finish", "send_back",
        "reopen", "ask_reopen", "grant_reopen", "refuse_reopen", "transfer", "withdraw", "note",
    }
)  # fmt: skip


def _asked(by: Actor, at: datetime) -> Asked:
    return Asked(by.account_id, by.role, at)


def _assigned(doing: _Doing) -> None:
    case, move = doing.case, doing.move
    if not move.handler.strip():
        raise CaseRefused(_("没有派出去，因为没有选谁来办；选一位，或者写上哪个单位。"))
    if not may_handle(move.handler_role, is_confidential=case.is_confidential):
        raise CaseRefused(_("纠纷和关爱的事不派给家长和管家；请派给专干，或者书记。"))
    case.handler_id, case.handler = move.handler_id, move.handler.strip()[:60]
    case.microgrid_ids = sorted({*case.microgrid_ids, *move.microgrid_ids})
    case.dispatched_at = case.dispatched_at or doing.at
    doing.detail |= {"handler_id": move.handler_id, "handler": case.handler}


def _bounced(doing: _Doing) -> None:
    case = doing.case
    case.bounced_handlers = [*case.bounced_handlers, case.handler]
    case.bounce_count += 1
    doing.detail |= {"handler": case.handler, "handler_id": case.handler_id}
    case.handler_id, case.handler = None, ""


def _paused(doing: _Doing) -> None:
    case, move = doing.case, doing.move
    state, _word = PAUSE_REASONS.get(move.reason, (None, ""))
    if state is not case.state:
        raise CaseRefused(_("没有停，因为没有说等什么；居民、主管部门、天气、业主表决，选一样。"))
    resume_at = move.resume_at
    if state is State.WAITING:
        last = doing.calendar.workday_after(clock.today(doing.at), LONGEST_WAIT_WORKDAYS)
        latest = doing.calendar.closing_of(last)
        resume_at = min(resume_at or latest, latest)
    if resume_at is None or resume_at <= doing.at:
        raise CaseRefused(_("没有停，因为没有写到哪天接着办；写一个往后的日子。"))
    case.pause_count += 1
    case.resume_at = resume_at
    doing.detail |= {"reason": move.reason, "resume_at": resume_at.isoformat()}


def _resumed(doing: _Doing) -> None:
    doing.case.resume_at = None


def _extended(doing: _Doing) -> None:
    case, move = doing.case, doing.move
    most = case.steps.filter(detail__has_key="limit").latest("at").detail["limit"][0]
    if not 1 <= move.amount <= most:
        raise CaseRefused(_("没有延，因为最多延原来那么久（%(most)d）；写 1 到 %(most)d。") % {"most": most})
    case.extension_amount = move.amount
    doing.detail["extension"] = move.amount


def _finished(doing: _Doing) -> None:
    doing.case.finished_by_id = doing.by.account_id


def _closed(doing: _Doing) -> None:
    case = doing.case
    if doing.move.result not in set(Result):
        raise CaseRefused(_("没有办结，因为没有说结果怎么样；选一样，再办结。"))
    case.result = doing.move.result
    case.closed_at = doing.at
    case.first_closed_at = case.first_closed_at or doing.at
    doing.detail["result"] = int(case.result or 0)
    if doing.move.action == "verify":
        case.verified_by_id = doing.by.account_id


def _answered(doing: _Doing) -> None:
    doing.case.handler_id, doing.case.handler = doing.by.account_id, ""
    _closed(doing)


def _decided_elsewhere(doing: _Doing) -> None:
    case = doing.case
    case.handler_id, case.handler = None, doing.move.handler.strip()[:60]
    if not case.handler:
        raise CaseRefused(_("没有转，因为没有写转给哪里；写上单位的名字，居民好去问。"))
    case.closed_at = doing.at
    case.first_closed_at = case.first_closed_at or doing.at
    doing.detail["handler"] = case.handler


def _reopened(doing: _Doing) -> None:
    case = doing.case
    case.reopen_count += 1
    case.reopened_at = doing.at
    if case.verified_by_id is not None:
        case.verifier_ids = [*case.verifier_ids, case.verified_by_id]
    case.verified_by_id, case.result, case.closed_at = None, None, None


def _asked_again(doing: _Doing) -> None:
    doing.case.reopened_at = doing.at


def _kept_closed(doing: _Doing) -> None:
    doing.case.closed_at = doing.at


def _locked(by: Actor, case_id: UUID | None) -> tuple[Case, int] | None:
    """The case under lock with its kind, and how many of its parts are open (one query)."""
    parts = Case.objects.filter(parent=OuterRef("pk")).exclude(state__in=sorted(OVER)).order_by()
    count = parts.values("parent").annotate(n=Count("pk")).values("n")
    rows = visible_cases(by).select_for_update(of=("self",)).select_related("casekind")
    rows = rows.annotate(open_child_count=Coalesce(Subquery(count), 0))
    case = rows.filter(pk=case_id).first() if case_id is not None else None
    return (case, case.open_child_count) if case is not None else None


def _merged(doing: _Doing) -> None:
    case = doing.case
    into, _parts = _locked(doing.by, doing.move.into_id) or (None, 0)
    if into is None or into.pk == case.pk or State(into.state) in OVER or into.merged_into_id is not None:
        raise CaseRefused(_("没有并，因为要并到的那件不在这里、办结了，或者它自己已经并给了别的；换一件。"))
    case.merged_into = into
    doing.detail |= {"into": str(into.pk), "state": State(case.steps.latest("at", "pk").to_state)}
    if case.reported_at < into.reported_at:
        into.reported_at = case.reported_at  # the earliest clock of all who said it
        reckon(into, list(into.steps.all()), doing.calendar, doing.at)
    into.changed_at = doing.at
    into.save()
    _tell_date(into, doing.at)
    tell_public(into, is_other_kind=False)
    Reporter.objects.filter(case=case).update(case=into)


def _tell_date(into: Case, at: datetime) -> None:
    """The receipt of a case whose date moved because another was merged into it, or taken out of it."""
    state = State(into.state)
    if state not in OVER:
        standing = receipts.Standing(word=str(STATE_WORDS[state]), expected_at=into.due_at)
        receipts.tell_receipt(kind="case", subject_id=into.pk, at=at, standing=standing)


def _unmerged(doing: _Doing) -> None:
    """Apart again, in whatever order: who said it here comes back, and every clock above is reckoned anew."""
    case = doing.case
    into, _parts = _locked(doing.by, case.merged_into_id) or (None, 0)
    if into is None:
        raise CaseRefused(_("没有分开，因为并过去的那件找不到了；请管理员看一看记录。"))
    case.state = case.steps.filter(action="merge").latest("at", "pk").detail["state"]
    case.merged_into = None
    case.save(update_fields=["merged_into"])
    Reporter.objects.filter(said_in_case__in=_told_with(case)).update(case=case)
    while into is not None:
        _reckon_merged(into, doing)
        into, _parts = _locked(doing.by, into.merged_into_id) or (None, 0)


def _told_with(case: Case) -> set[UUID]:
    """The case, and those that are merged into it, and into those."""
    told, fresh = {case.pk}, {case.pk}
    while fresh:
        fresh = set(Case.objects.filter(merged_into__in=fresh).values_list("pk", flat=True)) - told
        told |= fresh
    return told


def _reckon_merged(into: Case, doing: _Doing) -> None:
    """Its own report, or the earliest of those that are still merged into it, begins the clock."""
    is_over = State(into.state) in OVER
    if not is_over or into.merged_into_id is not None:
        steps = list(into.steps.all())
        others = Case.objects.filter(merged_into=into).values_list("reported_at", flat=True)
        into.reported_at = min([*(step.at for step in steps), *others])
        reckon(into, steps, doing.calendar, doing.at)
        into.stage_due_at = None if is_over else into.stage_due_at
    into.changed_at = doing.at
    into.save()
    _tell_date(into, doing.at)
    tell_public(into, is_other_kind=False)


def _other_kind(doing: _Doing) -> None:
    case = doing.case
    kind = living_casekinds(doing.by).filter(pk=doing.move.casekind_id or 0).first()
    if kind is None:
        raise CaseRefused(_("类别没有换，因为没有选换成哪一类；选一类再换。"))
    if kind.is_confidential and case.handler_id is not None and not case.is_confidential:
        raise CaseRefused(_("类别没有换，因为这一类不能让现在办的人看；先改派给专干，再换。"))
    doing.detail |= {"kind": case.casekind_id, "limit": [kind.limit_amount, kind.limit_unit]}
    case.casekind, case.is_confidential = kind, kind.is_confidential


EFFECTS: Final[dict[str, Callable[[_Doing], None]]] = {
    "assign": _assigned,
    "bounce": _bounced,
    "wait": _paused,
    "shelve": _paused,
    "resume": _resumed,
    "extend": _extended,
    "finish": _finished,
    "verify": _closed,
    "answer": _answered,
    "decline": _decided_elsewhere,
    "transfer": _decided_elsewhere,
    "reopen": _reopened,
    "ask_reopen": _asked_again,
    "grant_reopen": _reopened,
    "refuse_reopen": _kept_closed,
    "merge": _merged,
    "unmerge": _unmerged,
    "change_kind": _other_kind,
}


def _tell(case: Case, step: Casestep) -> None:
    """Bring the receipt up to date: words and dates, nothing that names a person."""
    if step.action == "note":
        return
    state = State(case.state)
    word = STATE_WORDS[state]
    if state is State.CLOSED and case.result:
        word = RESULT_WORDS[Result(case.result)]
    # A receipt speaks the language of the place, whatever language the desk is read in.
    with override(settings.LANGUAGE_CODE):
        standing = receipts.Standing(
            word=str(STATE_WORDS[state]),
            sentence=str(word),
            expected_at=None if state in OVER else case.due_at,
            is_over=state in OVER,
        )
    receipts.tell_receipt(kind="case", subject_id=case.pk, at=step.at, standing=standing)
