"""Addresses as people write them: a table of readings, doubts that are never guesses, and a round trip."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaojia.domains.places.rules import (
    Address,
    floor_of,
    read_address,
    read_building,
    read_door,
    read_unit,
)

HERE = Address("南园", "3", "2", "5-1")

CLEAR: list[tuple[str, Address]] = [
    ("南园3栋2单元5-1", HERE),
    ("南园3-2-5-1", HERE),
    ("南园3#2-5-1", HERE),
    ("南园3#-2-5-1", HERE),
    ("南园３栋２单元５－１", HERE),
    ("南园 3 栋 2 单元 5 - 1", HERE),
    ("南园3幢2单元5-1号", HERE),
    ("南园3号楼2单元501室", HERE),
    ("南园3号楼2门501", HERE),
    ("南园3座2单元5楼1号", HERE),
    ("南园03栋02单元0501", HERE),
    ("南园3-2-501", HERE),
    ("南园三栋二单元5-1", HERE),
    ("南园三栋二单元五楼一号", HERE),
    ("南园3栋2单元5—1", HERE),
    ("南园3栋2-5-1", HERE),
    ("南园3栋2-501", HERE),
    ("南园3#楼2单元5-1", HERE),
    ("南园-3-2-5-1", HERE),
    ("南园3栋2单元5-1。", HERE),
    ("重庆市青禾县灌水街道青禾社区南园3栋2单元5-1", HERE),
    ("青禾社区南园3栋2单元5-1", HERE),
    ("南园3栋5-1", Address("南园", "3", "", "5-1")),
    ("南园3栋501", Address("南园", "3", "", "5-1")),
    ("南园3#5-1", Address("南园", "3", "", "5-1")),
    ("南园3-501", Address("南园", "3", "", "5-1")),
    ("南园12栋1203", Address("南园", "12", "", "12-3")),
    ("南园A栋2单元12-3", Address("南园", "A", "2", "12-3")),
    ("南园12A栋2单元12-3", Address("南园", "12A", "2", "12-3")),
    ("锦绣城A区3栋2单元5-1", Address("锦绣城A区", "3", "2", "5-1")),
    ("东园小区3栋2单元5-1", Address("东园小区", "3", "2", "5-1")),
    ("建设路12号3栋2单元5-1", Address("建设路12号", "3", "2", "5-1")),
    ("3栋2单元5-1", Address("", "3", "2", "5-1")),
    ("3-2-5-1", Address("", "3", "2", "5-1")),
    ("二十三栋十一单元5-1", Address("", "23", "11", "5-1")),
    ("南园甲栋5-1", Address("南园", "甲", "", "5-1")),
]

DOUBTFUL = [
    "",
    "   ",
    "南园3-5-1",
    "南园5-1",
    "南园2单元5-1",
    "南园3栋2单元",
    "南园3栋",
    "刘家院子12号",
    "看门口的牌子",
    "南园3栋2单元5-1-7-9",
    "南园3/2/5",
    "同上",
]


@pytest.mark.parametrize(("text", "expected"), CLEAR)
def test_clear_addresses(text: str, expected: Address) -> None:
    assert read_address(text) == expected


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_can_be_read_in_two_ways_or_none_is_a_doubt(text: str) -> None:
    found = read_address(text)
    assert found.doubt.endswith("。")
    assert not (found.building and found.door)


def test_negative_control_a_clear_twin_of_each_doubt_has_none() -> None:
    for text in ("南园3-1-5-1", "南园3栋5-1", "南园3栋2单元5-1"):
        assert read_address(text).doubt == ""


def test_the_two_readings_are_named() -> None:
    assert read_address("3-5-1").doubt == ("“3-5-1”有两种读法：3栋5楼1号，还是3栋5单元1号；写清楚是哪一种。")


@pytest.mark.parametrize("text", ["同上", "〃", '"', "”", "同前"])
def test_ditto_repeats_the_door_above(text: str) -> None:
    assert read_address(text, previous=HERE) == HERE


def test_ditto_with_another_door() -> None:
    assert read_address("同上5-2", previous=HERE) == Address("南园", "3", "2", "5-2")
    assert read_address("同上什么", previous=HERE).doubt


def test_known_compounds_lead() -> None:
    known = ("南园", "南园二期", "刘家院子小区")
    assert read_address("幸福街南园二期3栋2单元5-1", known_compounds=known).compound == "南园二期"
    assert read_address("南园3-2-5-1", known_compounds=known).compound == "南园"
    assert read_address("刘家院子3-2-5-1", known_compounds=known).compound == "刘家院子小区"
    assert read_address("刘家大院3-2-5-1", known_compounds=known).compound == "刘家大院"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5-1", "5-1"), ("501", "5-1"), ("0501", "5-1"), ("1203", "12-3"), ("5楼1号", "5-1"),
        ("５－１", "5-1"),
        ("5-01", "5-1"), ("12", "12"), ("附2号", "附2"), ("501室", "5-1"), ("A", "A"), ("12-3A", "12-3A"),
        ("501A", "501A"), ("", ""), ("后门", ""), ("2026-05-01", ""), ("100", "100"),
    ],
)  # fmt: skip
def test_doors(text: str, expected: str) -> None:
    assert read_door(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3栋", "3"), ("三幢", "3"), ("03#", "3"), ("3号楼", "3"), ("十二", "12"), ("12A", "12A"),
        ("梧桐楼", "梧桐楼"), ("/", ""), ("第3栋", "3"), ("", ""),
    ],
)  # fmt: skip
def test_buildings(text: str, expected: str) -> None:
    assert read_building(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("2单元", "2"), ("二单元", "2"), ("2门", "2"), ("无", ""), ("/", ""), ("二", "2")]
)
def test_units(text: str, expected: str) -> None:
    assert read_unit(text) == expected


def test_floors_come_from_doors() -> None:
    assert [floor_of(d) for d in ("5-1", "12-3", "12", "附2", "")] == [5, 12, 0, 0, 0]


STYLES = (
    "{c}{b}栋{u}单元{f}-{d}",
    "{c}{b}幢{u}单元{f}楼{d}号",
    "{c}{b}号楼{u}单元{f}{d:02}室",
    "{c}{b}-{u}-{f}-{d}",
    "{c}{b}#{u}-{f}-{d}",
    "{c}{b}座{u}门{f:02}{d:02}",
    "{c} {b} 栋 {u} 单元 {f} — {d}",
)


@given(
    style=st.sampled_from(STYLES),
    compound=st.sampled_from(["", "南园", "锦绣城A区", "东园小区", "刘家院子"]),
    numbers=st.tuples(st.integers(1, 199), st.integers(1, 12), st.integers(1, 45), st.integers(1, 40)),
    is_wide=st.booleans(),
)
def test_every_style_comes_back(
    style: str, compound: str, numbers: tuple[int, int, int, int], *, is_wide: bool
) -> None:
    building, unit, floor, door = numbers
    text = style.format(c=compound, b=building, u=unit, f=floor, d=door)
    if is_wide:
        text = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
        assert unicodedata.normalize("NFKC", text) != text
    found = read_address(text)
    assert found == Address(compound, str(building), str(unit), f"{floor}-{door}")
    again = read_address(f"{found.compound}{found.building}栋{found.unit}单元{found.door}")
    assert again == found


@given(st.text(max_size=40))
def test_any_text_is_read_or_doubted(text: str) -> None:
    found = read_address(text)
    assert found.doubt or (found.building and found.door)
