"""Reads of people. Whoever shows names or phones also writes a view-log row (`actions.log_view`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from xiaojia.domains.people.access import MAY, visible_households, visible_residents, visible_viewlog
from xiaojia.domains.people.models import Account, Household, Resident, Viewlog
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.secrets import blind_index, open_sealed


@dataclass(frozen=True, slots=True)
class ContactCard:
    """What a head may know of a household: door, size, whom to ask for, and the phone they gave."""

    household_id: int
    unit_id: int
    door: str
    floor: int
    size: int | None
    resident_id: UUID | None
    name: str
    phone: str


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
    """Contact cards of present households by unit, floor and door (two queries); empty name if unknown.

    The caller shows them to a person, so the caller also calls `actions.log_view`.
    """
    require(MAY, "see_contacts", viewer, viewer.community_id)
    households = visible_households(viewer).filter(until_on__isnull=True)
    if unit_ids is not None:
        households = households.filter(unit_id__in=list(unit_ids))
    if household_ids is not None:
        households = households.filter(id__in=list(household_ids))
    found = list(households.order_by("unit_id", "floor", "door"))
    contacts: dict[int, Resident] = {}
    residents = visible_residents(viewer).filter(household_id__in=[h.id for h in found], is_contact=True)
    for resident in residents.order_by("sort_key"):
        contacts.setdefault(resident.household_id, resident)
    return [_card(h, contacts.get(h.id)) for h in found]


def _card(household: Household, resident: Resident | None) -> ContactCard:
    phone = ""
    if resident is not None:
        phone = open_sealed(
            resident.phone_sealed, table="people_resident", column="phone_sealed", pk=resident.pk
        )
    return ContactCard(
        household.id,
        household.unit_id,
        household.door,
        household.floor,
        household.size,
        resident.pk if resident else None,
        resident.name if resident else "",
        phone,
    )


def residents_found(text: str, *, viewer: Actor, limit: int = 25) -> QuerySet[Resident]:
    """Residents by a whole phone number (blind index) or the beginning of a name."""
    require(MAY, "see_contacts", viewer, viewer.community_id)
    wanted = text.strip()
    by_phone = Q(phone_index=blind_index(wanted, purpose="phone")) if wanted else Q(pk__isnull=True)
    by_name = Q(name__startswith=wanted) if wanted else Q(pk__isnull=True)
    residents = visible_residents(viewer).filter(by_phone | by_name)
    return residents.select_related("household").order_by("sort_key")[:limit]


def views_of_household(household_id: int, *, viewer: Actor) -> QuerySet[Viewlog]:
    """Who looked at this household (谁看过我), newest first."""
    require(MAY, "see_viewlog", viewer, viewer.community_id)
    return visible_viewlog(viewer).filter(household_ids__contains=[household_id])


def account_named(username: str) -> Account | None:
    """The account of a sign-in name, if there is one."""
    return Account.objects.filter(username=username).first()
