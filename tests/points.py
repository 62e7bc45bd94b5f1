"""Points of the busy community: members, deeds of each state, a wallet with a year behind it (模拟)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from xiaojia.domains.ledger import actions
from xiaojia.domains.ledger.actions import Done, Joining, Posting, Roster
from xiaojia.domains.ledger.models import Expirynotice, Member
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people.models import Account
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor


def points(officer: Actor, microgrid_id: int, homes: Sequence[int], head: Account) -> dict[str, Any]:
    """Ten neighbours and the head take part; ids for the pages of points."""
    now, on = clock.now(), clock.today()
    more: dict[str, Any] = {"by": officer, "at": now}
    actions.open_rules(by=officer, at=yards.NOW, on=date(2024, 1, 1))
    own = Joining("head", head.name, (microgrid_id,), account_id=head.pk)
    members = [actions.join(**more, on=date(2024, 1, 1), joining=own)]
    for number, home in enumerate(homes):
        joining = Joining("volunteer", f"住户{number}", household_id=home)
        members.append(actions.join(**more, on=date(2024, 1, 1), joining=joining))
    first, wallet = members[1], actions.wallet_of(members[1].pk, by=officer)
    actions.issue_passbook(**more, on=on, member_id=first.pk)
    old = Posting("award", wallet, 30, "test", "old", date(2024, 2, 1), reason="前年打扫楼道")
    actions.pay_recognition(**more, posting=old)
    for number in range(6):
        day = on - timedelta(days=number)
        actions.attend_roster(
            **more, roster=Roster("test", str(number), "canteen_shift", day),
            member_ids=[m.pk for m in members],
        )  # fmt: skip
    done = Done(first.pk, "cleanup", on, Decimal("1.5"), "扫了二单元的楼道（模拟）")
    deed = actions.record_deed(**more, on=on, done=done)
    request = uuid.UUID(int=7)
    actions.donate(**more, on=on, member_id=first.pk, points=5, request_id=request)
    actions.notice_expiry(**more, on=on)
    award = actions.pay_recognition(**more, posting=old)
    correction = actions.ask_correction(**more, transaction_id=award.row_id or 0, reason="前年的记重了")
    actions.draw_callbacks(**more, month=on, seed="七")
    return {
        "member_id": first.pk,
        "deed_id": deed.pk,
        "rule_code": "cleanup",
        "transaction_id": award.row_id,
        "correction_id": correction.pk,
        "notice_id": Expirynotice.objects.order_by("pk")[0].pk,
        "ledger:slip.year": on.year,
        "ledger:slip.month": on.month,
        "month": on.month,
        "members": Member.objects.count(),
    }
