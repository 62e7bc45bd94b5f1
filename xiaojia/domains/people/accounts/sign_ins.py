"""The browsers in which an account is signed in: what its holder sees of them, and how they end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F

from xiaojia.domains.people.accounts import rules
from xiaojia.domains.people.models import Account, SignIn, SignInCode
from xiaojia.kernel import audit
from xiaojia.kernel.actors import Actor

LISTED: Final = "is_listed"
"""Stands in the session of a browser that `begin` noted."""

NOTED_EVERY: Final = timedelta(minutes=5)
"""A browser's last visit is written down at most so often."""


def begin(*, account: Account, session_key: str, user_agent: str, address: str, at: datetime) -> SignIn:
    """Note a browser that has just signed in."""
    return SignIn.objects.create(
        account=account,
        session_key=session_key,
        device=rules.device_of(user_agent)[:60],
        place=rules.place_of(address)[:60],
        began_at=at,
        seen_at=at,
    )


def note_visit(*, session_key: str, address: str, at: datetime) -> None:
    """Write down that a browser was seen just now (one query, at most every five minutes by its caller)."""
    SignIn.objects.filter(session_key=session_key).update(seen_at=at, place=rules.place_of(address)[:60])


def living(*, account: Account, at: datetime, life: timedelta) -> list[SignIn]:
    """The browsers of an account that are still signed in, the one seen last first (one query)."""
    rows = SignIn.objects.filter(account=account, began_at__gt=at - life)
    return list(rows.order_by("-seen_at", "-id"))


@transaction.atomic
def end_one(*, by: Actor | None, account: Account, sign_in_id: int, at: datetime) -> bool:
    """Sign one browser of this account out; its next request finds nobody signed in. False: no such one."""
    row = SignIn.objects.filter(account=account, pk=sign_in_id).first()
    if row is None:
        return False
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    if by is not None:
        audit.record(by=by, at=at, verb="end_sign_in", kind="account", ids=[account.pk])
    return True


@transaction.atomic
def end_others(*, by: Actor | None, account: Account, keep: str, at: datetime) -> None:
    """Sign every browser but `keep` (a session key, '' for none) out, at once.

    The number in each session's hash changes, so that also a session without a row of its own ends with its
    next request; so do first steps that wait for their second, and codes on their way. The caller gives the
    kept session the new hash.
    """
    rows = SignIn.objects.filter(account=account).exclude(session_key=keep)
    Session.objects.filter(session_key__in=list(rows.values_list("session_key", flat=True))).delete()
    rows.delete()
    SignInCode.objects.filter(account=account, ended_at__isnull=True).update(ended_at=at)
    Account.objects.filter(pk=account.pk).update(sessions_number=F("sessions_number") + 1)
    account.refresh_from_db(fields=["sessions_number"])
    if by is not None:
        audit.record(by=by, at=at, verb="end_other_sign_ins", kind="account", ids=[account.pk])


def forget(session_key: str) -> None:
    """A browser has signed itself out."""
    SignIn.objects.filter(session_key=session_key).delete()


def purge(*, at: datetime, life: timedelta) -> None:
    """Delete what is over: sign-ins older than a session's life, codes of yesterday, dead sessions."""
    SignIn.objects.filter(began_at__lte=at - life).delete()
    SignInCode.objects.filter(expires_at__lt=at - timedelta(days=1)).delete()
    Session.objects.filter(expire_date__lt=at).delete()
