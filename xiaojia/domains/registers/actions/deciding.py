"""Yes or no to doubtful rows and to households that the workbook lacks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.registers import queries
from xiaojia.domains.registers.access import MAY
from xiaojia.domains.registers.actions.comparing import COLLISION
from xiaojia.domains.registers.actions.receiving import locked
from xiaojia.domains.registers.models import Register, Registerrow
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused

V = Registerrow.Verdict
D = Registerrow.Decision


@transaction.atomic
def decide_rows(
    *, by: Actor, at: datetime, register_id: UUID, verdict: str, decision: str, row_id: int | None = None
) -> int:
    """Take or leave one row, or all rows of a verdict that are still open; returns how many.

    Taking a row of a door leaves the other rows of that door. Rows of which nobody knows the door cannot
    be taken; of rows about the same door only one can, so "all" passes over them.
    """
    require(MAY, "decide_rows", by, by.community_id)
    if verdict not in {V.DOUBTFUL, V.GONE} or decision not in {D.TAKE, D.LEAVE}:
        raise ValueError(f"no such decision: {verdict} {decision}")
    register = locked(register_id, by=by)
    if register.state != Register.State.CHECKED or queries.running_work(register) is not None:
        raise Refused(_("现在定不了，因为这份表正在核对，或者已经收好了；回到这份表看看。"))
    rows = queries.rows_to_decide(register, viewer=by).filter(verdict=verdict)
    rows = rows.filter(pk=row_id) if row_id else rows.filter(decision=D.OPEN)
    is_taken = decision == D.TAKE
    if is_taken and verdict == V.DOUBTFUL:
        rows = rows.filter(values__is_placed=True)
        if row_id is None:
            rows = rows.exclude(doubts__contains=[{"code": COLLISION}])
        elif not rows.exists():
            raise Refused(_("这一行收不了，因为看不出是哪一户；在 Excel 里改好，再拿来一次。"))
    ids = list(rows.values_list("pk", flat=True))
    if is_taken and verdict == V.DOUBTFUL and row_id is not None:
        _leave_others_of_the_door(register, row_id, by)
    register.rows.filter(pk__in=ids).update(decision=decision)
    audit.record(
        by=by, at=at, verb="decide_rows", kind="registerrow", ids=ids,
        detail={"register": register.pk, "verdict": verdict, "decision": decision},
    )  # fmt: skip
    return len(ids)


def _leave_others_of_the_door(register: Register, row_id: int, by: Actor) -> None:
    taken = register.rows.get(pk=row_id)
    door = {f"values__{name}": taken.values[name] for name in ("compound", "building", "unit", "door")}
    same = queries.rows_to_decide(register, viewer=by).filter(verdict=V.DOUBTFUL, **door)
    same.exclude(pk=row_id).update(decision=D.LEAVE)
