"""Deeds: what was earned before caps are asked again, what waits, and how many people are active."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Count, Q, Sum

from xiaojia.domains.ledger.access import MAY, visible_deeds, visible_members
from xiaojia.domains.ledger.models import Callback, Deed
from xiaojia.domains.ledger.rules import ACTIVE_DAYS, Earned, month_of
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

PAID: Final = (Deed.State.CONFIRMED, Deed.State.CALLED_BACK)
"""States in which a deed counts."""


@dataclass(frozen=True, slots=True)
class Active:
    """R31: members with a confirmed deed in the 90 days up to a day, and how many members there are.

    A count, never a list; `before` is the same number a year earlier, for "N doubled".
    """

    on: date
    active: int
    members: int
    before: int


def earned(member_id: int, *, rule_id: int, on: date) -> Earned:
    """What deeds of that day and month were paid, of all rules and of this one (one query)."""
    return earned_by([member_id], rule_id=rule_id, on=on)[member_id]


def earned_by(member_ids: Collection[int], *, rule_id: int, on: date) -> dict[int, Earned]:
    """The same for many at once, by member id (one query)."""
    rows = Deed.objects.filter(
        member_id__in=list(member_ids), done_on__range=month_of(on), state__in=PAID
    ).order_by()
    sums = rows.values_list("member_id").annotate(
        day=Sum("points", filter=Q(done_on=on), default=0),
        month=Sum("points", default=0),
        rule_day=Sum("points", filter=Q(rule_id=rule_id, done_on=on), default=0),
        rule_month=Sum("points", filter=Q(rule_id=rule_id), default=0),
    )
    found = {pk: Earned(*numbers) for pk, *numbers in sums}
    return dict.fromkeys(member_ids, Earned()) | found


def confirmations(member_id: int, witness_key: str, *, on: date) -> int:
    """How often this witness already confirmed this earner in the month of that day; rosters do not count."""
    rows = Deed.objects.filter(member_id=member_id, witness_key=witness_key, state__in=PAID, source_type="")
    return rows.filter(done_on__range=month_of(on)).count()


def waiting(*, viewer: Actor, limit: int = 100) -> list[Deed]:
    """Deeds that wait for a second person, the oldest first (one query)."""
    require(MAY, "confirm_deed", viewer, viewer.community_id)
    rows = visible_deeds(viewer).filter(state=Deed.State.RECORDED)
    return list(rows.select_related("member", "rule_version").order_by("done_on", "id")[:limit])


def deed_shown(deed_id: int, *, viewer: Actor) -> Deed | None:
    """One deed of the viewer's scope (one query)."""
    require(MAY, "confirm_deed", viewer, viewer.community_id)
    rows = visible_deeds(viewer).select_related("member", "rule_version")
    return rows.filter(pk=deed_id).first()


def callbacks(*, viewer: Actor, month_on: date) -> list[Callback]:
    """The deeds of a month that were drawn for calling back, by id (one query)."""
    require(MAY, "call_back", viewer, viewer.community_id)
    rows = Callback.objects.filter(community_id__in=viewer.scope.community_ids, month_on=month_on)
    return list(rows.select_related("deed__member", "deed__rule_version").order_by("deed_id"))


def active_count(*, viewer: Actor, on: date) -> Active:
    """How many members are active (three queries)."""
    require(MAY, "count_active", viewer, viewer.community_id)

    def count(day: date) -> int:
        rows = visible_deeds(viewer).filter(state__in=PAID, done_on__gt=day - timedelta(days=ACTIVE_DAYS))
        return int(rows.filter(done_on__lte=day).aggregate(n=Count("member_id", distinct=True))["n"])

    return Active(on, count(on), visible_members(viewer).count(), count(on - timedelta(days=365)))
