"""Codes of communities that are only for looking at: invented people, or real blocks without people."""

from __future__ import annotations

import zlib
from typing import Final

INVENTED: Final = "99999900"
FIRST_OF_BLOCKS: Final = 2000


def code_of(place: str) -> str:
    """The invented code of a place of real blocks: 99999900 and four digits from 2000 on."""
    return f"{INVENTED}{FIRST_OF_BLOCKS + zlib.crc32(place.strip().casefold().encode()) % 8000}"


def is_of_blocks(code: str) -> bool:
    """Whether a community of that code is made of real blocks: its addresses are not invented."""
    return code.startswith(INVENTED) and int(code[len(INVENTED) :]) >= FIRST_OF_BLOCKS
