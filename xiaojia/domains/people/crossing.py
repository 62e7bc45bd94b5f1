"""Households that go to another community with their homes: new rows there, the old ones end here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from xiaojia.domains.people.access import MAY
from xiaojia.domains.people.models import Consent, Household, Resident
from xiaojia.domains.places.rules import Crossing
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.secrets import open_sealed, seal

BATCH = 2_000


@transaction.atomic
def cross_households(
    *, by: Actor, at: datetime, crossing: Crossing, units: Mapping[int, int]
) -> dict[int, int]:
    """Present households of `units` (old id -> new id) begin on the other side; old household id -> new.

    Names, phones and yeses come along. On this side names stay for what was before, phones are erased and
    yeses end. Scope: both communities. Leaves no audit row: the caller's action does.
    """
    for community_id in (crossing.from_community_id, crossing.to_community_id):
        require(MAY, "cross_households", by, community_id)
    present = Household.objects.filter(
        community_id=crossing.from_community_id, unit_id__in=list(units), until_on__isnull=True
    )
    old = list(present.select_for_update().order_by("pk"))
    new = Household.objects.bulk_create(
        [
            Household(
                community_id=crossing.to_community_id, unit_id=units[h.unit_id], door=h.door, floor=h.floor,
                size=h.size, door_source=h.door_source, as_of_on=h.as_of_on,
                since_on=max(crossing.on, h.since_on),
            )
            for h in old
        ],
        batch_size=BATCH,
    )  # fmt: skip
    ids = {h.pk: n.pk for h, n in zip(old, new, strict=True)}
    for household in old:
        household.until_on = max(crossing.on, household.since_on)
    Household.objects.bulk_update(old, ["until_on"], batch_size=BATCH)
    residents = _cross_residents(crossing, ids)
    _cross_consents(crossing, at, residents, ids)
    return ids


def _cross_residents(crossing: Crossing, households: Mapping[int, int]) -> dict[uuid.UUID, uuid.UUID]:
    """Phones are sealed for their row, so that they are opened and sealed anew."""
    old = list(
        Resident.objects.filter(
            community_id=crossing.from_community_id,
            household_id__in=list(households),
            until_on__isnull=True,
        )
    )
    ids: dict[uuid.UUID, uuid.UUID] = {}
    new = []
    for resident in old:
        pk = ids[resident.pk] = uuid.uuid4()
        cell = {"table": "people_resident", "column": "phone_sealed"}
        phone = open_sealed(resident.phone_sealed, pk=resident.pk, **cell)
        new.append(
            Resident(
                id=pk, community_id=crossing.to_community_id, household_id=households[resident.household_id],
                name=resident.name, sort_key=resident.sort_key, is_contact=resident.is_contact,
                phone_sealed=seal(phone, pk=pk, **cell), phone_index=resident.phone_index,
                as_of_on=resident.as_of_on,
            )
        )  # fmt: skip
        resident.until_on = crossing.on
        resident.phone_sealed, resident.phone_index = b"", b""
    Resident.objects.bulk_create(new, batch_size=BATCH)
    Resident.objects.bulk_update(old, ["until_on", "phone_sealed", "phone_index"], batch_size=BATCH)
    return ids


def _cross_consents(
    crossing: Crossing,
    at: datetime,
    residents: Mapping[uuid.UUID, uuid.UUID],
    households: Mapping[int, int],
) -> None:
    living = Consent.objects.filter(
        community_id=crossing.from_community_id,
        household_id__in=list(households),
        withdrawn_at__isnull=True,
    )
    Consent.objects.bulk_create(
        [
            Consent(
                community_id=crossing.to_community_id, household_id=households[c.household_id],
                resident_id=residents[c.resident_id], purpose=c.purpose, given_at=c.given_at,
                recorded_by_id=c.recorded_by_id,
            )
            for c in living
            if c.resident_id in residents
        ],
        batch_size=BATCH,
    )  # fmt: skip
    living.update(withdrawn_at=at)
