"""What headings and rows mean: guesses, memory, refusals by word and by content, and what is doubted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from xiaojia.domains.registers.reading import (
    Book,
    Column,
    RawRow,
    Understood,
    guess_meanings,
    read_book,
    understand,
)
from xiaojia.domains.registers.rules import (
    BUILDING,
    HOUSEHOLD,
    MEANINGS,
    is_heading,
    meaning_of,
    refusal_of,
    refusal_of_cell,
)

PLAIN = ["小区", "楼栋", "单元", "房号", "户主", "电话", "人口"]
ROW = ["模拟南园", "3栋", "2单元", "5-1", "张模拟", "13800000001", "3"]


def read(tmp_path: Path, *rows: list[Any]) -> Book:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(tmp_path / "book.xlsx")
    return read_book(tmp_path / "book.xlsx")


def rows_of(headings: list[str], *rows: list[str], known: tuple[str, ...] = ()) -> list[Understood]:
    columns = [Column(i, h, meaning_of(h), False, "") for i, h in enumerate(headings)]
    raw = [RawRow("", number, tuple(cells)) for number, cells in enumerate(rows, start=2)]
    return list(understand(columns, raw, kind=HOUSEHOLD, known_compounds=known))


def codes(row: Understood) -> list[str]:
    return [doubt.code for doubt in row.doubts]


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("小区（院落）", "compound"), ("楼 栋", "building"), ("几单元", "unit"), ("房间", "door"),
        ("户主信息/姓名", "resident_name"), ("住房地址/小区名称", "compound"),
        ("联系\n电话", "contact_phone"),
        ("家庭总人口", "household_size"), ("网格名称", "grid"),
        ("网格员电话", ""), ("户籍地址", ""), ("序号", ""),
        ("工作单位", ""), ("dwelling_units", "household_count"), ("subzone", "place"), ("subzone_code", ""),
        ("是否有电话", ""), ("", ""),
    ],
)  # fmt: skip
def test_headings(heading: str, meaning: str) -> None:
    assert meaning_of(heading) == meaning
    assert meaning in MEANINGS


@pytest.mark.parametrize("text", ["", "张模拟", "3栋", "二单元", "13800000001", "模拟南园小区住着很多户人家"])
def test_data_does_not_read_like_a_heading(text: str) -> None:
    assert not is_heading(text)


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("是否信访户", "petition"), ("宗教信仰", "faith"), ("民 族", "ethnicity"), ("刑满释放", "offender"),
        ("社区矫正", "offender"), ("精神障碍等级", "mental"), ("重点人员", "keyperson"),
        ("身份证号码", "identity"),
        ("政治面貌", "party"), ("残疾证号", "health"), ("是否低保", "money"),
        ("户主", ""), ("民族路门牌", ""), ("精神文明户", ""),
    ],
)  # fmt: skip
def test_refused_headings_and_their_harmless_twins(heading: str, code: str) -> None:
    assert refusal_of(heading) == code


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("上访户", "petition"), ("信佛教", "faith"), ("回族", "ethnicity"), ("刑满释放人员", "offender"),
        ("精神病", "mental"), ("重点人员", "keyperson"),
        ("500101197001011234", "identity"), ("预备党员", "party"),
        ("13800000001", ""), ("民族路12号", ""), ("王家族", ""), ("爱访友", ""), ("500101197013011234", ""),
    ],
)  # fmt: skip
def test_refused_cells_and_their_harmless_twins(cell: str, code: str) -> None:
    assert refusal_of_cell(cell) == code


def test_a_chosen_meaning_wins_next_time(tmp_path: Path) -> None:
    headings = [*PLAIN, "备用"]
    first = read(tmp_path, headings, [*ROW, "x"])
    assert first.columns[7].meaning == ""
    memory = {first.headings_hash: {"备用": "grid", "电话": ""}}
    again = read_book(tmp_path / "book.xlsx", meanings_for=memory)
    assert [again.columns[5].meaning, again.columns[7].meaning] == ["", "grid"]
    other = read_book(tmp_path / "book.xlsx", meanings_for=lambda _key: {"备用": "nonsense"})
    assert other.columns[7].meaning == ""


def test_one_meaning_has_one_column() -> None:
    assert guess_meanings(["电话", "手机", "姓名", "户主"], [], {}) == [
        "contact_phone",
        "contact_phone",
        "contact_name",
        "",
    ]
    assert guess_meanings(["户号", "房号"], [], {}) == ["", "door"]
    assert guess_meanings(["户号", "户主"], [], {}) == ["door", "contact_name"]
    assert guess_meanings(["房号", "门牌号"], [], {"门牌号": "door"}) == ["", "door"]
    assert guess_meanings(["姓名", "与户主关系"], [], {}) == ["resident_name", "relation"]


def test_what_stands_below_tells_an_address_from_a_door() -> None:
    assert guess_meanings(["门牌号"], [["南园3栋2单元5-1"], ["3-2-5-1"]], {}) == ["address"]
    assert guess_meanings(["门牌号"], [["5-1"], ["501"]], {}) == ["door"]


def test_a_telling_cell_refuses_its_column_and_no_other(tmp_path: Path) -> None:
    book = read(tmp_path, [*PLAIN, "备注"], [*ROW, ""], [*ROW[:3], "5-2", *ROW[4:], "老上访户"])
    assert [c.heading for c in book.columns if c.refused] == ["备注"]
    assert "上访" not in str(book.rows)
    calm = read(tmp_path, [*PLAIN, "备注"], [*ROW, ""], [*ROW[:3], "5-2", *ROW[4:], "爱种花"])
    assert [c.heading for c in calm.columns if c.refused] == []
    assert "爱种花" in str(calm.rows)


def test_places_keep_names_that_sound_like_refused_words(tmp_path: Path) -> None:
    book = read(
        tmp_path, ["地址", "户主", "电话"], ["民族路小区3栋2单元5-1（上访户）", "张模拟", "13800000001"]
    )
    assert book.rows[0].cells[0] == "民族路小区3栋2单元5-1"
    assert any("小家不存“信访”" in note for note in book.notes)


def test_a_skipped_row_does_not_tell_what_is_refused(tmp_path: Path) -> None:
    book = read(tmp_path, PLAIN, ROW, ["刑满释放人员如下"], ["以下空白"])
    assert [entry.number for entry in book.skipped] == [3, 4]
    assert "刑满" not in str(book.skipped)
    assert "以下空白" in book.skipped[1].why


def test_somebody_called_like_a_total_is_a_household(tmp_path: Path) -> None:
    named = [*ROW[:4], "张小计", *ROW[5:]]
    book = read(tmp_path, PLAIN, ROW, named, ["3栋小计", "", "", "2户"], ["", "合 计：", "", "", "", "", 6])
    assert [row.number for row in book.rows] == [2, 3]
    assert [entry.number for entry in book.skipped] == [4, 5]


def test_a_lone_door_is_a_household_and_a_lone_word_is_not(tmp_path: Path) -> None:
    book = read(tmp_path, PLAIN, ROW, ["", "", "", "5-2"], ["请核对"])
    assert [row.number for row in book.rows] == [2, 3]
    assert [(u.building, u.unit, u.door) for u in understand(book.columns, book.rows, kind=HOUSEHOLD)] == [
        ("3", "2", "5-1"),
        ("3", "2", "5-2"),
    ]


def test_a_person_row_is_no_head(tmp_path: Path) -> None:
    rows = [["户主", "男", "其他", "13800000001", "张模拟"]] * 3
    book = read(tmp_path, *rows, PLAIN, ROW)
    assert [row.number for row in book.rows] == [5]


def test_empty_cells_repeat_the_row_above_only_inside_a_building() -> None:
    rows = rows_of(
        PLAIN, ROW, ["", "", "", *ROW[3:]], ["", "4栋", "", *ROW[3:]], ["", "4栋", "1", *ROW[3:]],
        ["", "4栋", "", *ROW[3:]], ["模拟北园", "", "", *ROW[3:]],
    )  # fmt: skip
    assert [(r.compound, r.building, r.unit) for r in rows] == [
        ("模拟南园", "3", "2"), ("模拟南园", "3", "2"), ("模拟南园", "4", ""), ("模拟南园", "4", "1"),
        ("模拟南园", "4", ""), ("模拟北园", "", ""),
    ]  # fmt: skip
    assert [codes(r) for r in rows] == [[], [], [], [], ["unit"], ["address"]]


def test_ditto_without_anything_above_is_a_doubt() -> None:
    assert codes(rows_of(PLAIN, ["同上", "3栋", "2单元", "5-1", "张模拟", "", ""])[0]) == ["address"]
    assert codes(rows_of(["地址", "户主"], ["同上", "张模拟"])[0]) == ["address"]


def test_a_staircase_in_one_cell() -> None:
    headings = ["小区", "楼栋", "房号", "户主"]
    clear, two = rows_of(
        headings, ["模拟南园", "3栋2单元", "5-1", "张模拟"], ["模拟南园", "3-2", "5-1", "张模拟"]
    )
    assert (clear.building, clear.unit, clear.door, codes(clear)) == ("3", "2", "5-1", [])
    assert two.building == ""
    assert "building" in codes(two)


def test_twin_compounds_are_one_place_or_a_doubt() -> None:
    twin = ["模拟南园小区", *ROW[1:]]
    assert codes(rows_of(PLAIN, ROW, twin)[1]) == ["compound"]
    rows = rows_of(PLAIN, ROW, twin, known=("模拟南园小区",))
    assert [(r.compound, codes(r)) for r in rows] == [("模拟南园小区", [])] * 2


def test_a_door_cell_that_contradicts_its_neighbours_is_a_doubt() -> None:
    same, other = rows_of(PLAIN, [*ROW[:3], "3-2-5-1", *ROW[4:]], [*ROW[:3], "4-2-5-1", *ROW[4:]])
    assert (same.door, codes(same)) == ("5-1", [])
    assert codes(other) == ["address"]


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        (3, "2026-05-01", "date"), (6, "#REF!", "formula"), (6, "=?", "formula"),
        (4, "张模拟（外出）", "contact_name"), (4, "3栋2单元", "contact_name"), (3, "5-1、5-2", "address"),
        (3, "5-1至5-4", "address"), (3, "-1-2", "address"),
        (5, "1380000", "contact_phone"), (6, "45", "household_size"),
        (0, "模" * 61, "long"), (1, "楼" * 21, "long"),
    ],
)  # fmt: skip
def test_doubts_name_their_cell(column: int, text: str, code: str) -> None:
    changed = [text if i == column else cell for i, cell in enumerate(ROW)]
    row, twin = rows_of(PLAIN, changed, ROW)
    assert codes(row)[0] == code
    assert row.doubts[0].sentence.startswith("第 2 行")
    assert codes(twin) == [] or column == 0


def test_real_blocks_are_understood(data_folder: Path) -> None:
    book = read_book(data_folder / "hdb_blocks_dev.csv")
    meanings = {c.heading: c.meaning for c in book.columns if c.meaning}
    assert book.kind == BUILDING
    assert meanings == {
        "street": "compound", "blk_no": "building", "dwelling_units": "household_count", "floors": "floors",
        "x_m": "x", "y_m": "y", "subzone": "place",
    }  # fmt: skip
    rows = list(understand(book.columns, book.rows, kind=book.kind))
    assert len(rows) == 1763
    assert [r for r in rows if r.doubts] == []
    assert sum(r.household_count for r in rows) == 214_907
    assert all(r.compound and r.building and r.place and r.x_metres and r.floors for r in rows)


def test_real_estates_lack_their_buildings_and_say_so(data_folder: Path) -> None:
    book = read_book(data_folder / "hk_estates_dev.csv")
    assert {c.heading: c.meaning for c in book.columns if c.meaning} == {
        "estate_zh": "compound", "district_zh": "place", "flats": "household_count"
    }  # fmt: skip
    rows = list(understand(book.columns, book.rows, kind=book.kind))
    assert len(rows) == 50
    assert all(codes(row) == ["building"] for row in rows)


@pytest.mark.parametrize("name", ["郭小波（模拟）", "郭小波(模拟)"])
def test_an_invented_name_keeps_its_mark_and_is_no_doubt(name: str) -> None:
    (row,) = rows_of(PLAIN, [*ROW[:4], name, *ROW[5:]])
    assert codes(row) == []
    assert row.contacts[0][0] == "郭小波（模拟）"
    (other,) = rows_of(PLAIN, [*ROW[:4], "郭小波（问号）", *ROW[5:]])
    assert codes(other) == ["contact_name"], "negative control: any other brackets are"
