"""Bringing a table of cases in as long work: the file waits in the private folder, and goes with the work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.actions.importing import import_cases
from xiaojia.domains.registers.rules import MOST_BYTES
from xiaojia.kernel import jobs
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import Work
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.work import Progress, Result

KIND: Final = "cases_import"


def start_import(*, by: Actor, at: datetime, stream: Iterable[bytes]) -> Work:
    """Keep the file (0600) and queue the work; it begins when the running transaction commits."""
    require(MAY, "import_cases", by, by.community_id)
    file_id, size = uuid4(), 0
    path = _path(file_id)
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
    return jobs.start_work(KIND, by=by, at=at, payload={"file_id": str(file_id)})


def do_import(*, by: Actor, at: datetime, file_id: UUID, progress: Progress) -> Result:
    """What the worker does; afterwards the file is gone, whatever came of it but a fault."""
    path = _path(file_id)
    try:
        found = import_cases(by=by, at=at, path=path, progress=progress)
    except Refused:
        path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)
    sentence = _("收进来 %(fresh)d 件，已有 %(known)d 件没有动。") % {
        "fresh": len(found.fresh), "known": found.known_count,
    }  # fmt: skip
    return {"sentence": sentence, "fresh": len(found.fresh), "known": found.known_count}


def _path(file_id: UUID) -> Path:
    return Path(settings.XIAOJIA_HOME) / "files" / "cases" / str(file_id)
