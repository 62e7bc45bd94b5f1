from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from xiaojia.domains.ledger.models.membership import Member
from xiaojia.domains.ledger.models.rulebook import Rule, Ruleversion


class Deed(models.Model):
    """Something good that somebody did (做的好事), seen by a second person or standing on a roster.

    `worth`: points before the caps; `points`: what was paid, 0 until confirmed. `recorder_ids`: accounts that
    wrote it down (two who wrote the same are merged). `witness_key`: "m:" + member or "a:" + account.
    """

    personal: ClassVar = {"note": "points"}

    class State(models.TextChoices):
        RECORDED = "recorded"
        CONFIRMED = "confirmed"
        CALLED_BACK = "called_back"
        REFUSED = "refused"

    community_id = models.BigIntegerField()
    microgrid_ids = ArrayField(models.BigIntegerField(), default=list)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="deeds")
    rule_version = models.ForeignKey(Ruleversion, on_delete=models.PROTECT, related_name="+")
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="+")
    done_on = models.DateField()
    hours = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    note = models.CharField(max_length=120, default="")
    recorder_ids = ArrayField(models.BigIntegerField())
    source_type = models.CharField(max_length=24, default="")
    source_id = models.CharField(max_length=60, default="")
    state = models.CharField(max_length=12, choices=State.choices)
    worth = models.PositiveSmallIntegerField()
    points = models.PositiveSmallIntegerField(default=0)
    witness = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    witness_key = models.CharField(max_length=24, default="")
    recorded_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by_id = models.BigIntegerField(null=True)
    refused_reason = models.CharField(max_length=120, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "rule", "done_on"],
                condition=Q(source_type="") & ~Q(state="refused"),
                name="identical_deeds_merge",
            ),
            models.UniqueConstraint(
                fields=["source_type", "source_id", "rule", "member"],
                condition=~Q(source_type=""),
                name="one_deed_per_source",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["recorded", "refused"])
                | Q(confirmed_by_id__isnull=False, confirmed_at__isnull=False) & ~Q(witness_key=""),
                name="confirmed_deeds_have_a_witness",
            ),
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | ~Q(witness=F("member")), name="witness_is_not_earner"
            ),
        ]
        indexes = [
            models.Index(fields=["member", "done_on"], name="deed_of_member"),
            models.Index(
                fields=["community_id", "done_on"], condition=Q(state="recorded"), name="deed_waiting"
            ),
            models.Index(fields=["community_id", "confirmed_at"], name="deed_confirmed"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.pk}"


class Callback(models.Model):
    """A deed drawn for calling back (回访): one in twenty of a month, by a seed that is written down."""

    community_id = models.BigIntegerField()
    deed = models.OneToOneField(Deed, on_delete=models.PROTECT, related_name="callback")
    month_on = models.DateField()
    seed = models.CharField(max_length=32)
    drawn_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.BigIntegerField(null=True)
    is_true = models.BooleanField(null=True)

    class Meta:
        indexes = [models.Index(fields=["community_id", "month_on"], name="callback_of_month")]

    def __str__(self) -> str:
        return f"{self.deed_id}"
