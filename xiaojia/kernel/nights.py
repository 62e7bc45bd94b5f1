"""Whether the nightly backup failed: a mark in the home folder, made by the parent process, read by pages.

The parent knows neither Django nor the database, and pages know nothing of processes: a file is what both
have.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

NAME: Final = "backup-failed"


def mark_failed(home: Path, at: datetime) -> None:
    """Remember since when (local, no zone) it fails; the first moment stays until a backup succeeds."""
    mark = home / NAME
    if not mark.exists():
        draft = home / f".{NAME}.part"
        draft.write_text(at.isoformat(timespec="minutes"), encoding="utf-8")
        draft.replace(mark)


def clear(home: Path) -> None:
    """A backup succeeded."""
    (home / NAME).unlink(missing_ok=True)


def failed_since(home: Path) -> datetime | None:
    """Since when (local, no zone) no nightly backup succeeded; None while all is well."""
    try:
        return datetime.fromisoformat((home / NAME).read_text(encoding="utf-8").strip())
    except (FileNotFoundError, ValueError):
        return None
