"""The year: what neighbours tell, and the appraisal, each beside their own category only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.queries import members, with_deed
from xiaojia.domains.ledger.rules import CATEGORIES
from xiaojia.domains.recognition.access import MAY, visible_ballots, visible_months
from xiaojia.domains.recognition.actions.closing import ratings_of, void_before
from xiaojia.domains.recognition.actions.sealing import opened
from xiaojia.domains.recognition.models import (
    Appraisal,
    Monthvalue,
    Quarter,
    Quartervalue,
    State,
    Story,
    Yearvalue,
)
from xiaojia.domains.recognition.queries.years import stories_of
from xiaojia.domains.recognition.rules import DEFAULT_BAR, month_number, month_start
from xiaojia.engines.scoring import (
    Appraised,
    Limits,
    MonthProblem,
    YearProblem,
    appraise,
    is_awarded,
    settled,
)
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


@transaction.atomic
def tell_story(*, by: Actor, at: datetime, year: int, member_id: int, text: str) -> Story:
    """Write down what neighbours tell of a member's year; without figures, and until the year is closed."""
    require(MAY, "tell_story", by, by.community_id)
    words = text.strip()
    if len(words) < 4 or any(letter.isdigit() for letter in words):
        raise Refused(_("没有记，因为太短或者写了数字；用邻居的话说说做了什么，不写分数和名次。"))
    if not members(viewer=by).filter(pk=member_id).exists():
        raise Refused(_("没有记，因为这一位不在您这里的成员里；看看名字，再来。"))
    if Appraisal.objects.filter(community_id=by.community_id, year=year).exists():
        raise Refused(_("没有记，因为这一年的评比已经结了；留到明年说。"))
    story, _new = Story.objects.update_or_create(
        community_id=by.community_id, year=year, member_id=member_id,
        defaults={"text": words[:300], "told_at": at, "told_by_id": by.account_id},
    )  # fmt: skip
    audit.record(by=by, at=at, verb="tell_story", kind="story", ids=[story.pk])
    return story


@transaction.atomic
def close_year(
    *, by: Actor, at: datetime, year: int, bars: Mapping[str, int] | None = None,
    hours_offered: Mapping[int, int] | None = None,
) -> Appraisal:  # fmt: skip
    """Appraise a year, once; a closed one comes back as it is.

    `bars`: category -> what is awarded, in tenths. `hours_offered`: micro-grid -> hours to help in.
    Means of the months are reckoned once more without what later months made weigh nothing (0104), and with
    everybody's leniency of the whole year (0107).
    """
    require(MAY, "close_year", by, by.community_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('recognition year'), %s)", [by.community_id])
    found = Appraisal.objects.filter(community_id=by.community_id, year=year).first()
    if found is not None:
        return found
    if Quarter.objects.filter(community_id=by.community_id, year=year).count() < 4:
        raise Refused(_("这一年还不能评，因为四个季还没有都结；先结完，再来。"))
    chosen = dict.fromkeys(CATEGORIES, DEFAULT_BAR) | dict(bars or {})
    appraisal = Appraisal.objects.create(
        community_id=by.community_id, year=year, bars=chosen, closed_at=at, closed_by_id=by.account_id
    )
    years = appraise(_problems(by, year), hours_offered=dict(hours_offered or {}))
    appraisal.state = State.CLOSED
    appraisal.save(update_fields=["state"])
    stories = stories_of(year, viewer=by)
    Yearvalue.objects.bulk_create(
        [_row(by, appraisal, one, chosen[one.category], stories.get(one.member, "")) for one in years],
        batch_size=1000,
    )
    audit.record(
        by=by, at=at, verb="close_year", kind="appraisal", ids=[appraisal.pk],
        detail={
            "members": len(years),
            "hours_offered": {str(grid): hours for grid, hours in (hours_offered or {}).items()},
        },
    )  # fmt: skip
    return appraisal


def _row(by: Actor, appraisal: Appraisal, one: Appraised, bar: int, story: str) -> Yearvalue:
    fields = asdict(one)
    member = fields.pop("member")
    awarded = is_awarded(one.total, threshold=bar, has_story=bool(story))
    return Yearvalue(
        community_id=by.community_id, appraisal=appraisal, member_id=member, is_awarded=awarded,
        story=story if awarded else "", **fields,
    )  # fmt: skip


def _problems(by: Actor, year: int) -> list[YearProblem]:
    first, last = date(year, 1, 1), date(year, 12, 1)
    mine = visible_ballots(by).filter(month__month_on__range=(first, last), month__state=State.CLOSED)
    places = {
        member: (category, grid)
        for member, category, grid in mine.order_by("month__month_on").values_list(
            "member_id", "category", "microgrid_id"
        )
    }
    points: dict[int, list[int]] = defaultdict(list)
    rows = Quartervalue.objects.filter(community_id=by.community_id, quarter__year=year)
    for member, deed_points in rows.values_list("member_id", "deed_points"):
        points[member].append(deed_points)
    active: dict[int, int] = defaultdict(int)
    for number in range(month_number(first), month_number(first) + 12):
        for member in with_deed(month_start(number), viewer=by):
            active[member] += 1
    values = _settled_values(by, first, last)
    return [
        YearProblem(
            member, category, grid, tuple(points[member]), tuple(values.get(member, ())), active[member]
        )
        for member, (category, grid) in sorted(places.items())
    ]


def _settled_values(by: Actor, first: date, last: date) -> dict[int, list[int]]:
    slips = opened(by.community_id, since=month_start(month_number(first) - 2), until=last)
    ratings, void = ratings_of(slips), void_before(by, month_start(month_number(last) + 1))
    found: dict[int, list[int]] = defaultdict(list)
    categories = dict(visible_ballots(by).order_by("month__month_on").values_list("member_id", "category"))
    for month in visible_months(by).filter(month_on__range=(first, last), state=State.CLOSED):
        number, limits = month_number(month.month_on), Limits(**month.limits)
        rows = Monthvalue.objects.filter(month=month).values_list("member_id", "category", "microgrid_id")
        problem = MonthProblem(
            number, ratings, categories | {member: category for member, category, _g in rows},
            {member: grid for member, _c, grid in rows},
            {int(grid): asked for grid, (asked, _r) in month.turnout.items()},
            {int(grid): returned for grid, (_a, returned) in month.turnout.items()}, void, limits,
        )  # fmt: skip
        for value in settled(problem):
            if value.value is not None:
                found[value.member].append(value.value)
    return found
