"""Hostile files: each is the harmless file of this page plus one bad thing, and gets one clear sentence."""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwt

from xiaojia.domains.registers.reading import Book, Unreadable, book, read_book
from xiaojia.domains.registers.reading import child as child_module

HEADINGS = ["小区", "楼栋", "单元", "房号", "户主"]
ROW = ["模拟南园", "3", "2", "5-1", "张模拟"]
SHEET = "xl/worksheets/sheet1.xml"


def harmless_xlsx() -> bytes:
    workbook = openpyxl.Workbook()
    for row in (HEADINGS, ROW):
        workbook.active.append(row)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def harmless_xls() -> bytes:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("住户")
    for i, row in enumerate((HEADINGS, ROW)):
        for j, cell in enumerate(row):
            sheet.write(i, j, cell)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def harmless_csv() -> bytes:
    return "\n".join(",".join(row) for row in (HEADINGS, ROW)).encode("gb18030")


def with_members(more: dict[str, bytes], *, without: tuple[str, ...] = ()) -> bytes:
    """The harmless .xlsx with members added or replaced."""
    source = zipfile.ZipFile(io.BytesIO(harmless_xlsx()))
    members = {name: source.read(name) for name in source.namelist() if name not in without} | more
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def with_sheet(rows: str) -> bytes:
    opening = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    head = "".join(_text(f"{'ABCDE'[i]}1", heading) for i, heading in enumerate(HEADINGS))
    return with_members({SHEET: f'{opening}<row r="1">{head}</row>{rows}</sheetData></worksheet>'.encode()})


def _text(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


DATA_ROW = '<row r="2">' + "".join(_text(f"{'ABCDE'[i]}2", cell) for i, cell in enumerate(ROW)) + "</row>"


def lying_bomb() -> bytes:
    """A member that declares 10 bytes and unpacks to 30 MB of nothing."""
    data = bytearray(with_members({"xl/media/image1.png": bytes(30 * 2**20)}))
    size = struct.pack("<I", 30 * 2**20)
    assert data.count(size) >= 2
    return bytes(data.replace(size, struct.pack("<I", 10)))


def million_rows() -> bytes:
    return with_sheet("".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(2, 1_000_001)))


def formula(text: str) -> bytes:
    return with_sheet(DATA_ROW + f'<row r="3"><c r="A3"><f>{text}</f><v>0</v></c></row>')


def patched_xls(old: bytes, new: bytes) -> bytes:
    data = harmless_xls()
    assert data.count(old) >= 1
    assert len(old) == len(new)
    return data.replace(old, new, 1)


def xls_with_storage(name: str) -> bytes:
    """The harmless .xls with one more name in its directory, where xlwt leaves an unused entry."""
    data = bytearray(harmless_xls())
    sector = struct.unpack_from("<I", data, 48)[0]
    entry = (sector + 1) * 512 + 2 * 128
    encoded = name.encode("utf-16-le")
    assert data[entry + 66] == 0
    data[entry : entry + len(encoded)] = encoded
    struct.pack_into("<HB", data, entry + 64, len(encoded) + 2, 1)
    return bytes(data)


def xls_record(kind: int, body: bytes) -> bytes:
    """The harmless .xls with its WINDOW1 record turned into another one of the same length."""
    at = harmless_xls().index(struct.pack("<HH", 0x003D, 18))
    data = bytearray(harmless_xls())
    data[at : at + 22] = struct.pack("<HH", kind, 18) + body.ljust(18, b"\0")
    return bytes(data)


def encrypted_member() -> bytes:
    data = bytearray(harmless_xlsx())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


MACRO_TYPE = b'<Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml" PartName="/x"/>'
LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><workbook>&b;</workbook>'
)
DDE_LINK = b"<externalLink><ddeLink ddeService='cmd' ddeTopic='/c calc'/></externalLink>"
NO_WORKBOOK = ("xl/workbook.xml",)

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb": (lambda: with_members({"xl/media/image1.png": bytes(30 * 2**20)}), "bomb"),
    "bomb that lies": (lying_bomb, "bomb"),
    "too many members": (lambda: with_members({f"xl/x{i}.xml": b"" for i in range(2_001)}), "bomb"),
    "laughing entities": (lambda: with_members({"xl/workbook.xml": LAUGHS}), "bomb"),
    "macro": (lambda: with_members({"xl/vbaProject.bin": b"Attribute VB_Name"}), "macro"),
    "macro by type": (lambda: with_members({"[Content_Types].xml": b"<Types>" + MACRO_TYPE}), "macro"),
    "excel 4 macro": (lambda: with_members({"xl/macrosheets/sheet1.xml": b"<x/>"}), "macro"),
    "macro in xls": (lambda: xls_with_storage("_VBA_PROJECT_CUR"), "macro"),
    "links": (lambda: with_members({"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}), "links"),
    "links in xls": (lambda: xls_record(0x01AE, struct.pack("<HHBB", 1, 6, 0, 1) + b"a.xls"), "links"),
    "dde link": (lambda: with_members({"xl/externalLinks/externalLink1.xml": DDE_LINK}), "dde"),
    "dde formula": (lambda: formula("cmd|'/c calc'!A0"), "dde"),
    "dde in xls": (lambda: xls_record(0x01AE, struct.pack("<HHB", 1, 8, 0) + b"cmd\x03/c x"), "dde"),
    "dde in csv": (lambda: harmless_csv() + b"\n=cmd|'/c calc'!A0,1,1,1,1", "dde"),
    "password": (lambda: xls_with_storage("EncryptedPackage"), "password"),
    "password in xls": (lambda: xls_record(0x002F, b""), "password"),
    "password in zip": (encrypted_member, "password"),
    "pdf": (lambda: b"%PDF-1.7\n1 0 obj", "type"),
    "exe": (lambda: b"MZ\x90\x00" + bytes(200), "type"),
    "page without a table": (lambda: b"\xef\xbb\xbf <html><p>1</p></html>", "type"),
    "page of one cell": (lambda: b"\xef\xbb\xbf <html><table><tr><td>1</td></tr></table>", "headless"),
    "docx": (lambda: with_members({"word/document.xml": b"<x/>"}, without=NO_WORKBOOK), "type"),
    "png": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "type"),
    "bytes": (lambda: bytes(range(256)) * 20, "type"),
    "doc": (lambda: patched_xls("Workbook".encode("utf-16-le"), "WordDocu".encode("utf-16-le")), "type"),
    "xlsb": (lambda: with_members({"xl/workbook.bin": b"\x83"}, without=NO_WORKBOOK), "binary"),
    "ods": (lambda: with_members({"mimetype": b"x", "content.xml": b"<x/>"}, without=NO_WORKBOOK), "ods"),
    "million rows": (million_rows, "rows"),
    "far cell": (
        lambda: with_sheet(DATA_ROW + f'<row r="1048576">{_text("XFD1048576", "1")}</row>'),
        "sparse",
    ),
    "wide": (lambda: with_sheet(DATA_ROW + f'<row r="3">{_text("ABC3", "1")}</row>'), "columns"),
    "many sheets": (lambda: sheets(61), "sheets"),
    "cut short": (lambda: harmless_xlsx()[:-400], "broken"),
    "cut short xls": (lambda: harmless_xls()[:1500], "broken"),
    "empty": (lambda: b"", "empty"),
    "empty sheet": (lambda: sheets(1), "empty"),
    "no head": (lambda: "张三,李四\n1,2\n".encode(), "headless"),
    "too big": (lambda: bytes(30 * 2**20 + 1), "big"),
}


def sheets(count: int) -> bytes:
    workbook = openpyxl.Workbook()
    for _ in range(count - 1):
        workbook.create_sheet()
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _read(folder: Path, data: bytes) -> Book:
    path = folder / "file"
    path.write_bytes(data)
    return read_book(path)


@pytest.mark.parametrize("name", HOSTILE)
def test_each_hostile_file_gets_its_sentence(name: str, tmp_path: Path) -> None:
    build, code = HOSTILE[name]
    with pytest.raises(Unreadable) as caught:
        _read(tmp_path, build())
    sentence = caught.value.sentence
    assert caught.value.code == code
    assert sentence.startswith("这个文件没有读，因为")
    assert sentence.endswith("。")
    assert "%" not in sentence


@pytest.mark.parametrize("build", [harmless_xlsx, harmless_xls, harmless_csv])
def test_negative_control_the_harmless_file_is_read(build: Callable[[], bytes], tmp_path: Path) -> None:
    found = _read(tmp_path, build())
    assert [row.cells for row in found.rows] == [tuple(ROW)]
    assert [c.meaning for c in found.columns] == ["compound", "building", "unit", "door", "contact_name"]


HARMLESS_TWINS: dict[str, Callable[[], bytes]] = {
    "an image": lambda: with_members({"xl/media/image1.png": bytes(2**20)}),
    "a name that sounds like macros": lambda: with_members({"xl/vbaNotes.txt": b"x"}),
    "an own supbook": lambda: xls_record(0x01AE, struct.pack("<HH", 1, 0x0401)),
    "another storage": lambda: xls_with_storage("SummaryInformation"),
    "a bar inside quotes": lambda: formula('"a|b"&amp;"c!"'),
    "a plain formula in text": lambda: harmless_csv() + '\n="模拟南园",3,2,5-2,李模拟'.encode("gb18030"),
    "styled empty rows down to the end": lambda: with_sheet(
        DATA_ROW
        + "".join(f'<row r="{n}" s="1"><c r="A{n}" s="1"/></row>' for n in range(1_040_000, 1_048_577))
    ),
}


@pytest.mark.parametrize("name", HARMLESS_TWINS)
def test_negative_control_harmless_twins_are_read(name: str, tmp_path: Path) -> None:
    assert _read(tmp_path, HARMLESS_TWINS[name]()).rows[0].cells == tuple(ROW)


def test_formulas_are_read_as_last_computed_and_said(tmp_path: Path) -> None:
    found = _read(tmp_path, formula("1+1"))
    assert any("1 格是公式" in note for note in found.notes)
    assert _read(tmp_path, harmless_xlsx()).notes == ()


def test_a_child_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "_SECONDS", 0.3)
    reading, writing = os.pipe()
    try:
        with pytest.raises(Unreadable, match="两分钟还没读完"):
            read_book(Path(f"/dev/fd/{reading}"))
    finally:
        os.close(reading)
        os.close(writing)


def test_a_child_that_dies_half_way_leaves_no_half_book(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = []
    (tmp_path / "file").write_bytes(harmless_csv())
    with (tmp_path / "file").open("rb") as file, book._child(file) as output:
        lines = list(output)
    whole, cut = "".join(lines), "".join(lines[:-1])
    for text, is_whole in ((whole, True), (cut, False)):
        command = [sys.executable, "-c", f"import sys; sys.stdout.write({text!r})"]
        monkeypatch.setattr(book, "_COMMAND", command)
        if is_whole:
            assert len(read_book(tmp_path / "file").rows) == 1
        else:
            with pytest.raises(Unreadable, match="大得读不动"):
                read_book(tmp_path / "file")


def test_the_child_gets_no_secrets_and_no_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "secret")
    code = "import json, os; print(json.dumps([dict(os.environ), os.getsid(0) == os.getpid()]))"
    monkeypatch.setattr(book, "_COMMAND", [sys.executable, "-c", code])
    (tmp_path / "file").touch()
    with (tmp_path / "file").open("rb") as file, book._child(file) as output:
        environment, is_leader = json.loads("".join(output))
    assert "secret" not in environment.values()
    assert is_leader
    assert os.environ["DATABASE_URL"] == "secret"


LIMITED = """
import mmap
from xiaojia.domains.registers.reading import child
{limit}
try:
    mmap.mmap(-1, 2 * 2**30)
    print("memory")
except (MemoryError, OSError):
    pass
try:
    with open({path!r}, "wb") as file:
        file.write(b"x" * 10)
    print("file")
except OSError:
    pass
"""


@pytest.mark.parametrize(("limit", "expected"), [("child._limit()", []), ("", ["memory", "file"])])
def test_limits_hold_and_without_them_nothing_would(limit: str, expected: list[str], tmp_path: Path) -> None:
    code = LIMITED.format(limit=limit, path=str(tmp_path / "out"))
    ignore = f"import signal; signal.signal({int(signal.SIGXFSZ)}, signal.SIG_IGN)\n"
    done = subprocess.run(
        [sys.executable, "-c", ignore + code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(child_module.__file__).parents[4],
    )
    assert done.stdout.split() == expected
