"""Codes of six digits to a phone. A number that nobody has is answered and treated like any other."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.domains.people.accounts import rules
from xiaojia.domains.people.models import Account, AccountPhone, SignInCode
from xiaojia.kernel import audit, limits, outbox
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.outbox import Letter, Recipient
from xiaojia.kernel.outbox_rules import Urgency
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import blind_index, open_sealed, seal
from xiaojia.kernel.tenancy import entered

SIGN_IN: str = outbox.kind("sign_in_code", gettext_lazy("登录码"))
OWN_PHONE: str = outbox.kind("own_phone_code", gettext_lazy("认手机的码"))


@dataclass(frozen=True, slots=True)
class Checked:
    """What a typed code came to. `account` is None unless it was right; `sentence` says what to do then."""

    account: Account | None = None
    phone: str = ""
    sentence: str = ""
    is_over: bool = False


@transaction.atomic
def ask_to_sign_in(*, phone: str, address: str, at: datetime) -> UUID:
    """Send a code to a phone if it is an account's; returns the id to which the typed code is held.

    The answer and the work done are the same for a number that nobody has and for one that asks too often:
    their message is written and taken back.
    """
    index = blind_index(phone, purpose="phone")
    is_too_often = _too_often(index.hex(), address, at)
    known = AccountPhone.objects.select_related("account").filter(phone_index=index).first()
    account = known.account if known and known.account.is_active and not is_too_often else None
    SignInCode.objects.filter(phone_index=index, ended_at__isnull=True).update(ended_at=at)
    row, code = _new_code(account, SignInCode.Purpose.SIGN_IN, phone, at)
    community_id = known.community_id if known else 0
    with entered(Scope((community_id,))), transaction.atomic():
        _post(SIGN_IN, row, code, phone, community_id)
        if account is None:
            transaction.set_rollback(True)
    return row.pk


@transaction.atomic
def ask_for_own_phone(*, by: Actor, phone: str, at: datetime) -> UUID:
    """Send a code to a phone that somebody signed in says is theirs."""
    if not rules.is_mobile(phone):
        raise Refused(_("码没有发，因为手机号要 11 位、以 1 开头；看看有没有抄错，再写一遍。"))
    if _too_often(f"own:{by.account_id}", f"account {by.account_id}", at):
        raise Refused(_("码没有发，因为要得太勤了；歇 15 分钟再来。"))
    account = Account.objects.get(pk=by.account_id)
    row, code = _new_code(account, SignInCode.Purpose.OWN_PHONE, phone, at)
    _post(OWN_PHONE, row, code, phone, by.community_id)
    return row.pk


def _too_often(number: str, address: str, at: datetime) -> bool:
    """Count this asking against every limit, whatever the others say."""
    window, day = rules.WINDOW_SECONDS, rules.DAY_SECONDS
    spent = [
        limits.is_spent(f"code:{number}", most=rules.CODES_A_WINDOW, seconds=window, at=at),
        limits.is_spent(f"code-day:{number}", most=rules.CODES_A_DAY, seconds=day, at=at),
        limits.is_spent(
            f"code-from:{rules.network_of(address)}", most=rules.CODES_OF_AN_ADDRESS, seconds=window, at=at
        ),
    ]
    return any(spent)


def _new_code(account: Account | None, purpose: str, phone: str, at: datetime) -> tuple[SignInCode, str]:
    pk, code = uuid4(), rules.new_code()
    row = SignInCode.objects.create(
        id=pk,
        account=account,
        purpose=purpose,
        phone_sealed=seal(phone, table="people_signincode", column="phone_sealed", pk=pk),
        phone_index=blind_index(phone, purpose="phone"),
        code_hash=_hash(pk, code),
        made_at=at,
        expires_at=at + rules.CODE_LIFE,
    )
    return row, code


def _hash(pk: UUID, code: str) -> bytes:
    return blind_index(code, purpose=f"sign-in code {pk}")


def _post(kind: str, row: SignInCode, code: str, phone: str, community_id: int) -> None:
    text = _("小家的码：%(code)s，%(minutes)s 分钟内有效。谁来要都不要告诉他。") % {
        "code": code,
        "minutes": rules.CODE_MINUTES,
    }
    letter = Letter(kind, text, Urgency.ANSWER, key=f"code:{row.pk}", expires_at=row.expires_at)
    outbox.post(letter, to=Recipient("sms", phone), community_id=community_id, at=row.made_at)


@transaction.atomic
def check(*, code_id: UUID, purpose: str, typed: str, at: datetime) -> Checked:
    """Hold a typed code against the one that was sent: five tries within five minutes, then it is over.

    Each try is counted under the row's lock, right or wrong, so that parallel guesses are single ones.
    """
    row = SignInCode.objects.select_for_update().filter(pk=code_id, purpose=purpose).first()
    if row is None or row.ended_at is not None or row.expires_at <= at or row.tries >= rules.CODE_TRIES:
        return Checked(is_over=True, sentence=_("这个码用不了了，因为过了五分钟或者试了五次；再要一个。"))
    row.tries += 1
    is_right = hmac.compare_digest(bytes(row.code_hash), _hash(row.pk, rules.digits_of(typed)))
    if is_right and row.account_id is not None:
        row.ended_at = at
    row.save(update_fields=["tries", "ended_at"])
    if row.ended_at is None:
        left = rules.CODE_TRIES - row.tries
        if not left:
            return Checked(is_over=True, sentence=_("码不对，五次都用完了；再要一个。"))
        return Checked(sentence=_("码不对；看看短信，还可以试 %(n)s 次。") % {"n": left})
    phone = open_sealed(row.phone_sealed, table="people_signincode", column="phone_sealed", pk=row.pk)
    return Checked(account=row.account if row.account and row.account.is_active else None, phone=phone)


@transaction.atomic
def keep_phone(*, by: Actor, account: Account, phone: str, at: datetime) -> None:
    """Let sign-in codes of an account go to this phone from now on. One phone opens one account."""
    index = blind_index(phone, purpose="phone")
    if AccountPhone.objects.filter(phone_index=index).exclude(account=account).exists():
        raise Refused(_("手机号没有记，因为它已经是另一个登录名的；换一个，或者请管理员看看。"))
    AccountPhone.objects.filter(account=account).delete()
    _end_codes(account, at)
    pk = uuid4()
    AccountPhone.objects.create(
        id=pk,
        account=account,
        community_id=by.community_id,
        phone_sealed=seal(phone, table="people_accountphone", column="phone_sealed", pk=pk),
        phone_index=index,
        set_at=at,
        set_by_id=by.account_id,
    )
    audit.record(by=by, at=at, verb="keep_phone", kind="account", ids=[account.pk])


@transaction.atomic
def drop_phone(*, by: Actor, account: Account, at: datetime) -> None:
    """No sign-in by phone any more."""
    count, _tables = AccountPhone.objects.filter(account=account).delete()
    _end_codes(account, at)
    if count:
        audit.record(by=by, at=at, verb="drop_phone", kind="account", ids=[account.pk])


def _end_codes(account: Account, at: datetime) -> None:
    """What went to another phone opens nothing any more."""
    SignInCode.objects.filter(account=account, ended_at__isnull=True).update(ended_at=at)


def phone_of(account: Account) -> str:
    """The phone of an account, '' when there is none."""
    row = AccountPhone.objects.filter(account=account).first()
    if row is None:
        return ""
    return open_sealed(row.phone_sealed, table="people_accountphone", column="phone_sealed", pk=row.pk)
