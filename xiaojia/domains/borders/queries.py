"""Reads of changes of borders, and what one would mean."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from xiaojia.domains.borders.access import MAY, visible_changes
from xiaojia.domains.borders.models import Borderchange
from xiaojia.domains.cases.access import visible_cases
from xiaojia.domains.cases.rules import OVER
from xiaojia.domains.microgrids import queries as microgrids
from xiaojia.domains.people.queries import households_by_unit
from xiaojia.domains.places import queries as places
from xiaojia.domains.teams.access import visible_tenures
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a change means, in counts. `whole` and `cut` are numbers of micro-grids as they are here."""

    compounds: int
    buildings: int
    units: int
    households: int
    whole: tuple[int, ...]
    cut: tuple[int, ...]
    cut_households: int
    tenures: int
    ending_tenures: int
    cases: int
    is_everything: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the row that is written."""
        return asdict(self) | {"whole": list(self.whole), "cut": list(self.cut)}


def consequences(*, viewer: Actor, compound_ids: Collection[int], on: date) -> Consequences:
    """What would go along and what would not, if these compounds left today (five queries)."""
    require(MAY, "see_changes", viewer, viewer.community_id)
    everything = places.unit_places(viewer=viewer)
    units = [u for u in everything if u.compound_id in set(compound_ids)]
    homes = households_by_unit(viewer=viewer)
    sides = microgrids.sides(
        viewer=viewer, community_id=viewer.community_id, compound_ids=compound_ids, on=on
    )
    whole = [s for s in sides if not s.is_cut]
    cut = [s for s in sides if s.is_cut]
    holds = Q(until_on__isnull=True) | Q(until_on__gt=on)
    serving = visible_tenures(viewer).filter(holds).values_list("microgrid_id", flat=True)
    seats = list(serving.filter(microgrid_id__in=[s.microgrid_id for s in sides]))
    going = {s.microgrid_id for s in whole}
    buildings = {u.building_id for u in units}
    open_cases = visible_cases(viewer).exclude(state__in=sorted(OVER))
    return Consequences(
        compounds=len({u.compound_id for u in units}),
        buildings=len(buildings),
        units=len(units),
        households=sum(homes.get(u.unit_id, (0, 0))[0] for u in units),
        whole=tuple(s.number for s in whole),
        cut=tuple(s.number for s in cut),
        cut_households=sum(s.inside_count for s in cut),
        tenures=sum(m in going for m in seats),
        ending_tenures=sum(m not in going for m in seats),
        cases=open_cases.filter(building_id__in=buildings).count(),
        is_everything=len(units) == len(everything),
    )


def compound_choices(*, viewer: Actor) -> list[tuple[int, str, int]]:
    """Compounds of the viewer's community in pinyin order: id, name, present households (two queries)."""
    homes = households_by_unit(viewer=viewer)
    found: dict[int, tuple[str, int]] = {}
    for unit in places.unit_places(viewer=viewer):
        name, count = found.get(unit.compound_id, (unit.compound, 0))
        found[unit.compound_id] = (name, count + homes.get(unit.unit_id, (0, 0))[0])
    return [(pk, name, count) for pk, (name, count) in found.items()]


def change(change_id: int, *, viewer: Actor) -> Borderchange | None:
    """One change with its compounds; None when neither side is the viewer's (two queries)."""
    require(MAY, "see_changes", viewer, viewer.community_id)
    return visible_changes(viewer).filter(pk=change_id).prefetch_related("compounds").first()


def changes(*, viewer: Actor) -> list[Borderchange]:
    """All of them, the newest first, with their compounds (two queries)."""
    require(MAY, "see_changes", viewer, viewer.community_id)
    return list(visible_changes(viewer).prefetch_related("compounds"))


def awaiting(*, viewer: Actor) -> list[Borderchange]:
    """Changes that wait for a yes of the viewer's community (one query)."""
    require(MAY, "see_changes", viewer, viewer.community_id)
    return list(visible_changes(viewer).filter(state="planned", to_community_id=viewer.community_id))


def due(*, viewer: Actor, on: date) -> list[tuple[int, int]]:
    """Agreed changes that leave this community and whose day has come: id, id of the other side."""
    rows = visible_changes(viewer).filter(state="agreed", community_id=viewer.community_id, from_on__lte=on)
    return list(rows.order_by("pk").values_list("pk", "to_community_id"))


def names(changes: Collection[Borderchange]) -> dict[int, str]:
    """Community id -> name, of both sides (one query)."""
    ids = {c.community_id for c in changes} | {c.to_community_id for c in changes}
    return dict(places.communities().filter(pk__in=ids).values_list("pk", "name"))
