"""The day is closed once, as it stands; what changes it later is written beside it and rewrites nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.store.access import MAY, visible_closes, visible_goods
from xiaojia.domains.store.models import Dayclose
from xiaojia.domains.store.queries.day import day, figures
from xiaojia.domains.store.rules import MOST_BACKDATED_DAYS
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


@transaction.atomic
def close_day(*, by: Actor, at: datetime, on: date, day_on: date) -> Dayclose:
    """Keep the figures of a day as they are now. Refused when it is closed, to come, or long past."""
    require(MAY, "close_day", by, by.community_id)
    if not on - timedelta(days=MOST_BACKDATED_DAYS) <= day_on <= on:
        raise Refused(_("没有结账，因为只能结今天和前两个星期的；换一天再结。"))
    reckoned = _reckoned(day_on, by=by)
    if visible_closes(by).filter(community_id=by.community_id, day_on=day_on).exists():
        raise Refused(_("没有再结，因为这一天已经结过了；后来又有变动的，在这一页记一条更正。"))
    return _kept(1, reckoned, "", day_on=day_on, by=by, at=at)


@transaction.atomic
def correct_close(*, by: Actor, at: datetime, day_on: date, reason: str) -> Dayclose:
    """Write down what a closed day looks like now, and why; the close itself stays as it was.

    Refused when the day was never closed, or nothing changed since the last row.
    """
    require(MAY, "close_day", by, by.community_id)
    reason = " ".join(reason.split())[:60]
    if not reason:
        raise Refused(_("没有记更正，因为还没写为什么；写一句，比如“补录了一张纸单”。"))
    reckoned = _reckoned(day_on, by=by)
    last = visible_closes(by).filter(community_id=by.community_id, day_on=day_on).order_by("-number").first()
    if last is None:
        raise Refused(_("没有记更正，因为这一天还没结账；先结账。"))
    if last.figures == reckoned:
        raise Refused(_("没有记更正，因为结账以后没有变动；不用记。"))
    return _kept(last.number + 1, reckoned, reason, day_on=day_on, by=by, at=at)


def _reckoned(day_on: date, *, by: Actor) -> dict[str, object]:
    """The figures of that day, while nothing moves on the shelf and nobody else closes.

    Every move of stock waits for its goods, so that pieces and redemptions are of the same moment.
    """
    goods = visible_goods(by).filter(community_id=by.community_id).order_by("pk")
    list(goods.select_for_update().values_list("pk"))
    return figures(day(day_on, viewer=by))


def _kept(
    number: int, reckoned: dict[str, object], reason: str, *, day_on: date, by: Actor, at: datetime
) -> Dayclose:
    row = Dayclose.objects.create(
        community_id=by.community_id, day_on=day_on, number=number, figures=reckoned, reason=reason,
        closed_at=at, closed_by_id=by.account_id,
    )  # fmt: skip
    verb = "correct_close" if reason else "close_day"
    audit.record(by=by, at=at, verb=verb, kind="dayclose", ids=[row.pk], detail={"day": str(day_on)})
    return row
