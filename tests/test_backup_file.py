"""The envelope of a backup: any byte that is changed, missing, or in another place is refused."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path

import pytest

from xiaojia.project.safekeeping import container
from xiaojia.project.safekeeping.container import CHUNK, Damaged, Reader, Writer
from xiaojia.project.safekeeping.recovery_sheet import WrongSheet

ROOT = bytes(range(32))
HEAD = len(container.MAGIC) + 6 + 16
SEALED = 4 + CHUNK + 16
NOISE = os.urandom(3 * CHUNK)


def _written(root: bytes = ROOT) -> bytes:
    stream = io.BytesIO()
    with Writer(stream, root) as writer:
        writer.part("manifest.json", [b"{", b"}"])
        writer.part("database", [NOISE[i : i + 70_000] for i in range(0, len(NOISE), 70_000)])
        writer.part("files/empty", [])
    return stream.getvalue()


def _read(raw: bytes, folder: Path, root: bytes = ROOT) -> dict[str, bytes]:
    (folder / "backup").write_bytes(raw)
    with (folder / "backup").open("rb") as stream:
        return {name: b"".join(blocks) for name, blocks in Reader(stream, root)}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    parts = {"manifest.json": b"{}", "database": NOISE, "files/empty": b""}
    assert _read(_written(), tmp_path) == parts


def test_parts_that_nobody_takes_are_read_past(tmp_path: Path) -> None:
    (tmp_path / "backup").write_bytes(_written())
    with (tmp_path / "backup").open("rb") as stream:
        assert [name for name, _blocks in Reader(stream, ROOT)] == [
            "manifest.json",
            "database",
            "files/empty",
        ]


def test_every_changed_byte_is_refused(tmp_path: Path) -> None:
    raw = _written()
    places = [*range(HEAD + 40), *range(HEAD + SEALED - 20, HEAD + SEALED + 30), len(raw) // 2, len(raw) - 1]
    for place in places:
        wrong = bytearray(raw)
        wrong[place] ^= 1
        with pytest.raises((Damaged, WrongSheet)):
            _read(bytes(wrong), tmp_path)


def test_every_cut_is_refused(tmp_path: Path) -> None:
    raw = _written()
    cuts = [0, 5, HEAD - 1, HEAD, HEAD + 3, *(HEAD + SEALED * n for n in (1, 2, 3)), len(raw) - 1]
    for cut in cuts:
        with pytest.raises(Damaged, match="不完整或者被改过"):
            _read(raw[:cut], tmp_path)
    with pytest.raises(Damaged):
        _read(raw + b"\0", tmp_path)


def _exchanged(raw: bytes) -> bytes:
    """The first two chunks in each other's place: both full, both authentic."""
    one, two = raw[HEAD : HEAD + SEALED], raw[HEAD + SEALED : HEAD + 2 * SEALED]
    return raw[:HEAD] + two + one + raw[HEAD + 2 * SEALED :]


def test_chunks_in_another_order_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Damaged):
        _read(_exchanged(_written()), tmp_path)


def test_negative_control_nonces_without_a_place_would_let_chunks_be_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exchange itself is well made: only the place in the nonce stops it at the first chunk."""
    monkeypatch.setattr(container, "_nonce", lambda _place, _is_last: bytes(12))
    raw = _written()
    (tmp_path / "backup").write_bytes(_exchanged(raw))
    with (tmp_path / "backup").open("rb") as stream:
        opened = Reader(stream, ROOT)._opened()
        assert len(next(opened)) == CHUNK


def test_another_sheet_is_told_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(WrongSheet, match=r"它要 \d{6} 号恢复单，您给的是 \d{6} 号"):
        _read(_written(), tmp_path, root=bytes(32))


def test_a_writer_left_by_an_error_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with suppress(ZeroDivisionError), Writer(stream, ROOT) as writer:
        writer.part("database", (NOISE[n : 9_999 // (3 - n)] for n in range(9)))
    with pytest.raises(Damaged):
        _read(stream.getvalue(), tmp_path)


def test_the_plain_text_is_nowhere_in_the_file() -> None:
    stream = io.BytesIO()
    with Writer(stream, ROOT) as writer:
        writer.part("database", [b"13800001234 " * 100])
    assert b"13800001234" not in stream.getvalue()
    assert b"database" not in stream.getvalue()
