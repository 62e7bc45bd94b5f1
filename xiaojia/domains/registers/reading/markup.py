"""Tables that web systems and old programs call .xls: pages of HTML, and XML Spreadsheet 2003.

Runs in the child. Nothing of a page is fetched or run: cells are texts, spans are rectangles.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

from xiaojia.domains.registers.reading.cells import cell_text
from xiaojia.domains.registers.reading.facts import Bad
from xiaojia.domains.registers.reading.table import Rectangle, Sheet
from xiaojia.domains.registers.reading.texts import REACHES_OUT, decode
from xiaojia.domains.registers.rules import MOST_COLUMNS, MOST_ROWS, MOST_SHEETS

MOST_DEPTH = 200
MOST_ASIDES = 2_000
"""Comments and declarations; exports have a dozen, and the parser is slow with those that never end."""
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*(utf-?8|gb2312|gbk|gb18030|utf-?16)", re.IGNORECASE)
_SPREADSHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
_SILENT = {"script", "style", "xml", "title", "select", "noscript"}
_BREAKS = {"br", "p", "div", "li"}


def read_page(data: bytes) -> list[Sheet]:
    """The tables of a web page, outer ones before those inside them; `Bad` when there is none."""
    if data.count(b"<!") + data.count(b"<?") > MOST_ASIDES:
        raise Bad("broken")
    found = _CHARSET.search(data[:4096])
    try:
        text = data.decode("gb18030" if found[1][:2].lower() == b"gb" else "utf-8-sig") if found else ""
    except UnicodeDecodeError:
        text = ""
    reader = _Page()
    reader.feed(text or decode(data))
    reader.close()
    if not reader.sheets:
        raise Bad("type")
    return reader.sheets


class _Grid:
    """A table while it is read: cells find their column past those that hang down from above."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.merged: list[Rectangle] = []
        self.hanging: dict[int, int] = {}
        self.column = 0

    def start_row(self) -> None:
        if len(self.rows) >= MOST_ROWS:
            raise Bad("rows", most=MOST_ROWS)
        self.rows.append([])
        self.column = 0

    def add(self, text: str, *, down: int, across: int) -> None:
        """A cell that speaks for `down` rows and `across` columns."""
        if REACHES_OUT.match(text):
            raise Bad("dde")
        if not self.rows:
            self.start_row()
        top = len(self.rows) - 1
        while self.hanging.get(self.column, 0) > top:
            self.column += 1
        left, self.column = self.column, self.column + across
        if self.column > MOST_COLUMNS:
            raise Bad("columns", most=MOST_COLUMNS)
        row = self.rows[top]
        row.extend([""] * (left - len(row)))
        row[left : self.column] = [text] + [""] * (across - 1)
        if down > 1 or across > 1:
            self.merged.append(((top, left), (top + down - 1, self.column - 1)))
        if down > 1:
            self.hanging.update(dict.fromkeys(range(left, self.column), top + down))

    def sheet(self, name: str = "") -> Sheet:
        most = len(self.rows) - 1
        merged = [((a, b), (min(c, most), d)) for (a, b), (c, d) in self.merged]
        return Sheet(name, self.rows, merged)


class _Page(HTMLParser):
    """Rows and cells end where the next begins, whether or not anybody closed them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sheets: list[Sheet] = []
        self.grids: list[_Grid] = []
        self.cells: list[tuple[int, int, list[str]] | None] = []
        self.silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.silent:
            return
        if tag in _SILENT:
            self.silent = tag
        elif tag == "table":
            if len(self.grids) >= MOST_DEPTH or len(self.sheets) > MOST_SHEETS:
                raise Bad("sheets", most=MOST_SHEETS)
            self.grids.append(_Grid())
            self.cells.append(None)
        elif self.grids and tag == "tr":
            self._end_cell()
            self.grids[-1].start_row()
        elif self.grids and tag in ("td", "th"):
            self._end_cell()
            given = dict(attrs)
            self.cells[-1] = (_span(given.get("rowspan")), _span(given.get("colspan")), [])
        elif tag in _BREAKS:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if self.silent:
            self.silent = "" if tag == self.silent else self.silent
        elif self.grids and tag in ("td", "th", "tr"):
            self._end_cell()
        elif self.grids and tag == "table":
            self._end_table()

    def handle_data(self, data: str) -> None:
        cell = self.cells[-1] if self.cells else None
        if cell is not None and not self.silent:
            cell[2].append(data)

    def close(self) -> None:
        super().close()
        while self.grids:
            self._end_table()

    def _end_cell(self) -> None:
        if (cell := self.cells[-1]) is not None:
            self.grids[-1].add(cell_text("".join(cell[2])), down=cell[0], across=cell[1])
            self.cells[-1] = None

    def _end_table(self) -> None:
        self._end_cell()
        self.cells.pop()
        sheet = self.grids.pop().sheet()
        if any(any(row) for row in sheet.rows):
            self.sheets.append(sheet)


def _span(text: str | None) -> int:
    """How far a cell reaches; a span of nonsense is 1, one beyond all limits is refused where it counts."""
    plain = (text or "1").strip()
    return min(int(plain), MOST_ROWS) if plain.isascii() and plain.isdigit() and int(plain[:9]) else 1


def read_spreadsheet_xml(data: bytes) -> list[Sheet]:
    """The sheets of an XML Spreadsheet 2003."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Bad("bomb")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314  # no DTD, and inside the limited child
    except ElementTree.ParseError:
        raise Bad("broken") from None
    if root.tag != f"{_SPREADSHEET}Workbook":
        raise Bad("type")
    sheets = list(root.iter(f"{_SPREADSHEET}Worksheet"))
    if len(sheets) > MOST_SHEETS:
        raise Bad("sheets", most=MOST_SHEETS)
    return [_sheet(node) for node in sheets]


def _sheet(node: ElementTree.Element) -> Sheet:
    grid = _Grid()
    hidden_rows = set()
    formulas = 0
    for row in node.iter(f"{_SPREADSHEET}Row"):
        while len(grid.rows) < _place(row) - 1:
            grid.start_row()
        grid.start_row()
        if row.get(f"{_SPREADSHEET}Hidden") == "1":
            hidden_rows.add(len(grid.rows) - 1)
        for cell in row.iter(f"{_SPREADSHEET}Cell"):
            grid.column = max(grid.column, _place(cell) - 1)
            formula = cell.get(f"{_SPREADSHEET}Formula", "")
            if REACHES_OUT.match(formula):
                raise Bad("dde")
            formulas += bool(formula)
            across, down = (int(cell.get(f"{_SPREADSHEET}Merge{w}") or 0) + 1 for w in ("Across", "Down"))
            grid.add(_data(cell), down=down, across=across)
    sheet = grid.sheet(node.get(f"{_SPREADSHEET}Name", ""))
    sheet.hidden_rows = frozenset(hidden_rows)
    sheet.hidden_columns = frozenset(_hidden_columns(node))
    sheet.is_visible = not any(e.tag.endswith("}Visible") for e in node.iter())
    sheet.formulas = formulas
    return sheet


def _place(node: ElementTree.Element) -> int:
    return int(node.get(f"{_SPREADSHEET}Index") or 0)


def _data(cell: ElementTree.Element) -> str:
    node = cell.find(f"{_SPREADSHEET}Data")
    if node is None:
        return ""
    text = "".join(node.itertext())
    if node.get(f"{_SPREADSHEET}Type") == "Number":
        return cell_text(float(text))
    if node.get(f"{_SPREADSHEET}Type") == "DateTime":
        return cell_text(text.removesuffix("T00:00:00.000").replace("T", " "))
    return cell_text(text)


def _hidden_columns(node: ElementTree.Element) -> list[int]:
    hidden: list[int] = []
    at = 0
    for column in node.iter(f"{_SPREADSHEET}Column"):
        at = _place(column) or at + 1
        span = int(column.get(f"{_SPREADSHEET}Span") or 0)
        if column.get(f"{_SPREADSHEET}Hidden") == "1":
            hidden += range(at - 1, at + min(span, MOST_COLUMNS))
        at += span
    return hidden
