"""Encrypted fields and blind indexes.

A sealed value is `algorithm (1) | key id (4) | nonce (12) | ciphertext+tag`, AES-256-GCM, bound by its
associated data to table, column and primary key, so that it cannot be moved to another row. Rows with sealed
fields therefore take UUIDs made in the application.

All keys of an installation (data, index, backup, one for each purpose of the vault) are derived from one
secret of 32 bytes, `XIAOJIA_HOME/keys/root.key`, 0600, never in the database or its backup. That secret is
what the recovery sheet carries. While keys are being changed `next.key` lies beside it: everything is sealed
with the next ones, and both open.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from xiaojia.kernel.refusals import Refused

AES_256_GCM = 1
KEY_BYTES: Final = 32
ROOT: Final = "root.key"
NEXT: Final = "next.key"
PAIR: Final = ("data.key", "index.key")
"""What an installation had before there was a recovery sheet; `xiaojia keys rotate` replaces both."""

_LOCK: Final = "in-use.lock"


class WrongKey(Exception):
    """The value was sealed with another key, for another row, or was altered."""


class KeysBusy(Refused):
    """Somebody changes the keys, or uses them while they are to be changed."""


@dataclass(frozen=True, slots=True)
class Keys:
    """One generation of keys: data and index, 32 bytes each, and the secret that others are derived from.

    `root` is b"" in an installation that still has the old pair of random keys.
    """

    data: bytes = field(repr=False)
    index: bytes = field(repr=False)
    root: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, root: bytes) -> Keys:
        """The generation that belongs to a secret of 32 bytes."""
        return cls(data=derived(root, "data"), index=derived(root, "index"), root=root)

    @property
    def key_id(self) -> bytes:
        """The first four bytes of the data key's SHA-256."""
        return key_id(self.data)

    def of_purpose(self, purpose: str) -> bytes:
        """The key of one sensitive purpose in the vault (P03), 32 bytes."""
        if not self.root:
            raise KeysBusy(
                _("这一步现在做不了，因为钥匙还是旧式的一对；请管理员先运行 xiaojia keys rotate。")
            )
        return derived(self.root, f"vault {purpose}")


def derived(root: bytes, purpose: str) -> bytes:
    """HKDF-SHA256 of the root secret for one purpose, 32 bytes."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"xiaojia " + purpose.encode()).derive(root)


def key_id(key: bytes) -> bytes:
    """Four bytes that tell keys apart and nothing about them."""
    return hashlib.sha256(b"xiaojia data key" + key).digest()[:4]


@dataclass(frozen=True, slots=True)
class Ring:
    """What opens: the keys that seal, and, until all is sealed anew, the ones before."""

    current: Keys
    retiring: Keys | None = None


def load_ring(folder: Path) -> Ring:
    """Read the keys; a folder without any gets a new secret (0600). Half an old pair is an error."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    old = [folder / name for name in PAIR]
    if (folder / ROOT).exists() or not any(path.exists() for path in old):
        present = Keys.of(_key(folder / ROOT))
    else:
        present = Keys(data=_read(old[0]), index=_read(old[1]))
    if (folder / NEXT).exists():
        return Ring(Keys.of(_read(folder / NEXT)), present)
    return Ring(present)


def load_keys(folder: Path) -> Keys:
    """The keys that seal in this folder."""
    return load_ring(folder).current


def make_next(folder: Path) -> None:
    """Lay the secret of the next generation beside the present one; one that lies there already stays."""
    _key(folder / NEXT)


def retire(folder: Path) -> None:
    """The next secret takes the present one's place, in one step; the old pair goes."""
    os.replace(folder / NEXT, folder / ROOT)
    for name in PAIR:
        (folder / name).unlink(missing_ok=True)
    _sync(folder)


def _key(path: Path) -> bytes:
    """Two processes may start at once: the key appears whole by a link, and the first one wins."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(os.urandom(KEY_BYTES))
                stream.flush()
                os.fsync(stream.fileno())
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
        _sync(path.parent)
    return _read(path)


def _read(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise WrongKey(f"{path.name} is not a key of {KEY_BYTES} bytes")
    return key


def _sync(folder: Path) -> None:
    """A name that was not written to the disk may be gone after a power cut, and the data with it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lock(folder: Path, kind: int) -> int:
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise KeysBusy(
            _("钥匙现在动不了，因为另一个小家的程序正用着或者正在换；等它做完，或者先停下小家，再来。")
        ) from None
    return handle


@contextmanager
def only_user(folder: Path) -> Iterator[None]:
    """Nobody else holds these keys as long as this lasts: what they sealed last would stay behind."""
    handle = _lock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)


@lru_cache(maxsize=1)
def ring() -> Ring:
    """The keys of this installation, in use until this process ends (the kernel frees the lock, even after a
    kill): nobody may finish changing keys beside a process that would go on sealing with the old ones."""
    folder = Path(settings.XIAOJIA_HOME) / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _lock(folder, fcntl.LOCK_SH)
    return load_ring(folder)


def keys() -> Keys:
    """The keys that seal."""
    return ring().current


def seal(plain: str, *, table: str, column: str, pk: UUID) -> bytes:
    """Encrypt `plain` for exactly one cell; '' stays b''."""
    return seal_with(keys().data, plain, table=table, column=column, pk=pk)


def open_sealed(sealed: bytes | memoryview, *, table: str, column: str, pk: UUID) -> str:
    """The plain text of a sealed cell; raises WrongKey when it belongs to another key or cell."""
    both = [generation.data for generation in (ring().current, ring().retiring) if generation]
    return open_with(both, sealed, table=table, column=column, pk=pk)


def seal_with(key: bytes, plain: str, *, table: str, column: str, pk: UUID) -> bytes:
    """Like `seal`, with a key of the caller's."""
    if not plain:
        return b""
    nonce = os.urandom(12)
    body = AESGCM(key).encrypt(nonce, plain.encode(), _associated(table, column, pk))
    return bytes([AES_256_GCM]) + key_id(key) + nonce + body


def open_with(
    candidates: list[bytes], sealed: bytes | memoryview, *, table: str, column: str, pk: UUID
) -> str:
    """Like `open_sealed`, with keys of the caller's: the one whose id the value names opens it."""
    ciphers = {key_id(key): AESGCM(key) for key in candidates}
    return _plain(ciphers, bytes(sealed), _associated(table, column, pk))


def open_all(cells: Iterable[tuple[UUID | str, bytes]], *, table: str, column: str) -> Iterator[str]:
    """Like `open_sealed` for many (key of the row, sealed) of one column: what opens is made ready once.

    A row's key may come as the text PostgreSQL writes: thousands need not become objects and text again.
    """
    both = [generation.data for generation in (ring().current, ring().retiring) if generation]
    ciphers = {key_id(key): AESGCM(key) for key in both}
    for pk, sealed in cells:
        yield _plain(ciphers, sealed, _associated(table, column, pk))


def _plain(ciphers: Mapping[bytes, AESGCM], value: bytes, associated: bytes) -> str:
    if not value:
        return ""
    cipher = ciphers.get(value[1:5])
    if value[0] != AES_256_GCM or cipher is None:
        raise WrongKey("sealed with another key")
    try:
        return cipher.decrypt(value[5:17], value[17:], associated).decode()
    except InvalidTag as error:
        raise WrongKey("altered, or moved from another row") from error


def blind_index(plain: str, *, purpose: str) -> bytes:
    """HMAC-SHA256 of the folded text (16 bytes): equal values are found without opening any."""
    return blind_index_with(keys().index, plain, purpose=purpose)


def blind_index_with(key: bytes, plain: str, *, purpose: str) -> bytes:
    """Like `blind_index`, with a key of the caller's."""
    if not plain:
        return b""
    folded = unicodedata.normalize("NFKC", plain).strip().casefold()
    return hmac.new(key, f"{purpose}\0{folded}".encode(), hashlib.sha256).digest()[:16]


def _associated(table: str, column: str, pk: UUID | str) -> bytes:
    return f"{table}\0{column}\0{pk}".encode()
