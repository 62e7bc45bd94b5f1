"""Points end after 24 months, never without a paper 60 days before. Holds give back on their day."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.access import MAY, visible_holds
from xiaojia.domains.ledger.actions.posting import SPACE, Posting, call_void, post
from xiaojia.domains.ledger.models import Account, Expirynotice, Hold, Transaction
from xiaojia.domains.ledger.rules import LIFE_MONTHS, NOTICE_DAYS, expirable, months_before
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


@transaction.atomic
def notice_expiry(*, by: Actor, at: datetime, on: date) -> int:
    """Make a notice for every wallet with points that will be older than their life; how many are new.

    The day stands at least 60 days off and at the end of a stretch long enough to print and hand out.
    """
    require(MAY, "hand_notice", by, by.community_id)
    expires_on = on + timedelta(days=NOTICE_DAYS + 30)
    cutoff = months_before(expires_on, LIFE_MONTHS)
    newer = Q(
        transactions__kind="award", transactions__refusal="", transactions__reversals__isnull=True,
        transactions__happened_on__gt=cutoff,
    )  # fmt: skip
    wallets = (
        Account.objects.filter(community_id=by.community_id, balance__gt=0)
        .exclude(pk__in=Expirynotice.objects.filter(settled_at__isnull=True).values("account_id"))
        .annotate(newer=Sum("transactions__points", filter=newer))
    )
    notices = [
        Expirynotice(
            community_id=by.community_id, account=wallet, expires_on=expires_on, points=points, made_at=at
        )
        for wallet in wallets
        if (points := expirable(balance=wallet.balance or 0, held=0, newer_awards=wallet.newer or 0))
    ]
    Expirynotice.objects.bulk_create(notices, ignore_conflicts=True)
    if notices:
        audit.record(by=by, at=at, verb="notice_expiry", kind="account", ids=[n.account_id for n in notices])
    return len(notices)


@transaction.atomic
def hand_notice(*, by: Actor, at: datetime, on: date, notice_id: int) -> Expirynotice:
    """The paper was handed over; if later than 60 days before, the day moves, never the 60 days."""
    require(MAY, "hand_notice", by, by.community_id)
    row = (
        Expirynotice.objects.select_for_update()
        .filter(community_id=by.community_id, pk=notice_id, handed_on__isnull=True)
        .first()
    )
    if row is None:
        raise Refused(_("这张通知已经送过了；回名单看看。"))
    row.handed_on, row.handed_by_id = on, by.account_id
    row.expires_on = max(row.expires_on, on + timedelta(days=NOTICE_DAYS))
    row.save(update_fields=["handed_on", "handed_by_id", "expires_on"])
    audit.record(by=by, at=at, verb="hand_notice", kind="expirynotice", ids=[row.pk])
    return row


def expire_due(*, by: Actor, at: datetime, on: date) -> int:
    """End what a handed notice announced for today or before; how many points ended (twice: none)."""
    due = Expirynotice.objects.filter(
        community_id=by.community_id, settled_at__isnull=True, handed_on__isnull=False, expires_on__lte=on
    )
    return sum(
        _expire(pk, by=by, at=at, on=on) for pk in due.order_by("account_id").values_list("pk", flat=True)
    )


@transaction.atomic
def _expire(notice_id: int, *, by: Actor, at: datetime, on: date) -> int:
    row = (
        Expirynotice.objects.select_for_update(skip_locked=True)
        .filter(pk=notice_id, settled_at__isnull=True)
        .first()
    )
    if row is None:
        return 0
    wallet = Account.objects.get(pk=row.account_id)
    cutoff = months_before(row.expires_on, LIFE_MONTHS)
    awards = Transaction.objects.filter(account=wallet, kind="award", refusal="", happened_on__gt=cutoff)
    newer = awards.exclude(reversals__isnull=False).aggregate(total=Sum("points"))["total"] or 0
    points = min(row.points, expirable(balance=wallet.balance or 0, held=wallet.held, newer_awards=newer))
    if points:
        # A refused request stays refused, so each night asks anew; the source pays once all the same.
        request = uuid.uuid5(SPACE, f"expirynotice:{row.pk}:{on}")
        posting = Posting(
            "expiry", row.account_id, points, "expirynotice", str(row.pk), row.expires_on, request,
            reason=_("满 24 个月到期"),
        )  # fmt: skip
        # Somebody may spend meanwhile: then the wallet's row says no, and tomorrow there is another day.
        if not post(posting, by=by, at=at).is_done:
            return 0
    row.settled_at = at
    row.save(update_fields=["settled_at"])
    audit.record(
        by=by, at=at, verb="expire_due", kind="expirynotice", ids=[row.pk], detail={"points": points}
    )
    return points


def void_due(*, by: Actor, at: datetime) -> int:
    """Give back every hold whose time is over; how many."""
    due = visible_holds(by).filter(state=Hold.State.HELD, expires_at__lte=at).order_by("account_id", "pk")
    count = 0
    for pk in due.values_list("pk", flat=True):
        with transaction.atomic():
            if call_void(pk, by=by, at=at).outcome == "void":
                audit.record(by=by, at=at, verb="void_due", kind="hold", ids=[pk])
                count += 1
    return count
