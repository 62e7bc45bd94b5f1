"""What the columns of a table mean: remembered, else by heading, else by what stands below it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from xiaojia.domains.registers.rules import BUILDING, HOUSEHOLD, MEANINGS, meaning_of

_SEVERAL = frozenset({""})
_WHOLE = re.compile(r"\d+\s*(?:栋|幢|号楼|座|#)|[^\d\s].*\d+\s*-\s*\d+\s*-\s*\d+|\d+-\d+-\d+-\d+")


def guess_meanings(
    headings: Sequence[str], sample_rows: Sequence[Sequence[str]], remembered: Mapping[str, str]
) -> list[str]:
    """One meaning code per heading. What a person chose for the same headings last time always wins."""
    guesses = [
        remembered[heading] if remembered.get(heading) in MEANINGS else meaning_of(heading)
        for heading in headings
    ]
    is_free = [heading not in remembered for heading in headings]
    for i, guess in enumerate(guesses):
        sample = [row[i] for row in sample_rows if row[i]]
        if is_free[i] and guess in {"door", "building"} and _reads_like_address(sample):
            guesses[i] = "address"
    if "relation" not in guesses:
        guesses = [
            "contact_name" if g == "resident_name" and f else g for g, f in zip(guesses, is_free, strict=True)
        ]
    return _one_each(guesses, is_free)


def _reads_like_address(sample: Sequence[str]) -> bool:
    hits = sum(bool(_WHOLE.search(unicodedata.normalize("NFKC", text))) for text in sample)
    return len(sample) > 0 and hits * 2 > len(sample) and any("-" in t or "单元" in t for t in sample)


def _one_each(guesses: list[str], is_free: Sequence[bool]) -> list[str]:
    """Of several columns with the same meaning the first keeps it, or the one that a person chose."""
    taken = {guess for guess, free in zip(guesses, is_free, strict=True) if not free}
    result = []
    for guess, free in zip(guesses, is_free, strict=True):
        if free and guess in taken and guess not in _SEVERAL:
            result.append("")
            continue
        taken.add(guess)
        result.append(guess)
    return result


def guess_kind(meanings: Iterable[str]) -> str:
    """A row with a number of dwellings and nobody's door or name is a building."""
    present = set(meanings)
    persons = {"door", "address", "contact_name", "contact_phone", "resident_name", "household_size"}
    return BUILDING if "household_count" in present and not present & persons else HOUSEHOLD
