"""Cells as somebody in a hurry types them: phones with words, names with phones, odd doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tools.ugly_workbooks.paper import Page, Workbook
from tools.ugly_workbooks.shapes import HEADINGS, cells
from tools.ugly_workbooks.town import Household, households

AGAIN = ("door", "floor")


def scrawls(seed: int) -> Iterator[Workbook]:
    """All workbooks of this page."""
    town = households(seed + 800)
    for make in (
        phones_with_words, names_with_phones, names_with_words, odd_doors, two_doors, letters,
        named_buildings, sizes_with_words, stray_marks, wrong_columns, shifted_rows,
        ditto_words, address_words, swapped_cells,
    ):  # fmt: skip
        yield make(town)


def _book(name: str, suffix: str = ".xlsx") -> tuple[Workbook, Page]:
    book = Workbook(name, suffix)
    page = book.page()
    page.line(*HEADINGS)
    return book, page


def _changed(h: Household, **texts: Any) -> list[Any]:
    """The plain cells of a household, some of them written otherwise."""
    names = ("compound", "building", "unit", "door", "name", "phone", "size")
    return [texts.get(name, text) for name, text in zip(names, cells(h), strict=True)]


def phones_with_words(town: list[Household]) -> Workbook:
    book, page = _book("113_phones_with_words")
    ways: list[Callable[[str], str]] = [
        lambda p: f"手机：{p}", lambda p: f"{p}（儿子）", lambda p: f"电话{p}", lambda p: f"'{p}",
        lambda p: f"0086-{p}", lambda p: f"{p}本人", lambda p: f"{p[:3]}－{p[3:7]}－{p[7:]}",
        lambda p: f"{p}。",
        lambda p: f"TEL:{p}", lambda p: f"{p[:3]}·{p[3:7]}·{p[7:]}", lambda p: f"{p}#", lambda p: f" {p}　",
    ]  # fmt: skip
    for i, h in enumerate(town):
        page.household(h, *_changed(h, phone=ways[i % len(ways)](h.phone)))
    return book


def names_with_phones(town: list[Household]) -> Workbook:
    book = Workbook("114_names_with_phones")
    page = book.page()
    page.line(*HEADINGS[:4], "户主姓名及电话", "人口")
    for i, h in enumerate(town):
        text = (f"{h.name}{h.phone}", f"{h.name} {h.phone}", f"{h.name}（{h.phone}）", f"{h.name}:{h.phone}")[
            i % 4
        ]
        page.household(h, *cells(h)[:4], text, h.size)
    return book


def names_with_words(town: list[Household]) -> Workbook:
    book, page = _book("115_names_with_words")
    for i, h in enumerate(town):
        way = i % 5
        if way == 0:
            page.household(h, *_changed(h, name=f"{h.name}（女）"))
        elif way == 1:
            page.household(h, *_changed(h, name=f"{h.name}（租户）"))
        elif way == 2:
            page.household(h, *_changed(h, name=f"{h.name[0]}　{h.name[1:]}"))
        elif way == 3:
            page.household(
                h, *_changed(h, name=f"{h.name}/孔模拟平"), contacts=[[h.name, h.phone], ["孔模拟平", ""]]
            )
        else:
            page.household(h, *_changed(h, name=f"户主：{h.name}"))
    return book


def odd_doors(town: list[Household]) -> Workbook:
    book, page = _book("116_odd_doors")
    odd = ("负一楼车库", "门面", "顶楼加层", "-1-2", "楼梯间", "二楼左", "5—", "??", "502?")
    for i, h in enumerate(town):
        if i % 4 == 0:
            page.household(h, *_changed(h, door=odd[i // 4 % len(odd)]), unsure=AGAIN)
        else:
            door = (f"{h.floor}楼-{h.number}", f"{h.floor}F-{h.number}", f"{h.floor}.{h.number}")[i % 4 - 1]
            if i % 4 == 3:
                page.household(h, *_changed(h, door=door), unsure=AGAIN)
            else:
                page.household(h, *_changed(h, door=door))
    return book


def two_doors(town: list[Household]) -> Workbook:
    """Two flats made one: nobody can say which door that household is."""
    book, page = _book("117_two_doors")
    for i, h in enumerate(town):
        two = (f"{h.door}、{h.floor}-{h.number + 1}", f"{h.door}/{h.number + 1}", f"{h.door}和{h.floor}-9",
               f"{h.door}至{h.floor}-9")  # fmt: skip
        if i % 3 == 0:
            page.household(h, *_changed(h, door=two[i // 3 % 4]), unsure=AGAIN)
        else:
            page.household(h, *cells(h))
    return book


def letters(town: list[Household]) -> Workbook:
    book, page = _book("118_letters")
    for i, h in enumerate(town):
        letter = "AB"[h.building - 1]
        text = (f"{letter}栋", f"{letter}座", letter, f"{letter.lower()}栋", f"{letter}幢")[i % 5]
        page.household(h, *_changed(h, building=text), building=letter)
    return book


def named_buildings(town: list[Household]) -> Workbook:
    book, page = _book("119_named_buildings")
    for h in town:
        name = ("梧桐楼", "迎春楼")[h.building - 1]
        page.household(h, *_changed(h, building=name, unit="无"), building=name, unit="")
    return book


def sizes_with_words(town: list[Household]) -> Workbook:
    book, page = _book("120_sizes_with_words")
    for i, h in enumerate(town):
        if i % 3 == 0:
            odd = ("3+1", "2大1小", "3（含租客1）", "3-4", "三四人", "5?", "2/3")
            page.household(h, *_changed(h, size=odd[i // 3 % len(odd)]), unsure=("size",))
        else:
            page.household(h, *_changed(h, size=(f"{h.size} 人", f"共{h.size}人")[i % 3 - 1]))
    return book


def stray_marks(town: list[Household]) -> Workbook:
    """Marks that only show in a grid: full stops, stars, tabs, zero-width and soft hyphens, odd spaces."""
    book, page = _book("121_stray_marks")
    for i, h in enumerate(town):
        mark = ("\u200b", "\u00ad", "\t", "\u2003", "\ufeff", "\u2028")[i % 6]
        texts = [f"{mark}{text}{mark}" if isinstance(text, str) else text for text in cells(h)]
        page.household(h, *texts)
    return book


def wrong_columns(town: list[Household]) -> Workbook:
    """The head calls two columns alike that hold different things: names are called phones and back."""
    book = Workbook("122_wrong_columns")
    page = book.page()
    page.line(*HEADINGS[:4], "联系电话", "户主", "人口")
    for h in town:
        page.household(h, *cells(h)[:4], h.name, h.phone, h.size, unsure=("contacts",))
    return book


def shifted_rows(town: list[Household]) -> Workbook:
    """In some rows everything slipped one cell to the right."""
    book, page = _book("123_shifted_rows")
    for i, h in enumerate(town):
        if i % 8 == 3:
            everything = tuple(h.fields())
            page.household(h, "", *cells(h), unsure=everything)
        else:
            page.household(h, *cells(h))
    return book


def ditto_words(town: list[Household]) -> Workbook:
    """同上 in all its spellings."""
    book, page = _book("124_ditto_words")
    marks = ("同上", "同  上", "（同上）", "″", "''", "-//-", "do", "同上。", "〃")
    above: Household | None = None
    for i, h in enumerate(town):
        is_same = above is not None and (above.compound, above.building, above.unit) == (
            h.compound,
            h.building,
            h.unit,
        )
        above = h
        if is_same:
            mark = marks[i % len(marks)]
            page.household(h, mark, mark, mark, *cells(h)[3:])
        else:
            page.household(h, *cells(h))
    return book


def address_words(town: list[Household]) -> Workbook:
    book = Workbook("125_address_words")
    page = book.page()
    page.line("序号", "居住地址", "户主", "电话", "人口")
    for i, h in enumerate(town):
        b, u, f, n = h.building, h.unit, h.floor, h.number
        tails = (
            f"{b}栋{u}单元{f}-{n}", f"第{b}栋第{u}单元第{f}层{n}号", f"{b}栋{u}单元{f}0{n}号房",
            f"{b}栋-{u}单元-{f}-{n}",
            f"（{b}栋{u}单元）{f}-{n}", f"{b}号楼{u}门{f}0{n}", f"{b}栋{u}单元 {f}楼 {n}号",
            f"{b}栋,{u}单元,{f}-{n}",
            f"{b}幢{u}单元{f}-{n}号（住）", f"{b}栋{u}-{f}-{n}", f"{b}＃{u}单元{f}－{n}",
            f"{b}栋{u}单元{f}/{n}",
        )  # fmt: skip
        page.household(h, i + 1, h.compound + tails[i % len(tails)], h.name, h.phone, h.size)
    return book


def swapped_cells(town: list[Household]) -> Workbook:
    """In some rows the phone stands where the name should be and the name where the phone should be."""
    book, page = _book("126_swapped_cells")
    for i, h in enumerate(town):
        if i % 6 == 1:
            page.household(h, *_changed(h, name=h.phone, phone=h.name), unsure=("contacts",))
        else:
            page.household(h, *cells(h))
    return book
