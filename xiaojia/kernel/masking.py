"""Masking: what a screen or sheet shows of a person when the whole is not needed."""

from __future__ import annotations


def mask_name(name: str) -> str:
    """Family name and one ＊ for each further character: 邓明礼 -> 邓＊＊; '' stays ''."""
    text = name.strip()
    return text[:1] + "＊" * (len(text) - 1)


def mask_phone(phone: str) -> str:
    """First three and last two digits: 13800001234 -> 138＊＊＊＊＊＊34; short numbers show the last two."""
    digits = phone.strip()
    if len(digits) < 7:
        return "＊" * max(0, len(digits) - 2) + digits[-2:]
    return digits[:3] + "＊" * (len(digits) - 5) + digits[-2:]
