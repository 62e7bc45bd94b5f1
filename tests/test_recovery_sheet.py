"""The recovery sheet: what is printed can be typed back, and a slip is told with the name of its group."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaojia.project.safekeeping import recovery_sheet, sheet_page
from xiaojia.project.safekeeping.recovery_sheet import WrongSheet, groups, read_group, read_sheet

ROOTS = st.binary(min_size=32, max_size=32)
AT = datetime(2026, 3, 2, tzinfo=UTC)


@given(ROOTS)
def test_what_is_printed_can_be_typed_back(root: bytes) -> None:
    typed = groups(root)
    assert len(typed) == 17
    assert all(len(group) == 6 for group in typed)
    assert read_sheet(" ".join(typed)) == root
    assert read_sheet(sheet_page.as_text(root, at=AT)) == root, "the printed text itself, saved as a file"
    assert read_sheet("　".join(typed).translate(str.maketrans("0123456789", "０１２３４５６７８９"))) == root


@given(ROOTS, st.integers(0, 16), st.integers(0, 5), st.integers(1, 9))
def test_every_wrong_digit_is_told_with_its_group(root: bytes, place: int, digit: int, more: int) -> None:
    typed = groups(root)
    group = typed[place]
    wrong = str((int(group[digit]) + more) % 10)
    typed[place] = group[:digit] + wrong + group[digit + 1 :]
    with pytest.raises(WrongSheet, match=f"^第 {place + 1} 组抄错了") as refusal:
        read_sheet(" ".join(typed))
    assert str(refusal.value).count("。") == 1, "one sentence"


@given(ROOTS, st.integers(0, 16), st.integers(0, 4))
def test_two_digits_in_the_wrong_order_are_told_with_their_group(root: bytes, place: int, at: int) -> None:
    typed = groups(root)
    group = typed[place]
    typed[place] = group[:at] + group[at + 1] + group[at] + group[at + 2 :]
    if typed[place] == group:
        return
    with pytest.raises(WrongSheet, match=f"^第 {place + 1} 组"):
        read_sheet(" ".join(typed))


@given(ROOTS, st.integers(0, 15), st.integers(0, 15))
def test_two_groups_in_the_wrong_order_are_refused(root: bytes, one: int, other: int) -> None:
    typed = groups(root)
    typed[one], typed[other] = typed[other], typed[one]
    if typed == groups(root):
        return
    with pytest.raises(WrongSheet):
        read_sheet(" ".join(typed))


@pytest.mark.parametrize("text", ["", "12345", "abcdef", "1234567"])
def test_a_group_of_another_length_is_told(text: str) -> None:
    with pytest.raises(WrongSheet, match=r"^第 4 组不对，因为每组要 6 个数字"):
        read_group(4, text)


def test_a_sheet_with_a_missing_group_says_how_many_digits_there_are() -> None:
    with pytest.raises(WrongSheet, match="一共 102 个，这里有 96 个"):
        read_sheet(" ".join(groups(bytes(32))[1:]))


def test_groups_of_two_sheets_are_not_one() -> None:
    mixed = groups(bytes(32))[:8] + groups(bytes(range(32)))[8:16] + groups(bytes(32))[16:]
    with pytest.raises(WrongSheet, match="合起来却不是同一张"):
        read_sheet(" ".join(mixed))


def test_negative_control_without_the_check_digit_a_slip_goes_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recovery_sheet, "_checked", lambda _place, number: f"{number:05d}0")
    right = read_group(1, "123450")
    assert read_group(1, "123460") != right


def test_the_page_fits_one_sheet_and_loads_nothing() -> None:
    page = sheet_page.as_html(bytes(range(32)), at=AT)
    assert "http" not in page
    assert "<script" not in page
    assert "size: A4" in page
    for group in groups(bytes(range(32))):
        assert f"{group[:3]} {group[3:]}" in page
