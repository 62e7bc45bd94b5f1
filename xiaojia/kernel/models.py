from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from xiaojia.kernel.outbox_rules import Urgency


class AuditEntry(models.Model):
    """One action of one person. Never changed or deleted (P08); a job seals it into a hash chain.

    The column `xid` (transaction id, filled by PostgreSQL) lives in the migration: the sealing job
    reads it to leave out rows of transactions that still run.
    """

    community_id = models.BigIntegerField()
    at = models.DateTimeField()
    account_id = models.BigIntegerField()
    role = models.CharField(max_length=16)
    verb = models.CharField(max_length=48)
    kind = models.CharField(max_length=32)
    object_ids = ArrayField(models.CharField(max_length=40), default=list)
    object_count = models.PositiveIntegerField()
    object_hash = models.BinaryField(max_length=32)
    detail_hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["community_id", "-id"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} ×{self.object_count}"


class AuditDetail(models.Model):
    """What an action changed, in words and values; erasable, since the entry keeps only a salted hash."""

    entry = models.OneToOneField(
        AuditEntry, on_delete=models.PROTECT, primary_key=True, related_name="detail"
    )
    community_id = models.BigIntegerField()
    salt = models.BinaryField(max_length=16)
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"detail of {self.entry_id}"


class AuditSeal(models.Model):
    """The link of one entry in its community's hash chain."""

    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="seal")
    community_id = models.BigIntegerField()
    sequence = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "sequence"], name="one_link_per_sequence")
        ]

    def __str__(self) -> str:
        return f"link {self.sequence}"


class Work(models.Model):
    """One piece of long work with its live progress. Holds ids, counts and sentences, no personal data."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    role = models.CharField(max_length=16)
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    step = models.CharField(max_length=120, default="")
    done_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    is_stop_asked = models.BooleanField(default=False)
    sentence = models.TextField(default="")
    where_url = models.CharField(max_length=200, default="")
    result = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    running_since_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["community_id", "-started_at"], name="work_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "refused", "failed", "cancelled"]),
                name="work_state_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in {self.State.QUEUED, self.State.RUNNING}

    @property
    def percent(self) -> int:
        """Share done, 0..100; 0 while the total is unknown."""
        return min(100, 100 * self.done_count // self.total_count) if self.total_count else 0


class Message(models.Model):
    """A message on its way out, written in the transaction of the change that it speaks of.

    waiting -> claimed -> sent; a failed try goes back to waiting, the last one ends as failed. A claim whose
    owner died, with a sender that cannot tell a repetition, ends as unsure: a person decides. Messages of
    the day end as bundled in their one digest (`digest_on`). An ended message has no text any more, unless a
    person may still send it again. Recipient and text are sealed; `person_index` finds the same person.
    """

    personal: ClassVar = {"to_sealed": "message", "text_sealed": "message", "person_index": "message"}

    class State(models.TextChoices):
        WAITING = "waiting"
        CLAIMED = "claimed"
        SENT = "sent"
        BUNDLED = "bundled"
        UNSURE = "unsure"
        FAILED = "failed"
        EXPIRED = "expired"
        DROPPED = "dropped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    urgency = models.CharField(max_length=8, choices=Urgency.choices)
    channel = models.CharField(max_length=8)
    to_sealed = models.BinaryField()
    text_sealed = models.BinaryField(default=b"")
    person_index = models.BinaryField(max_length=16)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    failure = models.CharField(max_length=16, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    posted_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    digest_on = models.DateField(null=True)
    bundle = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="members")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "waiting", "claimed", "sent", "bundled", "unsure", "failed", "expired", "dropped",
                    ]
                ),
                name="message_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "bundled", "expired", "dropped"]) | Q(text_sealed=b""),
                name="an_ended_message_has_no_text",
            ),
            models.UniqueConstraint(
                fields=["person_index", "digest_on"],
                condition=Q(digest_on__isnull=False),
                name="one_digest_per_person_and_day",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["community_id", "-posted_at"], name="message_newest"),
            models.Index(
                fields=["community_id", "due_at"],
                condition=Q(state__in=["waiting", "claimed"]),
                name="message_on_its_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Grouprobot(models.Model):
    """The robot of a community's 企业微信 group: whoever knows its key may write there, so it is sealed."""

    personal: ClassVar[dict[str, str]] = {}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField(unique=True)
    key_sealed = models.BinaryField()
    set_at = models.DateTimeField()
    set_by_id = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.pk)
