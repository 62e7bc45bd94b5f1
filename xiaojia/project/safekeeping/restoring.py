"""Restoring onto an empty machine: all of it beside its place first, then moved there; or nothing.

No Django here: its settings would make keys in the home that is to be filled.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from xiaojia.kernel import secrets
from xiaojia.kernel.refusals import Refused
from xiaojia.project.processes.database import let_serve
from xiaojia.project.processes.postgres import Cluster, Urls
from xiaojia.project.safekeeping.container import Damaged, Reader
from xiaojia.project.safekeeping.dumping import Manifest, differences, is_empty, load, settle
from xiaojia.project.safekeeping.taking import DATABASE, FILES, examine

DRAFT: Final = "restore.tmp"
_PACKAGE: Final = Path(__file__).resolve().parent.parent.parent


class NotEmpty(Refused):
    """Something lives here already; a backup is restored beside nothing."""


class TooNew(Refused):
    """The backup comes from a newer version of 小家."""


def restore(file: Path, root: bytes, home: Path, *, external: Urls | None = None) -> Manifest:
    """Restore a backup into a home without data; a Refused is one sentence, and then nothing changed.

    The whole file is read and checked before the first byte is written. `external`: into that empty database.
    """
    refuse_unless_empty(home, external)
    manifest = examine(file, root)
    refuse_newer(manifest)
    draft = home / DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    draft.mkdir(mode=0o711)
    try:
        with _database(draft, external) as urls:
            let_serve(urls)
            _fill(file, root, draft, urls)
            settle(urls, manifest)
            if wrong := differences(urls, manifest):
                raise Damaged(
                    f"备份没有恢复，因为恢复出来的和清单对不上（{'；'.join(wrong[:5])}）；换一份备份再来。"
                )
        _lay_key(draft / "keys", root)
        _move(draft, home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def refuse_unless_empty(home: Path, external: Urls | None) -> None:
    """Raise NotEmpty when this home or this database holds anything."""
    keys = home / "keys"
    here = [home / "pg", *(keys / name for name in (secrets.ROOT, *secrets.PAIR, "database.json"))]
    is_taken = any(path.exists() for path in here) or any((home / "files").glob("*"))
    if is_taken or (external is not None and not is_empty(external)):
        raise NotEmpty(
            "备份没有恢复，因为这里已经有小家的数据，不能盖掉；"
            "换一个空的 XIAOJIA_HOME（外面的数据库也要空的），再来一次。"
        )


def refuse_newer(manifest: Manifest) -> None:
    """Raise TooNew when the backup's tables were made by migrations that this version does not have."""
    for app, name in manifest.migrations:
        for folder in (_PACKAGE / app, _PACKAGE / "domains" / app):
            if (folder / "migrations").is_dir() and not (folder / "migrations" / f"{name}.py").exists():
                raise TooNew("备份没有恢复，因为它是更新的一版小家做的；先把小家换到新版，再来一次。")


@contextmanager
def _database(draft: Path, external: Urls | None) -> Iterator[Urls]:
    if external is not None:
        yield external
        return
    cluster = Cluster(draft)
    try:
        yield cluster.start()
    finally:
        cluster.stop()


def _fill(file: Path, root: bytes, draft: Path, urls: Urls) -> None:
    manifest = examine_head(file, root)
    with file.open("rb") as stream:
        for name, blocks in Reader(stream, root):
            if name == DATABASE:
                load(urls, blocks, postgres=manifest.postgres)
            elif name.startswith(FILES):
                _write(draft / "files", name.removeprefix(FILES), blocks)


def examine_head(file: Path, root: bytes) -> Manifest:
    """The manifest alone, which stands first."""
    with file.open("rb") as stream:
        for _name, blocks in Reader(stream, root):
            return Manifest.of_json(b"".join(blocks))
    raise Damaged("备份没有恢复，因为这个文件是空的；换一份备份再来，这里的数据一点没动。")


def _write(folder: Path, name: str, blocks: Iterator[bytes]) -> None:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Damaged("备份没有恢复，因为里面有一个文件要写到别处去；换一份备份再来，这里的数据一点没动。")
    folder.mkdir(mode=0o700, exist_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        for block in blocks:
            stream.write(block)


def _lay_key(folder: Path, root: bytes) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder / secrets.ROOT, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(root)
        stream.flush()
        os.fsync(stream.fileno())


def _move(draft: Path, home: Path) -> None:
    """By renaming only. The secret comes last: a home without it is refused by nobody but opens nothing."""
    for name in ("pg", "files"):
        if (draft / name).exists():
            (draft / name).replace(home / name)
    (home / "keys").mkdir(mode=0o700, exist_ok=True)
    for name in ("database.json", secrets.ROOT):
        if (draft / "keys" / name).exists():
            (draft / "keys" / name).replace(home / "keys" / name)
