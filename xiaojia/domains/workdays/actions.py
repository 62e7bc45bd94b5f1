"""Writes of workdays: a year as this community works it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.workdays.access import MAY
from xiaojia.domains.workdays.models import Workyear
from xiaojia.domains.workdays.rules import tell_days
from xiaojia.engines.clocks import YearTable
from xiaojia.engines.clocks.calendar import Spans
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


@transaction.atomic
def change_workyear(
    *,
    by: Actor,
    at: datetime,
    year: int,
    days_off: Collection[date],
    make_up_days: Collection[date],
    hours: Spans,
) -> Workyear:
    """Write a year down. Weekend days among `days_off` and weekdays among `make_up_days` say nothing new."""
    require(MAY, "change_workyear", by, by.community_id)
    off = {day for day in days_off if day.weekday() < 5}
    made_up = {day for day in make_up_days if day.weekday() >= 5}
    both = set(days_off) & set(make_up_days)
    if both:
        raise Refused(
            _("%(year)d 年的工作日没有改，因为 %(day)s 又放假又上班；留一样，再保存。")
            % {"year": year, "day": tell_days(both)[0]}
        )
    try:
        YearTable(year, frozenset(off), frozenset(made_up), hours)
    except ValueError:
        raise Refused(
            _(
                "%(year)d 年的工作日没有改，因为上班时间前后颠倒或者叠在一起；"
                "写成 9:00-12:00，14:00-18:00 这样，再保存。"
            )
            % {"year": year}
        ) from None
    row, _is_new = Workyear.objects.update_or_create(
        community_id=by.community_id,
        year=year,
        defaults={
            "days_off": sorted(off),
            "make_up_days": sorted(made_up),
            "hours": [[f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in hours],
            "changed_at": at,
            "changed_by_id": by.account_id,
        },
    )
    audit.record(
        by=by, at=at, verb="change_workyear", kind="workyear", ids=[row.pk],
        detail={"year": year, "off": sorted(off), "made_up": sorted(made_up), "hours": row.hours},
    )  # fmt: skip
    return row
