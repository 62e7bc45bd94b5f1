"""Masking: what a screen or sheet shows of a person when the whole is not needed."""

from __future__ import annotations

from typing import Final

SIMULATED_MARK: Final = "（模拟）"
"""Ends an invented name wherever it is stored or printed. No part of the name: it is never masked."""


def unmarked(name: str) -> str:
    """The name without the mark, for places that show the mark themselves."""
    return name.strip().removesuffix(SIMULATED_MARK)


def mask_name(name: str) -> str:
    """Family name and one ＊ for each further character: 邓明礼 -> 邓＊＊; '' stays ''. The mark stays."""
    text = unmarked(name)
    mark = name.strip()[len(text) :]
    return text[:1] + "＊" * (len(text) - 1) + mark


def mask_phone(phone: str) -> str:
    """First three and last two digits: 13800001234 -> 138＊＊＊＊＊＊34; short numbers show the last two."""
    digits = phone.strip()
    if len(digits) < 7:
        return "＊" * max(0, len(digits) - 2) + digits[-2:]
    return digits[:3] + "＊" * (len(digits) - 5) + digits[-2:]
