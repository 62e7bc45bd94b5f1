"""The backup file: parts one after another, compressed, sealed in chunks, and whole or refused.

`MAGIC | sheet number (6) | salt (16) | chunks`; each chunk is `length (4) | AES-256-GCM`. The file's own key
is derived from the installation's secret and the salt. A chunk's nonce is its place and whether it is the
last, so that chunks cannot be exchanged, repeated, left out or cut off; the head is bound to every chunk.
Inside: `part name | blocks ... | empty block`, and an empty name at the end.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import derived
from xiaojia.project.safekeeping.recovery_sheet import WrongSheet, sheet_number

MAGIC: Final = b"XIAOJIA BACKUP 1\n"
CHUNK: Final = 1 << 20
_HEAD: Final = len(MAGIC) + 6 + 16
_TAG: Final = 16


class Damaged(Refused):
    """The file is no backup, or not as it was written."""


def _damaged() -> Damaged:
    return Damaged("备份没有恢复，因为这个文件不完整或者被改过；换一份备份再来，这里的数据一点没动。")


def _sealer(root: bytes, head: bytes) -> AESGCM:
    key = HKDF(SHA256(), 32, salt=head[-16:], info=b"xiaojia backup file").derive(derived(root, "backup"))
    return AESGCM(key)


def _nonce(place: int, is_last: bool) -> bytes:
    return place.to_bytes(11) + bytes([is_last])


class Writer:
    """Writes parts into a stream: `with Writer(stream, root) as writer: writer.part(name, blocks)`.

    Left by an error, the file has no last chunk and nobody takes it for whole.
    """

    def __init__(self, stream: IO[bytes], root: bytes) -> None:
        self._stream = stream
        self._head = MAGIC + sheet_number(root).encode() + os.urandom(16)
        self._sealer = _sealer(root, self._head)
        self._packer = zlib.compressobj(6)
        self._waiting = bytearray()
        self._place = 0
        stream.write(self._head)

    def part(self, name: str, blocks: Iterable[bytes]) -> int:
        """One part out of blocks of any size; returns its size in bytes."""
        size = 0
        self._framed(name.encode())
        for block in blocks:
            if block:
                size += len(block)
                self._framed(block)
        self._framed(b"")
        return size

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            self._framed(b"")
            self._waiting += self._packer.flush()
            self._seal_full_chunks()
            self._seal(bytes(self._waiting), is_last=True)

    def _framed(self, block: bytes) -> None:
        self._waiting += self._packer.compress(len(block).to_bytes(4) + block)
        self._seal_full_chunks()

    def _seal_full_chunks(self) -> None:
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        sealed = self._sealer.encrypt(_nonce(self._place, is_last), plain, self._head)
        self._stream.write(len(sealed).to_bytes(4) + sealed)
        self._place += 1


class Reader:
    """Reads the parts of a backup in turn: `for name, blocks in Reader(stream, root)`.

    Raises WrongSheet for another installation's or generation's secret, Damaged for anything that is not
    exactly what was written. What a caller gets was never altered; that nothing is missing shows at the end.
    """

    def __init__(self, stream: io.BufferedReader, root: bytes) -> None:
        self._stream = stream
        self._head = stream.read(_HEAD)
        if len(self._head) != _HEAD or not self._head.startswith(MAGIC):
            raise _damaged()
        written, ours = self._head[len(MAGIC) : len(MAGIC) + 6].decode(errors="replace"), sheet_number(root)
        if written != ours:
            raise WrongSheet(
                f"备份没有恢复，因为它要 {written} 号恢复单，您给的是 {ours} 号；"
                f"找到 {written} 号那张，再来一次。"
            )
        self._sealer = _sealer(root, self._head)
        self._plain = _Plain(self._opened())

    def __iter__(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        while name := self._block():
            blocks = iter(self._block, b"")
            yield name.decode(), blocks
            for _left in blocks:
                pass
        if self._plain.read(1):
            raise _damaged()

    def _block(self) -> bytes:
        head = self._plain.read(4)
        if len(head) != 4:
            raise _damaged()
        block = self._plain.read(int.from_bytes(head))
        if len(block) != int.from_bytes(head):
            raise _damaged()
        return block

    def _opened(self) -> Iterator[bytes]:
        """The compressed plain text, chunk by chunk, to the last one and not a byte further."""
        place, is_last = 0, False
        while not is_last:
            size = self._stream.read(4)
            length = int.from_bytes(size)
            if len(size) != 4 or not _TAG <= length <= CHUNK + _TAG:
                raise _damaged()
            sealed = self._stream.read(length)
            # The last chunk is the one after which nothing comes; its nonce says so, too.
            is_last = not self._stream.peek(1)
            try:
                yield self._sealer.decrypt(_nonce(place, is_last), sealed, self._head)
            except InvalidTag:
                raise _damaged() from None
            place += 1


class _Plain:
    """A reader over compressed chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._unpacker = zlib.decompressobj()
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer at the end only."""
        while len(self._ready) < size:
            rest = self._unpacker.unconsumed_tail or next(self._chunks, b"")
            if not rest:
                break
            try:
                # Bounded: a small chunk never fills the memory.
                self._ready += self._unpacker.decompress(rest, CHUNK)
            except zlib.error:
                raise _damaged() from None
        found = bytes(self._ready[:size])
        del self._ready[:size]
        return found
