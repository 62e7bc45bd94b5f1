"""Who may see members, deeds and points. Wallets open to the office, the counter and their own person."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xiaojia.domains.ledger.models import Correction, Deed, Hold, Member, Rule, Transaction
from xiaojia.kernel.access import Rule as RoleRule
from xiaojia.kernel.access import roles
from xiaojia.kernel.actors import Actor

OFFICE: Final = ("secretary", "officer")
TEAM: Final = ("head", "steward", "volunteer")

MAY: Final[dict[str, RoleRule]] = {
    "see_members": roles(*OFFICE, "head"),
    "join": roles(*OFFICE, "head"),
    # One's own kin is opened by `queries.kin`, whatever the role.
    "see_kin": roles(*OFFICE),
    "issue_passbook": roles(*OFFICE),
    "settle_members": roles(*OFFICE),
    # One's own points are opened by `queries.own_wallet`, whatever the role.
    "see_rules": roles(*OFFICE, *TEAM, "clerk", "cook", "instructor", "mediator", "resident"),
    "see_points": roles(*OFFICE),
    "see_balance": roles(*OFFICE, "clerk"),
    "change_rule": roles(*OFFICE),
    "change_budget": roles("secretary"),
    "record_deed": roles(*OFFICE, *TEAM),
    "confirm_deed": roles(*OFFICE, "head"),
    "attend_roster": roles(*OFFICE, "head", "steward", "volunteer", "cook", "instructor", "mediator"),
    "call_back": roles(*OFFICE),
    "ask_correction": roles(*OFFICE),
    "settle_correction": roles(*OFFICE),
    "pay_recognition": roles(*OFFICE),
    "spend": roles(*OFFICE, "clerk"),
    "hand_notice": roles(*OFFICE),
    "count_active": roles(*OFFICE),
}
"""No verb ranks anybody, and no verb takes points away as a punishment."""


def visible_members(viewer: Actor) -> QuerySet[Member]:
    """Members of the viewer's communities, a head's own micro-grids only; whoever left stands in none."""
    members = Member.objects.filter(community_id__in=viewer.scope.community_ids, left_on__isnull=True)
    if not viewer.scope.is_wide:
        members = members.filter(microgrid_ids__overlap=list(viewer.scope.microgrid_ids))
    return members.order_by("sort_key", "id")


def visible_deeds(viewer: Actor) -> QuerySet[Deed]:
    """Deeds of the viewer's communities, a head's own micro-grids only."""
    deeds = Deed.objects.filter(community_id__in=viewer.scope.community_ids)
    if not viewer.scope.is_wide:
        deeds = deeds.filter(microgrid_ids__overlap=list(viewer.scope.microgrid_ids))
    return deeds


def visible_rules(viewer: Actor) -> QuerySet[Rule]:
    """Rules of the viewer's communities."""
    return Rule.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_transactions(viewer: Actor) -> QuerySet[Transaction]:
    """Transactions of the viewer's communities; PostgreSQL shows them to wide scopes only."""
    return Transaction.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_holds(viewer: Actor) -> QuerySet[Hold]:
    """Holds of the viewer's communities; PostgreSQL shows them to wide scopes only."""
    return Hold.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_corrections(viewer: Actor) -> QuerySet[Correction]:
    """Corrections that were asked for in the viewer's communities."""
    return Correction.objects.filter(community_id__in=viewer.scope.community_ids)
