"""Reads of places."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from xiaojia.domains.places.access import visible_units
from xiaojia.domains.places.models import Building, Community, Division
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """One unit with its full address parts and the position of its building (metres, None if unknown)."""

    unit_id: int
    building_id: int
    compound_id: int
    compound: str
    grid_name: str
    building: str
    unit: str
    ordinal: int
    floors: int
    doors_per_floor: int
    x_metres: float | None
    y_metres: float | None
    position_source: str

    @property
    def is_drawn(self) -> bool:
        """Whether a hand put the building there, on a sketch."""
        return self.position_source == Building.PositionSource.DRAGGED


def unit_places(*, viewer: Actor, with_left: bool = False) -> list[UnitPlace]:
    """All units the viewer may see, in walking order (one query).

    `with_left`: those too that belong to another community by now, as they were.
    """
    rows = visible_units(viewer, with_left=with_left).values_list(
        "id",
        "building_id",
        "building__compound_id",
        "building__compound__name",
        "building__compound__grid_name",
        "building__name",
        "name",
        "ordinal",
        "floors",
        "doors_per_floor",
        "building__x_metres",
        "building__y_metres",
        "building__position_source",
    )
    return [UnitPlace(*row) for row in rows]


def community(community_id: int) -> Community:
    """The community itself; its name is no secret."""
    return Community.objects.get(pk=community_id)


def communities() -> QuerySet[Community]:
    """Every community of this installation, by code."""
    return Community.objects.order_by("code")


def division_path(code: str) -> list[Division]:
    """The current divisions above and including `code`, from the top."""
    path: list[Division] = []
    division = (
        Division.objects.filter(code=code, valid_until_on__isnull=True).select_related("parent").first()
    )
    while division is not None:
        path.insert(0, division)
        division = division.parent
    return path


def places_fingerprint(*, viewer: Actor) -> str:
    """A hash of units and positions: it changes when something that a plan depends on changes."""
    digest = hashlib.sha256()
    for place in unit_places(viewer=viewer):
        digest.update(repr(place).encode())
    return digest.hexdigest()


def lock_register(*, community_id: int) -> None:
    """Hold the community's register for the rest of this transaction; others wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('register'), %s)", [community_id])


def building_in(building_id: int, *, viewer: Actor) -> Building | None:
    """A building of the viewer's communities with its compound, or None (one query)."""
    here = Building.objects.filter(community_id__in=viewer.scope.community_ids, pk=building_id)
    return here.select_related("compound").first()


def buildings_in(building_ids: Iterable[int], *, viewer: Actor) -> dict[int, Building]:
    """Those of these buildings that lie in the viewer's communities, with their compounds (one query)."""
    here = Building.objects.filter(community_id__in=viewer.scope.community_ids)
    return here.select_related("compound").in_bulk(list(building_ids))
