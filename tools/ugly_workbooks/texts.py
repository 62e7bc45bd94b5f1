"""What web systems and old programs call a workbook: pages, XML and texts, most of them named .xls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from tools.ugly_workbooks.packages import filled, raw
from tools.ugly_workbooks.paper import Page, Workbook
from tools.ugly_workbooks.shapes import HEADINGS, cells
from tools.ugly_workbooks.town import Household, households


def texts(seed: int) -> Iterator[Workbook]:
    """All files of this page."""
    town = households(seed + 600)
    for make in (
        web_page, web_page_utf8, web_page_spans, xml_2003, tabs_named_xls, utf16_named_xls, separator_line,
        semicolons, lone_returns, end_of_file, utf16_without_mark, bars, quoted_everything,
    ):  # fmt: skip
        yield make(town)


def _cell_of_page(value: Any, tag: str = "td", more: str = "") -> str:
    text = "&nbsp;" if value in ("", None) else escape(str(value))
    return f"<{tag}{more}>{text}</{tag}>"


def _page_rows(page: Page) -> str:
    return "".join(f"<tr>{''.join(_cell_of_page(v) for v in row)}</tr>\r\n" for row in page.rows)


def web_page(town: list[Household]) -> Workbook:
    """What most web systems call `export to Excel`: a page in GB2312 with Microsoft's marks."""

    def build(page: Page) -> bytes:
        text = (
            '<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:'
            'office:excel">\r\n<head><meta http-equiv=Content-Type content="text/html; charset=gb2312">'
            "<!--[if gte mso 9]><xml><x:Name>住户</x:Name></xml><![endif]-->"
            "<style>td{mso-number-format:'\\@';}</style></head><body>\r\n<table border=1>\r\n"
            f"{_page_rows(page)}</table></body></html>"
        )
        return text.encode("gb18030")

    return _nameless(raw("73_web_page", town, build, ".xls"))


def web_page_utf8(town: list[Household]) -> Workbook:
    """Rows and cells that are never closed, bold names, breaks, a script, and a table of buttons before."""

    def build(page: Page) -> bytes:
        rows = "".join(
            "<TR>" + "".join(f"<TD NOWRAP><b>{escape(str(v))}</b><br>" for v in row) for row in page.rows
        )
        text = (
            "<meta charset=utf-8><script>var a='<table><tr><td>小区</td></tr></table>';</script>"
            f"<table><tr><td>查询</td><td>导出</td></tr></table><TABLE>{rows}</TABLE>"
        )
        return text.encode("utf-8")

    return _nameless(raw("74_web_page_utf8", town, build, ".xls"))


def web_page_spans(town: list[Household]) -> Workbook:
    """Compound, building and unit span their rows; the head spans columns."""
    book = Workbook("75_web_page_spans", ".xls")
    page = book.page()
    page.name = ""
    page.line("住户花名册（模拟）")
    page.line("序号", "住房地址", "", "", "", "户主信息", "", "家庭人口")
    page.line("", "小区名称", "楼栋号", "单元号", "门牌号", "姓名", "手机号码", "")
    for i, h in enumerate(town, start=1):
        page.household(h, i, *cells(h))
    out = ['<tr><td colspan="8">住户花名册（模拟）</td></tr>',
           '<tr><th rowspan=2>序号</th><th colspan="4">住房地址</th><th colspan=2>户主信息</th>'
           "<th rowspan='2'>家庭人口</th></tr>",
           "<tr>" + "".join(_cell_of_page(v, "th") for v in page.rows[2][1:7]) + "</tr>"]  # fmt: skip
    for i, h in enumerate(town):
        texts = cells(h)
        parts = [_cell_of_page(i + 1)]
        for k in range(3):
            if i == 0 or cells(town[i - 1])[: k + 1] != texts[: k + 1]:
                count = sum(cells(other)[: k + 1] == texts[: k + 1] for other in town)
                parts.append(_cell_of_page(texts[k], more=f' rowspan="{count}"'))
        out.append("<tr>" + "".join(parts + [_cell_of_page(v) for v in texts[3:]]) + "</tr>")
    text = f"<html><head><meta charset='UTF-8'></head><body><table>{''.join(out)}</table></body></html>"
    book.data = text.encode("utf-8-sig")
    return book


def _nameless(book: Workbook) -> Workbook:
    """Texts and web pages have no sheets, so no names of sheets."""
    book.pages[0].name = ""
    for row in book.truth.rows:
        row.sheet = ""
    return book


def xml_2003(town: list[Household]) -> Workbook:
    """XML Spreadsheet 2003, which Excel opens without a word when it is called .xls."""
    book = Workbook("76_xml_2003", ".xls")
    page = book.page("住户")
    page.line("住户登记表（模拟）")
    page.line(*HEADINGS)
    out = ['<Row><Cell ss:MergeAcross="6"><Data ss:Type="String">住户登记表（模拟）</Data></Cell></Row>']
    out.append("<Row>" + "".join(_data(h) for h in HEADINGS) + "</Row>")
    above: Household | None = None
    for h in town:
        texts = cells(h)
        page.household(h, *texts)
        if above is not None and above.compound == h.compound:
            out.append("<Row>" + _data(texts[1], ' ss:Index="2"') + "".join(map(_data, texts[2:])) + "</Row>")
        else:
            count = sum(other.compound == h.compound for other in town)
            merged = f' ss:MergeDown="{count - 1}"'
            out.append("<Row>" + _data(texts[0], merged) + "".join(map(_data, texts[1:])) + "</Row>")
        above = h
    kind = "urn:schemas-microsoft-com:office:spreadsheet"
    book.data = (
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        f'<Workbook xmlns="{kind}" xmlns:ss="{kind}"><Worksheet ss:Name="住户">'
        f"<Table>{''.join(out)}</Table></Worksheet></Workbook>"
    ).encode()
    return book


def _data(value: Any, more: str = "") -> str:
    kind = "Number" if isinstance(value, int | float) else "String"
    return f'<Cell{more}><Data ss:Type="{kind}">{escape(str(value))}</Data></Cell>'


def _text(
    name: str, suffix: str, town: list[Household], encode: Callable[[list[list[str]]], bytes]
) -> Workbook:
    book = Workbook(name, suffix)
    page = filled(book, town)
    book.data = encode([[str(v) for v in row] for row in page.rows])
    return _nameless(book)


def tabs_named_xls(town: list[Household]) -> Workbook:
    return _text(
        "77_tabs", ".xls", town, lambda rows: "\r\n".join("\t".join(r) for r in rows).encode("gb18030")
    )


def utf16_named_xls(town: list[Household]) -> Workbook:
    return _text(
        "78_utf16", ".xls", town, lambda rows: "\r\n".join("\t".join(r) for r in rows).encode("utf-16")
    )


def separator_line(town: list[Household]) -> Workbook:
    """Excel's own `sep=;` in the first line; it is line 1 for everybody who counts."""
    book = Workbook("80_separator_line", ".csv")
    page = book.page()
    page.line("sep=;")
    page.line(*HEADINGS)
    for h in town:
        page.household(h, *cells(h))
    book.data = "\r\n".join(";".join(str(v) for v in row) for row in page.rows).encode("utf-8-sig")
    return book


def semicolons(town: list[Household]) -> Workbook:
    """Semicolons between cells and commas inside them."""
    book = Workbook("81_semicolons", ".csv")
    page = book.page()
    page.line(*HEADINGS, "备注")
    for h in town:
        page.household(h, *cells(h), "有狗,猫,鸟,花,草,鱼,虫,兔")
    book.data = "\n".join(";".join(str(v) for v in row) for row in page.rows).encode("gb18030")
    return book


def lone_returns(town: list[Household]) -> Workbook:
    return _text(
        "82_lone_returns", ".csv", town, lambda rows: "\r".join(",".join(r) for r in rows).encode("gb18030")
    )


def end_of_file(town: list[Household]) -> Workbook:
    """The old mark for the end of a text, and empty lines of commas."""

    def encode(rows: list[list[str]]) -> bytes:
        text = "\r\n".join(",".join(row) for row in rows) + "\r\n" + ",,,,,,\r\n" * 5
        return text.encode("gb18030") + b"\x1a"

    return _text("83_end_of_file", ".csv", town, encode)


def utf16_without_mark(town: list[Household]) -> Workbook:
    return _text(
        "84_utf16_without_mark", ".csv", town,
        lambda rows: "\r\n".join(",".join(r) for r in rows).encode("utf-16-le"),
    )  # fmt: skip


def bars(town: list[Household]) -> Workbook:
    return _text("85_bars", ".csv", town, lambda rows: "\n".join("|".join(r) for r in rows).encode())


def quoted_everything(town: list[Household]) -> Workbook:
    """Every cell in quotes, tabs after the numbers so that Excel leaves them alone, `=` before the doors."""

    def encode(rows: list[list[str]]) -> bytes:
        return "\n".join(
            ",".join(f'"=""{v}"""' if "-" in v else f'"{v}\t"' for v in row) for row in rows
        ).encode("utf-8-sig")

    return _text("86_quoted_everything", ".csv", town, encode)
