from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Account(AbstractBaseUser):
    """Somebody who signs in. Which desk they sit at, and where, is a tenure (`teams`)."""

    username = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)
    is_simulated = models.BooleanField(default=False)
    language = models.CharField(max_length=8, default="zh-hans")

    USERNAME_FIELD = "username"
    objects = BaseUserManager()

    def __str__(self) -> str:
        return self.username


class Household(models.Model):
    """One dwelling lived in as one household, keyed by its normalised door ("5-1") inside a unit.

    `floor` is 0 when the door does not tell. `as_of_on` is the date of the newest source that spoke of
    it; older sources never overwrite it. A household that left keeps its row with `until_on`.
    """

    personal: ClassVar = {"door": "register", "size": "register"}

    class DoorSource(models.TextChoices):
        REGISTER = "register"
        COUNTED = "counted"

    community_id = models.BigIntegerField()
    unit = models.ForeignKey("places.Unit", on_delete=models.PROTECT, related_name="households")
    door = models.CharField(max_length=20)
    floor = models.SmallIntegerField(default=0)
    size = models.PositiveSmallIntegerField(null=True)
    door_source = models.CharField(max_length=8, choices=DoorSource.choices, default=DoorSource.REGISTER)
    as_of_on = models.DateField()
    since_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "door"], condition=Q(until_on__isnull=True), name="one_household_per_door"
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("since_on")),
                name="household_dates_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["community_id", "unit"], name="household_of_unit"),
        ]

    def __str__(self) -> str:
        return self.door


class Resident(models.Model):
    """A person of the minimum register (P05): a name and, if given, a sealed phone. Nothing else."""

    personal: ClassVar = {
        "name": "register",
        "sort_key": "register",
        "phone_sealed": "register",
        "phone_index": "register",
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="residents")
    name = models.CharField(max_length=40)
    sort_key = models.CharField(max_length=120)
    is_contact = models.BooleanField(default=True)
    phone_sealed = models.BinaryField(default=b"")
    phone_index = models.BinaryField(default=b"", max_length=16)
    as_of_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household", "name", "phone_index"],
                condition=Q(until_on__isnull=True),
                name="one_resident_per_name_and_phone",
            )
        ]
        indexes = [models.Index(fields=["community_id", "phone_index"], name="resident_by_phone")]

    def __str__(self) -> str:
        return str(self.pk)


class Consent(models.Model):
    """A yes of one resident to one purpose; taken back by a date, never deleted."""

    community_id = models.BigIntegerField()
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="consents")
    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=24)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    recorded_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "purpose"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_living_consent_per_purpose",
            )
        ]

    def __str__(self) -> str:
        return self.purpose


class Viewlog(models.Model):
    """Who looked at whose data, when, in which role and why (P07). A list view is one row with its ids."""

    community_id = models.BigIntegerField()
    at = models.DateTimeField()
    account_id = models.BigIntegerField()
    role = models.CharField(max_length=16)
    reason = models.CharField(max_length=24)
    screen = models.CharField(max_length=60)
    household_ids = ArrayField(models.BigIntegerField())

    def __str__(self) -> str:
        return f"{self.screen} ×{len(self.household_ids)}"
