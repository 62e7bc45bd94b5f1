"""Who may read and change the table of workdays; nothing in it is about a person."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xiaojia.domains.workdays.models import Workyear
from xiaojia.kernel.access import Rule, roles
from xiaojia.kernel.actors import Actor

MAY: Final[dict[str, Rule]] = {
    "see_workdays": roles("secretary", "officer"),
    "change_workyear": roles("secretary", "officer"),
}


def visible_workyears(viewer: Actor) -> QuerySet[Workyear]:
    """The years that the viewer's communities wrote down themselves."""
    return Workyear.objects.filter(community_id__in=viewer.scope.community_ids).order_by("year")
