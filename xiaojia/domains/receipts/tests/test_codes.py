"""Codes survive being read out and typed back; a slip of the finger is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaojia.domains.receipts.rules import check_digit, new_code, read_code, spell

BODIES = st.text("0123456789", min_size=7, max_size=7)


@given(BODIES)
def test_every_single_wrong_digit_is_noticed(body: str) -> None:
    code = body + check_digit(body)
    for place in range(8):
        for digit in "0123456789":
            if digit != code[place]:
                assert read_code(code[:place] + digit + code[place + 1 :]) == ""


@given(BODIES)
def test_a_code_is_read_however_it_is_typed(body: str) -> None:
    code = body + check_digit(body)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    for text in (code, spell(code), f" {code[:4]}-{code[4:]} ", wide):
        assert read_code(text) == code


@pytest.mark.parametrize("text", ["", "1234567", "123456789", "1234567x", "ⅧⅧⅧⅧⅧⅧⅧⅧ", "۱۲۳۴۵۶۷۸"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert read_code(text) == ""


def test_codes_are_not_in_a_row() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) > 190
    assert all(read_code(code) == code for code in codes)
