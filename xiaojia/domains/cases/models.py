from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from xiaojia.engines.clocks import Limit, Unit


class Casekind(models.Model):
    """What a case is about, with its limit; a change of the limit closes the row and opens the next version.

    The national lists share numbers, so the key is (standard, kind, code). `is_checked`: held against the
    official text. `group` decides who may handle (dispute, care) and what is public.
    """

    personal: ClassVar[dict[str, str]] = {}

    class Kind(models.TextChoices):
        COMPONENT = "component"
        MATTER = "matter"
        LOCAL = "local"

    community_id = models.BigIntegerField()
    standard = models.CharField(max_length=24)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    code = models.CharField(max_length=8)
    name = models.CharField(max_length=30)
    group = models.CharField(max_length=16)
    limit_amount = models.PositiveSmallIntegerField()
    limit_unit = models.CharField(max_length=16, choices=[(u.value, u.value) for u in Unit])
    national_code = models.CharField(max_length=8, default="")
    is_public = models.BooleanField(default=False)
    is_confidential = models.BooleanField(default=False)
    is_danger = models.BooleanField(default=False)
    is_checked = models.BooleanField(default=False)
    valid_from_on = models.DateField()
    valid_until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id", "standard", "kind", "code"],
                condition=Q(valid_until_on__isnull=True),
                name="one_living_casekind_per_code",
            ),
            models.CheckConstraint(condition=Q(limit_amount__gte=1), name="casekind_limit_positive"),
            models.CheckConstraint(
                condition=~Q(is_public=True, is_confidential=True), name="confidential_kinds_are_not_public"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def limit(self) -> Limit:
        """The overall limit, from the report."""
        return Limit(self.limit_amount, Unit(self.limit_unit))


class Case(models.Model):
    """One thing that was said and must be answered. Its history is `Casestep`; this row is its present.

    `microgrid_ids` are the micro-grids that may see it: where it is, and whoever handles it.
    """

    personal: ClassVar = {"text": "case", "place_text": "case"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    casekind = models.ForeignKey(Casekind, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    place_text = models.CharField(max_length=120, default="")
    building = models.ForeignKey("places.Building", null=True, on_delete=models.PROTECT, related_name="+")
    household_id = models.BigIntegerField(null=True)
    microgrid_ids = ArrayField(models.BigIntegerField(), default=list)
    is_confidential = models.BooleanField(default=False)
    source = models.CharField(max_length=12)
    client_id = models.UUIDField(null=True)
    state = models.PositiveSmallIntegerField()
    result = models.PositiveSmallIntegerField(null=True)
    reported_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)
    due_original_at = models.DateTimeField()
    due_at = models.DateTimeField()
    stage_due_at = models.DateTimeField(null=True)
    resume_at = models.DateTimeField(null=True)
    first_closed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopened_at = models.DateTimeField(null=True)
    handler_id = models.BigIntegerField(null=True)
    handler = models.CharField(max_length=60, default="")
    finished_by_id = models.BigIntegerField(null=True)
    verified_by_id = models.BigIntegerField(null=True)
    verifier_ids = ArrayField(models.BigIntegerField(), default=list)
    bounced_handlers = ArrayField(models.CharField(max_length=60), default=list)
    pause_count = models.PositiveSmallIntegerField(default=0)
    bounce_count = models.PositiveSmallIntegerField(default=0)
    reopen_count = models.PositiveSmallIntegerField(default=0)
    extension_amount = models.PositiveSmallIntegerField(default=0)
    sender_limit = models.CharField(max_length=60, default="")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    receipt_code = models.CharField(max_length=8, default="")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "client_id"], name="one_case_per_client_id"),
            models.CheckConstraint(
                condition=Q(verified_by_id__isnull=True)
                | Q(finished_by_id__isnull=True)
                | ~Q(verified_by_id=F("finished_by_id")),
                name="nobody_verifies_own_work",
            ),
            models.CheckConstraint(
                condition=~Q(state=60) | Q(result__isnull=False), name="closed_cases_have_a_result"
            ),
            models.CheckConstraint(condition=Q(pause_count__lte=2), name="two_pauses_at_most"),
        ]
        indexes = [
            models.Index(fields=["community_id", "-reported_at"], name="case_newest"),
            models.Index(
                fields=["community_id", "due_at"],
                condition=~Q(state__in=[60, 70, 80]),
                name="case_open_by_due",
            ),
            models.Index(fields=["community_id", "due_original_at"], name="case_by_original_due"),
            models.Index(fields=["building", "-reported_at"], name="case_of_building"),
            models.Index(
                fields=["handler_id"], condition=~Q(state__in=[60, 70, 80]), name="case_open_of_handler"
            ),
        ]

    def __str__(self) -> str:
        return self.receipt_code or str(self.pk)


class Casestep(models.Model):
    """One step of a case, never changed. Every clock of a case is recomputed from its steps."""

    personal: ClassVar = {"text": "case"}

    community_id = models.BigIntegerField()
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    account_id = models.BigIntegerField()
    role = models.CharField(max_length=16)
    action = models.CharField(max_length=16)
    from_state = models.PositiveSmallIntegerField(null=True)
    to_state = models.PositiveSmallIntegerField()
    text = models.TextField(default="")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["case", "at", "id"], name="casestep_of_case")]

    def __str__(self) -> str:
        return self.action


class Reporter(models.Model):
    """Somebody who said it, the first or one who met it too; the phone is sealed and may be empty."""

    personal: ClassVar = {"name": "case", "phone_sealed": "case", "phone_index": "case", "text": "case"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reporters")
    said_in_case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40, default="")
    phone_sealed = models.BinaryField(default=b"")
    phone_index = models.BinaryField(default=b"", max_length=16)
    said_at = models.DateTimeField()
    text = models.TextField(default="")
    source = models.CharField(max_length=12)

    class Meta:
        indexes = [models.Index(fields=["case"], name="reporter_of_case")]

    def __str__(self) -> str:
        return str(self.pk)


class Casephoto(models.Model):
    """A photo of a case, painted anew without anything but its pixels; `digest` is its file's SHA-256 in hex.

    `place` 1 to 9 keeps their number; nobody has to take one (P22).
    """

    personal: ClassVar = {"digest": "case"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="photos")
    place = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    at = models.DateTimeField()
    account_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "digest"], name="each_photo_once_a_case"),
            models.UniqueConstraint(fields=["case", "place"], name="one_photo_a_place"),
            models.CheckConstraint(condition=Q(place__gte=1, place__lte=9), name="nine_photos_at_most"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Rung(models.Model):
    """A rung of the ladder that was reached and told: once a round, and a reopened case climbs anew."""

    personal: ClassVar[dict[str, str]] = {}

    community_id = models.BigIntegerField()
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="rungs")
    round = models.PositiveSmallIntegerField(default=0)
    percent = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "round", "percent"], name="each_rung_once"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} %"


class Apikey(models.Model):
    """A key for another program: only its SHA-256 is here. `role` is what the program may do, at most.

    Its steps carry the account id `-id`, so that the trail says which program it was.
    """

    personal: ClassVar[dict[str, str]] = {}

    class Role(models.TextChoices):
        RESIDENT = "resident"
        OFFICER = "officer"
        CLERK = "clerk"

    community_id = models.BigIntegerField()
    name = models.CharField(max_length=40)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.RESIDENT)
    digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField()
    last_used_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id", "name"],
                condition=Q(ended_at__isnull=True),
                name="one_living_apikey_per_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApiAnswer(models.Model):
    """What a request with an idempotency key was answered: the same key again gets the same answer."""

    personal: ClassVar[dict[str, str]] = {}

    community_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    key = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32)
    body = models.JSONField(default=dict)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id", "account_id", "key"], name="one_answer_per_idempotency_key"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class PublicService(models.Model):
    """A community that lets everybody read its public cases by Open311, with the services it offers.

    A published copy. `code` is the jurisdiction; `services` are dicts of rules.public_services.
    """

    personal: ClassVar[dict[str, str]] = {}

    community_id = models.BigIntegerField(primary_key=True)
    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=80)
    contact = models.CharField(max_length=200)
    services = models.JSONField(default=list)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class PublicCase(models.Model):
    """The published copy of a case of a public kind: what Open311 reads, and nothing else.

    `description` is the sender's text only where the sender knew that it would be public.
    """

    personal: ClassVar[dict[str, str]] = {"description": "case"}

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="+")
    community_id = models.BigIntegerField()
    service_code = models.CharField(max_length=12)
    service_name = models.CharField(max_length=30)
    description = models.TextField(default="")
    address = models.CharField(max_length=120, default="")
    address_id = models.CharField(max_length=20, default="")
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    agency = models.CharField(max_length=80)
    is_closed = models.BooleanField(default=False)
    word = models.CharField(max_length=40)
    requested_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    expected_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["community_id", "-requested_at"], name="publiccase_newest")]

    def __str__(self) -> str:
        return self.service_name


class DutyPhone(models.Model):
    """The phone of a community that somebody answers at night: beside 110, 119 and 120 on the danger card.

    A published copy: it stands on pages that everybody may open.
    """

    personal: ClassVar[dict[str, str]] = {}

    community_id = models.BigIntegerField(primary_key=True)
    phone = models.CharField(max_length=20)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.phone


class Triagemodel(models.Model):
    """What a community learnt from its own confirmed cases, measured on a held-out fifth of them.

    Shares are 0..1; `word_accuracy` is what the word rules reach on the same fifth. `kinds` is a list of
    [name, held out, right]. The arrays lie in a file of this id, which proposes only after a person's yes.
    """

    personal: ClassVar[dict[str, str]] = {}

    class State(models.TextChoices):
        CANDIDATE = "candidate"
        USED = "used"
        PREVIOUS = "previous"
        DROPPED = "dropped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.CANDIDATE)
    record_count = models.PositiveIntegerField()
    held_out_count = models.PositiveIntegerField()
    macro_f1 = models.FloatField()
    accuracy = models.FloatField()
    word_accuracy = models.FloatField()
    kinds = models.JSONField(default=list)
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id"], condition=Q(state="used"), name="one_used_triagemodel"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
