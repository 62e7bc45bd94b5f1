"""What a sentence seems to be: kind, place, likeness, slips and orders, on plain values."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from xiaojia.domains.cases.casekinds import KINDS
from xiaojia.domains.cases.reading import (
    BuildingPlace,
    KindName,
    Other,
    alike,
    kinds_meant,
    place_meant,
    read_order,
    read_slips,
)
from xiaojia.engines.clocks import Limit, Unit

NAMES = [KindName(n, k.code, k.name, k.is_danger) for n, k in enumerate(KINDS)]
NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
BUILDINGS = [
    BuildingPlace(n, compound, building, frozenset(units), f"{compound} {building} 栋")
    for n, (compound, building, units) in enumerate(
        [("刘家院子", "1", "12"), ("刘家院子", "5", "12"), ("南园小区", "1", ""), ("和平路", "12", "")]
    )
]


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("楼梯间又有人给电瓶车充电", "家里的隐患（燃气、用电）", "电瓶车充电"),
        ("三楼水管渗到二楼", "漏水、堵水、停水", "水管"),
        ("路灯两盏不亮", "灯不亮、停电", "路灯"),
        ("厨房着火了，水管也爆了", "有人身危险", "着火"),
        ("门口有积存垃圾渣土", "积存垃圾渣土", "积存垃圾渣土"),
    ],
)
def test_a_kind_is_proposed_with_the_words_that_spoke_for_it(text: str, name: str, reason: str) -> None:
    first = kinds_meant(text, NAMES)[0]
    assert (first.kind.name, first.reasons[0]) == (name, reason)
    assert all(word in text for word in first.reasons)


def test_negative_control_nothing_is_proposed_when_no_word_speaks() -> None:
    assert kinds_meant("昨天下午来过一趟", NAMES) == []


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("南园1栋三楼水管渗到二楼", "南园小区 1 栋"),
        ("刘家院子五栋门禁坏了", "刘家院子 5 栋"),
        ("刘家院子5-2-3-1漏水", "刘家院子 5 栋"),
        ("12栋路灯不亮", "和平路 12 栋"),
    ],
)
def test_a_building_that_is_named_is_found(text: str, label: str) -> None:
    found = place_meant(text, BUILDINGS)
    assert found.building is not None
    assert found.building.label == label


def test_one_of_several_is_asked_and_the_one_of_late_stands_first() -> None:
    found = place_meant("刘家院子2单元楼梯间有人充电", BUILDINGS, {1: 2})
    assert found.building is None
    assert [b.label for b in found.candidates] == ["刘家院子 5 栋", "刘家院子 1 栋"]
    assert "2 回" in found.because


def test_a_building_that_is_not_there_is_said_and_nothing_is_guessed() -> None:
    found = place_meant("刘家院子8栋门口停车", BUILDINGS)
    assert (found.building, found.candidates) == (None, ())
    assert "没有 8 栋" in found.because
    assert place_meant("有人说话很大声", BUILDINGS).words == ""


def test_what_is_alike_says_why_and_other_things_stay_away() -> None:
    heard = Other(None, "2单元楼梯间又有人给电瓶车充电", 1, 7, frozenset({1}))
    same = Other("same", "5栋楼道电瓶车充电", 1, 7, frozenset({1}))
    near = Other("near", "阳台外面滴水", 2, 7, frozenset({1}))
    words = Other("words", "楼梯间又有人给电瓶车充电了", None, 3, frozenset({9}))
    far = Other("far", "门口停车", 4, 3, frozenset({2}))
    found = alike(heard, [far, near, same, words])
    assert [a.key for a in found] == ["same", "words", "near"]
    assert found[0].reasons == ("同一栋", "同一类", "都说到“电瓶车充电”")


def test_slips_are_read_line_by_line() -> None:
    read = read_slips(
        "11月20日 刘家院子2栋楼道灯不亮 王婆婆 13800000000\n\n昨天，垃圾没人清\n3-1 漏水\n12月31日 说了一回",
        today=date(2026, 11, 25),
    )
    assert [(s.text, s.said_on, s.name, s.phone) for s in read] == [
        ("刘家院子2栋楼道灯不亮", date(2026, 11, 20), "王婆婆", "13800000000"),
        ("垃圾没人清", date(2026, 11, 24), "", ""),
        ("3-1 漏水", None, "", ""),
        ("说了一回", date(2025, 12, 31), "", ""),
    ]


ORDER = (
    "工单编号：CQ20261125\n来电人：王女士\n联系电话：13800001234\n事发地址：刘家院子5栋\n"
    "诉求内容：楼道堆放杂物\n已经三个月\n办理时限：3个工作日\n紧急程度：一般"
)


def test_an_order_is_taken_apart_and_what_is_unknown_is_named() -> None:
    read = read_order(ORDER, at=NOW)
    assert (read.number, read.name, read.phone, read.address) == (
        "CQ20261125", "王女士", "13800001234", "刘家院子5栋",
    )  # fmt: skip
    assert read.text == "楼道堆放杂物\n已经三个月"
    assert (read.limit, read.limit_text) == (Limit(3, Unit.WORKING_DAY), "3个工作日")
    assert read.unknown == ["紧急程度:一般"]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("24小时", Limit(24, Unit.HOUR)),
        ("2026-11-25 18:00前", Limit(8 * 60, Unit.MINUTE)),
        ("尽快", None),
        ("2026-11-24 18:00", None),
    ],
)
def test_the_limit_of_a_sender_is_read_or_named(text: str, limit: Limit | None) -> None:
    read = read_order(f"诉求内容：灯不亮\n时限：{text}", at=NOW)
    assert read.limit == limit
    assert (text in " ".join(read.unknown)) is (limit is None)
