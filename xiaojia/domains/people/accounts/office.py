"""What the secretary does for somebody who cannot help themselves: a first phone, a lost one.

That the account serves in the secretary's community and nowhere else is known higher up (`teams`): the desk
makes sure of it before it calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from xiaojia.domains.people.access import MAY
from xiaojia.domains.people.accounts import codes, second_step, sign_ins
from xiaojia.domains.people.models import Account, AccountPhone, SecondStep
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.masking import mask_phone
from xiaojia.kernel.secrets import open_sealed


@dataclass(frozen=True, slots=True)
class Door:
    """How one account may come in: the masked phone ('' for none), a password, a second step."""

    phone: str
    has_password: bool
    has_second_step: bool


def doors(accounts: Iterable[Account], *, viewer: Actor) -> dict[int, Door]:
    """Account id -> how it may come in (two queries)."""
    require(MAY, "see_accounts", viewer, viewer.community_id)
    found = list(accounts)
    phones = {row.account_id: row for row in AccountPhone.objects.filter(account__in=found)}
    steps = SecondStep.objects.filter(account__in=found, confirmed_at__isnull=False)
    secured = set(steps.values_list("account_id", flat=True))
    return {
        a.pk: Door(_masked(phones[a.pk]) if a.pk in phones else "", a.has_usable_password(), a.pk in secured)
        for a in found
    }


def phones_for_work(account_ids: Iterable[int], *, viewer: Actor) -> dict[int, str]:
    """Account id -> its phone, to say what waits for somebody who serves here; for jobs (one query)."""
    if not viewer.scope.is_wide:
        return {}
    rows = AccountPhone.objects.filter(
        account_id__in=list(account_ids), account__is_active=True, community_id__in=viewer.scope.community_ids
    )
    return {row.account_id: _opened(row) for row in rows.order_by("account_id")}


def _opened(row: AccountPhone) -> str:
    return open_sealed(row.phone_sealed, table="people_accountphone", column="phone_sealed", pk=row.pk)


def _masked(row: AccountPhone) -> str:
    return mask_phone(_opened(row))


@transaction.atomic
def set_account_phone(*, by: Actor, account: Account, phone: str, at: datetime) -> None:
    """Write down the phone of somebody who stands there; whoever was signed in as them is signed out."""
    require(MAY, "set_account_phone", by, by.community_id)
    codes.keep_phone(by=by, account=account, phone=phone, at=at)
    sign_ins.end_others(by=by, account=account, keep="", at=at)


@transaction.atomic
def end_second_step(*, by: Actor, account: Account, at: datetime) -> None:
    """Take the second step of a lost phone away, and sign the account out everywhere."""
    require(MAY, "end_second_step", by, by.community_id)
    second_step.end(by=by, account=account, at=at)
    sign_ins.end_others(by=by, account=account, keep="", at=at)


@transaction.atomic
def end_sign_ins(*, by: Actor, account: Account, at: datetime) -> None:
    """Sign an account out everywhere: a device is lost."""
    require(MAY, "end_sign_ins", by, by.community_id)
    sign_ins.end_others(by=by, account=account, keep="", at=at)
