from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class State(models.TextChoices):
    """`closing` lasts one transaction: only inside it PostgreSQL hands out what the envelopes say."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Month(models.Model):
    """One month of recognition (月打分): rules, people and questions are fixed when it opens.

    `seed` drew the circles; `limits` are the numbers of 4.2 that hold. `turnout`: micro-grid -> [asked,
    returned] when it closed. `mutual_sealed`: answers that weigh nothing, for later months.
    """

    personal: ClassVar = {"mutual_sealed": "recognition"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    month_on = models.DateField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    seed = models.BigIntegerField()
    limits = models.JSONField()
    opened_at = models.DateTimeField()
    opened_by_id = models.BigIntegerField()
    closes_on = models.DateField()
    closed_at = models.DateTimeField(null=True)
    closed_by_id = models.BigIntegerField(null=True)
    cancel_reason = models.CharField(max_length=200, default="")
    turnout = models.JSONField(default=dict)
    mutual_sealed = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id", "month_on"],
                condition=~Q(state="cancelled"),
                name="one_recognition_per_month",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | ~Q(state="closed") & Q(closed_at__isnull=True),
                name="a_closed_month_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month_on:%Y-%m}"


class Ballot(models.Model):
    """One member's slip of a month (互评票): whom they are asked about, and whether it came back.

    What it says is in its envelope. `number` stands on the paper slip. `typed_once`: a keyed digest of a
    paper slip typed in by `typed_by_id`, until the second typing says the same.
    """

    personal: ClassVar = {"returned_at": "recognition"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    month = models.ForeignKey(Month, on_delete=models.PROTECT, related_name="ballots")
    member = models.ForeignKey("ledger.Member", on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=10)
    microgrid_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    asked_ids = ArrayField(models.BigIntegerField())
    returned_at = models.DateTimeField(null=True)
    channel = models.CharField(max_length=5, default="")
    typed_once = models.BinaryField(default=b"")
    typed_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "member"], name="one_ballot_per_member"),
            models.UniqueConstraint(fields=["month", "number"], name="one_ballot_per_number"),
        ]

    def __str__(self) -> str:
        return str(self.number)


class Envelope(models.Model):
    """What a ballot says, sealed. The serving role may put it in and exchange it, and cannot take it out."""

    personal: ClassVar = {"answers_sealed": "recognition"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    ballot = models.OneToOneField(Ballot, on_delete=models.CASCADE, related_name="+")
    month = models.ForeignKey(Month, on_delete=models.PROTECT, related_name="+")
    answers_sealed = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class Thanks(models.Model):
    """A thank-you sentence (感谢的话), taken out of its envelope at the close: no author is kept.

    Shown to `member` after somebody of the office has read it.
    """

    personal: ClassVar = {"text_sealed": "recognition"}

    class Screening(models.TextChoices):
        WAITING = "waiting"
        SHOWN = "shown"
        WITHHELD = "withheld"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    month = models.ForeignKey(Month, on_delete=models.PROTECT, related_name="thanks")
    member = models.ForeignKey("ledger.Member", on_delete=models.PROTECT, related_name="+")
    text_sealed = models.BinaryField()
    state = models.CharField(max_length=8, choices=Screening.choices, default=Screening.WAITING)
    screened_at = models.DateTimeField(null=True)
    screened_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


class Monthvalue(models.Model):
    """One member's month as it was closed; never rewritten. Hundredths; `value` null: `reason` says why."""

    personal: ClassVar = {"value": "recognition", "middle": "recognition"}

    community_id = models.BigIntegerField()
    month = models.ForeignKey(Month, on_delete=models.PROTECT, related_name="values")
    member = models.ForeignKey("ledger.Member", on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=10)
    microgrid_id = models.BigIntegerField()
    answers = models.PositiveSmallIntegerField()
    middle = models.PositiveSmallIntegerField(null=True)
    category_mean = models.PositiveSmallIntegerField(null=True)
    value = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=20, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "member"], name="one_value_per_month"),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(answers__gte=3), name="no_value_from_too_few"
            ),
        ]
        indexes = [models.Index(fields=["member"], name="value_of_member")]

    def __str__(self) -> str:
        return f"{self.member_id}"


class Quarter(models.Model):
    """A closed quarter of a community (季积分)."""

    community_id = models.BigIntegerField()
    year = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    closed_at = models.DateTimeField()
    closed_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "year", "number"], name="one_quarter_once"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=4), name="four_quarters"),
        ]

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


class Quartervalue(models.Model):
    """One member's quarter as it was closed; per month the value used, where it is from, and its points."""

    personal: ClassVar = {"points": "recognition", "used": "recognition"}

    community_id = models.BigIntegerField()
    quarter = models.ForeignKey(Quarter, on_delete=models.PROTECT, related_name="values")
    member = models.ForeignKey("ledger.Member", on_delete=models.PROTECT, related_name="+")
    used = ArrayField(models.PositiveSmallIntegerField(null=True))
    origins = ArrayField(models.CharField(max_length=8))
    monthly = ArrayField(models.PositiveSmallIntegerField())
    deed_points = models.PositiveIntegerField()
    points = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["quarter", "member"], name="one_quarter_per_member")]

    def __str__(self) -> str:
        return f"{self.member_id}"


class Story(models.Model):
    """What neighbours tell of somebody's year, in their words; an award needs one, and shows it."""

    personal: ClassVar = {"text": "recognition"}

    community_id = models.BigIntegerField()
    year = models.PositiveSmallIntegerField()
    member = models.ForeignKey("ledger.Member", on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=300)
    told_at = models.DateTimeField()
    told_by_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["year", "member"], name="one_story_per_year")]

    def __str__(self) -> str:
        return f"{self.year}"


class Appraisal(models.Model):
    """The yearly appraisal of a community (年评比). `bars`: category -> what is awarded, in tenths."""

    community_id = models.BigIntegerField()
    year = models.PositiveSmallIntegerField()
    bars = models.JSONField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.CLOSING)
    closed_at = models.DateTimeField()
    closed_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "year"], name="one_appraisal_per_year")
        ]

    def __str__(self) -> str:
        return f"{self.year}"


class Yearvalue(models.Model):
    """One member's year as it was closed: the parts of `engines.scoring.Appraised`. Never rewritten."""

    personal: ClassVar = {"total": "recognition"}

    community_id = models.BigIntegerField()
    appraisal = models.ForeignKey(Appraisal, on_delete=models.PROTECT, related_name="values")
    member = models.ForeignKey("ledger.Member", on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=10)
    best_points = models.PositiveIntegerField()
    chance_percent = models.PositiveSmallIntegerField()
    effort = models.PositiveIntegerField()
    effort_80 = models.PositiveIntegerField()
    mean = models.PositiveSmallIntegerField(null=True)
    active_months = models.PositiveSmallIntegerField()
    deed_part = models.PositiveSmallIntegerField()
    mean_part = models.PositiveSmallIntegerField(null=True)
    steady_part = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    is_awarded = models.BooleanField()
    story = models.CharField(max_length=300, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appraisal", "member"], name="one_appraisal_per_member"),
            models.CheckConstraint(
                condition=Q(is_awarded=False) | ~Q(story=""), name="an_award_has_its_story"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}"


class Appeal(models.Model):
    """A member says that a month or a year is wrong (申诉). Answered by somebody who did not close it.

    `due_on` is stored when it comes in; an outcome is words, and never a rewritten value.
    """

    personal: ClassVar = {"text_sealed": "recognition", "answer_sealed": "recognition"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    member = models.ForeignKey("ledger.Member", on_delete=models.PROTECT, related_name="+")
    month = models.ForeignKey(Month, null=True, on_delete=models.PROTECT, related_name="appeals")
    appraisal = models.ForeignKey(Appraisal, null=True, on_delete=models.PROTECT, related_name="appeals")
    closed_by_id = models.BigIntegerField()
    text_sealed = models.BinaryField()
    filed_at = models.DateTimeField()
    filed_by_id = models.BigIntegerField()
    due_on = models.DateField()
    outcome = models.CharField(max_length=10, default="")
    answer_sealed = models.BinaryField(default=b"")
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(month__isnull=False, appraisal__isnull=True)
                | Q(month__isnull=True, appraisal__isnull=False),
                name="an_appeal_is_about_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(decided_by_id__isnull=True)
                | ~Q(decided_by_id=F("closed_by_id")) & ~Q(decided_by_id=F("filed_by_id")),
                name="another_one_answers_an_appeal",
            ),
            models.UniqueConstraint(fields=["member", "month"], name="one_appeal_per_month"),
            models.UniqueConstraint(fields=["member", "appraisal"], name="one_appeal_per_year"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Unsealing(models.Model):
    """Two people let the answers about one appellant be counted (开封). `counts`: level -> how many."""

    personal: ClassVar = {"counts": "recognition"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    appeal = models.OneToOneField(Appeal, on_delete=models.PROTECT, related_name="unsealing")
    asked_at = models.DateTimeField()
    asked_by_id = models.BigIntegerField()
    agreed_at = models.DateTimeField(null=True)
    agreed_by_id = models.BigIntegerField(null=True)
    counts = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed_by_id__isnull=True) | ~Q(agreed_by_id=F("asked_by_id")),
                name="two_people_open_an_envelope",
            ),
            models.CheckConstraint(
                condition=Q(counts__isnull=True) | Q(agreed_by_id__isnull=False),
                name="counted_after_both_agreed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
