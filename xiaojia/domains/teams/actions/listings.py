"""A yes to be named on doors, walls and pages: given, taken back, and gone from what is published."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.teams.access import MAY, living_listings, visible_pages, visible_tenures
from xiaojia.domains.teams.models import Listing
from xiaojia.domains.teams.queries import holding_on, without_listing
from xiaojia.domains.teams.rules import phone_digits
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import seal


@transaction.atomic
def give_listing(*, by: Actor, at: datetime, account_id: int, phone: str) -> Listing:
    """Write down that somebody who serves lets name and phone be printed; a new phone replaces the old."""
    _require_own_or_office(by, account_id)
    digits = phone_digits(phone)
    if not digits:
        raise Refused(_("还没有记下，因为电话没看懂；写 7 到 12 位数字再来。"))
    mine = visible_tenures(by).filter(account_id=account_id, microgrid__isnull=False)
    if (
        not holding_on(mine, clock.today(at)).exists()
        and not mine.filter(from_on__gt=clock.today(at)).exists()
    ):
        raise Refused(_("还没有记下，因为这位现在不在哪个小家任职；先请他任职再来。"))
    _withdraw(by=by, at=at, account_id=account_id)
    pk = uuid.uuid4()
    listing = Listing.objects.create(
        id=pk,
        community_id=by.community_id,
        account_id=account_id,
        phone_sealed=seal(digits, table="teams_listing", column="phone_sealed", pk=pk),
        given_at=at,
        recorded_by_id=by.account_id,
    )
    audit.record(by=by, at=at, verb="give_listing", kind="listing", ids=[pk])
    return listing


@transaction.atomic
def withdraw_listing(*, by: Actor, at: datetime, account_id: int) -> bool:
    """Take the yes back: the phone is erased and published copies lose name and phone in this transaction.

    A sheet that is being made at this moment is waited for; whatever is made after this does not show them.
    """
    _require_own_or_office(by, account_id)
    gone = _withdraw(by=by, at=at, account_id=account_id)
    if gone is not None:
        audit.record(by=by, at=at, verb="withdraw_listing", kind="listing", ids=[gone])
    return gone is not None


def _require_own_or_office(by: Actor, account_id: int) -> None:
    verb = "keep_listing" if account_id == by.account_id else "keep_any_listing"
    require(MAY, verb, by, by.community_id)


def _withdraw(*, by: Actor, at: datetime, account_id: int) -> uuid.UUID | None:
    listing = living_listings(by).filter(account_id=account_id).select_for_update().first()
    if listing is None:
        return None
    listing.withdrawn_at, listing.phone_sealed = at, b""
    listing.save(update_fields=["withdrawn_at", "phone_sealed"])
    for page in visible_pages(by).select_for_update():
        content = without_listing(page.content, str(listing.pk))
        if content is not None:
            page.content, page.published_at = content, at
            page.save(update_fields=["content", "published_at"])
    return listing.pk


@transaction.atomic
def forget_listings(*, by: Actor, at: datetime) -> int:
    """Take back the yeses of people who serve nowhere any more: the purpose is over (P10)."""
    require(MAY, "keep_any_listing", by, by.community_id)
    today = clock.today(at)
    serving = visible_tenures(by).filter(microgrid__isnull=False).exclude(until_on__lte=today)
    gone = living_listings(by).exclude(account_id__in=serving.values("account_id"))
    ids = list(gone.values_list("account_id", flat=True))
    for account_id in ids:
        _withdraw(by=by, at=at, account_id=account_id)
    if ids:
        audit.record(by=by, at=at, verb="forget_listings", kind="account", ids=ids)
    return len(ids)
