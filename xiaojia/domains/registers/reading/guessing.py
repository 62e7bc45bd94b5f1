"""What the columns of a table mean: remembered, else by heading, else by what stands below it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from xiaojia.domains.registers.rules import BUILDING, HOUSEHOLD, MEANINGS, heading_key, meaning_of

_SEVERAL = frozenset({"", "contact_phone"})
_WEAK = frozenset({"户号", "房屋编号", "户编号", "住户编号"})
"""Headings of a door that more often are a running number: they only count where nothing else is a door."""
_BY_CONTENT = (
    ("building", re.compile(r"第?(?:\d{1,3}|[A-Z甲乙丙丁一二三四五六七八九十])(?:号?[栋幢座]|号楼|#楼?)")),
    ("unit", re.compile(r"第?[\d一二三四五六七八九十]{1,2}单元")),
    ("door", re.compile(r"\d{1,2}-\d{1,2}|\d{3,4}室?|\d{1,2}[楼层]\d{1,2}号?")),
    ("contact_phone", re.compile(r"1[3-9]\d{9}")),
)
"""What tells a column over which nobody wrote anything."""
_TO_THE_DOOR = re.compile(r"\d{3}|\d\D+\d+\D+\d")
_NAME_AND_PHONE = re.compile(r"[一-龥].*1[3-9]\d{9}")
_DIGIT = re.compile(r"\d|[一二三四五六七八九十](?:号?[栋幢座]|单元)")
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
        elif is_free[i] and guess == "contact_phone" and _names_too(sample):
            guesses[i] = "resident_name"
        elif is_free[i] and guess == "address" and sample and not any(map(_DIGIT.search, sample)):
            guesses[i] = "compound"
        elif is_free[i] and not heading_key(headings[i]):
            guesses[i] = _by_content(sample, guesses)
    if "relation" not in guesses:
        guesses = [
            "contact_name" if g == "resident_name" and f else g for g, f in zip(guesses, is_free, strict=True)
        ]
    is_weak = [heading_key(heading) in _WEAK for heading in headings]
    if any(g in ("door", "address") and not weak for g, weak in zip(guesses, is_weak, strict=True)):
        guesses = ["" if w and f else g for g, w, f in zip(guesses, is_weak, is_free, strict=True)]
    return _one_each(guesses, is_free)


def _names_too(sample: Sequence[str]) -> bool:
    """张三13800000000 below a heading of phones: the names are what the column is for."""
    return (
        len(sample) > 0 and sum(bool(_NAME_AND_PHONE.search(text)) for text in sample) * 5 >= len(sample) * 4
    )


def _by_content(sample: Sequence[str], taken: Sequence[str]) -> str:
    folded = [unicodedata.normalize("NFKC", text).replace(" ", "") for text in sample]
    for meaning, pattern in _BY_CONTENT:
        hits = sum(pattern.fullmatch(text) is not None for text in folded)
        if meaning not in taken and hits and hits * 5 >= len(folded) * 4:
            return meaning
    return ""


def _reads_like_address(sample: Sequence[str]) -> bool:
    folded = [unicodedata.normalize("NFKC", text) for text in sample]
    hits = sum(bool(_WHOLE.search(text)) and bool(_TO_THE_DOOR.search(text)) for text in folded)
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
