"""Workbooks whose cells are ugly: addresses, phones, dates, formulas, and columns never to be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from tools.ugly_workbooks.paper import Expected, Page, Workbook
from tools.ugly_workbooks.shapes import HEADINGS, cells
from tools.ugly_workbooks.town import GRID, Household, households

NEVER = {
    "民族": "土家族",
    "宗教信仰": "佛教",
    "政治面貌": "群众",
    "是否信访户": "进京访",
    "重点人员类别": "刑满释放",
    "精神障碍": "二级精神",
    "残疾等级": "肢体",
    "低保": "全额低保",
    "身份证号码": "500101X",
}
CHINESE = ("", "一", "二", "三", "四", "五", "六")


def contents(seed: int) -> Iterator[Workbook]:
    """All workbooks of this page."""
    town = households(seed)
    for make in (
        ditto, full_width, address_styles, two_readings, whole_doors, phones, wrong_phones, two_phones, dates,
        sizes, chinese_numbers, missing, persons, never_read, told_by_cells, struck_words, formulas,
        formula_cells, vacant, grids, buildings, old_buildings, wrong_buildings,
    ):  # fmt: skip
        yield make(town)


def _sheet(book: Workbook, *more: str) -> Page:
    page = book.page()
    page.line(*HEADINGS, *more)
    return page


def ditto(town: list[Household]) -> Workbook:
    book = Workbook("20_ditto", ".xls")
    page = _sheet(book)
    before: list[Any] = [None] * 3
    for i, h in enumerate(town):
        now = cells(h)
        mark = ("同上", "〃", '"')[i % 3]
        keep = next((k for k in range(3) if now[k] != before[k]), 3)
        before = now[:3]
        page.household(h, *[mark] * keep, *now[keep:])
    return book


def _wide(text: object) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in str(text))


def full_width(town: list[Household]) -> Workbook:
    book = Workbook("21_full_width")
    page = _sheet(book)
    for h in town:
        page.household(
            h, h.compound, *(_wide(text) for text in cells(h)[1:4]), h.name, *map(_wide, cells(h)[5:])
        )
    return book


def _styles(h: Household) -> list[str]:
    b, u, f, n = h.building, h.unit, h.floor, h.number
    return [
        f"{b}栋{u}单元{f}-{n}", f"{b}-{u}-{f}-{n}", f"{b}#{u}-{f}-{n}", f"{b}幢{u}单元{f}楼{n}号",
        f"{b}号楼{u}单元{f}{n:02}室", _wide(f"{b}栋{u}单元{f}-{n}"), f"{b} 栋 {u} 单元 {f} — {n}",
        f"{CHINESE[b]}栋{CHINESE[u]}单元{f}-{n}", f"{b}座{u}门0{f}{n:02}",
    ]  # fmt: skip


def address_styles(town: list[Household]) -> Workbook:
    book = Workbook("22_address_styles")
    page = book.page()
    page.line("序号", "家庭住址", "户主姓名", "电话", "人数")
    for i, h in enumerate(town):
        prefix = ("", "青禾社区", "重庆市青禾县灌水街道青禾社区")[i % 3]
        style = _styles(h)[i % 9]
        page.household(h, i + 1, f"{prefix}{h.compound}{style}", h.name, h.phone, h.size)
    return book


def two_readings(town: list[Household]) -> Workbook:
    book = Workbook("23_two_readings", ".csv")
    page = book.page()
    page.line("地址", "户主", "电话", "人口")
    for i, h in enumerate(town):
        if i % 5 == 0:
            text = f"{h.compound}{h.building}-{h.floor}-{h.number}"
            unknown: dict[str, Any] = {"building": "", "unit": "", "door": "", "floor": 0}
            page.household(h, text, h.name, h.phone, h.size, doubts=("address",), **unknown)
        else:
            page.household(h, h.compound + _styles(h)[i % 4], h.name, h.phone, h.size)
    return book


def whole_doors(town: list[Household]) -> Workbook:
    book = Workbook("24_whole_doors")
    page = book.page()
    page.line("院落", "门牌号", "户主", "手机", "人口数")
    for i, h in enumerate(town):
        page.household(h, h.compound, _styles(h)[i % 4], h.name, h.phone, h.size)
    return book


def phones(town: list[Household]) -> Workbook:
    book = Workbook("25_phones")
    page = _sheet(book)
    for i, h in enumerate(town):
        p = h.phone
        written = (
            float(p),
            int(p),
            f"{p[:3]} {p[3:7]} {p[7:]}",
            f"{p[:3]}-{p[3:7]}-{p[7:]}",
            f"+86 {p}",
            _wide(p),
        )
        texts = cells(h)
        texts[5] = written[i % 6]
        page.household(h, *texts)
    for text in ("无", "/", "", "-"):
        texts = cells(town[0])
        texts[3], texts[5] = "9-9", text
        page.household(town[0], *texts, door="9-9", floor=9, contacts=[[town[0].name, ""]])
    return book


def wrong_phones(town: list[Household]) -> Workbook:
    book = Workbook("26_wrong_phones", ".xls")
    page = _sheet(book)
    for i, h in enumerate(town):
        texts = cells(h)
        if i % 4:
            page.household(h, *texts)
            continue
        texts[5] = (h.phone[:-1], "1.38E+10", "找他儿子", f"{h.phone}0")[i // 4 % 4]
        page.household(h, *texts, doubts=("contact_phone",), contacts=[[h.name, ""]])
    return book


def two_phones(town: list[Household]) -> Workbook:
    book = Workbook("27_two_phones")
    page = _sheet(book)
    for i, h in enumerate(town):
        texts = cells(h)
        if i % 3 == 0:
            texts[5] = (f"{h.phone}、13800009999", f"{h.phone}/13800009999", f"{h.phone} 13800009999")[
                i // 3 % 3
            ]
            page.household(h, *texts, doubts=("phones",))
        elif i % 3 == 1:
            texts[4], texts[5] = f"{h.name}、孔模拟平", f"{h.phone}，13800009998"
            page.household(h, *texts, contacts=[[h.name, h.phone], ["孔模拟平", "13800009998"]])
        else:
            page.household(h, *texts)
    return book


def dates(town: list[Household]) -> Workbook:
    book = Workbook("28_doors_turned_into_dates")
    page = _sheet(book, "登记日期")
    for i, h in enumerate(town):
        texts = [*cells(h), "2026年3月5日" if i % 2 else date(2026, 3, 5)]
        if i % 4 == 0:
            texts[3] = (date(2026, h.floor, h.number), f"{h.floor}月{h.number}日")[i // 4 % 2]
            page.household(h, *texts, doubts=("date",), door="", floor=0)
        else:
            page.household(h, *texts)
    return book


def sizes(town: list[Household]) -> Workbook:
    book = Workbook("29_sizes")
    page = _sheet(book)
    for i, h in enumerate(town):
        texts = cells(h)
        if i % 6 == 5:
            texts[6] = ("约三四个", "很多", 300)[i // 6 % 3]
            page.household(h, *texts, doubts=("household_size",), size=None)
            continue
        texts[6] = (f"{h.size}人", f"{CHINESE[h.size]}口", _wide(h.size), f"{h.size}.0", float(h.size))[i % 6]
        page.household(h, *texts)
    return book


def chinese_numbers(town: list[Household]) -> Workbook:
    book = Workbook("30_chinese_numbers", ".xls")
    page = _sheet(book)
    for h in town:
        texts = cells(h)
        texts[1:4] = [
            f"{CHINESE[h.building]}号楼",
            CHINESE[h.unit],
            f"{CHINESE[h.floor]}楼{CHINESE[h.number]}号",
        ]
        page.household(h, *texts)
    return book


def missing(town: list[Household]) -> Workbook:
    book = Workbook("31_missing")
    page = _sheet(book)
    for i, h in enumerate(town):
        texts = cells(h)
        if i % 7 == 3:
            texts[3] = ""
            page.household(h, *texts, doubts=("address",), door="", floor=0)
        elif i % 7 == 5:
            texts[3] = "后门那家"
            page.household(h, *texts, doubts=("address",), door="", floor=0)
        else:
            page.household(h, *texts)
    return book


def persons(town: list[Household]) -> Workbook:
    book = Workbook("32_persons")
    page = book.page()
    page.line("小区", "楼栋", "单元", "房号", "姓名", "与户主关系", "电话", "身份证号")
    for i, h in enumerate(town):
        number = f"50010119700101{i:04d}"
        book.truth.secrets.append(number)
        first = [*cells(h)[:5], "户主", h.phone, number]
        page.household(h, *first, size=None, relation="户主")
        for relation in ("配偶", "子")[: h.size - 1]:
            line = page.line("", "", "", "", "孔模拟燕", relation, "", "")
            fields = h.fields() | {"size": None, "relation": relation, "contacts": [["孔模拟燕", ""]]}
            book.truth.rows.append(Expected(page.name, line, fields, []))
    book.truth.refused = ["身份证号"]
    return book


def never_read(town: list[Household]) -> Workbook:
    book = Workbook("33_never_read")
    page = _sheet(book, *NEVER)
    for h in town:
        page.household(h, *cells(h), *NEVER.values())
    book.truth.refused = list(NEVER)
    book.truth.secrets = [*NEVER.values()]
    return book


def told_by_cells(town: list[Household]) -> Workbook:
    book = Workbook("34_told_by_cells", ".xls")
    page = _sheet(book, "备注", "其他", "标签")
    for i, h in enumerate(town):
        number = f"50010119800101{i:04d}" if i == 7 else ""
        page.household(h, *cells(h), "上访户，注意" if i == 3 else "好说话", number, "A类")
    page.skip("刑满释放人员名单在后面")
    book.truth.refused = ["备注", "其他"]
    book.truth.secrets = ["上访", "19800101", "刑满"]
    return book


def struck_words(town: list[Household]) -> Workbook:
    book = Workbook("35_struck_words")
    page = _sheet(book)
    for i, h in enumerate(town):
        texts = cells(h)
        if i % 9 == 0:
            texts[4] = f"{h.name}（刑满释放）"
        page.household(h, *texts)
    book.truth.secrets = ["刑满"]
    book.truth.notes = ["有的话没有读进来"]
    return book


def formulas(town: list[Household]) -> Workbook:
    """openpyxl stores formulas without their values: nobody computed them."""
    book = Workbook("36_formulas_not_computed")
    page = _sheet(book)
    for i, h in enumerate(town):
        texts = cells(h)
        if i % 5 == 0:
            texts[6] = f"={h.size - 1}+1"
            page.household(h, *texts, doubts=("formula",), size=None)
        else:
            page.household(h, *texts)
    book.truth.notes = ["格是公式"]
    return book


def formula_cells(town: list[Household]) -> Workbook:
    book = Workbook("37_text_formulas", ".csv", encoding="gb18030")
    page = _sheet(book)
    for h in town:
        texts = cells(h)
        texts[3], texts[5] = f'="{h.door}"', f'="{h.phone}"'
        page.household(h, *texts)
    return book


def vacant(town: list[Household]) -> Workbook:
    book = Workbook("38_vacant")
    page = _sheet(book)
    for i, h in enumerate(town):
        texts = cells(h)
        if i % 6 == 0:
            texts[4:] = [("空户", "无人居住", "", "空置")[i // 6 % 4], "", 0]
            page.household(h, *texts, contacts=[], size=0)
        else:
            page.household(h, *texts)
    return book


def grids(town: list[Household]) -> Workbook:
    book = Workbook("39_grids")
    page = book.page()
    page.line("所属网格", "网格员", *HEADINGS, "楼层", "是否租住", "房屋面积")
    for i, h in enumerate(town):
        page.household(h, GRID if i == 0 else "", "何模拟", *cells(h), h.floor, "否", 88.5, grid_name=GRID)
    return book


def _building_rows(book: Workbook, page: Page, *, doubts: tuple[str, ...] = (), **wrong: Any) -> None:
    book.truth.kind = "building"
    page.line("小区", "楼栋号", "总户数", "总层数", "X坐标", "Y坐标", "片区")
    for i in range(12):
        fields = {
            "compound": "模拟南园小区", "building": str(i + 1), "household_count": 24 + i, "floors": 6,
            "x_metres": 100.5 + i, "y_metres": 200.25, "place": "模拟东片",
        }  # fmt: skip
        texts = [fields["compound"], f"{i + 1}栋", 24 + i, 6, 100.5 + i, 200.25, "模拟东片"]
        is_wrong = bool(doubts) and i % 4 == 0
        if is_wrong:
            fields |= wrong
            texts[2], texts[5] = "若干", ""
        number = page.line(*texts)
        book.truth.rows.append(Expected(page.name, number, fields, list(doubts) if is_wrong else []))


def buildings(_town: list[Household]) -> Workbook:
    book = Workbook("40_buildings")
    _building_rows(book, book.page("楼栋"))
    return book


def old_buildings(_town: list[Household]) -> Workbook:
    book = Workbook("41_old_buildings", ".xls")
    page = book.page("楼栋")
    page.line("楼栋情况（模拟）")
    _building_rows(book, page)
    page.skip("总计", "12栋", 354)
    return book


def wrong_buildings(_town: list[Household]) -> Workbook:
    book = Workbook("42_wrong_buildings", ".csv")
    unknown: dict[str, Any] = {"household_count": 0, "x_metres": None, "y_metres": None}
    _building_rows(book, book.page(), doubts=("household_count", "position"), **unknown)
    return book
