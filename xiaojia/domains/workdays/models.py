from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Workyear(models.Model):
    """One year as this community works it, where it differs from the national table (`rules.national_table`).

    `hours` are pairs of "HH:MM". Deadlines that were promised before a change keep their moment.
    """

    personal: ClassVar[dict[str, str]] = {}

    community_id = models.BigIntegerField()
    year = models.PositiveSmallIntegerField()
    days_off = ArrayField(models.DateField())
    make_up_days = ArrayField(models.DateField())
    hours = ArrayField(ArrayField(models.CharField(max_length=5), size=2))
    changed_at = models.DateTimeField()
    changed_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "year"], name="one_workyear_per_year"),
        ]

    def __str__(self) -> str:
        return str(self.year)
