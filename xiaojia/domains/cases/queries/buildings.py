"""Buildings as a neighbour says them, for whoever reads a sentence or an address."""

from __future__ import annotations

from xiaojia.domains.cases.reading.place import BuildingPlace
from xiaojia.domains.microgrids.rules import address_words
from xiaojia.domains.places.queries import unit_places
from xiaojia.kernel.actors import Actor


def buildings_of(viewer: Actor) -> list[BuildingPlace]:
    """Every building with its units, as a neighbour says it (one query)."""
    found: dict[int, BuildingPlace] = {}
    for place in unit_places(viewer=viewer):
        known = found.get(place.building_id)
        units = (known.units if known else frozenset()) | {place.unit}
        label = address_words(place.compound, place.building)
        found[place.building_id] = BuildingPlace(
            place.building_id, place.compound, place.building, units, label
        )
    return list(found.values())
