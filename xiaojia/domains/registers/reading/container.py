"""Checks a file's container before anything reads it: what it is, how big it really is, what it carries.

Runs in the child. Sizes are measured by unpacking, never taken from what the file declares.
"""

from __future__ import annotations

import copy
import io
import re
import zipfile
import zlib
from xml.etree import ElementTree

from xiaojia.domains.registers.reading.facts import Bad, Facts, Look
from xiaojia.domains.registers.reading.xls import look_at_xls
from xiaojia.domains.registers.rules import MOST_COLUMNS, MOST_ROWS

MOST_MEMBERS = 2_000
MOST_UNPACKED_BYTES = 400 * 2**20
MOST_RATIO = 200
"""Of members above `_LARGE_BYTES`: a register of 50,000 rows packs about 10:1, a bomb 1,000:1."""
_LARGE_BYTES = 20 * 2**20
_CHUNK = 2**20

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (
    b"MZ", b"\x7fELF", b"%PDF", b"\x89PNG", b"\xff\xd8\xff",
    b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf", b"MIME-Version", b"From ",
)  # fmt: skip
_PAGE = re.compile(
    rb"\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|table|script|head|meta|style|body|div)",
    re.IGNORECASE | re.DOTALL,
)
_MARKUP = re.compile(rb"\s*<[?!a-z]", re.IGNORECASE)
_SPREADSHEET = b"urn:schemas-microsoft-com:office:spreadsheet"

_HIDDEN = re.compile(rb'hidden="(?:1|true)"')
_COL = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_ROW = re.compile(rb'<(?:\w+:)?row\b([^>]*hidden="(?:1|true)"[^>]*)>')
_ROW_START = re.compile(rb"<(?:\w+:)?row\b")
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>(.*?)</(?:\w+:)?f>)\s*(<(?:\w+:)?v>[^<])?", re.DOTALL
)
_QUOTED = re.compile(rb'"[^"]*"|&quot;.*?&quot;')
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})(\d+)"')


def inspect(data: bytes) -> Facts:
    """What kind of table this is, or `Bad` with the reason for which it is not read."""
    if not data.strip():
        raise Bad("empty")
    if data.startswith(b"PK\x03\x04"):
        return Facts("xlsx", _look_at_xlsx(data))
    if data.startswith(_OLE):
        return Facts("xls", look_at_xls(data))
    start = data[:4096].removeprefix(b"\xef\xbb\xbf")
    if _PAGE.match(start):
        return Facts("page")
    if _MARKUP.match(start) and _SPREADSHEET in start:
        return Facts("xml")
    if data.startswith(_OTHERS) or _MARKUP.match(start):
        raise Bad("type")
    return Facts("csv")


def _look_at_xlsx(data: bytes) -> dict[str, Look]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        _refuse_sizes(archive)
        _refuse_parts(archive)
        return {name: _look_at_sheet(archive.read(part)) for name, part in _sheet_parts(archive)}
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, ElementTree.ParseError):
        raise Bad("broken") from None
    except RuntimeError:  # how zipfile says that a member is encrypted
        raise Bad("password") from None


def _refuse_sizes(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise Bad("bomb")
    total = 0
    for member in members:
        size = _unpacked_bytes(archive, member, MOST_UNPACKED_BYTES - total)
        total += size
        if size > _LARGE_BYTES and size > MOST_RATIO * max(member.compress_size, 1):
            raise Bad("bomb")


def _unpacked_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> int:
    """How much this member really unpacks to; its header may lie, so the reader is told of no end."""
    unbound = copy.copy(member)
    unbound.file_size = most + 1
    size = 0
    with archive.open(unbound) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise Bad("bomb")
    return size


def _refuse_parts(archive: zipfile.ZipFile) -> None:
    names = {name.casefold() for name in archive.namelist()}
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names):
        raise Bad("macro")
    if "xl/workbook.bin" in names:
        raise Bad("binary")
    if "content.xml" in names and "mimetype" in names:
        raise Bad("ods")
    if "xl/workbook.xml" not in names:
        raise Bad("type")
    if b"macroEnabled" in archive.read("[Content_Types].xml"):
        raise Bad("macro")
    links = [n for n in archive.namelist() if "/externallinks/" in n.casefold() and n.endswith(".xml")]
    if links:
        raise Bad("dde" if any(b"ddeLink" in archive.read(name) for name in links) else "links")


def _sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Names of sheets with the member that holds each."""
    targets = {
        node.get("Id", ""): node.get("Target", "")
        for node in _xml(archive.read("xl/_rels/workbook.xml.rels")).iter()
        if node.tag.endswith("}Relationship")
    }
    members = set(archive.namelist())
    parts = []
    for node in _xml(archive.read("xl/workbook.xml")).iter():
        if not node.tag.endswith("}sheet"):
            continue
        link = next((value for key, value in node.attrib.items() if key.endswith("}id")), "")
        target = targets.get(link, "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in members:
            parts.append((node.get("name", ""), part))
    return parts


def _xml(data: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Bad("bomb")
    return ElementTree.fromstring(data)  # noqa: S314  # no DTD, measured, and inside the limited child


def _look_at_sheet(xml: bytes) -> Look:
    if b"<!DOCTYPE" in xml[:4096]:
        raise Bad("bomb")
    _refuse_length(xml)
    columns: set[int] = set()
    for match in _COL.finditer(xml[: xml.find(b"sheetData")]):
        if _HIDDEN.search(match.group(1)):
            first, last = (_attribute(match.group(1), name) for name in (b"min", b"max"))
            columns.update(range(first - 1, min(last, MOST_COLUMNS)))
    rows = frozenset(_attribute(match.group(1), b"r") - 1 for match in _ROW.finditer(xml))
    count, unsolved = _formulas(xml)
    return Look(frozenset(columns), rows, count, tuple(unsolved))


def _attribute(text: bytes, name: bytes) -> int:
    match = re.search(rb'\b%s="(\d{1,7})"' % name, text)
    return int(match.group(1)) if match else 0


def _refuse_length(xml: bytes) -> None:
    """A cell far below makes calamine lay out everything above it: look where the last filled one is."""
    last = max(xml.rfind(b"v>"), xml.rfind(b"is>"))
    references = list(_REFERENCE.finditer(xml, max(0, last - 4096), max(0, last)))
    far = int(references[-1].group(2)) if references else 0
    if far <= MOST_ROWS and xml.count(b"<row") <= MOST_ROWS:
        return
    filled = sum(b"v>" in piece or b"is>" in piece for piece in _ROW_START.split(xml)[1:])
    if filled > MOST_ROWS:
        raise Bad("rows", most=MOST_ROWS)
    if far > MOST_ROWS:
        raise Bad("sparse", cell=references[-1].group()[3:-1].decode())


def _formulas(xml: bytes) -> tuple[int, list[tuple[int, int]]]:
    if b"<f" not in xml and b":f>" not in xml:
        return 0, []
    count, unsolved = 0, []
    for match in _FORMULA.finditer(xml):
        count += 1
        if b"|" in _QUOTED.sub(b"", match.group(2) or b""):
            raise Bad("dde")
        place = _REFERENCE.search(match.group(1))
        if match.group(3) is None and place is not None:
            unsolved.append((int(place.group(2)) - 1, _column(place.group(1))))
    return count, unsolved


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
