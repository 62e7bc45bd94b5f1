"""Reads of people. Whoever shows names or phones also writes a view-log row (`actions.log_view`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery

from xiaojia.domains.people.access import MAY, visible_households, visible_residents, visible_viewlog
from xiaojia.domains.people.models import Account, Consent, Household, Resident
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.masking import mask_name
from xiaojia.kernel.secrets import blind_index, open_sealed

LEAST_PHONE_DIGITS: Final = 7


@dataclass(frozen=True, slots=True)
class ContactCard:
    """What one may know of a household: door, size, whom to ask for, and the phone they gave.

    `is_masked`: nobody of the household agreed that their head sees the name and the phone.
    """

    household_id: int
    unit_id: int
    door: str
    floor: int
    size: int | None
    resident_id: UUID | None
    name: str
    phone: str
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A person of one household as the viewer may see them; `agreed_at` is their yes to the contact card."""

    resident_id: UUID
    name: str
    phone: str
    is_masked: bool
    agreed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """A resident found by name, with the door."""

    resident_id: UUID
    name: str
    household_id: int
    unit_id: int
    door: str


@dataclass(frozen=True, slots=True)
class View:
    """One time that somebody looked."""

    at: datetime
    name: str
    role: str
    reason: str
    screen: str


def living_households(*, viewer: Actor, on: date) -> QuerySet[Household]:
    """Households that lived here on that day."""
    return (
        visible_households(viewer)
        .filter(since_on__lte=on)
        .filter(Q(until_on__isnull=True) | Q(until_on__gt=on))
    )


def household_counts(*, viewer: Actor) -> dict[int, int]:
    """Present households per unit id (one query)."""
    rows = visible_households(viewer).filter(until_on__isnull=True).values("unit_id").annotate(n=Count("id"))
    return {row["unit_id"]: row["n"] for row in rows}


def households_by_unit(*, viewer: Actor) -> dict[int, tuple[int, int]]:
    """Present households and the highest floor any door tells, per unit id (one query)."""
    present = visible_households(viewer).filter(until_on__isnull=True)
    rows = present.values_list("unit_id").annotate(Count("id"), Max("floor"))
    return {unit_id: (count, max(0, top)) for unit_id, count, top in rows}


def contact_cards(
    *, viewer: Actor, unit_ids: Iterable[int] | None = None, household_ids: Iterable[int] | None = None
) -> list[ContactCard]:
    """Contact cards of present households by unit, floor and door; empty name if unknown.

    Two queries. A head sees a name and a phone only of those who agreed (P02). The caller shows them to
    a person, so the caller also calls `actions.log_view`.
    """
    require(MAY, "see_contacts", viewer, viewer.community_id)
    households = visible_households(viewer).filter(until_on__isnull=True)
    if unit_ids is not None:
        households = households.filter(unit_id__in=list(unit_ids))
    if household_ids is not None:
        households = households.filter(id__in=list(household_ids))
    found = list(households.order_by("unit_id", "floor", "door"))
    contacts: dict[int, Resident] = {}
    household_ids = [h.id for h in found]
    living = Consent.objects.filter(
        resident_id=OuterRef("pk"), purpose="contact_card", withdrawn_at__isnull=True
    )
    residents = list(
        visible_residents(viewer)
        .filter(household_id__in=household_ids, is_contact=True)
        .annotate(has_agreed=Exists(living))
        .order_by("sort_key")
    )
    agreed = set() if viewer.scope.is_wide else {r.pk for r in residents if r.has_agreed}
    for resident in sorted(residents, key=lambda r: r.pk not in agreed):
        contacts.setdefault(resident.household_id, resident)
    return [_card(h, contacts.get(h.id), viewer.scope.is_wide, agreed) for h in found]


def _agreements(household_ids: Sequence[int]) -> dict[UUID, datetime]:
    """Residents of these households whose yes to the contact card holds, and since when."""
    rows = Consent.objects.filter(
        household_id__in=household_ids, purpose="contact_card", withdrawn_at__isnull=True
    )
    return dict(rows.values_list("resident_id", "given_at"))


def _phone(resident: Resident) -> str:
    return open_sealed(resident.phone_sealed, table="people_resident", column="phone_sealed", pk=resident.pk)


def _card(
    household: Household, resident: Resident | None, is_wide: bool, agreed: Collection[UUID]
) -> ContactCard:
    is_masked = resident is not None and not is_wide and resident.pk not in agreed
    name = resident.name if resident else ""
    return ContactCard(
        household.id,
        household.unit_id,
        household.door,
        household.floor,
        household.size,
        resident.pk if resident else None,
        mask_name(name) if is_masked else name,
        _phone(resident) if resident and not is_masked else "",
        is_masked,
    )


def household(household_id: int, *, viewer: Actor) -> Household | None:
    """A present household of the viewer's scope; None when there is no such one for them."""
    require(MAY, "see_households", viewer, viewer.community_id)
    return visible_households(viewer).filter(pk=household_id, until_on__isnull=True).first()


def neighbours(household_id: int, *, viewer: Actor) -> list[Neighbour]:
    """Who lives in a household (two queries); a head sees name and phone of those who agreed.

    The caller shows them to a person, so the caller also calls `actions.log_view`.
    """
    require(MAY, "see_contacts", viewer, viewer.community_id)
    agreed = _agreements([household_id])
    found = []
    for resident in visible_residents(viewer).filter(household_id=household_id).order_by("sort_key"):
        is_masked = not viewer.scope.is_wide and resident.pk not in agreed
        found.append(
            Neighbour(
                resident.pk,
                mask_name(resident.name) if is_masked else resident.name,
                "" if is_masked else _phone(resident),
                is_masked,
                agreed.get(resident.pk),
            )
        )
    return found


def doors_found(*, viewer: Actor, unit_ids: Iterable[int], door: str, limit: int) -> list[int]:
    """Ids of present households of these units, of one door if `door` says which (one query)."""
    require(MAY, "see_households", viewer, viewer.community_id)
    households = visible_households(viewer).filter(unit_id__in=list(unit_ids), until_on__isnull=True)
    if door:
        households = households.filter(door=door)
    return list(households.order_by("unit_id", "floor", "door").values_list("id", flat=True)[:limit])


def households_found(
    text: str, *, viewer: Actor, limit: int, unit_ids: Iterable[int] | None = None
) -> list[int]:
    """Ids of households by a whole phone number (blind index) or the beginning of a name (one query).

    With `unit_ids` only households of these units. For a head only people who agreed can be found: finding
    somebody would tell who they are.
    """
    require(MAY, "see_contacts", viewer, viewer.community_id)
    if not text:
        return []
    digits = "".join(c for c in text if c.isdigit())
    wanted = Q(name__startswith=text)
    if len(digits) >= LEAST_PHONE_DIGITS:
        wanted = Q(phone_index=blind_index(digits, purpose="phone"))
    residents = visible_residents(viewer).filter(wanted)
    if unit_ids is not None:
        residents = residents.filter(household__unit_id__in=list(unit_ids))
    if not viewer.scope.is_wide:
        residents = residents.filter(consents__purpose="contact_card", consents__withdrawn_at__isnull=True)
    ids = residents.order_by("sort_key", "id").values_list("household_id", flat=True)[:limit]
    return list(dict.fromkeys(ids))


def people_found(name: str, *, viewer: Actor, limit: int) -> list[Found]:
    """Residents whose name begins so, for whoever sees the whole community (one query).

    The caller shows them to a person, so the caller also calls `actions.log_view`.
    """
    require(MAY, "settle_households", viewer, viewer.community_id)
    rows = visible_residents(viewer).filter(name__startswith=name).order_by("sort_key", "id")
    return [
        Found(*row)
        for row in rows.values_list("id", "name", "household_id", "household__unit_id", "household__door")[
            :limit
        ]
    ]


def name_of(resident_id: UUID, *, viewer: Actor) -> str:
    """The name of one resident, for whoever sees the whole community (one query); '' when there is none."""
    require(MAY, "settle_households", viewer, viewer.community_id)
    return visible_residents(viewer).filter(pk=resident_id).values_list("name", flat=True).first() or ""


def views_of_household(household_id: int, *, viewer: Actor, since: datetime, limit: int) -> list[View]:
    """Who looked at this household (谁看过我) since that moment, newest first (one query)."""
    require(MAY, "see_viewlog", viewer, viewer.community_id)
    name = Account.objects.filter(pk=OuterRef("account_id")).values("name")
    rows = (
        visible_viewlog(viewer)
        .filter(at__gte=since, household_ids__contains=[household_id])
        .annotate(account_name=Subquery(name))
        .order_by("-at", "-id")
        .values_list("at", "account_name", "role", "reason", "screen")
    )
    return [View(at, who or "", role, reason, screen) for at, who, role, reason, screen in rows[:limit]]


def account_named(username: str) -> Account | None:
    """The account of a sign-in name, if there is one."""
    return Account.objects.filter(username=username).first()


def account_name(account_id: int | OuterRef) -> Subquery:
    """The name of an account, as a part of another query."""
    return Subquery(Account.objects.filter(pk=account_id).values("name")[:1])


def account_by_id(account_id: int) -> Account | None:
    """An active account, if there is one."""
    return Account.objects.filter(pk=account_id, is_active=True).first()
