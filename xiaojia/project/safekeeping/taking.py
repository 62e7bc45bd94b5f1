"""Taking a backup: one moment of the database and the files folder, sealed, checked, then named."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from xiaojia.kernel import secrets
from xiaojia.kernel.refusals import Refused
from xiaojia.project.processes.postgres import Urls
from xiaojia.project.safekeeping.container import Reader, Writer
from xiaojia.project.safekeeping.dumping import Manifest, snapshot

MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
FILES: Final = "files/"

DAYS: Final = 7
WEEKS: Final = 4
MONTHS: Final = 3
"""How many daily, weekly and monthly backups stay. A person who was erased is gone from the last one after
three months (P10)."""

_NAME: Final = re.compile(r"xiaojia-(\d{8}-\d{4})\.backup")
_BLOCK: Final = 1 << 18


class NoBackup(Refused):
    """There is nothing to take the backup with, or a place where it may not go."""


def root_secret() -> bytes:
    """The installation's secret, in use until this process ends. NoBackup while keys are being changed."""
    ring = secrets.ring()
    if ring.retiring is not None or not ring.current.root:
        raise NoBackup("备份没有做，因为钥匙还是旧式的，或者换到一半；先运行 xiaojia keys rotate，再来一次。")
    return ring.current.root


def take(urls: Urls, home: Path, target: Path, *, root: bytes, at: datetime) -> Manifest:
    """Write a backup to `target`, which must not be there; it gets its name once it was read back whole."""
    if target.exists():
        raise NoBackup(f"备份没有做，因为 {target} 已经有了；换个名字再来，原来那份一点没动。")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            with (
                snapshot(urls, taken_at=at.isoformat(timespec="seconds")) as (manifest, dump),
                Writer(stream, root) as writer,
            ):
                writer.part(MANIFEST, [manifest.as_json()])
                writer.part(DATABASE, dump)
                for name, path in _files(home / "files"):
                    writer.part(FILES + name, _content(path))
            stream.flush()
            os.fsync(stream.fileno())
        examine(draft, root)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def examine(file: Path, root: bytes) -> Manifest:
    """Read a backup from end to end without keeping anything; raises WrongSheet or Damaged."""
    manifest = b""
    with file.open("rb") as stream:
        for name, blocks in Reader(stream, root):
            if name == MANIFEST:
                manifest = b"".join(blocks)
    return Manifest.of_json(manifest)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files that lie there now; a workbook that was read meanwhile is gone, and that is right."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path


def _content(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                yield block
    except FileNotFoundError:
        return


def folder_of(home: Path) -> Path:
    """Where daily backups go: better another disk than this one."""
    return Path(os.environ.get("XIAOJIA_BACKUP_FOLDER") or home / "backups")


def daily_name(at: datetime) -> str:
    """The name of a daily backup: its moment in the community's own time."""
    return f"xiaojia-{at:%Y%m%d-%H%M}.backup"


def taken(folder: Path) -> dict[datetime, Path]:
    """The daily backups that lie in a folder, by the moment in their names, oldest first."""
    found = {
        datetime.strptime(match[1], "%Y%m%d-%H%M"): path  # noqa: DTZ007  # names carry local moments
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := _NAME.fullmatch(path.name))
    }
    return dict(sorted(found.items()))


def kept(moments: Iterable[datetime]) -> set[datetime]:
    """Which backups stay: the newest of each of the last 7 days, 4 weeks and 3 months that have one."""
    newest = sorted(moments, reverse=True)
    stay: set[datetime] = set()
    for count, period in ((DAYS, "%Y-%m-%d"), (WEEKS, "%G-%V"), (MONTHS, "%Y-%m")):
        firsts: dict[str, datetime] = {}
        for moment in newest:
            firsts.setdefault(moment.strftime(period), moment)
        stay |= set(list(firsts.values())[:count])
    return stay


def let_old_ones_go(folder: Path) -> int:
    """Delete daily backups that are not kept, and halves; returns how many. Never the newest."""
    files = taken(folder)
    stay = kept(files)
    for moment, path in files.items():
        if moment not in stay:
            path.unlink()
    for half in folder.glob(".xiaojia-*.part"):
        half.unlink()
    return len(files) - len(stay)


def is_due(folder: Path, now: datetime, *, hour: int) -> bool:
    """Whether no backup was taken since the last time it was `hour` o'clock (local, naive `now`)."""
    last = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if last > now:
        last -= timedelta(days=1)
    return all(moment < last for moment in taken(folder))
