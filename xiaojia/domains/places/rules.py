"""Sort keys of places and people: pinyin, with numbers in natural order."""

from __future__ import annotations

import re
import unicodedata

from pypinyin import Style, lazy_pinyin

_NUMBER = re.compile(r"\d+")


def sort_key(text: str) -> str:
    """Pinyin with tone numbers and zero-padded numbers: 2栋 before 10栋, 刘家院子 before 南园."""
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    padded = _NUMBER.sub(lambda m: m.group().zfill(6), folded)
    return " ".join(lazy_pinyin(padded, style=Style.TONE3, neutral_tone_with_five=True))
