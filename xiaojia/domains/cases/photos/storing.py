"""Where photos lie: XIAOJIA_HOME/files/photos, private, a folder a community, each under its own hash."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def _folder(community_id: int) -> Path:
    return Path(settings.XIAOJIA_HOME) / "files" / "photos" / str(int(community_id))


def path_of(community_id: int, digest: str) -> Path:
    """The file of a photo; `digest` is 64 hex digits."""
    if not _DIGEST.fullmatch(digest):
        raise ValueError("a digest is 64 hex digits")
    return _folder(community_id) / f"{digest}.jpg"


def store(community_id: int, data: bytes) -> str:
    """Write a photo where it belongs, whole or not at all; gives its digest. The same bytes are one file."""
    digest = hashlib.sha256(data).hexdigest()
    path = path_of(community_id, digest)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{digest}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return digest


def strays(community_id: int, known: set[str], *, before: datetime) -> Iterator[Path]:
    """Files that no row knows and that are older than `before`: newer ones may still be written about."""
    with suppress(FileNotFoundError):
        for path in _folder(community_id).iterdir():
            is_old = path.stat().st_mtime < before.timestamp()
            if is_old and (path.stem not in known or path.suffix != ".jpg"):
                yield path
