from __future__ import annotations

from typing import ClassVar

from django.db import models


class Receipt(models.Model):
    """The published copy of where a thing stands, for whoever holds its code: words and dates, no person.

    `timeline` is a list of [moment (ISO), sentence]. Public pages read this table and no other.
    """

    personal: ClassVar[dict[str, str]] = {}

    community_id = models.BigIntegerField()
    code = models.CharField(max_length=8, unique=True)
    kind = models.CharField(max_length=12)
    subject_id = models.UUIDField()
    word = models.CharField(max_length=40)
    expected_at = models.DateTimeField(null=True)
    is_over = models.BooleanField(default=False)
    timeline = models.JSONField(default=list)
    issued_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_id"], name="one_receipt_per_subject"),
        ]

    def __str__(self) -> str:
        return self.code
