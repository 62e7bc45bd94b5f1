"""What neighbours do without an account: say a thing, say that it is not solved, take it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import living_casekinds, visible_cases
from xiaojia.domains.cases.actions.moving import CaseRefused, Move, move_case
from xiaojia.domains.cases.actions.reporting import NotReported, Report, report_case
from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.reading import KindName, kinds_meant
from xiaojia.kernel.actors import Actor

OTHER: Final = "L0901"


@transaction.atomic
def report_as_neighbour(*, by: Actor, at: datetime, report: Report) -> Case:
    """A report without a kind: word rules choose one until a person looks, 其他 when no word speaks.

    A quarrel or a worry becomes one at once, so that steward and head do not read it.
    """
    kinds = list(living_casekinds(by))
    guessed = kinds_meant(report.text, [KindName(k.pk, k.code, k.name, k.is_danger) for k in kinds])
    private = {k.pk for k in kinds if k.is_confidential}
    ids = [g.kind.casekind_id for g in guessed]
    chosen = next((pk for pk in ids if pk in private), ids[0] if ids else None)
    chosen = chosen or next((k.pk for k in kinds if k.code == OTHER), None)
    if chosen is None:
        raise NotReported(_("这里还没有开始收邻居说的事；有事请打家长、管家的电话，或者到社区说。"))
    return report_case(by=by, at=at, report=replace(report, casekind_id=chosen))


@transaction.atomic
def say_unsolved(*, by: Actor, at: datetime, case_id: UUID, text: str) -> Case:
    """没解决: the first time it is done again, later the secretary decides."""
    case = visible_cases(by).select_for_update(of=("self",)).filter(pk=case_id).first()
    if case is None:
        raise CaseRefused(_("这件事找不到了；请打社区的电话问一声。"))
    action = "ask_reopen" if case.reopen_count else "reopen"
    return move_case(by=by, at=at, case_id=case_id, move=Move(action, text))
