"""A quarter closes: missing months are filled and marked, late deeds bring their month's points."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.queries import merit, with_deed
from xiaojia.domains.recognition.access import MAY, visible_ballots, visible_months
from xiaojia.domains.recognition.actions.closing import pay_month
from xiaojia.domains.recognition.models import Monthvalue, Quarter, Quartervalue, State
from xiaojia.domains.recognition.rules import month_end, quarter_months
from xiaojia.engines.scoring import QuarterMonth, QuarterResult, quarter_result
from xiaojia.engines.scoring.quarter import median
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


@transaction.atomic
def close_quarter(*, by: Actor, at: datetime, year: int, number: int) -> Quarter:
    """Write the quarter of everybody down, once; a closed one comes back as it is.

    QP = points of confirmed deeds + the months' points. Whoever was not asked in these months (joined after
    the last opening, left before the first) has those of their deeds alone. What is paid here and what was
    paid at the closes is together exactly what the slips say.
    """
    require(MAY, "close_quarter", by, by.community_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('recognition quarter'), %s)", [by.community_id])
    found = Quarter.objects.filter(community_id=by.community_id, year=year, number=number).first()
    if found is not None:
        return found
    months = quarter_months(year, number)
    if clock.today(at) <= month_end(months[-1]):
        raise Refused(_("这一季还没有过完，现在不能结；过了最后一天再结。"))
    if visible_months(by).filter(month_on__in=months, state=State.OPEN).exists():
        raise Refused(_("这一季还不能结，因为有一个月的互评还在收票；先等它截止、结了，再来。"))
    quarter = Quarter.objects.create(
        community_id=by.community_id, year=year, number=number, closed_at=at, closed_by_id=by.account_id
    )
    results = _results(by, months)
    for place, month_on in enumerate(months):
        points = {member: r.monthly[place] for member, r in results.items() if r.monthly[place] > 0}
        pay_month(by=by, at=at, month_on=month_on, points=points)
    Quartervalue.objects.bulk_create(
        [
            Quartervalue(
                community_id=by.community_id, quarter=quarter, member_id=member, used=list(r.used),
                origins=list(r.origins), monthly=list(r.monthly), deed_points=r.deed_points, points=r.points,
            )
            for member, r in results.items()
        ],
        batch_size=1000,
    )  # fmt: skip
    audit.record(by=by, at=at, verb="close_quarter", kind="quarter", ids=[quarter.pk],
                 detail={"quarter": str(quarter), "members": len(results)})  # fmt: skip
    return quarter


def _results(by: Actor, months: tuple[date, date, date]) -> dict[int, QuarterResult]:
    mine = visible_ballots(by).filter(month__month_on__in=months, month__state=State.CLOSED)
    categories = dict(mine.order_by("month__month_on").values_list("member_id", "category"))
    values: dict[int, dict[date, int]] = defaultdict(dict)
    of_category: dict[str, list[int]] = defaultdict(list)
    rows = Monthvalue.objects.filter(community_id=by.community_id, month__month_on__in=months, value__gt=0)
    for member, category, month_on, value in rows.values_list(
        "member_id", "category", "month__month_on", "value"
    ):
        values[member][month_on] = value or 0
        of_category[category].append(value or 0)
    medians = {category: median(found) for category, found in of_category.items()}
    period = (months[0], month_end(months[-1]))
    deeds = merit(period, viewer=by, source_type="deed")
    active = {month: with_deed(month, viewer=by) | set(_paid(by, month)) for month in months}
    unasked = {
        member: quarter_result([QuarterMonth(None, False)] * 3, deed_points=points, category_median=None)
        for member, points in sorted(deeds.items())
        if member not in categories
    }
    return unasked | {
        member: quarter_result(
            [QuarterMonth(values[member].get(month), member in active[month]) for month in months],
            deed_points=deeds.get(member, 0),
            category_median=medians.get(category),
        )
        for member, category in sorted(categories.items())
    }


def _paid(by: Actor, month: date) -> dict[int, int]:
    """Who was paid for that month at its close: a deed that was taken back later changes no snapshot."""
    return merit((month, month_end(month)), viewer=by, source_type="recognition")
