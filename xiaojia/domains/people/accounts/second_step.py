"""The second step: six digits of an authenticator app after the password or the phone's code."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.people.accounts import rules
from xiaojia.domains.people.models import Account, SecondStep
from xiaojia.kernel import audit, limits
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import open_sealed, seal


class TooManyTries(Refused):
    """Five wrong second steps within a quarter of an hour."""


def is_on(account: Account) -> bool:
    """Whether this account has a second step in force (one query)."""
    return SecondStep.objects.filter(account=account, confirmed_at__isnull=False).exists()


def recovery_count(account: Account) -> int | None:
    """How many recovery codes are left; None without a second step in force."""
    row = SecondStep.objects.filter(account=account, confirmed_at__isnull=False).first()
    return None if row is None else len(_recovery_codes(row))


@transaction.atomic
def begin(*, account: Account, at: datetime) -> str:
    """The secret to enrol with; asked again before it is confirmed, the same one. Refused when in force."""
    row = SecondStep.objects.select_for_update().filter(account=account).first()
    if row is not None and row.confirmed_at is not None:
        raise Refused(_("第二步已经开着了；要换手机，先关掉，再重新开。"))
    if row is not None:
        return _secret(row)
    pk, secret = uuid4(), rules.new_secret()
    sealed = seal(secret, table="people_secondstep", column="secret_sealed", pk=pk)
    SecondStep.objects.create(id=pk, account=account, secret_sealed=sealed, made_at=at)
    return secret


@transaction.atomic
def confirm(*, by: Actor, account: Account, typed: str, at: datetime) -> list[str] | None:
    """Put the second step in force when the app's code is right; returns the recovery codes, shown only now.

    None when the code is wrong. Raises TooManyTries.
    """
    _count_try(account, at)
    row = SecondStep.objects.select_for_update().filter(account=account, confirmed_at__isnull=True).first()
    if row is None or not _is_app_code(row, rules.digits_of(typed), at):
        return None
    codes = rules.new_recovery_codes()
    row.confirmed_at = at
    row.recovery_sealed = _sealed(row, codes)
    row.save(update_fields=["confirmed_at", "recovery_sealed", "last_counter"])
    limits.forgive(_key(account))
    audit.record(by=by, at=at, verb="begin_second_step", kind="account", ids=[account.pk])
    return codes


@transaction.atomic
def passes(*, account: Account, typed: str, at: datetime) -> bool:
    """Whether this is the app's code of now or a recovery code; either is taken once only.

    Counted and decided under the row's lock, so that the same code in two requests opens one door. Raises
    TooManyTries.
    """
    _count_try(account, at)
    row = SecondStep.objects.select_for_update().filter(account=account, confirmed_at__isnull=False).first()
    if row is None:
        return False
    digits = rules.digits_of(typed)
    if _is_app_code(row, digits, at):
        row.save(update_fields=["last_counter"])
    elif digits in (codes := _recovery_codes(row)):
        row.recovery_sealed = _sealed(row, [code for code in codes if code != digits])
        row.save(update_fields=["recovery_sealed"])
    else:
        return False
    limits.forgive(_key(account))
    return True


@transaction.atomic
def renew_recovery(*, by: Actor | None, account: Account, at: datetime) -> list[str]:
    """Ten new recovery codes in place of the old ones. Whoever calls has just seen the second step passed."""
    row = SecondStep.objects.select_for_update().get(account=account, confirmed_at__isnull=False)
    codes = rules.new_recovery_codes()
    row.recovery_sealed = _sealed(row, codes)
    row.save(update_fields=["recovery_sealed"])
    if by is not None:
        audit.record(by=by, at=at, verb="renew_recovery", kind="account", ids=[account.pk])
    return codes


@transaction.atomic
def end(*, by: Actor | None, account: Account, at: datetime) -> None:
    """Take the second step away. Whoever calls has made sure that this is asked for rightly.

    `by` is None for the operator's command, which leaves no audit row: it belongs to no community.
    """
    count, _tables = SecondStep.objects.filter(account=account).delete()
    if count and by is not None:
        audit.record(by=by, at=at, verb="end_second_step", kind="account", ids=[account.pk])


def _count_try(account: Account, at: datetime) -> None:
    most, seconds = rules.SECOND_STEPS_A_WINDOW, rules.WINDOW_SECONDS
    if limits.is_spent(_key(account), most=most, seconds=seconds, at=at):
        raise TooManyTries(
            _("第二步试得太多了，先歇 15 分钟再来；手机丢了就用恢复码，或者请书记关掉第二步。")
        )


def _key(account: Account) -> str:
    return f"second-step:{account.pk}"


def _is_app_code(row: SecondStep, digits: str, at: datetime) -> bool:
    counter = rules.matching_counter(_secret(row), digits, seconds=at.timestamp(), after=row.last_counter)
    if counter is None:
        return False
    row.last_counter = counter
    return True


def _secret(row: SecondStep) -> str:
    return open_sealed(row.secret_sealed, table="people_secondstep", column="secret_sealed", pk=row.pk)


def _sealed(row: SecondStep, codes: list[str]) -> bytes:
    return seal(" ".join(codes), table="people_secondstep", column="recovery_sealed", pk=row.pk)


def _recovery_codes(row: SecondStep) -> list[str]:
    return open_sealed(
        row.recovery_sealed, table="people_secondstep", column="recovery_sealed", pk=row.pk
    ).split()
