"""Codes that are read over the phone: seven digits by chance and a check digit, in two groups of four."""

from __future__ import annotations

import secrets
import unicodedata
from typing import Final

DIGITS: Final = 7


def new_code() -> str:
    """A code that nobody can guess from another one."""
    body = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """ISO/IEC 7064, MOD 11,10: finds every single wrong digit and nearly every swap of neighbours."""
    rest = 10
    for digit in body:
        rest = (rest + int(digit)) % 10 or 10
        rest = rest * 2 % 11
    return str((11 - rest) % 10)


def read_code(text: str) -> str:
    """The eight digits of a code as typed, with spaces or dashes or full width; '' when it is none."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", text) if not (c.isspace() or c in "-—·"))
    if len(digits) != DIGITS + 1 or not (digits.isascii() and digits.isdigit()):
        return ""
    return digits if check_digit(digits[:-1]) == digits[-1] else ""


def spell(code: str) -> str:
    """1234 5678."""
    return f"{code[:4]} {code[4:]}"
