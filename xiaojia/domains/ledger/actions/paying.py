"""Paying what a month of recognition gave to a whole community: one statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from django.db import connection, transaction

from xiaojia.domains.ledger.access import MAY
from xiaojia.domains.ledger.actions.posting import Posting, whole
from xiaojia.domains.ledger.models import Account
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered


@transaction.atomic
def pay_recognitions(*, by: Actor, at: datetime, on: date, points: Mapping[int, int], reason: str) -> int:
    """Pay points (member id -> above 0) for the month of `on`; who was paid for it before is left alone.

    Returns how many were paid now. Whether a deed stands beside the opinion is for the caller to look.
    Wallets are locked in the order of their ids; a member without a wallet (a team) gets nothing.
    """
    require(MAY, "pay_recognition", by, by.community_id)
    with entered(whole(by)):
        wallets = Account.objects.filter(
            community_id=by.community_id, member_id__in=list(points), balance__isnull=False
        )
        rows = sorted((pk, points[m or 0]) for pk, m in wallets.values_list("pk", "member_id"))
    sample = [Posting("award", pk, n, "recognition", f"{on:%Y-%m}", on, reason=reason) for pk, n in rows]
    outcomes: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.o_outcome FROM unnest(%s::bigint[], %s::bigint[], %s::uuid[])"
            " AS w (account, points, request),"
            " LATERAL ledger_post(%s, w.request, 'award', w.account, w.points, 'recognition',"
            " %s, NULL, NULL, %s, %s, %s, %s) AS r",
            [
                [p.account_id for p in sample], [p.points for p in sample], [p.request for p in sample],
                by.community_id, f"{on:%Y-%m}", on, by.account_id, reason, at,
            ],
        )  # fmt: skip
        outcomes.update(outcome for (outcome,) in cursor.fetchall())
    audit.record(
        by=by, at=at, verb="pay_recognition", kind="account", ids=[p.account_id for p in sample],
        detail={"month": f"{on:%Y-%m}", "outcomes": dict(outcomes)},
    )  # fmt: skip
    return outcomes["posted"]
