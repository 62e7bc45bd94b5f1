"""The recovery sheet: the installation's secret as groups of digits that a person can type back.

32 bytes become 16 groups, each two bytes as five digits and a check digit; a 17th group checks the
whole. The check digit is Damm's over the group's place and its digits: every single wrong digit and every
pair of neighbours in the wrong order is found, and nearly always a group in another one's place.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import KEY_BYTES, derived

GROUPS: Final = KEY_BYTES // 2 + 1
DIGITS: Final = 6

_DAMM: Final = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
"""Damm's table for base ten: row = digit so far, column = next digit."""


class WrongSheet(Refused):
    """What was typed is not a recovery sheet, or not the one that is wanted."""


def sheet_number(root: bytes) -> str:
    """Six digits that name a sheet and tell nothing about it; they stand on the sheet and in each backup."""
    return f"{int.from_bytes(derived(root, 'sheet number')[:8]) % 1_000_000:06d}"


def groups(root: bytes) -> list[str]:
    """The 17 groups of six digits."""
    pairs = [root[i : i + 2] for i in range(0, KEY_BYTES, 2)] + [_whole(root)]
    return [_checked(place, int.from_bytes(pair)) for place, pair in enumerate(pairs, start=1)]


def read_group(place: int, text: str) -> int:
    """The number in one typed group; raises WrongSheet with a sentence that names the group.

    `place` counts from 1. Blanks, hyphens and full-width digits do not matter.
    """
    digits = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits):
        raise WrongSheet(f"第 {place} 组不对，因为每组要 {DIGITS} 个数字；照恢复单上第 {place} 组再抄一遍。")
    number = int(digits[:-1])
    if number >= 1 << 16 or _checked(place, number) != digits:
        raise WrongSheet(f"第 {place} 组抄错了，因为它的校验数字对不上；照恢复单上第 {place} 组再抄一遍。")
    return number


def read_sheet(text: str) -> bytes:
    """The secret (32 bytes) of 17 typed groups; raises WrongSheet with one sentence."""
    folded = unicodedata.normalize("NFKC", text)
    # The printed text itself is good, too: its groups stand behind their places.
    placed = re.findall(r"(?<!\d)\d{1,2}\.\s*(\d{3})[\s-]?(\d{3})(?!\d)", folded)
    digits = "".join(a + b for a, b in placed) or re.sub(r"[^0-9]", "", folded)
    if len(digits) != GROUPS * DIGITS:
        raise WrongSheet(
            f"恢复单没有读成，因为要 {GROUPS} 组、每组 {DIGITS} 个数字，一共 {GROUPS * DIGITS} 个，"
            f"这里有 {len(digits)} 个；照恢复单从第 1 组抄起，再来一次。"
        )
    numbers = [
        read_group(place, digits[(place - 1) * DIGITS : place * DIGITS]) for place in range(1, GROUPS + 1)
    ]
    root = b"".join(number.to_bytes(2) for number in numbers[:-1])
    if numbers[-1].to_bytes(2) != _whole(root):
        raise WrongSheet(
            "恢复单没有读成，因为各组单独都对，合起来却不是同一张；看看有没有抄到另一张单子上的组，再来一次。"
        )
    return root


def _whole(root: bytes) -> bytes:
    return hashlib.sha256(b"xiaojia recovery sheet" + root).digest()[:2]


def _checked(place: int, number: int) -> str:
    digits = f"{number:05d}"
    check = 0
    for digit in f"{place:02d}{digits}":
        check = int(_DAMM[check][int(digit)])
    return digits + str(check)
