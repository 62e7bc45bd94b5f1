from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from xiaojia.kernel.actors import ROLES


class Tenure(models.Model):
    """One account in one role in one community, from a day until (not including) another.

    A head, steward or volunteer serves one micro-grid; secretary and officer the whole community.
    It carries no row-level policy: the scope of a request is computed from it.
    """

    community_id = models.BigIntegerField()
    account = models.ForeignKey("people.Account", on_delete=models.PROTECT, related_name="tenures")
    role = models.CharField(max_length=16, choices=list(ROLES.items()))
    microgrid = models.ForeignKey(
        "microgrids.MicroGrid", null=True, on_delete=models.PROTECT, related_name="tenures"
    )
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gt=F("from_on")),
                name="tenure_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["secretary", "officer"], microgrid__isnull=True)
                | ~Q(role__in=["secretary", "officer"]),
                name="wide_roles_have_no_microgrid",
            ),
        ]
        indexes = [models.Index(fields=["account", "from_on"], name="tenure_of_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.role}"
