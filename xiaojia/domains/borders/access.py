"""Who may plan, agree to and call off a change of borders: the secretaries of both sides, nobody else."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet

from xiaojia.domains.borders.models import Borderchange
from xiaojia.kernel.access import Rule, roles
from xiaojia.kernel.actors import Actor

MAY: Final[dict[str, Rule]] = {
    "see_changes": roles("secretary", "officer"),
    "plan_change": roles("secretary"),
    "agree_to_change": roles("secretary"),
    "cancel_change": roles("secretary"),
    "carry_out_change": roles("secretary"),
}


def visible_changes(viewer: Actor) -> QuerySet[Borderchange]:
    """Changes in which a community of the viewer's is either side, the newest first."""
    here = viewer.scope.community_ids
    if not viewer.scope.is_wide:
        return Borderchange.objects.none()
    return Borderchange.objects.filter(Q(community_id__in=here) | Q(to_community_id__in=here)).order_by("-pk")
