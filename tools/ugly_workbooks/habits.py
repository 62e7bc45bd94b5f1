"""How offices lay tables out: several on a sheet, bands that name the house, marks under the head."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from tools.ugly_workbooks.paper import Expected, Page, Workbook
from tools.ugly_workbooks.shapes import HEADINGS, cells
from tools.ugly_workbooks.town import Household, households

ONE = "模拟南园小区"


def habits(seed: int) -> Iterator[Workbook]:
    """All workbooks of this page."""
    town = households(seed + 700)
    for make in (
        side_by_side, side_by_side_buildings, stacked, stacked_other_order, sheets_of_other_order,
        sheets_of_other_words, sheets_of_buildings, bands_of_buildings, bands_of_stairs, title_of_building,
        numbers_under_head, example_row, units_under_head, three_row_head, printed_pages, footers,
        floor_and_number, staircase_column, merged_names, merged_across, two_phone_columns,
        left_and_right_title, column_words, empty_head_cells, copied_head_below, people_without_relation,
    ):  # fmt: skip
        yield make(town)


def _house(h: Household) -> tuple[str, int]:
    return h.compound, h.building


def _pair(book: Workbook, left: list[Household], right: list[Household], gap: int) -> None:
    """Two tables next to each other, with empty columns between them."""
    page = book.page()
    page.line("住户登记表（模拟）")
    page.line(*HEADINGS, *[""] * gap, *HEADINGS)
    for i in range(max(len(left), len(right))):
        texts: list[Any] = []
        for part in (left, right):
            texts += [*cells(part[i])] if i < len(part) else [""] * len(HEADINGS)
            texts += [""] * gap if part is left else []
        number = page.line(*texts)
        for part in (left, right):
            if i < len(part):
                book.truth.rows.append(Expected(page.name, number, part[i].fields(), []))


def side_by_side(town: list[Household]) -> Workbook:
    book = Workbook("87_side_by_side")
    _pair(book, town[: len(town) // 2], town[len(town) // 2 :], gap=1)
    return book


def side_by_side_buildings(town: list[Household]) -> Workbook:
    """No column between the tables, and the right one is much longer."""
    book = Workbook("88_side_by_side_buildings", ".xls")
    _pair(book, town[:7], town[7:], gap=0)
    return book


def stacked(town: list[Household]) -> Workbook:
    """A table a building below each other, each with its title and head."""
    book = Workbook("89_stacked")
    page = book.page()
    for i, ((compound, building), group) in enumerate(groupby(town, key=_house)):
        title, head = (page.line, page.line) if i == 0 else (page.skip, page.skip)
        title(f"{compound}{building}栋住户表")
        head(*HEADINGS)
        for h in group:
            page.household(h, *cells(h))
        page.line()
    return book


def stacked_other_order(town: list[Household]) -> Workbook:
    """The second table has its columns in another order: whoever reads on by place mixes up everything."""
    book = Workbook("90_stacked_other_order")
    page = book.page()
    half = len(town) // 2
    page.line(*HEADINGS)
    for h in town[:half]:
        page.household(h, *cells(h))
    page.line()
    page.skip("户主", "联系电话", "家庭人口", "小区", "楼栋", "单元", "房号")
    for h in town[half:]:
        texts = cells(h)
        page.household(h, *texts[4:], *texts[:4])
    return book


def sheets_of_other_order(town: list[Household]) -> Workbook:
    book = Workbook("91_sheets_of_other_order")
    for i, (compound, group) in enumerate(groupby(town, key=lambda h: h.compound)):
        page = book.page(compound)
        turn = i * 2
        page.line(*HEADINGS[turn:], *HEADINGS[:turn])
        for h in group:
            texts = cells(h)
            page.household(h, *texts[turn:], *texts[:turn])
    return book


def sheets_of_other_words(town: list[Household]) -> Workbook:
    """Each sheet was made by somebody else, who calls the columns otherwise and adds one."""
    book = Workbook("92_sheets_of_other_words")
    words = (
        HEADINGS,
        ("小区名称", "栋号", "单元号", "门牌号", "户主姓名", "手机号码", "人口数", "备注"),
        ("序号", "院落", "楼号", "单元", "房间号", "户主", "电话", "家庭人数"),
    )
    for i, (compound, group) in enumerate(groupby(town, key=lambda h: h.compound)):
        page = book.page(compound)
        page.line(*words[i])
        for n, h in enumerate(group, start=1):
            page.household(h, *([n] if i == 2 else []), *cells(h), *(["好说话"] if i == 1 else []))
    return book


def sheets_of_buildings(town: list[Household]) -> Workbook:
    """A sheet a building; only its name says which."""
    book = Workbook("93_sheets_of_buildings")
    for (compound, building), group in groupby((h for h in town if h.compound == ONE), key=_house):
        page = book.page(f"{building}栋")
        page.line("小区", "单元", "房号", "户主", "电话", "人口")
        for h in group:
            texts = cells(h)
            page.household(h, compound, *texts[2:])
    return book


def bands_of_buildings(town: list[Household]) -> Workbook:
    """A merged line says the building of the rows below."""
    book = Workbook("94_bands_of_buildings")
    page = book.page()
    page.line("小区", "单元", "房号", "户主", "电话", "人口")
    for (compound, building), group in groupby(town, key=_house):
        number = page.skip(f"{building}栋")
        page.merge(number, 0, number, 5)
        for h in group:
            page.household(h, compound, *cells(h)[2:])
    return book


def bands_of_stairs(town: list[Household]) -> Workbook:
    """A line says compound, building and unit of the rows below, each in its own way."""
    book = Workbook("95_bands_of_stairs", ".xls")
    page = book.page()
    page.line("序号", "房号", "户主", "电话", "人口")
    for n, (_key, group) in enumerate(groupby(town, key=lambda h: (h.compound, h.building, h.unit))):
        rows = list(group)
        h = rows[0]
        page.skip((f"{h.compound}{h.building}栋{h.unit}单元",
                   f"{n + 1}、{h.compound} {h.building}栋 {h.unit}单元",
                   f"（{h.compound}）{h.building}号楼{h.unit}单元：")[n % 3])  # fmt: skip
        for i, h in enumerate(rows, start=1):
            page.household(h, i, *cells(h)[3:])
    return book


def title_of_building(town: list[Household]) -> Workbook:
    book = Workbook("96_title_of_building")
    page = book.page("Sheet1")
    page.line("青禾社区模拟南园小区2栋住户花名册")
    page.line("单元", "房号", "户主", "电话", "人口")
    for h in town:
        if h.compound == ONE and h.building == 2:
            page.household(h, *cells(h)[2:])
    return book


def numbers_under_head(town: list[Household]) -> Workbook:
    """甲, 乙, 1, 2, 3 under the head, as statisticians number their columns."""
    book = Workbook("97_numbers_under_head")
    page = book.page()
    page.line(*HEADINGS)
    page.skip("甲", "乙", "丙", 1, 2, 3, 4)
    for h in town:
        page.household(h, *cells(h))
    return book


def example_row(town: list[Household]) -> Workbook:
    """The first row shows how it is meant; it is nobody."""
    book = Workbook("98_example_row")
    page = book.page()
    page.line("序号", *HEADINGS)
    page.skip("例", ONE, "9栋", "1单元", "3-2", "张三", "13800000000", 3)
    for i, h in enumerate(town, start=1):
        page.household(h, i, *cells(h))
    return book


def units_under_head(town: list[Household]) -> Workbook:
    book = Workbook("99_units_under_head")
    page = book.page()
    page.line(*HEADINGS)
    page.skip("（全称）", "（栋）", "（单元）", "（号）", "（姓名）", "（11位）", "（人）")
    for h in town:
        page.household(h, *cells(h))
    return book


def three_row_head(town: list[Household]) -> Workbook:
    book = Workbook("100_three_row_head")
    page = book.page()
    page.line("序号", "住户基本情况", "", "", "", "", "", "")
    page.line("", "住房地址", "", "", "", "户主", "", "家庭")
    page.line("", "小区名称", "楼栋号", "单元号", "门牌号", "姓名", "电话", "人口数")
    for rectangle in ((1, 0, 3, 0), (1, 1, 1, 7), (2, 1, 2, 4), (2, 5, 2, 6)):
        page.merge(*rectangle)
    for i, h in enumerate(town, start=1):
        page.household(h, i, *cells(h))
    return book


def printed_pages(town: list[Household]) -> Workbook:
    """Every printed page has its title, head, sum and number."""
    book = Workbook("101_printed_pages", ".xls")
    page = book.page()
    for start in range(0, len(town), 15):
        line = page.skip if start else page.line
        line("青禾社区住户花名册（模拟）")
        line(*HEADINGS)
        part = town[start : start + 15]
        for h in part:
            page.household(h, *cells(h))
        page.skip("本页小计", "", "", f"{len(part)}户", "", "", sum(h.size for h in part))
        page.skip("", "", "", f"第 {start // 15 + 1} 页 共 {-(-len(town) // 15)} 页")
    return book


def footers(town: list[Household]) -> Workbook:
    book = Workbook("102_footers")
    page = book.page()
    page.line("序号", *HEADINGS)
    for i, h in enumerate(town, start=1):
        page.household(h, i, *cells(h))
    page.skip("合计", "", "", "", f"{len(town)}户", "", "", sum(h.size for h in town))
    page.skip("审核：陈模拟", "", "", "制表：李模拟", "", "", "2026年3月5日", "")
    page.skip("", "", "", "", "", "", "打印时间", "2026-03-05 10:22:33")
    page.skip("—— 以下无正文 ——")
    return book


def floor_and_number(town: list[Household]) -> Workbook:
    """Floor and number of the door in columns of their own."""
    book = Workbook("103_floor_and_number")
    page = book.page()
    page.line("小区", "楼栋", "单元", "楼层", "门号", "户主", "电话", "人口")
    for h in town:
        texts = cells(h)
        page.household(h, *texts[:3], f"{h.floor}楼", f"{h.number}号", *texts[4:])
    return book


def staircase_column(town: list[Household]) -> Workbook:
    book = Workbook("104_staircase_column")
    page = book.page()
    page.line("小区", "楼栋单元", "房号", "户主姓名", "联系方式", "人数")
    for i, h in enumerate(town):
        text = (f"{h.building}栋{h.unit}单元", f"{h.building}-{h.unit}", f"{h.building}#{h.unit}")[i % 3]
        page.household(h, h.compound, text, *cells(h)[3:])
    return book


def merged_names(town: list[Household]) -> Workbook:
    """One family in two flats: name, phone and size merged over both rows."""
    book = Workbook("105_merged_names")
    page = book.page()
    page.line(*HEADINGS)
    for i in range(0, len(town) - 1, 2):
        one, two = town[i], town[i + 1]
        number = page.household(one, *cells(one))
        if i % 6 == 0:
            for column in (4, 5, 6):
                page.merge(number, column, number + 1, column)
            page.household(two, *cells(two)[:4], contacts=[[one.name, one.phone]], size=one.size)
        else:
            page.household(two, *cells(two))
    return book


def merged_across(town: list[Household]) -> Workbook:
    """Doors that stand empty: one word merged over name, phone and size."""
    book = Workbook("106_merged_across")
    page = book.page()
    page.line(*HEADINGS)
    for i, h in enumerate(town):
        if i % 7 == 2:
            number = page.household(h, *cells(h)[:4], "空置", contacts=[], size=None)
            page.merge(number, 4, number, 6)
        else:
            page.household(h, *cells(h))
    return book


def two_phone_columns(town: list[Household]) -> Workbook:
    """A second column of phones. Where the first one is empty, the second one is all there is."""
    book = Workbook("107_two_phone_columns")
    page = book.page()
    page.line(*HEADINGS[:5], "联系电话1", "联系电话2", "人口")
    for i, h in enumerate(town):
        texts = cells(h)
        if i % 4 == 0:
            page.household(h, *texts[:5], "", h.phone, h.size)
        elif i % 4 == 1:
            page.household(h, *texts[:6], "13800007777", h.size, doubts=("phones",))
        else:
            page.household(h, *texts[:6], "", h.size)
    return book


def left_and_right_title(town: list[Household]) -> Workbook:
    """The line above the head holds words that are headings elsewhere."""
    book = Workbook("108_left_and_right_title")
    page = book.page()
    page.line("社区：青禾社区（模拟）", "", "网格：", "第一网格", "", "网格员：何模拟", "电话：13800005555")
    page.line("单位：户、人", "", "", "", "", "", "2026年3月")
    _table(page, town)
    return book


def _table(page: Page, town: list[Household]) -> None:
    page.line(*HEADINGS)
    for h in town:
        page.household(h, *cells(h))


def column_words(town: list[Household]) -> Workbook:
    """Words that no list of headings holds, long ones, English ones and numbered ones."""
    book = Workbook("109_column_words")
    page = book.page()
    page.line("1.所在小区（院落）名称*", "2.楼栋号（如：3栋）", "3.单元号（没有填“无”）", "4.房号（如：5-1）",
              "5.户主姓名（与房产证一致）", "6.联系电话（手机优先）", "7.家里现在常住几口人")  # fmt: skip
    for h in town:
        page.household(h, *cells(h))
    return book


def empty_head_cells(town: list[Household]) -> Workbook:
    """Nobody wrote a heading above the building and above the size."""
    book = Workbook("110_merged_address_head")
    page = book.page()
    number = page.line("住址", "", "", "", "户主", "电话", "人数")
    page.merge(number, 0, number, 3)
    for h in town:
        page.household(h, *cells(h))
    return book


def copied_head_below(town: list[Household]) -> Workbook:
    """An address column beside building, unit and door that repeat it, and an old address to leave alone."""
    book = Workbook("111_address_beside")
    page = book.page()
    page.line("姓名", "户籍地址", "现住址", "小区", "栋", "单元", "室", "联系方式", "人口数")
    for h in town:
        full = f"{h.compound}{h.building}栋{h.unit}单元{h.door}"
        page.household(h, h.name, "模拟旧县老街9号", full, *cells(h)[:4], h.phone, h.size)
    return book


def people_without_relation(town: list[Household]) -> Workbook:
    """All rows of a household, its door only in the first one, and a running number per household."""
    book = Workbook("112_people")
    page = book.page()
    page.line("户号", *HEADINGS[:4], "家庭成员姓名", "与户主关系", "电话")
    for i, h in enumerate(town, start=1):
        people = [(h.name, "户主", h.phone), ("孔模拟燕", "妻", ""), ("孔模拟兰", "长女", "")][
            : max(h.size, 1)
        ]
        start = len(page.rows) + 1
        for k, (name, relation, phone) in enumerate(people):
            texts = [i, *cells(h)[:4]] if k == 0 else [""] * 5
            page.household(h, *texts, name, relation, phone, contacts=[[name, phone]], size=None)
        for column in range(5):
            if len(people) > 1:
                page.merge(start, column, start + len(people) - 1, column)
    return book
