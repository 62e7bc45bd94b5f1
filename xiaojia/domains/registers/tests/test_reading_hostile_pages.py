"""Hostile pages, XML and marks in xlsx: refused in one sentence, or read as harmless."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from xiaojia.domains.registers.reading import Unreadable, read_book
from xiaojia.domains.registers.tests.test_reading_hostile import (
    HEADINGS,
    ROW,
    SHEET,
    harmless_xlsx,
    with_members,
    with_sheet,
)

KIND = "urn:schemas-microsoft-com:office:spreadsheet"
DDE = "=cmd|'/c calc'!A0"


def page(*rows: str) -> bytes:
    text = "".join(f"<tr>{row}" for row in (_line(HEADINGS), _line(ROW), *rows))
    return f"<html><meta charset=utf-8><table>{text}</table></html>".encode()


def _line(cells: list[str]) -> str:
    return "".join(f"<td>{cell}" for cell in cells)


def xml(*rows: str, before: str = "") -> bytes:
    text = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{c}</Data></Cell>' for c in cells) + "</Row>"
        for cells in (HEADINGS, ROW)
    )
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{KIND}" xmlns:ss="{KIND}"><Worksheet ss:Name="x"><Table>'
        f"{before}{text}{''.join(rows)}</Table></Worksheet></Workbook>"
    ).encode()


def cell(marks: str, text: str = "a") -> str:
    return f'<Row><Cell {marks}><Data ss:Type="String">{text}</Data></Cell></Row>'


def in_sheet(old: bytes, new: bytes) -> bytes:
    sheet = zipfile.ZipFile(io.BytesIO(harmless_xlsx())).read(SHEET)
    assert old in sheet
    return with_members({SHEET: sheet.replace(old, new, 1)})


def a_link() -> bytes:
    """A sheet that is a symbolic link out of the archive."""
    stream = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(harmless_xlsx()))
    with zipfile.ZipFile(stream, "w") as archive:
        for name in source.namelist():
            if name != SHEET:
                archive.writestr(name, source.read(name))
        entry = zipfile.ZipInfo(SHEET)
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return stream.getvalue()


LINKS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId1" Type="x/worksheet" Target="../../../../etc/passwd"/></Relationships>'
)

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a million cells": (lambda: page("<td>1" * 1_000_000), "columns"),
    "a cell over all columns": (lambda: page("<td colspan=999999999999>1"), "columns"),
    "too many rows": (lambda: page("<tr><td>a" * 100_001), "rows"),
    "too many tables": (lambda: b"<html>" + b"<table><tr><td>a</table>" * 1_000, "sheets"),
    "tables in tables": (lambda: b"<html>" + b"<table><tr><td>" * 10_000, "sheets"),
    "comments that never end": (lambda: page("<!-- " * 100_000), "broken"),
    "a page that starts a program": (lambda: page(f"<td>{DDE}"), "dde"),
    "a far row": (lambda: xml(cell('ss:Index="1"').replace("<Row>", '<Row ss:Index="2000000000">')), "rows"),
    "a far column": (lambda: xml(cell('ss:Index="2000000000"')), "columns"),
    "a wide merge": (lambda: xml(cell('ss:MergeAcross="2000000000"')), "columns"),
    "a place of nonsense": (lambda: xml(cell('ss:Index="x"')), "broken"),
    "an entity": (lambda: xml().replace(b"?><W", b"?><!DOCTYPE a [<!ENTITY b 'c'>]><W"), "bomb"),
    "xml that starts a program": (lambda: xml(cell(f'ss:Formula="{DDE}"')), "dde"),
    "deep xml": (lambda: xml("<a>" * 500_000), "broken"),
    "a symbolic link": (a_link, "broken"),
    "a sheet outside": (lambda: with_members({"xl/_rels/workbook.xml.rels": LINKS}), "broken"),
    "strings of 60 MB": (
        lambda: with_members({"xl/sharedStrings.xml": b"<sst><si><t>" + b"x" * 60 * 2**20}), "bomb"
    ),
    "a mail": (lambda: b"MIME-Version: 1.0\r\n\r\n<table>", "type"),
    "a picture": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "type"),
    "a text in rich format": (lambda: b"{\\rtf1 x}", "type"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_each_is_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    build, code = REFUSED[name]
    (tmp_path / "file.xls").write_bytes(build())
    with pytest.raises(Unreadable) as caught:
        read_book(tmp_path / "file.xls")
    assert caught.value.code == code
    assert caught.value.sentence.startswith("这个文件没有读，因为")


HARMLESS: dict[str, Callable[[], bytes]] = {
    "a page": page,
    "a page with a comment": lambda: page("<!-- x -->"),
    "a row that hangs down for ever": lambda: page("<td rowspan=999999999>"),
    "xml": xml,
    "hidden columns without end": lambda: xml(
        before='<Column ss:Index="30" ss:Span="2000000000" ss:Hidden="1"/>'
    ),
    "hidden columns of xlsx": lambda: in_sheet(
        b"<sheetData>", b"<cols>" + b'<col min="9" max="9999999" hidden="1"/>' * 2_000 + b"</cols><sheetData>"
    ),
    "a merge down to the end": lambda: in_sheet(
        b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A2:A1048576"/></mergeCells>'
    ),
    "names of paths": lambda: with_members({"../../etc/passwd": b"x", "/abs": b"y"}),
    "half a character": lambda: with_sheet(
        '<row r="2">'
        + "".join(f'<c r="{"ABCDE"[i]}2" t="inlineStr"><is><t>{c}</t></is></c>' for i, c in enumerate(ROW))
        + '<c r="F2" t="inlineStr"><is><t>_xD800_</t></is></c></row>'
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_negative_control_what_is_harmless_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "file.xls").write_bytes(HARMLESS[name]())
    book = read_book(tmp_path / "file.xls")
    assert len(book.rows) == 1
    assert book.rows[0].cells[: len(ROW)] == tuple(ROW)
