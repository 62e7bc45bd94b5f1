"""The table as it holds on a day, and what all that is out there is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from xiaojia.domains.ledger.access import MAY, visible_rules
from xiaojia.domains.ledger.models import Account, Pointbudget, Ruleversion
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Budget:
    """`outstanding` points in all wallets; their worth and what was approved, in yuan (None: nothing)."""

    outstanding: int
    worth_yuan: int
    budget_yuan: int | None


def version_on(code: str, *, viewer: Actor, on: date) -> Ruleversion | None:
    """The version of a rule that holds on a day; None when there is none, or it ended (one query)."""
    version = (
        Ruleversion.objects.filter(rule__in=visible_rules(viewer), rule__code=code, valid_from_on__lte=on)
        .select_related("rule")
        .order_by("-valid_from_on")
        .first()
    )
    return None if version is None or version.ends else version


def rulebook(*, viewer: Actor, on: date) -> list[Ruleversion]:
    """Every rule as it holds on that day, in the order they were opened (one query)."""
    require(MAY, "see_rules", viewer, viewer.community_id)
    rows = (
        Ruleversion.objects.filter(rule__in=visible_rules(viewer), valid_from_on__lte=on)
        .select_related("rule")
        .order_by("rule_id", "-valid_from_on")
        .distinct("rule_id")
    )
    return [version for version in rows if not version.ends]


def versions(*, viewer: Actor) -> list[Ruleversion]:
    """Every version there ever was, newest first (one query)."""
    require(MAY, "see_rules", viewer, viewer.community_id)
    rows = Ruleversion.objects.filter(rule__in=visible_rules(viewer)).select_related("rule")
    return list(rows.order_by("rule_id", "-number"))


def outstanding(*, viewer: Actor) -> int:
    """Points in all wallets of the community (one query)."""
    total = Account.objects.filter(community_id__in=viewer.scope.community_ids, balance__isnull=False)
    return int(total.aggregate(total=Sum("balance"))["total"] or 0)


def budget(*, viewer: Actor) -> Budget:
    """What is out there, what it is worth, what was approved (two queries)."""
    require(MAY, "see_points", viewer, viewer.community_id)
    row = Pointbudget.objects.filter(community_id=viewer.community_id).first()
    out = outstanding(viewer=viewer)
    return Budget(out, out * (row.fen_per_point if row else 100) // 100, row.budget_yuan if row else None)
