"""Which building a sentence speaks of: 刘家院子2单元楼梯间 may be one of several, and then it is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from xiaojia.domains.places.rules import fold, read_address, twin_of

MOST_CANDIDATES: Final = 6
_BUILDING: Final = re.compile(r"(?<![\dA-Z])(\d{1,3}[A-Z]?)(?:号楼|号栋|[栋幢座#])")
_UNIT: Final = re.compile(r"(?<!\d)(\d{1,2})(?:单元)")
_BEGINS: Final = re.compile(
    r"(?:\d{1,3}[A-Z]?(?:号楼|号栋|[栋幢座#])-?)?(?:\d{1,2}单元-?)?(?:\d[\d\-]*(?![\d楼层]))?"
)


@dataclass(frozen=True, slots=True)
class BuildingPlace:
    """A building as this reader knows it; `label` is 刘家院子 5 栋."""

    building_id: int
    compound: str
    building: str
    units: frozenset[str]
    label: str


@dataclass(frozen=True, slots=True)
class PlaceGuess:
    """Where it is: one building, or several to choose from, or none. `because` says why, '' when plain."""

    building: BuildingPlace | None = None
    candidates: tuple[BuildingPlace, ...] = ()
    words: str = ""
    because: str = ""


def place_meant(
    text: str, buildings: Sequence[BuildingPlace], lately: Mapping[int, int] | None = None
) -> PlaceGuess:
    """The building of a sentence. `lately`: building id -> cases of late, which order the candidates."""
    plain, counts = fold(text), lately or {}
    compound, rest = _compound(plain, {b.compound for b in buildings})
    building, unit = _numbers(compound, rest)
    if not compound and not building:
        return PlaceGuess()
    fits = [b for b in buildings if compound in ("", b.compound) and building in ("", b.building)]
    if building and not fits:
        here = compound or _("这里")
        return PlaceGuess(
            words=compound, because=_("%(where)s没有 %(n)s 栋。") % {"where": here, "n": building}
        )
    if unit and not building:
        fits = [b for b in fits if unit in b.units] or fits
    words = _words(compound, building, unit)
    if len(fits) == 1:
        return PlaceGuess(fits[0], (), words, _("写了“%(words)s”。") % {"words": words})
    ordered = sorted(fits, key=lambda b: -counts.get(b.building_id, 0))[:MOST_CANDIDATES]
    if len(fits) > MOST_CANDIDATES and not (ordered and counts.get(ordered[0].building_id)):
        return PlaceGuess(words=words, because=_("有 %(n)d 栋都像，写上是哪一栋。") % {"n": len(fits)})
    return PlaceGuess(None, tuple(ordered), words, _why(ordered, counts))


def _why(ordered: Sequence[BuildingPlace], counts: Mapping[int, int]) -> str:
    first = counts.get(ordered[0].building_id, 0) if ordered else 0
    if first:
        return _("近两周 %(place)s说过 %(n)d 回，排在前头。") % {"place": ordered[0].label, "n": first}
    return _("有 %(n)d 栋都像，选一栋。") % {"n": len(ordered)}


def _compound(plain: str, names: set[str]) -> tuple[str, str]:
    """The longest compound that is named, and what follows it."""
    for name in sorted(names, key=len, reverse=True):
        for spelling in (fold(name), fold(twin_of(name))):
            at = plain.find(spelling)
            if spelling and at >= 0:
                return name, plain[at + len(spelling) :].removeprefix("小区")
    return "", plain


def _numbers(compound: str, rest: str) -> tuple[str, str]:
    """Building and unit that stand right after the compound, else anywhere with their words."""
    begins = _BEGINS.match(rest)
    piece = begins.group() if begins and compound else ""
    if piece:
        address = read_address(compound + piece, known_compounds=[compound])
        if address.building:
            return address.building, address.unit
    building, unit = _BUILDING.search(rest), _UNIT.search(rest)
    return (building[1].lstrip("0") if building else ""), (unit[1].lstrip("0") if unit else "")


def _words(compound: str, building: str, unit: str) -> str:
    parts = [compound]
    if building:
        parts.append(_("%(n)s 栋") % {"n": building})
    if unit:
        parts.append(_("%(n)s 单元") % {"n": unit})
    return " ".join(p for p in parts if p)
