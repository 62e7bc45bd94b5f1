from __future__ import annotations

import uuid

from django.db import models


class Register(models.Model):
    """One workbook on its way in: from the drop to the commit or the refusal. Its file goes once read.

    `columns` are those of `reading.Column`; `skipped` rows and `notes` say what was not taken in and why;
    with `place` only rows of that value of the place column count. `sentence` says why it was refused.
    """

    class Kind(models.TextChoices):
        HOUSEHOLD = "household"
        BUILDING = "building"

    class State(models.TextChoices):
        RECEIVED = "received"
        READ = "read"
        CHECKED = "checked"
        COMMITTED = "committed"
        REFUSED = "refused"
        DROPPED = "dropped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    community_id = models.BigIntegerField()
    file_name = models.CharField(max_length=120)
    file_hash = models.CharField(max_length=64)
    as_of_on = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.HOUSEHOLD)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    work_id = models.UUIDField(null=True)
    sheet_name = models.CharField(max_length=400, default="")
    headings_hash = models.CharField(max_length=64, default="")
    columns = models.JSONField(default=list)
    place = models.CharField(max_length=60, default="")
    skipped = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    sentence = models.TextField(default="")
    counts = models.JSONField(default=dict)
    checked_against = models.CharField(max_length=64, default="")
    received_by_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["community_id", "-received_at"], name="register_newest")]

    def __str__(self) -> str:
        return self.file_name


class Registerrow(models.Model):
    """A staged row: its accepted cells, what they were understood to mean, and the verdict of the dry run.

    One row speaks for a household; the rows of its other members are FOLDED into it. ASIDE are rows of
    another place and buildings that nobody lives in. A GONE row has no number: the workbook lacks it.
    Staged rows of a finished register are deleted; who took it over and how many stays in the audit trail.
    """

    class Verdict(models.TextChoices):
        UNCHECKED = "unchecked"
        NEW = "new"
        CHANGED = "changed"
        SAME = "same"
        OLDER = "older"
        GONE = "gone"
        DOUBTFUL = "doubtful"
        FOLDED = "folded"
        ASIDE = "aside"

    class Decision(models.TextChoices):
        OPEN = "open"
        TAKE = "take"
        LEAVE = "leave"

    community_id = models.BigIntegerField()
    register = models.ForeignKey(Register, on_delete=models.CASCADE, related_name="rows", db_index=False)
    sheet_name = models.CharField(max_length=60, default="")
    row_number = models.PositiveIntegerField(default=0)
    cells = models.JSONField(default=list)
    values = models.JSONField(default=dict)
    household_id = models.BigIntegerField(null=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.UNCHECKED)
    changes = models.JSONField(default=list)
    doubts = models.JSONField(default=list)
    decision = models.CharField(max_length=6, choices=Decision.choices, default=Decision.OPEN)

    class Meta:
        indexes = [models.Index(fields=["register", "verdict", "row_number"], name="registerrow_by_verdict")]

    def __str__(self) -> str:
        return f"row {self.row_number}"


class Columnmemory(models.Model):
    """What the columns of a workbook with these headings meant last time."""

    community_id = models.BigIntegerField()
    headings_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=Register.Kind.choices)
    meanings = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "headings_hash"], name="one_memory_per_headings")
        ]

    def __str__(self) -> str:
        return self.headings_hash[:8]


class Spokenbuilding(models.Model):
    """A building of which a register spoke, and the newest day of a register of that kind.

    Its households (of a register of buildings: its counted doors) are known for that day, also those of
    which the register said nothing new: their rows are not touched, and no older register overwrites them.
    """

    community_id = models.BigIntegerField()
    building = models.ForeignKey("places.Building", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Register.Kind.choices)
    as_of_on = models.DateField()
    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["building", "kind"], name="one_word_per_building_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.building_id} {self.as_of_on}"
