"""Limits, words and pure decisions of the division: sizes, identities, floor blocks, the sketch."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from xiaojia.engines.partition.identity import inherit
from xiaojia.engines.partition.problem import Limits

LIMITS: Final = Limits()
LEAST: Final = LIMITS.least_households
MOST: Final = LIMITS.most_households

NEVER_APPROVED: Final = frozenset({"over_80", "small_unit_cut"})
"""R02: a micro-grid above 80 and a cut small unit are put right by moving; a reason does not help."""

LEAST_REASON_LENGTH: Final = 4
LABELS: Final = "甲乙丙丁戊己庚辛壬癸"
SKETCH_STEP_METRES: Final = 30.0
SKETCH_GAP_METRES: Final = 60.0


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One lived-in unit as the plan reads it. `floors` is at least 1; positions are metres."""

    unit_id: int
    building_id: int
    compound_id: int
    compound: str
    grid_name: str
    building: str
    unit: str
    floors: int
    doors_per_floor: int
    x_metres: float
    y_metres: float
    is_sketched: bool
    household_count: int

    @property
    def address(self) -> str:
        """刘家院子 5 栋 2 单元."""
        return address_words(self.compound, self.building, self.unit)


@dataclass(frozen=True, slots=True)
class Size:
    """How a number of households fits: a badge kind of the design system and its word."""

    kind: str
    word: str

    @property
    def is_fitting(self) -> bool:
        """Whether it lies in 50..80."""
        return self.kind == "done"


def size_of(count: int) -> Size:
    """合适, 少 7 户 or 多 8 户."""
    if count < LEAST:
        return Size("wait", _("少 %(n)s 户") % {"n": LEAST - count})
    if count > MOST:
        return Size("late", _("多 %(n)s 户") % {"n": count - MOST})
    return Size("done", _("合适"))


def building_words(name: str) -> str:
    """5 栋; a name that is no number stays as it is."""
    return _("%(name)s 栋") % {"name": name} if re.fullmatch(r"\d+[A-Za-z]?", name) else name


def address_words(compound: str, building: str, unit: str = "", floors: tuple[int, int] = (0, 0)) -> str:
    """刘家院子 5 栋 2 单元 1–6 层, as a neighbour would say it."""
    words = [compound, building_words(building)]
    if unit:
        words.append(_("%(name)s 单元") % {"name": unit} if re.fullmatch(r"\d+[A-Za-z]?", unit) else unit)
    if floors[1]:
        words.append(floor_words(*floors))
    return " ".join(words)


def names(address: str, text: str) -> bool:
    """Whether every word of `text` stands in the address; 1 栋 is one word, and is not 11 栋."""
    place = address.replace(" ", "")
    words = re.sub(r"(?<=\d)\s+(?=[^\d\s])", "", text).split()
    return all(re.search(rf"(?<!\d){re.escape(w)}" if w[0].isdigit() else re.escape(w), place) for w in words)


def floor_words(low: int, high: int) -> str:
    """1–6 层, or 7 层."""
    if low == high:
        return _("%(low)s 层") % {"low": low}
    return _("%(low)s–%(high)s 层") % {"low": low, "high": high}


def fingerprint(rows: Sequence[UnitRow]) -> str:
    """A hash over units, household counts, floors and positions: whatever a plan depends on."""
    digest = hashlib.sha256()
    for r in sorted(rows, key=lambda row: row.unit_id):
        fields = (r.unit_id, r.building_id, r.compound_id, r.grid_name, r.floors, r.household_count)
        digest.update(repr((*fields, round(r.x_metres, 2), round(r.y_metres, 2))).encode())
    return digest.hexdigest()


def block_height(household_count: int, floors: int) -> int:
    """Floors of one block: a unit up to 80 is never cut; above, up to three floors that hold <= 80 homes."""
    if household_count <= MOST:
        return floors
    fullest = max(homes_between(household_count, floors, f, f) for f in range(1, floors + 1))
    return max(1, min(3, MOST // fullest))


def homes_between(household_count: int, floors: int, low: int, high: int) -> int:
    """Homes on floors low..high when a unit's households are spread over its floors: H*f//F."""
    return household_count * high // floors - household_count * (low - 1) // floors


def blocks(household_count: int, floors: int, low: int, high: int) -> list[tuple[int, int, int]]:
    """Floors low..high of a unit above 80 as blocks (from, to, homes); an empty one joins its neighbour."""
    height = block_height(household_count, floors)
    found: list[tuple[int, int, int]] = []
    start = low
    while start <= high:
        end = min(high, ((start - 1) // height + 1) * height)
        homes = homes_between(household_count, floors, start, end)
        if found and (homes == 0 or found[-1][2] == 0):
            first, _last, before = found.pop()
            found.append((first, end, before + homes))
        else:
            found.append((start, end, homes))
        start = end + 1
    return found


def inherited(shared: Mapping[tuple[int, int], int], sizes: Mapping[int, int]) -> dict[int, int]:
    """Which cluster becomes which micro-grid: most shared households in all, one to one, by assignment.

    `shared` counts households by (cluster, micro-grid), `sizes` the present households of each micro-grid.
    A micro-grid lives on only where at least half of its households stay together; others end and hand
    over.
    """
    return inherit(shared, sizes)


def numbered(order: Iterable[int], kept: Mapping[int, int]) -> dict[int, int]:
    """A number for each cluster of `order`: the inherited one, else the lowest that nobody has."""
    taken = set(kept.values())
    numbers: dict[int, int] = {}
    free = 1
    for cluster in order:
        if cluster in kept:
            numbers[cluster] = kept[cluster]
            continue
        while free in taken:
            free += 1
        numbers[cluster] = free
        taken.add(free)
    return numbers


def free_label(taken: Iterable[str]) -> str:
    """方案甲, 方案乙, ... the first that no living plan has."""
    names = set(taken)
    for letter in LABELS:
        label = _("方案%(letter)s") % {"letter": letter}
        if label not in names:
            return label
    return _("方案 %(n)s") % {"n": len(names) + 1}


def sketch_positions(buildings: Sequence[tuple[int, int]]) -> dict[int, tuple[float, float]]:
    """Places (metres) for buildings whose register names none, out of compound and number.

    `buildings` are (building id, compound id) in walking order. Each compound is a block of rows, blocks
    stand beside each other in a square: near enough for a picture, and said to be one.
    """
    compounds: dict[int, list[int]] = {}
    for building_id, compound_id in buildings:
        compounds.setdefault(compound_id, []).append(building_id)
    columns = max(1, math.ceil(math.sqrt(len(compounds))))
    places: dict[int, tuple[float, float]] = {}
    left, top, deepest = 0.0, 0.0, 0.0
    for index, members in enumerate(compounds.values()):
        if index and index % columns == 0:
            left, top, deepest = 0.0, top - deepest - SKETCH_GAP_METRES, 0.0
        wide = math.ceil(math.sqrt(len(members)))
        for place, building_id in enumerate(members):
            across, down = place % wide, place // wide
            places[building_id] = (left + across * SKETCH_STEP_METRES, top - down * SKETCH_STEP_METRES)
        left += (wide - 1) * SKETCH_STEP_METRES + SKETCH_GAP_METRES
        deepest = max(deepest, (len(members) - 1) // wide * SKETCH_STEP_METRES)
    return places


@dataclass(frozen=True, slots=True)
class Spot:
    """What is known of a building's place (metres); `is_drawn`: a hand put it there, on a sketch."""

    compound_id: int
    place: tuple[float, float] | None = None
    is_drawn: bool = False


def placed(buildings: Mapping[int, Spot]) -> tuple[dict[int, tuple[float, float]], bool]:
    """A place for every building, and whether it is all a sketch.

    A building without a place stands in a row beside the known ones of its compound. If the register
    places nothing of a whole compound, everything is sketched, and only what a hand put elsewhere moves: a
    mixture of true and drawn distances would mislead.
    """
    if not all(_is_placed(buildings).values()):
        spots = sketch_positions([(b, spot.compound_id) for b, spot in buildings.items()])
        spots |= {b: spot.place for b, spot in buildings.items() if spot.is_drawn and spot.place}
        return spots, True
    known: dict[int, list[tuple[float, float]]] = {}
    for spot in buildings.values():
        if spot.place is not None:
            known.setdefault(spot.compound_id, []).append(spot.place)
    added: dict[int, int] = {}
    spots = {}
    for building_id, spot in buildings.items():
        place = spot.place
        if place is None:
            added[spot.compound_id] = added.get(spot.compound_id, 0) + 1
            right = max(known[spot.compound_id])
            place = (right[0] + added[spot.compound_id] * SKETCH_STEP_METRES, right[1])
        spots[building_id] = place
    return spots, False


def _is_placed(buildings: Mapping[int, Spot]) -> dict[int, bool]:
    """Compound -> whether the register places some building of it."""
    found: dict[int, bool] = {}
    for spot in buildings.values():
        is_true = spot.place is not None and not spot.is_drawn
        found[spot.compound_id] = found.get(spot.compound_id, False) or is_true
    return found


def metres_words(metres: float) -> str:
    """20 米, rounded to what a walker would say."""
    rounded = 10 * max(1, round(metres / 10))
    return _("%(n)s 米") % {"n": rounded}
