"""Workbooks whose tables have an ugly shape: heads, merges, totals, sheets, hidden parts, encodings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from tools.ugly_workbooks.paper import Page, Workbook
from tools.ugly_workbooks.town import Household, households

HEADINGS = ("小区", "楼栋", "单元", "房号", "户主", "联系电话", "家庭人口")


def cells(h: Household) -> list[Any]:
    """A household under `HEADINGS`, plainly written."""
    return [h.compound, f"{h.building}栋", f"{h.unit}单元", h.door, h.name, h.phone, h.size]


def shapes(seed: int) -> Iterator[Workbook]:
    """All workbooks of this page."""
    town = households(seed)
    for make in (
        plain, titles_above, two_row_head, two_row_head_csv, merged_down, blank_below, totals, bands,
        sheet_names, title_names, hidden, other_sheets, blank_columns, office_suite, utf8_mark, utf16,
        gb18030, old_format, old_two_row_head,
    ):  # fmt: skip
        yield make(town)


def _table(page: Page, town: list[Household]) -> None:
    page.line(*HEADINGS)
    for h in town:
        page.household(h, *cells(h))


def plain(town: list[Household]) -> Workbook:
    book = Workbook("01_plain")
    _table(book.page(), town)
    return book


def titles_above(town: list[Household]) -> Workbook:
    book = Workbook("02_titles_above")
    page = book.page()
    page.line("青禾社区（模拟）住户基本情况登记表")
    page.merge(1, 0, 1, 6)
    page.line("填报单位：青禾社区居委会（模拟）", "", "", "", "填表日期：2026年3月5日")
    page.line()
    _table(page, town)
    page.skip("填表人：王模拟", "", "", "审核人：李模拟")
    page.skip("注：本表一式两份。")
    return book


def _two_rows(page: Page, town: list[Household]) -> None:
    page.line("序号", "住房地址", "", "", "", "户主信息", "", "家庭人口", "备注")
    page.line("", "小区名称", "楼栋号", "单元号", "门牌号", "姓名", "手机号码", "", "")
    for i, h in enumerate(town, start=1):
        page.household(h, i, *cells(h), "")


def two_row_head(town: list[Household]) -> Workbook:
    book = Workbook("03_two_row_head")
    page = book.page()
    _two_rows(page, town)
    for rectangle in ((1, 0, 2, 0), (1, 1, 1, 4), (1, 5, 1, 6), (1, 7, 2, 7), (1, 8, 2, 8)):
        page.merge(*rectangle)
    return book


def two_row_head_csv(town: list[Household]) -> Workbook:
    book = Workbook("04_two_row_head_csv", ".csv", encoding="gb18030")
    _two_rows(book.page(), town)
    return book


def old_two_row_head(town: list[Household]) -> Workbook:
    book = Workbook("05_old_two_row_head", ".xls")
    page = book.page()
    _two_rows(page, town)
    page.merge(1, 1, 1, 4)
    page.merge(1, 5, 1, 6)
    return book


def _only_first(town: list[Household]) -> Iterator[tuple[Household, list[Any]]]:
    """Compound, building and unit stand only where they change."""
    before: list[Any] = ["", "", ""]
    for h in town:
        now = cells(h)
        keep = next((i for i in range(3) if now[i] != before[i]), 3)
        before = now[:3]
        yield h, [""] * keep + now[keep:]


def merged_down(town: list[Household]) -> Workbook:
    book = Workbook("06_merged_down")
    page = book.page()
    page.line(*HEADINGS)
    for column in range(3):
        start = 2
        for _key, group in groupby(cells(h)[: column + 1] for h in town):
            count = len(list(group))
            page.merge(start, column, start + count - 1, column)
            start += count
    for h, texts in _only_first(town):
        page.household(h, *texts)
    return book


def blank_below(town: list[Household]) -> Workbook:
    book = Workbook("07_blank_below", ".xls")
    page = book.page()
    page.line(*HEADINGS)
    for h, texts in _only_first(town):
        page.household(h, *texts)
    return book


def totals(town: list[Household]) -> Workbook:
    book = Workbook("08_totals_and_repeated_heads")
    page = book.page()
    page.line(*HEADINGS)
    for i, (_building, group) in enumerate(groupby(town, key=lambda h: (h.compound, h.building))):
        members = list(group)
        if i:
            page.skip(*HEADINGS)
        for h in members:
            page.household(h, *cells(h))
        page.skip("小计", "", "", f"{len(members)}户", "", "", sum(h.size for h in members))
    page.skip("", "合 计", "", f"{len(town)}户", "", "", sum(h.size for h in town))
    return book


def bands(town: list[Household]) -> Workbook:
    book = Workbook("09_bands")
    page = book.page()
    page.line(*HEADINGS[1:])
    for i, (compound, group) in enumerate(groupby(town, key=lambda h: h.compound)):
        number = page.skip(f"{'一二三'[i]}、{compound}")
        page.merge(number, 0, number, 5)
        for h in group:
            page.household(h, *cells(h)[1:])
    return book


def sheet_names(town: list[Household]) -> Workbook:
    book = Workbook("10_sheet_names")
    for compound, group in groupby(town, key=lambda h: h.compound):
        page = book.page(compound)
        page.line(*HEADINGS[1:])
        for h in group:
            page.household(h, *cells(h)[1:])
    return book


def title_names(town: list[Household]) -> Workbook:
    book = Workbook("11_title_names")
    page = book.page("Sheet1")
    page.line("青禾社区模拟南园小区住户花名册")
    page.line(*HEADINGS[1:])
    for h in town:
        if h.compound == "模拟南园小区":
            page.household(h, *cells(h)[1:])
    return book


def hidden(town: list[Household]) -> Workbook:
    book = Workbook("12_hidden")
    _table(book.page(), town)
    book.pages[0].hidden_columns = [2, 5]
    book.pages[0].hidden_rows = [4, 5, 9]
    book.truth.notes = ["单元、联系电话", "3 行"]
    return book


def other_sheets(town: list[Household]) -> Workbook:
    book = Workbook("13_other_sheets")
    book.page("填表说明").line("请各网格员认真填写")
    _table(book.page("住户台账"), town)
    book.page("楼栋长").line("姓名", "电话", "楼栋")
    book.pages[-1].line("赵模拟", "13800001111", "1栋")
    book.page("旧表").is_visible = False
    book.pages[-1].line(*HEADINGS)
    book.pages[-1].line(*cells(town[0]))
    book.page("Sheet3")
    book.truth.notes = ["填表说明、楼栋长、旧表"]
    return book


def blank_columns(town: list[Household]) -> Workbook:
    book = Workbook("14_blank_columns")
    page = book.page()
    page.line()
    page.line("", "", *HEADINGS[:4], "", *HEADINGS[4:])
    for h in town:
        texts = cells(h)
        page.household(h, "", "", *texts[:4], "", *texts[4:])
        page.line()
    return book


def office_suite(town: list[Household]) -> Workbook:
    book = Workbook("15_office_suite")
    page = book.page("Sheet1")
    page.line(
        "小 区\n名 称",
        "楼栋 ",
        "单\n元",
        "房 号*",
        "户主姓名（必填）",
        "联系\n电话",
        "家庭\n人口数（人）",
        "  ",
    )
    for h in town:
        texts = [f" {text}\u00a0" if isinstance(text, str) else float(text) for text in cells(h)]
        page.household(h, *texts, "\u3000")
    return book


def _csv(name: str, encoding: str, delimiter: str, town: list[Household]) -> Workbook:
    book = Workbook(name, ".csv", encoding=encoding, delimiter=delimiter)
    _table(book.page(), town)
    return book


def utf8_mark(town: list[Household]) -> Workbook:
    return _csv("16_utf8_mark", "utf-8-sig", ",", town)


def utf16(town: list[Household]) -> Workbook:
    return _csv("17_utf16_tabs", "utf-16", "\t", town)


def gb18030(town: list[Household]) -> Workbook:
    book = Workbook("18_gb18030", ".csv", encoding="gb18030")
    page = book.page()
    page.line(*HEADINGS, "备注")
    for h in town:
        page.household(h, *cells(h), '写着"门前"，\n还有换行')
    return book


def old_format(town: list[Household]) -> Workbook:
    book = Workbook("19_old_format", ".xls")
    page = book.page("南园")
    page.line("住户登记表（模拟）")
    page.merge(1, 0, 1, 6)
    _table(page, town)
    page.hidden_columns = [5]
    page.hidden_rows = [6]
    page.skip("合计", len(town))
    book.truth.notes = ["联系电话", "1 行"]
    return book
