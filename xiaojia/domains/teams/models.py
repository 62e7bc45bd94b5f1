from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from xiaojia.domains.teams.rules import END_REASONS, KINDS
from xiaojia.kernel.actors import ROLES


class Tenure(models.Model):
    """One account in one role in one community, from a day until (not including) another.

    A head, steward or volunteer serves one micro-grid; secretary and officer the whole community. A tenure
    that never began ends on the day it would have begun. `is_acting`: stands in, with an end within three
    months. It carries no row-level policy: the scope of a request is computed from it.
    """

    community_id = models.BigIntegerField()
    account = models.ForeignKey("people.Account", on_delete=models.PROTECT, related_name="tenures")
    role = models.CharField(max_length=16, choices=list(ROLES.items()))
    microgrid = models.ForeignKey(
        "microgrids.MicroGrid", null=True, on_delete=models.PROTECT, related_name="tenures"
    )
    kind = models.CharField(max_length=12, choices=list(KINDS.items()), default="")
    is_acting = models.BooleanField(default=False)
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="tenure_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["secretary", "officer"], microgrid__isnull=True)
                | ~Q(role__in=["secretary", "officer"]),
                name="wide_roles_have_no_microgrid",
            ),
            models.CheckConstraint(
                condition=Q(role="steward") | Q(kind=""), name="only_stewards_have_a_kind"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "from_on"], name="tenure_of_account"),
            models.Index(fields=["microgrid", "from_on"], name="tenure_of_microgrid"),
            models.Index(fields=["community_id", "role"], name="tenure_of_community"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.role}"


class Designation(models.Model):
    """The paper behind a tenure: why this person, by which document, and how it ended. For the office only.

    `party_said_at`: when the person let it be written down that they are a Party member; null says nothing.
    """

    personal: ClassVar = {"party_said_at": "party_tick"}

    tenure = models.OneToOneField(
        Tenure, primary_key=True, on_delete=models.PROTECT, related_name="designation"
    )
    community_id = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    document_number = models.CharField(max_length=60, default="")
    party_said_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField()
    end_reason = models.CharField(max_length=16, choices=list(END_REASONS.items()), default="")
    end_note = models.CharField(max_length=300, default="")
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.tenure_id}"


class Vacancy(models.Model):
    """A seat that nobody holds for good, from the day it is empty until a tenure (or the micro-grid) ends it.

    Somebody acting does not close it: the clock runs until a tenure without end does.
    """

    community_id = models.BigIntegerField()
    microgrid = models.ForeignKey("microgrids.MicroGrid", on_delete=models.PROTECT, related_name="vacancies")
    role = models.CharField(max_length=16)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    closed_by = models.ForeignKey(Tenure, null=True, on_delete=models.PROTECT, related_name="+")
    escalated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gt=F("opened_on")),
                name="vacancy_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True) | Q(closed_on__isnull=False),
                name="whoever_closes_a_vacancy_has_a_day",
            ),
            models.CheckConstraint(condition=Q(role__in=["head", "steward"]), name="vacancy_of_a_seat"),
            models.UniqueConstraint(
                fields=["microgrid", "role", "opened_on"], name="one_vacancy_per_seat_and_day"
            ),
        ]
        indexes = [models.Index(fields=["community_id", "opened_on"], name="vacancy_of_community")]

    def __str__(self) -> str:
        return f"{self.role}@{self.microgrid_id}"


class Listing(models.Model):
    """A yes of somebody who serves: name and this phone may stand on door cards, wall and building page.

    Taken back by a moment; the phone is erased then. One living yes a person.
    """

    personal: ClassVar = {"phone_sealed": "door_card"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    account = models.ForeignKey("people.Account", on_delete=models.PROTECT, related_name="listings")
    phone_sealed = models.BinaryField(default=b"")
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    recorded_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id", "account"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_living_listing",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(phone_sealed=b""),
                name="a_withdrawn_listing_has_no_phone",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class BuildingPage(models.Model):
    """The published copy of a building's page: public pages read this and nothing else.

    `content` holds only what consented people let be published; each person carries the id of the yes.
    """

    personal: ClassVar = {"content": "door_card"}

    community_id = models.BigIntegerField()
    building = models.OneToOneField("places.Building", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=6, unique=True)
    content = models.JSONField(default=dict)
    published_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["community_id"], name="page_of_community")]

    def __str__(self) -> str:
        return self.code
