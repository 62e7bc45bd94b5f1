"""Writes of people: accounts, the household register in bulk, consent, and the view log."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.people.access import MAY, visible_residents
from xiaojia.domains.people.models import Account, Consent, Resident, Viewlog
from xiaojia.domains.places.rules import sort_key
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.consent import PURPOSES
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import blind_index, seal

LEAST_PASSWORD_LENGTH = 10
BATCH = 5_000


@transaction.atomic
def add_account(*, username: str, name: str, password: str, is_simulated: bool = False) -> Account:
    """A new sign-in for a member of staff. The password is 10 characters or longer; '' makes none."""
    if not re.fullmatch(r"[\w.@-]{2,40}", username):
        raise Refused(_("登录名没有建，因为只能用字母、数字和 . @ -，2 到 40 个；换一个再来。"))
    if Account.objects.filter(username=username).exists():
        raise Refused(_("登录名没有建，因为“%(name)s”已经有人用了；换一个再来。") % {"name": username})
    account = Account(username=username, name=name, is_simulated=is_simulated)
    _set_password(account, password)
    account.save()
    return account


def add_paper_accounts(names: Sequence[str], *, is_simulated: bool = False) -> list[int]:
    """Accounts of people who serve on paper and never sign in, in one statement; ids in their order."""
    made = []
    for name in names:
        account = Account(username=f"paper-{secrets.token_hex(8)}", name=name, is_simulated=is_simulated)
        account.set_unusable_password()
        made.append(account)
    return [account.pk for account in Account.objects.bulk_create(made)]


@transaction.atomic
def set_password(account: Account, password: str) -> None:
    """Give an account a new password; every session that was open with the old one ends."""
    _set_password(account, password)
    account.save(update_fields=["password"])


def _set_password(account: Account, password: str) -> None:
    if not password:
        account.set_unusable_password()
        return
    if len(password) < LEAST_PASSWORD_LENGTH or password.isdigit():
        raise Refused(
            _("密码没有设，因为要 %(n)s 位以上、不能全是数字；想一句好记的话再来。")
            % {"n": LEAST_PASSWORD_LENGTH}
        )
    account.set_password(password)


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """One household as a register names it. `contacts` are (name, phone) pairs; phones may be ''.

    With `replaces_contacts` the people not named again are marked as moved on that date.
    """

    unit_id: int
    door: str
    floor: int = 0
    size: int | None = None
    is_counted: bool = False
    contacts: tuple[tuple[str, str], ...] = ()
    replaces_contacts: bool = False


@dataclass(slots=True)
class Settled:
    """What `settle_households` did: ids in the order of its rows, and counts."""

    household_ids: list[int] = field(default_factory=list)
    new_household_count: int = 0
    new_resident_count: int = 0
    changed_resident_count: int = 0
    left_resident_count: int = 0


@transaction.atomic
def settle_households(*, by: Actor, at: datetime, as_of_on: date, rows: Sequence[HouseholdRow]) -> Settled:
    """Bring households and their contacts to the state of `rows`, which speak for the day `as_of_on`.

    Newer knowledge is never overwritten by older: a household whose `as_of_on` is later keeps its
    size and contacts. Set-based and in batches of 5,000; leaves no audit row: the caller's action does.
    """
    require(MAY, "settle_households", by, by.community_id)
    settled = Settled()
    for start in range(0, len(rows), BATCH):
        _settle_batch(by.community_id, as_of_on, rows[start : start + BATCH], settled)
    return settled


def _settle_batch(community_id: int, as_of_on: date, rows: Sequence[HouseholdRow], settled: Settled) -> None:
    newest = _known_as_of(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_household AS h (community_id, unit_id, door, floor, size, door_source,"
            " as_of_on, since_on) SELECT %s, u.unit_id, u.door, u.floor, u.size, u.source, %s, %s"
            " FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::int[], %s::text[])"
            " AS u(unit_id, door, floor, size, source)"
            " ON CONFLICT (unit_id, door) WHERE until_on IS NULL DO UPDATE SET"
            " size = CASE WHEN EXCLUDED.as_of_on >= h.as_of_on THEN COALESCE(EXCLUDED.size, h.size)"
            "   ELSE h.size END,"
            " floor = CASE WHEN h.floor = 0 THEN EXCLUDED.floor ELSE h.floor END,"
            " door_source = CASE WHEN EXCLUDED.door_source = 'register' THEN 'register'"
            "   ELSE h.door_source END,"
            " as_of_on = GREATEST(h.as_of_on, EXCLUDED.as_of_on)"
            " RETURNING unit_id, door, id, (xmax = 0)",
            [
                community_id,
                as_of_on,
                as_of_on,
                [r.unit_id for r in rows],
                [r.door for r in rows],
                [r.floor for r in rows],
                [r.size for r in rows],
                ["counted" if r.is_counted else "register" for r in rows],
            ],
        )
        found = {(unit_id, door): (pk, is_new) for unit_id, door, pk, is_new in cursor.fetchall()}
    settled.household_ids += [found[r.unit_id, r.door][0] for r in rows]
    settled.new_household_count += sum(1 for _pk, is_new in found.values() if is_new)
    spoken = [
        (found[r.unit_id, r.door][0], r)
        for r in rows
        if r.contacts and newest.get((r.unit_id, r.door), date.min) <= as_of_on
    ]
    _settle_contacts(community_id, as_of_on, spoken, settled)


def _known_as_of(rows: Sequence[HouseholdRow]) -> dict[tuple[int, str], date]:
    """How new the present knowledge of each door is, before this batch touches it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.unit_id, h.door, h.as_of_on FROM people_household h"
            " JOIN unnest(%s::bigint[], %s::text[]) AS u(unit_id, door) USING (unit_id, door)"
            " WHERE h.until_on IS NULL",
            [[r.unit_id for r in rows], [r.door for r in rows]],
        )
        return {(unit_id, door): as_of_on for unit_id, door, as_of_on in cursor.fetchall()}


def _settle_contacts(
    community_id: int, as_of_on: date, spoken: Sequence[tuple[int, HouseholdRow]], settled: Settled
) -> None:
    known: dict[int, dict[str, Resident]] = {}
    residents = Resident.objects.filter(
        community_id=community_id, household_id__in=[pk for pk, _row in spoken], until_on__isnull=True
    )
    for resident in residents:
        known.setdefault(resident.household_id, {})[resident.name] = resident
    fresh: list[Resident] = []
    changed: list[Resident] = []
    left: list[Resident] = []
    for household_id, row in spoken:
        here = known.get(household_id, {})
        for name, phone in row.contacts:
            same = here.pop(name, None)
            if same is None:
                fresh.append(_new_resident(community_id, household_id, as_of_on, name, phone))
            elif phone and bytes(same.phone_index) != blind_index(phone, purpose="phone"):
                changed.append(_with_phone(same, as_of_on, phone))
        if row.replaces_contacts:
            left += here.values()
    for resident in left:
        resident.until_on = as_of_on
    Resident.objects.bulk_update(left, ["until_on"], batch_size=1000)
    Resident.objects.bulk_update(changed, ["phone_sealed", "phone_index", "as_of_on"], batch_size=1000)
    _insert_residents(fresh)
    settled.new_resident_count += len(fresh)
    settled.changed_resident_count += len(changed)
    settled.left_resident_count += len(left)


def _new_resident(community_id: int, household_id: int, as_of_on: date, name: str, phone: str) -> Resident:
    pk = uuid.uuid4()
    return Resident(
        id=pk,
        community_id=community_id,
        household_id=household_id,
        name=name,
        sort_key=sort_key(name)[:120],
        phone_sealed=seal(phone, table="people_resident", column="phone_sealed", pk=pk),
        phone_index=blind_index(phone, purpose="phone"),
        as_of_on=as_of_on,
    )


def _with_phone(resident: Resident, as_of_on: date, phone: str) -> Resident:
    resident.phone_sealed = seal(phone, table="people_resident", column="phone_sealed", pk=resident.pk)
    resident.phone_index = blind_index(phone, purpose="phone")
    resident.as_of_on = as_of_on
    return resident


def _insert_residents(fresh: Sequence[Resident]) -> None:
    """One statement for any number of people: COPY is not to be had behind row-level security."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_resident (id, community_id, household_id, name, sort_key, is_contact,"
            " phone_sealed, phone_index, as_of_on)"
            " SELECT u.id, u.community_id, u.household_id, u.name, u.sort_key, true, u.sealed, u.index,"
            " u.as_of_on FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],"
            " %s::bytea[], %s::bytea[], %s::date[])"
            " AS u(id, community_id, household_id, name, sort_key, sealed, index, as_of_on)",
            [
                [r.pk for r in fresh],
                [r.community_id for r in fresh],
                [r.household_id for r in fresh],
                [r.name for r in fresh],
                [r.sort_key for r in fresh],
                [r.phone_sealed for r in fresh],
                [r.phone_index for r in fresh],
                [r.as_of_on for r in fresh],
            ],
        )


@transaction.atomic
def end_households(*, by: Actor, at: datetime, on: date, household_ids: Sequence[int]) -> int:
    """Mark households as gone from `on`; their rows, and who they were, stay for history. No audit row."""
    require(MAY, "settle_households", by, by.community_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_household SET until_on = GREATEST(since_on, %s) WHERE community_id = %s"
            " AND until_on IS NULL AND id = ANY(%s)",
            [on, by.community_id, list(household_ids)],
        )
        count: int = cursor.rowcount
        cursor.execute(
            "UPDATE people_resident SET until_on = %s WHERE community_id = %s"
            " AND until_on IS NULL AND household_id = ANY(%s)",
            [on, by.community_id, list(household_ids)],
        )
    return count


@transaction.atomic
def give_consent(*, by: Actor, at: datetime, resident_id: uuid.UUID, purpose: str) -> Consent:
    """Record that a resident said yes to one purpose (P02); saying it twice changes nothing."""
    require(MAY, "give_consent", by, by.community_id)
    if purpose not in PURPOSES:
        raise ValueError(f"unknown purpose {purpose}")
    resident = _resident(by, resident_id)
    consent, is_new = Consent.objects.get_or_create(
        resident=resident,
        purpose=purpose,
        withdrawn_at=None,
        defaults={
            "community_id": by.community_id,
            "household_id": resident.household_id,
            "given_at": at,
            "recorded_by_id": by.account_id,
        },
    )
    if is_new:
        audit.record(
            by=by, at=at, verb="give_consent", kind="resident", ids=[resident_id], detail={"purpose": purpose}
        )
    return consent


@transaction.atomic
def withdraw_consent(*, by: Actor, at: datetime, resident_id: uuid.UUID, purpose: str) -> None:
    """Take a yes back; it holds from this very moment, and costs nothing (P02)."""
    require(MAY, "withdraw_consent", by, by.community_id)
    resident = _resident(by, resident_id)
    living = Consent.objects.filter(resident=resident, purpose=purpose, withdrawn_at__isnull=True)
    if living.update(withdrawn_at=at):
        audit.record(
            by=by, at=at, verb="withdraw_consent", kind="resident", ids=[resident_id],
            detail={"purpose": purpose},
        )  # fmt: skip


def _resident(by: Actor, resident_id: uuid.UUID) -> Resident:
    resident = visible_residents(by).filter(pk=resident_id).first()
    if resident is None:
        raise Refused(_("没找到这位居民；可能已经搬走，或者不在您这一片。看看地址有没有抄错。"))
    return resident


def log_view(*, viewer: Actor, at: datetime, reason: str, screen: str, household_ids: Iterable[int]) -> None:
    """Note that the viewer saw these households (P07). One row a screen; nothing when there was nothing."""
    ids = sorted(set(household_ids))
    if ids:
        Viewlog.objects.create(
            community_id=viewer.community_id,
            at=at,
            account_id=viewer.account_id,
            role=viewer.role,
            reason=reason,
            screen=screen,
            household_ids=ids,
        )
