"""Which doors somebody means who types an address as one says it: 刘家院子5栋2单元3-1, or 5-2-3-1."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from xiaojia.domains.microgrids.rules import UnitRow

_NUMBER: Final = re.compile(r"\d+[a-z]?")
_ADDRESS_WORDS: Final = re.compile(r"[\d\sa-z#\-—–、,，.号栋幢座楼单元门室层]*")

_JOINED: Final = re.compile(r"(.*[\d号栋幢座楼单元门室])([^\d\W]{2,4})")


def doors_meant(text: str, units: Sequence[UnitRow]) -> tuple[list[UnitRow], str]:
    """Units that the text may mean, and the door if it says one; nothing when it is no address here."""
    wanted = _folded(text)
    compounds, rest = _compounds(wanted, units)
    if not compounds or not _ADDRESS_WORDS.fullmatch(rest):
        return [], ""
    numbers = _NUMBER.findall(rest)
    found = [u for u in units if u.compound in compounds]
    if not numbers:
        return (found, "") if rest != wanted else ([], "")
    found = [u for u in found if _folded(u.building) == numbers[0]]
    in_unit = [u for u in found if len(numbers) > 1 and _folded(u.unit) == numbers[1]]
    if in_unit:
        return in_unit, "-".join(numbers[2:])
    is_one_door = all(not u.unit for u in found)
    return found, "-".join(numbers[1:]) if is_one_door else ""


def name_and_place(text: str, units: Sequence[UnitRow]) -> tuple[str, list[UnitRow]]:
    """Name and units of a text that says both, as 邓明礼 5栋 or 5栋2单元邓明礼; else nothing."""
    words = text.split()
    if len(words) == 1 and (joined := _JOINED.fullmatch(words[0])):
        words = list(joined.groups())
    for place, word in enumerate(words):
        rest = "".join(words[:place] + words[place + 1 :])
        if rest and not doors_meant(word, units)[0] and (found := doors_meant(rest, units)[0]):
            return word, found
    return "", []


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _compounds(wanted: str, units: Sequence[UnitRow]) -> tuple[set[str], str]:
    """Compounds named in the text and what is left of it; all of them when it names none but has numbers."""
    names = {u.compound for u in units}
    named = max((n for n in names if _folded(n) in wanted), key=len, default="")
    if named:
        return {named}, wanted.replace(_folded(named), "", 1)
    start = re.match(r"[^\d]*", wanted)
    beginning = start.group() if start else ""
    if beginning and (begun := {n for n in names if _folded(n).startswith(beginning)}):
        return begun, wanted[len(beginning) :]
    return names, wanted
