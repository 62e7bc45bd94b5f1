from __future__ import annotations

from django.db import models
from django.db.models import Q

from xiaojia.domains.ledger.rules import PER, PROOFS


class Rule(models.Model):
    """What neighbours are thanked for with points (积分规则); its versions say how many, and since when."""

    community_id = models.BigIntegerField()
    code = models.CharField(max_length=24)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["community_id", "code"], name="one_rule_per_code")]

    def __str__(self) -> str:
        return self.code


class Ruleversion(models.Model):
    """A rule as it holds from one day on; never changed afterwards. `ends` closes the rule from that day.

    `points` per deed or per hour; caps in points.
    """

    community_id = models.BigIntegerField()
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=60)
    points = models.PositiveSmallIntegerField()
    per = models.CharField(max_length=4, choices=list(PER.items()))
    cap_day = models.PositiveSmallIntegerField(null=True)
    cap_month = models.PositiveSmallIntegerField(null=True)
    proof = models.CharField(max_length=8, choices=list(PROOFS.items()))
    valid_from_on = models.DateField()
    ends = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="one_rule_version_per_number"),
            models.UniqueConstraint(fields=["rule", "valid_from_on"], name="one_rule_version_per_day"),
            models.CheckConstraint(condition=Q(points__gte=1), name="rules_only_give"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


class Pointbudget(models.Model):
    """What the community approved for points: the store's worth of all that is out there, in yuan."""

    community_id = models.BigIntegerField(unique=True)
    budget_yuan = models.PositiveIntegerField()
    fen_per_point = models.PositiveIntegerField()
    set_at = models.DateTimeField()
    set_by_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.budget_yuan}"
