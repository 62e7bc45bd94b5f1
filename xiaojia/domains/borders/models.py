from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from xiaojia.domains.borders.rules import STATES


class Borderchange(models.Model):
    """From a day, compounds of one community (`community_id`) belong to another (`to_community_id`).

    Planned by a secretary of the first, agreed by another person who is secretary of the second, carried out
    by the clock. `told` is what was said would come along and stay, `result` what did: counts, no persons.
    """

    personal: ClassVar[dict[str, str]] = {}

    community_id = models.BigIntegerField()
    to_community_id = models.BigIntegerField()
    from_on = models.DateField()
    reason = models.CharField(max_length=300)
    document_number = models.CharField(max_length=60, default="")
    state = models.CharField(max_length=10, choices=list(STATES.items()), default="planned")
    told = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    planned_at = models.DateTimeField()
    planned_by_id = models.BigIntegerField()
    agreed_at = models.DateTimeField(null=True)
    agreed_by_id = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(community_id=F("to_community_id")), name="a_border_has_two_sides"
            ),
            models.CheckConstraint(
                condition=Q(agreed_by_id__isnull=True) | ~Q(agreed_by_id=F("planned_by_id")),
                name="two_people_change_a_border",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["agreed", "done"]) | Q(agreed_by_id__isnull=False),
                name="no_change_without_a_second_yes",
            ),
        ]
        indexes = [models.Index(fields=["state", "from_on"], name="borderchange_by_day")]

    def __str__(self) -> str:
        return f"{self.community_id} -> {self.to_community_id}"


class Bordercompound(models.Model):
    """One compound of a change, with the name it had. It can wait to go in one living change only."""

    personal: ClassVar[dict[str, str]] = {}

    community_id = models.BigIntegerField()
    to_community_id = models.BigIntegerField()
    change = models.ForeignKey(Borderchange, on_delete=models.CASCADE, related_name="compounds")
    compound = models.ForeignKey("places.Compound", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    household_count = models.PositiveIntegerField()
    is_waiting = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["compound"], condition=Q(is_waiting=True), name="a_compound_waits_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
