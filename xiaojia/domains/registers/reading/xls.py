"""Looks into an old .xls: the OLE container's directory, and the few records that matter here.

Runs in the child. MS-CFB and MS-XLS name the structures; anything out of bounds is a broken file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from xiaojia.domains.registers.reading.facts import Bad, Look

_END = 0xFFFFFFFA
"""Sector numbers from here on are marks, not sectors."""
_BOF, _BOUNDSHEET, _FILEPASS, _SUPBOOK = 0x0809, 0x0085, 0x002F, 0x01AE
_COLINFO, _ROW, _FORMULA = 0x007D, 0x0208, 0x0006
_OWN_BOOK, _ADD_IN = 0x0401, 0x3A01


def look_at_xls(data: bytes) -> dict[str, Look]:
    """A look at each sheet of an .xls, or `Bad`: macros, password, links, or not a workbook at all."""
    try:
        streams = _Container(data).streams()
        names = {name.casefold() for name in streams}
        if "encryptedpackage" in names:
            raise Bad("password")
        if {"_vba_project_cur", "vba", "_vba_project"} & names:
            raise Bad("macro")
        name = next((n for n in streams if n.casefold() in ("workbook", "book")), None)
        if name is None:
            raise Bad("type")
        return _look_at_records(_Container(data).content(*streams[name]))
    except (struct.error, IndexError, UnicodeDecodeError):
        raise Bad("broken") from None


class _Container:
    """The compound file: sectors chained by an allocation table, small streams in a stream of their own."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = 1 << struct.unpack_from("<H", data, 30)[0]
        if self.size not in (512, 4096):
            raise Bad("broken")
        (self.directory,) = struct.unpack_from("<I", data, 48)
        self.cutoff, mini = struct.unpack_from("<II", data, 56)
        self.table = self._table()
        self.mini_table = self._numbers(self._chain(mini, self.table))

    def _sector(self, number: int) -> bytes:
        return self.data[(number + 1) * self.size : (number + 2) * self.size]

    def _numbers(self, data: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])

    def _table(self) -> tuple[int, ...]:
        listed = list(struct.unpack_from("<109I", self.data, 76))
        (following,) = struct.unpack_from("<I", self.data, 68)
        seen: set[int] = set()
        while following < _END and following not in seen:
            seen.add(following)
            *more, following = self._numbers(self._sector(following))
            listed += more
        return self._numbers(b"".join(self._sector(n) for n in listed if n < _END))

    def _chain(self, start: int, table: tuple[int, ...]) -> bytes:
        parts, seen = [], set()
        while start < _END:
            if start in seen:
                raise Bad("broken")
            seen.add(start)
            parts.append(self._sector(start))
            start = table[start]
        return b"".join(parts)

    def streams(self) -> dict[str, tuple[int, int]]:
        """Name -> start and size of every stream and storage; the root under ''."""
        found: dict[str, tuple[int, int]] = {}
        directory = self._chain(self.directory, self.table)
        for at in range(0, len(directory) - 127, 128):
            length, kind = struct.unpack_from("<HB", directory, at + 64)
            if kind:
                name = directory[at : at + max(length - 2, 0)].decode("utf-16-le")
                start, size = struct.unpack_from("<II", directory, at + 116)
                found["" if kind == 5 else name] = (start, size)
        return found

    def content(self, start: int, size: int) -> bytes:
        """The bytes of a stream."""
        if size >= self.cutoff:
            return self._chain(start, self.table)[:size]
        root = self._chain(self.streams()[""][0], self.table)
        parts, seen = [], set()
        while start < _END and start not in seen:
            seen.add(start)
            parts.append(root[start * 64 : start * 64 + 64])
            start = self.mini_table[start]
        return b"".join(parts)[:size]


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _look_at_records(stream: bytes) -> dict[str, Look]:
    sheets: dict[int, str] = {}
    looks: dict[str, Look] = {}
    here: _Sheet | None = None
    for at, kind, body in _records(stream):
        _refuse_record(kind, body)
        if kind == _BOUNDSHEET:
            sheets[struct.unpack_from("<I", body)[0]] = _sheet_name(body)
        elif kind == _BOF and at in sheets:
            here = _Sheet()
            looks[sheets[at]] = here.look
            here.look.unsolved = here.unsolved
        elif here is not None:
            here.take(kind, body)
    return looks


class _Sheet:
    """Gathers the look at one sheet from its records."""

    def __init__(self) -> None:
        self.look = Look()
        self.unsolved: list[tuple[int, int]] = []

    def take(self, kind: int, body: bytes) -> None:
        look = self.look
        if kind == _COLINFO:
            first, last, _width, _format, flags = struct.unpack_from("<5H", body)
            if flags & 1:
                look.hidden_columns |= frozenset(range(first, min(last, 255) + 1))
        elif kind == _ROW:
            (number,) = struct.unpack_from("<H", body)
            if struct.unpack_from("<I", body, 12)[0] & 0x20:
                look.hidden_rows |= {number}
        elif kind == _FORMULA:
            look.formulas += 1
            row, column, _format, kind_of_result, _bytes, mark = struct.unpack_from("<3HB5sH", body)
            if mark == 0xFFFF and kind_of_result == 3:  # nothing: programs leave it so, Excel would compute
                self.unsolved.append((row, column))


def _refuse_record(kind: int, body: bytes) -> None:
    if kind == _FILEPASS:
        raise Bad("password")
    if kind == _BOUNDSHEET and body[5] & 0x0F in (1, 6):  # an Excel 4 macro sheet, a VBA module
        raise Bad("macro")
    if kind == _SUPBOOK:
        (mark,) = struct.unpack_from("<H", body, 2)
        if mark not in (_OWN_BOOK, _ADD_IN):
            is_program = b"\x03" in body[4:] and b"\x01" not in body[4:6]  # `program|topic`
            raise Bad("dde" if is_program else "links")


def _sheet_name(body: bytes) -> str:
    length, is_wide = body[6], body[7] & 1
    text = body[8 : 8 + length * (2 if is_wide else 1)]
    return text.decode("utf-16-le" if is_wide else "latin-1")
