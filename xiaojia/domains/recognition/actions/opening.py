"""A month opens: whoever takes part, who is asked about whom, and the rules are fixed from here on."""

from __future__ import annotations

import json
import secrets as chance
from collections import defaultdict
from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.actions import settle_members
from xiaojia.domains.ledger.queries import present_members
from xiaojia.domains.ledger.queries.conflicts import conflicts
from xiaojia.domains.recognition.access import MAY, visible_months
from xiaojia.domains.recognition.models import Ballot, Month, State
from xiaojia.domains.recognition.rules import OPEN_DAYS, month_number, month_start
from xiaojia.engines.scoring import AssignmentProblem, Limits, Team, assign, pair
from xiaojia.kernel import audit, clock, secrets
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused

LEAST_PARTICIPANTS = 7


@transaction.atomic
def open_month(*, by: Actor, at: datetime, month_on: date, seed: int | None = None) -> Month:
    """Draw the circles of a month. The seed is kept, so that anybody can draw them again (P18).

    Slips may come in for ten days. Whoever lives in one household, is kin, has a conflict that another
    domain registered or was kept apart is not asked about the other. Rules, people and questions stay;
    one can only cancel and open anew.
    """
    require(MAY, "open_month", by, by.community_id)
    first = month_on.replace(day=1)
    if visible_months(by).filter(month_on=first).exclude(state=State.CANCELLED).exists():
        raise Refused(
            _("%(month)s 的互评已经开了；要改规则，先说明原因取消，再重开。") % {"month": f"{first:%Y-%m}"}
        )
    on = clock.today(at)
    settle_members(by=by, at=at, on=on)  # whoever moved yesterday is asked about new neighbours
    limits, chosen = Limits(), chance.randbelow(2**53) if seed is None else seed
    people = list(
        present_members(viewer=by, on=on)
        .exclude(category="team")
        .values_list("pk", "category", "microgrid_ids")
    )
    grids = {pk: min(ids) for pk, _c, ids in people if ids}
    if len(grids) < LEAST_PARTICIPANTS:
        raise Refused(_("互评没有开，因为加入的人还不到 7 个；人多一些再开，谁说的才猜不出来。"))
    apart = frozenset(_apart(by, on, first, limits, set(grids)))
    problem = AssignmentProblem(_teams(grids), apart, limits)
    asked = assign(problem, seed=chosen).asked
    month = Month.objects.create(
        community_id=by.community_id, month_on=first, seed=chosen, limits=asdict(limits), opened_at=at,
        opened_by_id=by.account_id, closes_on=on + timedelta(days=OPEN_DAYS),
    )  # fmt: skip
    categories = {pk: category for pk, category, _ids in people}
    order = sorted(grids, key=lambda pk: (grids[pk], pk))
    Ballot.objects.bulk_create(
        Ballot(
            community_id=by.community_id, month=month, member_id=pk, category=categories[pk],
            microgrid_id=grids[pk], number=number, asked_ids=list(asked.get(pk, ())),
        )
        for number, pk in enumerate(order, start=1)
    )  # fmt: skip
    audit.record(
        by=by, at=at, verb="open_month", kind="recognition", ids=[month.pk],
        detail={"month": first, "seed": chosen, "members": len(order)},
    )  # fmt: skip
    return month


@transaction.atomic
def cancel_month(*, by: Actor, at: datetime, month_id: UUID, reason: str) -> None:
    """Stop an open month, with a reason that everybody reads; nothing in its envelopes is ever opened."""
    require(MAY, "cancel_month", by, by.community_id)
    if not reason.strip():
        raise Refused(_("没有取消，因为没写原因；写一句大家看得懂的，再来。"))
    month = visible_months(by).select_for_update().filter(pk=month_id, state=State.OPEN).first()
    if month is None:
        raise Refused(_("没有取消，因为这个月已经不在收票；看看它现在到哪一步了。"))
    month.state, month.cancel_reason = State.CANCELLED, reason.strip()[:200]
    month.save(update_fields=["state", "cancel_reason"])
    audit.record(
        by=by, at=at, verb="cancel_month", kind="recognition", ids=[month.pk], detail={"reason": reason}
    )


def _teams(grids: dict[int, int]) -> tuple[Team, ...]:
    """Micro-grids with their members; beside each the next ones by id, which were drawn beside it."""
    found: dict[int, list[int]] = defaultdict(list)
    for member, grid in sorted(grids.items()):
        found[grid].append(member)
    ids = sorted(found)
    return tuple(
        Team(grid, tuple(found[grid]), tuple(ids[max(0, place - 1) : place] + ids[place + 1 : place + 2]))
        for place, grid in enumerate(ids)
    )


def _apart(by: Actor, on: date, first: date, limits: Limits, present: set[int]) -> set[tuple[int, int]]:
    """Pairs who are not asked about each other: conflicts of today, and mutual praise of earlier months."""
    pairs = set(conflicts(viewer=by, on=on))
    since = month_start(month_number(first) - limits.apart_months)
    for month in visible_months(by).filter(state=State.CLOSED, month_on__gte=since, month_on__lt=first):
        pairs |= {pair(rater, ratee) for _month, rater, ratee in mutual_of(month)}
    return {both for both in pairs if set(both) <= present}


def mutual_of(month: Month) -> set[tuple[int, int, int]]:
    """(month number, rater, ratee) whose answers this month found to weigh nothing."""
    text = secrets.open_sealed(
        month.mutual_sealed, table="recognition_month", column="mutual_sealed", pk=month.pk
    )
    return {(int(a), int(b), int(c)) for a, b, c in json.loads(text)} if text else set()
