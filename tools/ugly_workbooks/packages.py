"""What programs other than Excel write as .xlsx and .xls: no strings, no styles, prefixes, days from 1904."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter
import xlwt

from tools.ugly_workbooks.paper import Page, Workbook
from tools.ugly_workbooks.shapes import HEADINGS, cells
from tools.ugly_workbooks.town import Household, households

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
Cell = Callable[[str, Any], str]


def packages(seed: int) -> Iterator[Workbook]:
    """All files of this page."""
    town = households(seed + 500)
    for make in (
        prefixed, no_references, runs, absolute_parts, lying_dimension, escaped_marks, days_of_1904,
        cached_formulas, protected, very_hidden, macintosh_xls, xls_formulas, named_wrongly,
    ):  # fmt: skip
        yield make(town)


def filled(book: Workbook, town: list[Household], *, name: str = "住户") -> Page:
    page = book.page(name)
    page.line(*HEADINGS)
    for h in town:
        page.household(h, *cells(h))
    return page


def letters(column: int) -> str:
    """0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def inline(place: str, value: Any) -> str:
    """A cell with its text inside, as exporters without a table of strings write it."""
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def xml_rows(page: Page, cell: Cell = inline) -> str:
    """The rows of a sheet's XML."""
    out = []
    for i, row in enumerate(page.rows, start=1):
        filled = [(j, value) for j, value in enumerate(row) if value not in ("", None)]
        out.append(f'<row r="{i}">{"".join(cell(f"{letters(j)}{i}", value) for j, value in filled)}</row>')
    return "".join(out)


def package(sheet: str, *, target: str = "worksheets/sheet1.xml", more: dict[str, str] | None = None,
            book_properties: str = "", name: str = "住户") -> bytes:  # fmt: skip
    """The smallest xlsx around one sheet's XML: no styles, no strings, no themes."""
    part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    members = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{book_properties}<sheets>'
        f'<sheet name={quoteattr(name)} sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship '
        f'Id="rId1" Type="{LINKS}/worksheet" Target="{target}"/></Relationships>',
        part: sheet,
    } | (more or {})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in members.items():
            archive.writestr(path, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return stream.getvalue()


def worksheet(inside: str) -> str:
    return f'<worksheet xmlns="{MAIN}">{inside}</worksheet>'


def raw(name: str, town: list[Household], build: Callable[[Page], bytes], suffix: str = ".xlsx") -> Workbook:
    book = Workbook(name, suffix)
    book.data = build(filled(book, town))
    return book


def prefixed(town: list[Household]) -> Workbook:
    """Every element of the sheet with a prefix, as some Java exporters write it."""

    def build(page: Page) -> bytes:
        body = f"<sheetData>{xml_rows(page)}</sheetData>"
        body = body.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
        return package(f'<x:worksheet xmlns:x="{MAIN}">{body}</x:worksheet>')

    return raw("61_prefixed", town, build)


def no_references(town: list[Household]) -> Workbook:
    """Cells and rows without their places: they simply follow each other."""

    def build(page: Page) -> bytes:
        def cell(value: Any) -> str:
            return inline("", value).replace(' r=""', "") if value != "" else "<c/>"

        rows = "".join(f"<row>{''.join(cell(v) for v in row)}</row>" for row in page.rows)
        return package(worksheet(f"<sheetData>{rows}</sheetData>"))

    return raw("62_no_references", town, build)


def runs(town: list[Household]) -> Workbook:
    """Shared strings in runs of several fonts, with readings above the characters."""

    def build(page: Page) -> bytes:
        strings: list[str] = []

        def cell(place: str, value: Any) -> str:
            text = str(value)
            half = len(text) // 2
            strings.append(
                f"<si><r><t>{text[:half]}</t></r><r><rPr><b/></rPr><t>{text[half:]}</t></r>"
                '<rPh sb="0" eb="1"><t>pinyin</t></rPh></si>'
            )
            return f'<c r="{place}" t="s"><v>{len(strings) - 1}</v></c>'

        rows = xml_rows(page, cell)
        links = (
            f'<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>"
        )
        more = {
            "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{"".join(strings)}</sst>',
            "xl/_rels/workbook.xml.rels": links,
        }
        return package(worksheet(f"<sheetData>{rows}</sheetData>"), more=more)

    return raw("63_runs", town, build)


def absolute_parts(town: list[Household]) -> Workbook:
    return raw(
        "64_absolute_parts", town,
        lambda page: package(
            worksheet(f"<sheetData>{xml_rows(page)}</sheetData>"), target="/xl/data/one.xml"
        ),
    )  # fmt: skip


def lying_dimension(town: list[Household]) -> Workbook:
    """The sheet says it is one cell big."""
    return raw(
        "65_lying_dimension", town,
        lambda page: package(worksheet(f'<dimension ref="A1"/><sheetData>{xml_rows(page)}</sheetData>')),
    )  # fmt: skip


def escaped_marks(town: list[Household]) -> Workbook:
    """Line ends and even plain characters as _xHHHH_."""

    def cell(place: str, value: Any) -> str:
        text = str(value)
        return inline(place, f"{text[:1]}_x{ord(text[1]):04X}_{text[2:]}_x000D_" if len(text) > 2 else text)

    return raw(
        "66_escaped_marks", town,
        lambda page: package(worksheet(f"<sheetData>{xml_rows(page, cell)}</sheetData>")),
    )  # fmt: skip


def days_of_1904(town: list[Household]) -> Workbook:
    """Dates counted from 1904: a door that Excel turned into a date still is that date."""
    book = Workbook("67_days_of_1904")
    page = book.page()
    page.line(*HEADINGS, "入住日期")
    shift = (date(2026, 1, 1) - date(1904, 1, 1)).days

    def cell(place: str, value: Any) -> str:
        if isinstance(value, date):
            return f'<c r="{place}" s="1"><v>{shift + (value - date(2026, 1, 1)).days}</v></c>'
        return inline(place, value)

    for i, h in enumerate(town):
        texts = [*cells(h), date(2026, 3, 5)]
        if i % 6 == 0:
            texts[3] = date(2026, h.floor, h.number)
            page.household(h, *texts, doubts=("date",), door="", floor=0)
        else:
            page.household(h, *texts)
    styles = (
        f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
        "</styleSheet>"
    )
    links = (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{LINKS}/styles" Target="styles.xml"/></Relationships>'
    )
    book.data = package(
        worksheet(f"<sheetData>{xml_rows(page, cell)}</sheetData>"),
        more={"xl/styles.xml": styles, "xl/_rels/workbook.xml.rels": links},
        book_properties='<workbookPr date1904="1"/>',
    )
    return book


def _written(book: Workbook, page: Page, change: Callable[[Any, Any], None]) -> bytes:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = workbook.add_worksheet(page.name)
    for i, row in enumerate(page.rows):
        sheet.write_row(i, 0, row)
    change(workbook, sheet)
    workbook.close()
    return stream.getvalue()


def cached_formulas(town: list[Household]) -> Workbook:
    """Doors and sizes that Excel computed and stored beside their formulas."""
    book = Workbook("68_cached_formulas")
    page = filled(book, town)
    book.truth.notes = ["格是公式"]

    def change(_workbook: Any, sheet: Any) -> None:
        for i, h in enumerate(town, start=1):
            sheet.write_formula(i, 3, f'={h.floor}&"-"&{h.number}', None, h.door)
            sheet.write_formula(i, 6, "=VLOOKUP(E2,Z:Z,1)", None, h.size)

    book.data = _written(book, page, change)
    return book


def protected(town: list[Household]) -> Workbook:
    """A sheet under protection, with a filter that hides rows, frozen panes, lists of choices and remarks."""
    book = Workbook("69_protected")
    page = filled(book, town)
    book.truth.notes = ["3 行"]

    def change(workbook: Any, sheet: Any) -> None:
        sheet.protect("secret")
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, len(town), 6)
        for number in (3, 7, 8):
            sheet.set_row(number, None, None, {"hidden": True})
        sheet.data_validation(1, 6, len(town), 6, {"validate": "list", "source": ["1", "2", "3"]})
        sheet.write_comment(2, 4, "常年不在家（模拟）")
        sheet.conditional_format(1, 0, 9, 6, {"type": "duplicate", "format": workbook.add_format()})

    book.data = _written(book, page, change)
    return book


def very_hidden(town: list[Household]) -> Workbook:
    book = Workbook("70_very_hidden")
    page = filled(book, town)
    book.truth.notes = ["旧名单"]

    def change(workbook: Any, _sheet: Any) -> None:
        old = workbook.add_worksheet("旧名单")
        old.write_row(0, 0, HEADINGS)
        old.write_row(1, 0, cells(town[0]))
        old.very_hidden()

    book.data = _written(book, page, change)
    return book


def _xls_bytes(page: Page, change: Callable[[Any, Any], None]) -> bytes:
    workbook = xlwt.Workbook(encoding="utf-8")
    sheet = workbook.add_sheet(page.name, cell_overwrite_ok=True)
    for i, row in enumerate(page.rows):
        for j, value in enumerate(row):
            if value not in ("", None) and not isinstance(value, date):
                sheet.write(i, j, value)
    change(workbook, sheet)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def macintosh_xls(town: list[Household]) -> Workbook:
    """An .xls that counts its days from 1904."""
    book = Workbook("71_macintosh", ".xls")
    page = book.page()
    page.line(*HEADINGS)
    days: list[tuple[int, Household]] = []
    for i, h in enumerate(town):
        if i % 6 == 0:
            days.append((i + 1, h))
            page.household(h, *cells(h), doubts=("date",), door="", floor=0)
        else:
            page.household(h, *cells(h))

    def change(workbook: Any, sheet: Any) -> None:
        workbook.dates_1904 = True
        for row, h in days:
            sheet.write(row, 3, date(2026, h.floor, h.number), xlwt.easyxf(num_format_str="M-D"))

    book.data = _xls_bytes(page, change)
    return book


def xls_formulas(town: list[Household]) -> Workbook:
    """An .xls from a program that never computed its formulas: Excel would, when it opens the file."""
    book = Workbook("72_xls_formulas", ".xls")
    page = book.page()
    page.line(*HEADINGS)
    for i, h in enumerate(town):
        if i % 5:
            page.household(h, *cells(h))
        else:
            page.household(h, *cells(h), unsure=("size",))

    def change(_workbook: Any, sheet: Any) -> None:
        for i, h in enumerate(town):
            if i % 5 == 0:
                sheet.write(i + 1, 6, xlwt.Formula(f"{h.size}+0"))

    book.data = _xls_bytes(page, change)
    book.truth.notes = ["格是公式"]
    return book


def named_wrongly(town: list[Household]) -> Workbook:
    """An .xlsx that somebody renamed to .xls."""
    book = Workbook("79_named_wrongly", ".xls")
    page = filled(book, town)
    book.data = package(worksheet(f"<sheetData>{xml_rows(page)}</sheetData>"))
    return book
