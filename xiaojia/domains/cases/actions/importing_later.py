"""A table of cases on its way in: it waits in the private folder of its community, read by the worker, until
somebody takes it over or puts it down. What the dry run found lies beside it, and goes with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.actions.importing import Checked, check_import, import_cases
from xiaojia.domains.cases.queries.tables import MOST_DOUBTS, MOST_ROWS, found_path, table_path, tables_folder
from xiaojia.domains.registers.rules import MOST_BYTES
from xiaojia.kernel import audit, jobs
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import Work
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.work import Progress, Result

CHECK: Final = "cases_check"
KIND: Final = "cases_import"
WAITING_DAYS: Final = 7


class TableGone(Refused):
    """A table that somebody took over, put down or never had; a stranger's is no other."""

    def __init__(self) -> None:
        super().__init__(_("这张表不在了，因为已经收过或者放下了；还要收，就再拿来一次。"))


def receive_table(*, by: Actor, at: datetime, file_name: str, stream: Iterable[bytes]) -> Work:
    """Keep the file (0600) and queue its dry run, which begins when the running transaction commits."""
    require(MAY, "import_cases", by, by.community_id)
    file_id = _keep(by, stream)
    payload = {"file_id": str(file_id), "name": Path(file_name).name[-120:]}
    return jobs.start_work(CHECK, by=by, at=at, payload=payload)


def do_check(*, by: Actor, at: datetime, file_id: UUID, name: str, progress: Progress) -> Result:
    """The dry run of the worker. A file that cannot be read goes; the refusal says why."""
    path = table_path(by.community_id, file_id)
    progress.say(str(_("看表里写了什么")), 0, 1)
    try:
        checked = check_import(by=by, at=at, path=path)
    except Refused:
        path.unlink(missing_ok=True)
        raise
    found = found_path(by.community_id, file_id)
    found.touch(mode=0o600)
    found.write_text(json.dumps(_told(checked, name), ensure_ascii=False), encoding="utf-8")
    return {"fresh": len(checked.fresh), "known": checked.known_count, "doubts": len(checked.doubts)}


def _told(checked: Checked, name: str) -> dict[str, object]:
    rows = [
        [r.number, r.text[:60], r.place_text, r.number in checked.building_ids]
        for r in checked.fresh[:MOST_ROWS]
    ]
    return {
        "name": name,
        "fresh": len(checked.fresh),
        "known": checked.known_count,
        "placed": checked.placed_count,
        "doubt_count": len(checked.doubts),
        "doubts": [[d.number, d.cell, d.sentence] for d in checked.doubts[:MOST_DOUBTS]],
        "rows": rows,
    }


def take_table(*, by: Actor, at: datetime, file_id: UUID) -> Work:
    """Queue the taking over of a table that was looked at."""
    require(MAY, "import_cases", by, by.community_id)
    if not found_path(by.community_id, file_id).exists():
        raise TableGone
    return jobs.start_work(KIND, by=by, at=at, payload={"file_id": str(file_id)})


def start_import(*, by: Actor, at: datetime, stream: Iterable[bytes]) -> Work:
    """Keep the file and queue the taking over at once: for whoever looked at it before."""
    require(MAY, "import_cases", by, by.community_id)
    return jobs.start_work(KIND, by=by, at=at, payload={"file_id": str(_keep(by, stream))})


def do_import(*, by: Actor, at: datetime, file_id: UUID, progress: Progress) -> Result:
    """What the worker does; afterwards the file is gone, whatever came of it but a fault."""
    path = table_path(by.community_id, file_id)
    if not path.exists():
        raise TableGone
    try:
        found = import_cases(by=by, at=at, path=path, progress=progress)
    except Refused:
        _forget(by.community_id, file_id)
        raise
    transaction.on_commit(lambda: _forget(by.community_id, file_id))
    sentence = _("收进来 %(fresh)d 件，其中 %(placed)d 件认出了在哪一栋；已有 %(known)d 件没有动。") % {
        "fresh": len(found.fresh), "placed": found.placed_count, "known": found.known_count,
    }  # fmt: skip
    return {
        "sentence": sentence, "fresh": len(found.fresh), "known": found.known_count,
        "placed": found.placed_count,
    }  # fmt: skip


def drop_table(*, by: Actor, at: datetime, file_id: UUID) -> None:
    """Put a table down: nothing of it stays."""
    require(MAY, "import_cases", by, by.community_id)
    if not found_path(by.community_id, file_id).exists():
        raise TableGone
    _forget(by.community_id, file_id)
    audit.record(by=by, at=at, verb="drop_table", kind="case", ids=[file_id])


def forget_tables(*, by: Actor, at: datetime) -> int:
    """Let go of tables that nobody went on with for a week; returns how many files went."""
    gone, before = 0, (at - timedelta(days=WAITING_DAYS)).timestamp()
    for path in tables_folder(by.community_id).glob("*"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _keep(by: Actor, stream: Iterable[bytes]) -> UUID:
    file_id, size = uuid4(), 0
    path = table_path(by.community_id, file_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            for chunk in stream:
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Refused(
                        _("这张表没有收，因为它超过 %(most)d MB；分成几张再来。")
                        % {"most": MOST_BYTES // 2**20}
                    )
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return file_id


def _forget(community_id: int, file_id: UUID) -> None:
    table_path(community_id, file_id).unlink(missing_ok=True)
    found_path(community_id, file_id).unlink(missing_ok=True)
