"""Who may do what with places."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xiaojia.domains.places.models import Building, Compound, Unit
from xiaojia.kernel.access import Rule, roles
from xiaojia.kernel.actors import Actor

MAY: Final[dict[str, Rule]] = {
    "see_places": roles("secretary", "officer", "head", "steward", "volunteer"),
    "lay_places": roles("secretary", "officer"),
    "move_building": roles("secretary", "officer"),
    "cross_places": roles("secretary"),
}


def visible_compounds(viewer: Actor) -> QuerySet[Compound]:
    """Compounds that belong to the viewer's communities, in pinyin order."""
    return Compound.objects.filter(
        community_id__in=viewer.scope.community_ids, until_on__isnull=True
    ).order_by("sort_key")


def visible_buildings(viewer: Actor) -> QuerySet[Building]:
    """Buildings of the viewer's communities, by compound and number."""
    return Building.objects.filter(
        community_id__in=viewer.scope.community_ids, compound__until_on__isnull=True
    ).order_by("compound__sort_key", "sort_key")


def visible_units(viewer: Actor, *, with_left: bool = False) -> QuerySet[Unit]:
    """Units of the viewer's communities, in the order in which one walks past them.

    `with_left`: those too whose compound belongs to another community by now.
    """
    units = Unit.objects.filter(community_id__in=viewer.scope.community_ids)
    if not with_left:
        units = units.filter(building__compound__until_on__isnull=True)
    return units.order_by("building__compound__sort_key", "building__sort_key", "ordinal")
