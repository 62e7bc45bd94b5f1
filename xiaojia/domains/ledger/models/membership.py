from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from xiaojia.domains.ledger.rules import CATEGORIES


class Member(models.Model):
    """Somebody who said yes to taking part (成员): a person by account or resident, or a whole household.

    `microgrid_ids`: where they take part now, kept up to date by the nightly job. Whoever left keeps the row,
    is hidden, and loses nothing: the wallet stays.
    """

    personal: ClassVar = {"name": "points", "sort_key": "points"}

    community_id = models.BigIntegerField()
    microgrid_ids = ArrayField(models.BigIntegerField(), default=list)
    category = models.CharField(max_length=10, choices=list(CATEGORIES.items()))
    name = models.CharField(max_length=40)
    sort_key = models.CharField(max_length=120)
    resident = models.ForeignKey("people.Resident", null=True, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey("people.Household", null=True, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("people.Account", null=True, on_delete=models.PROTECT, related_name="+")
    joined_on = models.DateField()
    left_on = models.DateField(null=True)
    is_hidden = models.BooleanField(default=False)
    joined_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id", "account"],
                condition=Q(left_on__isnull=True, account__isnull=False),
                name="one_membership_per_account",
            ),
            models.UniqueConstraint(
                fields=["community_id", "resident"],
                condition=Q(left_on__isnull=True, resident__isnull=False),
                name="one_membership_per_resident",
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on"), is_hidden=True),
                name="who_left_is_hidden",
            ),
        ]
        indexes = [
            models.Index(fields=["community_id", "sort_key"], name="member_by_name"),
            models.Index(fields=["household"], name="member_of_household"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Kinship(models.Model):
    """Two members who said that they are kin: neither confirms the other's deeds. The smaller id first."""

    community_id = models.BigIntegerField()
    one = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="one_kinship_per_pair"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="kinship_smaller_first"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id}-{self.other_id}"


class Passbook(models.Model):
    """The paper book of one member (存折): a running number; a lost one ends, another is issued."""

    community_id = models.BigIntegerField()
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="passbooks")
    number = models.CharField(max_length=8)
    issued_on = models.DateField()
    lost_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(lost_on__isnull=True), name="one_living_passbook"
            ),
            models.UniqueConstraint(fields=["community_id", "number"], name="one_passbook_per_number"),
        ]

    def __str__(self) -> str:
        return self.number
