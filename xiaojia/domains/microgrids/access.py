"""Who may propose, move, approve and adopt; who may see plans, micro-grids and their history."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db.models import Q, QuerySet

from xiaojia.domains.microgrids.models import Adjacency, MicroGrid, Partition
from xiaojia.kernel.access import Rule, roles
from xiaojia.kernel.actors import Actor

MAY: Final[dict[str, Rule]] = {
    "see_microgrids": roles("secretary", "officer", "head", "steward"),
    "see_plans": roles("secretary", "officer"),
    "see_history": roles("secretary", "officer"),
    "export_plan": roles("secretary", "officer"),
    "propose_partition": roles("secretary", "officer"),
    "propose_change": roles("secretary", "officer"),
    "confirm_adjacency": roles("secretary", "officer"),
    "move_part": roles("secretary", "officer"),
    "undo_move": roles("secretary", "officer"),
    "drop_partition": roles("secretary", "officer"),
    "approve_exception": roles("secretary", "officer"),
    "adopt_partition": roles("secretary"),
    "cross_microgrids": roles("secretary"),
}


def visible_partitions(viewer: Actor) -> QuerySet[Partition]:
    """Plans of the viewer's communities, for community-wide roles only; the newest first."""
    if not viewer.scope.is_wide:
        return Partition.objects.none()
    return Partition.objects.filter(community_id__in=viewer.scope.community_ids).order_by("-made_at", "-id")


def visible_microgrids(viewer: Actor, *, on: date) -> QuerySet[MicroGrid]:
    """Micro-grids alive on that day: all for wide roles, else the one whose doors the viewer sees."""
    alive = (
        MicroGrid.objects.filter(community_id__in=viewer.scope.community_ids, since_on__lte=on)
        .filter(Q(until_on__isnull=True) | Q(until_on__gt=on))
        .order_by("number", "id")
    )
    if viewer.scope.is_wide:
        return alive
    own = Q(memberships__from_on__lte=on) & (
        Q(memberships__until_on__isnull=True) | Q(memberships__until_on__gt=on)
    )
    return alive.filter(own, memberships__household_id__in=viewer.scope.household_ids).distinct()


def visible_adjacencies(viewer: Actor) -> QuerySet[Adjacency]:
    """Pairs of compounds that somebody confirmed to lie side by side."""
    return Adjacency.objects.filter(community_id__in=viewer.scope.community_ids)
