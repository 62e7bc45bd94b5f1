"""Encrypted fields and blind indexes.

A sealed value is `algorithm (1) | key id (4) | nonce (12) | ciphertext+tag`, AES-256-GCM, bound by its
associated data to table, column and primary key, so that it cannot be moved to another row. Rows with sealed
fields therefore take UUIDs made in the application. The two keys (data, index) lie in
`XIAOJIA_HOME/keys`, 0600, never in the database or its backup.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

AES_256_GCM = 1


class WrongKey(Exception):
    """The value was sealed with another key, for another row, or was altered."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The two secret keys, 32 bytes each, and the id written before each sealed value."""

    data: bytes
    index: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of the data key's SHA-256."""
        return hashlib.sha256(b"xiaojia data key" + self.data).digest()[:4]


def load_keys(folder: Path) -> Keys:
    """Read both keys; a folder without any gets new ones (0600). Half a pair is an error."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Keys(data=_key(folder / "data.key"), index=_key(folder / "index.key"))


def _key(path: Path) -> bytes:
    """Two processes may start at once: the key appears whole by a link, and the first one wins."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(os.urandom(32))
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
    key = path.read_bytes()
    if len(key) != 32:
        raise WrongKey(f"{path.name} is not a key of 32 bytes")
    return key


@lru_cache(maxsize=1)
def keys() -> Keys:
    """The keys of this installation."""
    return load_keys(Path(settings.XIAOJIA_HOME) / "keys")


def seal(plain: str, *, table: str, column: str, pk: UUID) -> bytes:
    """Encrypt `plain` for exactly one cell; '' stays b''."""
    if not plain:
        return b""
    nonce = os.urandom(12)
    head = bytes([AES_256_GCM]) + keys().key_id
    body = AESGCM(keys().data).encrypt(nonce, plain.encode(), _associated(table, column, pk))
    return head + nonce + body


def open_sealed(sealed: bytes | memoryview, *, table: str, column: str, pk: UUID) -> str:
    """The plain text of a sealed cell; raises WrongKey when it belongs to another key or cell."""
    value = bytes(sealed)
    if not value:
        return ""
    if value[0] != AES_256_GCM or value[1:5] != keys().key_id:
        raise WrongKey("sealed with another key")
    try:
        plain = AESGCM(keys().data).decrypt(value[5:17], value[17:], _associated(table, column, pk))
    except InvalidTag as error:
        raise WrongKey("altered, or moved from another row") from error
    return plain.decode()


def blind_index(plain: str, *, purpose: str) -> bytes:
    """HMAC-SHA256 of the folded text (16 bytes): equal values are found without opening any."""
    if not plain:
        return b""
    folded = unicodedata.normalize("NFKC", plain).strip().casefold()
    return hmac.new(keys().index, f"{purpose}\0{folded}".encode(), hashlib.sha256).digest()[:16]


def _associated(table: str, column: str, pk: UUID) -> bytes:
    return f"{table}\0{column}\0{pk}".encode()
