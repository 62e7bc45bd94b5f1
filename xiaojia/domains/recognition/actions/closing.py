"""A month closes: envelopes open once, values are written down, points are paid. Twice is as once."""

from __future__ import annotations

import json
import random
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.actions.paying import pay_recognitions
from xiaojia.domains.ledger.queries import with_deed
from xiaojia.domains.recognition.access import MAY, visible_ballots, visible_months
from xiaojia.domains.recognition.actions.opening import mutual_of
from xiaojia.domains.recognition.actions.sealing import Opened, opened
from xiaojia.domains.recognition.models import Month, State, Thanks
from xiaojia.domains.recognition.rules import month_end, month_number, month_start
from xiaojia.engines.scoring import (
    Limits,
    MonthProblem,
    MonthResult,
    Rating,
    month_result,
    recognition_points,
)
from xiaojia.kernel import audit, clock, secrets
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused

LETTER: Final = {"mutual_sure": 0}
"""What a month was opened with whose limits do not yet say it: its rules stay (0107)."""


@transaction.atomic
def close_month(*, by: Actor, at: datetime, month_id: UUID) -> Month:
    """Close a month whose days are over; one that is closed already comes back as it is.

    In one transaction under the month's lock: values of everybody as a snapshot that is never rewritten,
    thanks without their authors, points for whoever has a confirmed deed. Whole or not at all.
    """
    require(MAY, "close_month", by, by.community_id)
    month = visible_months(by).select_for_update().filter(pk=month_id).first()
    if month is None or month.state == State.CANCELLED:
        raise Refused(_("没有结，因为这个月没有在收票；看看是不是取消了。"))
    if month.state == State.CLOSED:
        return month
    if clock.today(at) <= month.closes_on:
        raise Refused(
            _("还不能结，因为票收到 %(day)s；过了那天再结，谁也不会提前看到。") % {"day": month.closes_on}
        )
    month.state = State.CLOSING
    month.save(update_fields=["state"])
    limits = Limits(**(LETTER | month.limits))
    since = month_start(month_number(month.month_on) - limits.mutual_window_months + 1)
    slips = opened(by.community_id, since=since, until=month.month_on)
    problem = _problem(by, month, limits, slips)
    result = month_result(problem)
    _write_down(by, month, problem, result)
    _take_out_thanks(by, month, slips)
    month.mutual_sealed = secrets.seal(
        json.dumps(sorted(result.mutual)) if result.mutual else "",
        table="recognition_month", column="mutual_sealed", pk=month.pk,
    )  # fmt: skip
    month.state, month.closed_at, month.closed_by_id = State.CLOSED, at, by.account_id
    month.save()
    paid = _pay(by, at, month, result)
    audit.record(
        by=by, at=at, verb="close_month", kind="recognition", ids=[month.pk],
        detail={"month": month.month_on, "values": len(result.values), "paid": paid},
    )  # fmt: skip
    return month


def close_due(*, by: Actor, at: datetime) -> int:
    """Close every month of the community whose days are over; returns how many."""
    due = visible_months(by).filter(state=State.OPEN, closes_on__lt=clock.today(at)).order_by("month_on")
    ids = list(due.values_list("pk", flat=True))
    for month_id in ids:
        close_month(by=by, at=at, month_id=month_id)
    return len(ids)


def _problem(by: Actor, month: Month, limits: Limits, slips: list[Opened]) -> MonthProblem:
    mine = list(
        visible_ballots(by)
        .filter(month=month)
        .values_list("member_id", "microgrid_id", "category", "returned_at")
    )
    asked: dict[int, int] = {}
    returned: dict[int, int] = {}
    for _member, grid, _category, returned_at in mine:
        asked[grid] = asked.get(grid, 0) + 1
        returned[grid] = returned.get(grid, 0) + (returned_at is not None)
    month.turnout = {str(grid): [count, returned[grid]] for grid, count in asked.items()}
    since = month_start(month_number(month.month_on) - limits.window_months + 1)
    earlier = visible_ballots(by).filter(month__month_on__gte=since, month__month_on__lt=month.month_on)
    left = earlier.exclude(member_id__in=visible_ballots(by).filter(month=month).values("member_id"))
    categories = dict(left.order_by("month__month_on").values_list("member_id", "category"))
    categories |= {member: category for member, _g, category, _r in mine}
    return MonthProblem(
        month_number(month.month_on), ratings_of(slips), categories,
        {member: grid for member, grid, _c, _r in mine}, asked, returned,
        void_before(by, month.month_on), limits,
    )  # fmt: skip


def ratings_of(slips: list[Opened]) -> tuple[Rating, ...]:
    """What the engine reckons with; 不了解 is left out."""
    numbers = {month_on: month_number(month_on) for month_on in {slip.month_on for slip in slips}}
    return tuple(
        Rating(numbers[month_on], rater, ratee, level)
        for month_on, rater, asked, levels, _to, _thanks in slips
        for ratee, level in zip(asked, levels, strict=True)
        if level is not None
    )


def void_before(by: Actor, month_on: date) -> frozenset[tuple[int, int, int]]:
    """Answers that closed months before this day found to weigh nothing."""
    months = visible_months(by).filter(state=State.CLOSED, month_on__lt=month_on).only("mutual_sealed")
    return frozenset(key for month in months.exclude(mutual_sealed=b"")[:36] for key in mutual_of(month))


def _write_down(by: Actor, month: Month, problem: MonthProblem, result: MonthResult) -> None:
    """The snapshot of everybody in one statement: a district closes a hundred thousand rows in a night."""
    rows = [
        (v.member, v.category, problem.microgrids[v.member], v.answers, v.middle, v.category_mean, v.value,
         v.reason)
        for v in result.values
    ]  # fmt: skip
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _column in range(8)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recognition_monthvalue (community_id, month_id, member_id, category, microgrid_id,"
            " answers, middle, category_mean, value, reason)"
            " SELECT %s, %s, w.* FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::int[], %s::int[],"
            " %s::int[], %s::int[], %s::text[]) AS w",
            [by.community_id, month.pk, *columns],
        )


def _take_out_thanks(by: Actor, month: Month, slips: list[Opened]) -> None:
    """Sentences leave their envelopes in no order: nothing tells who wrote which."""
    found = [
        (slip.asked_ids[slip.thanks_to], slip.thanks)
        for slip in slips
        if slip.month_on == month.month_on and slip.thanks and slip.thanks_to is not None
    ]
    random.SystemRandom().shuffle(found)
    rows = [Thanks(community_id=by.community_id, month=month, member_id=member) for member, _text in found]
    for row, (_member, text) in zip(rows, found, strict=True):
        row.text_sealed = secrets.seal(text, table="recognition_thanks", column="text_sealed", pk=row.pk)
    Thanks.objects.bulk_create(rows, batch_size=1000)


def _pay(by: Actor, at: datetime, month: Month, result: MonthResult) -> int:
    deeds = with_deed(month.month_on, viewer=by)
    points = {
        v.member: recognition_points(v.value)
        for v in result.values
        if v.value is not None and v.member in deeds and recognition_points(v.value) > 0
    }
    return pay_month(by=by, at=at, month_on=month.month_on, points=points)


def pay_month(*, by: Actor, at: datetime, month_on: date, points: dict[int, int]) -> int:
    """Pay the points of a month to whoever was not paid for it; returns to how many."""
    if not points:
        return 0
    reason = _("%(month)s 邻居的认可") % {"month": f"{month_on:%Y-%m}"}
    return pay_recognitions(by=by, at=at, on=month_end(month_on), points=points, reason=reason)
