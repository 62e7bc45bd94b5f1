"""A workbook comes in: kept privately until it is read, staged row by row, then gone."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.registers import queries
from xiaojia.domains.registers.access import MAY, visible_registers
from xiaojia.domains.registers.models import Register
from xiaojia.domains.registers.reading import RawRow, Unreadable, read_book
from xiaojia.domains.registers.rules import ABANDONED_DAYS, MOST_BYTES
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.jobs import start_work
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.work import Progress

BATCH: Final = 5_000
ENDED: Final = (Register.State.COMMITTED, Register.State.REFUSED, Register.State.DROPPED)


@transaction.atomic
def receive_register(
    *, by: Actor, at: datetime, file_name: str, stream: Iterable[bytes], as_of_on: date
) -> Register:
    """Keep a workbook that speaks for the day `as_of_on`, and queue its reading."""
    require(MAY, "receive_register", by, by.community_id)
    register = Register(
        id=uuid4(),
        community_id=by.community_id,
        file_name=Path(file_name).name[-120:],
        as_of_on=as_of_on,
        received_by_id=by.account_id,
        received_at=at,
    )
    register.file_hash = _keep(file_path(register.pk), stream)
    register.save(force_insert=True)
    audit.record(
        by=by, at=at, verb="receive_register", kind="register", ids=[register.pk],
        detail={"file_hash": register.file_hash, "as_of_on": as_of_on},
    )  # fmt: skip
    start_reading(by=by, at=at, register_id=register.pk)
    register.refresh_from_db()
    return register


def file_path(register_id: UUID) -> Path:
    """Where the workbook lies until it is read; nobody but this installation's user may look."""
    return Path(settings.XIAOJIA_HOME) / "files" / str(register_id)


def _keep(path: Path, stream: Iterable[bytes]) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            for chunk in stream:
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Refused(
                        _("这个文件没有收，因为它超过 %(n)d MB；删掉图片和没用的表，再来一次。")
                        % {"n": MOST_BYTES // 2**20}
                    )
                digest.update(chunk)
                file.write(chunk)
        if not size:
            raise Refused(_("这个文件没有收，因为里面是空的；看看是不是拿错了文件。"))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return digest.hexdigest()


@transaction.atomic
def start_reading(*, by: Actor, at: datetime, register_id: UUID) -> UUID:
    """Queue the reading of a workbook that was received; again, if the first time was stopped."""
    require(MAY, "receive_register", by, by.community_id)
    register = locked(register_id, by=by)
    if register.state != Register.State.RECEIVED:
        raise Refused(_("这份表不用再读，因为已经读过了；接着往下看就行。"))
    return queue(register, "register_read", by=by, at=at)


def queue(register: Register, kind: str, *, by: Actor, at: datetime) -> UUID:
    """Start one piece of work on a register, never two at once."""
    if queries.running_work(register) is not None:
        raise Refused(_("现在不能再做一遍，因为这份表正在做；等它做好，或者先停下。"))
    work = start_work(kind, by=by, at=at, payload={"register_id": str(register.pk)})
    register.work_id = work.pk
    register.save(update_fields=["work_id"])
    return work.pk


def locked(register_id: UUID, *, by: Actor) -> Register:
    """The register, held until the end of the transaction."""
    register = visible_registers(by).select_for_update().filter(pk=register_id).first()
    if register is None:
        raise Refused(_("没找到这份表；可能别人已经收走了。回到住户表看看。"))
    return register


@transaction.atomic
def read_register(*, by: Actor, at: datetime, register_id: UUID, progress: Progress) -> Register:
    """Read the workbook in a limited child, stage its rows, and let the file go.

    A file that cannot be read ends the register with its sentence: nothing of it is kept.
    """
    require(MAY, "receive_register", by, by.community_id)
    register = locked(register_id, by=by)
    if register.state != Register.State.RECEIVED:
        return register
    path = file_path(register.pk)
    progress.say(_("正在读这份表"), 0, 0)
    try:
        book = read_book(path, meanings_for=lambda key: queries.remembered_meanings(key, viewer=by))
    except (Unreadable, FileNotFoundError) as error:
        _refuse(register, at, error)
        return register
    for start in range(0, len(book.rows), BATCH):
        progress.say(_("正在读这份表"), start, len(book.rows))
        _stage(register, book.rows[start : start + BATCH])
    progress.say(_("正在读这份表"), len(book.rows), len(book.rows))
    register.kind = book.kind
    register.sheet_name = book.sheet_name[:400]
    register.headings_hash = book.headings_hash
    register.columns = [asdict(column) for column in book.columns]
    register.skipped = [[row.number, row.why] for row in book.skipped]
    register.notes = list(book.notes)
    register.counts = {"rows": len(book.rows), "skipped": len(book.skipped)}
    register.state = Register.State.READ
    register.save()
    _forget_file(path)
    return register


def _refuse(register: Register, at: datetime, error: Exception) -> None:
    register.state = Register.State.REFUSED
    register.sentence = (
        error.sentence
        if isinstance(error, Unreadable)
        else _("这份表没有读，因为它已经不在了；请再拿来一次。")
    )
    register.ended_at = at
    register.save(update_fields=["state", "sentence", "ended_at"])
    _forget_file(file_path(register.pk))


def _forget_file(path: Path) -> None:
    """After the commit: a work that is rolled back still finds its file."""
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def _stage(register: Register, rows: Sequence[RawRow]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registers_registerrow (community_id, register_id, sheet_name, row_number, cells,"
            " values, verdict, changes, doubts, decision)"
            " SELECT %s, %s, u.sheet, u.number, u.cells, '{}', 'unchecked', '[]', '[]', 'open'"
            " FROM unnest(%s::text[], %s::int[], %s::jsonb[]) AS u(sheet, number, cells)",
            [
                register.community_id,
                register.pk,
                [row.sheet_name[:60] for row in rows],
                [row.number for row in rows],
                [json.dumps(row.cells, ensure_ascii=False) for row in rows],
            ],
        )


@transaction.atomic
def drop_register(*, by: Actor, at: datetime, register_id: UUID) -> None:
    """Put a workbook away without taking it over: its file and its staged rows are deleted."""
    require(MAY, "drop_register", by, by.community_id)
    register = locked(register_id, by=by)
    if register.state in ENDED:
        raise Refused(_("这份表不用放下，因为它已经有结果了；回到住户表看看。"))
    if queries.running_work(register) is not None:
        raise Refused(_("这份表现在放不下，因为正在做；先停下，再放下。"))
    _drop(register, by=by, at=at)


def _drop(register: Register, *, by: Actor, at: datetime, why: str = "") -> None:
    register.rows.all().delete()
    register.state, register.sentence, register.ended_at = Register.State.DROPPED, why, at
    register.save(update_fields=["state", "sentence", "ended_at"])
    _forget_file(file_path(register.pk))
    audit.record(by=by, at=at, verb="drop_register", kind="register", ids=[register.pk], detail={"why": why})


@transaction.atomic
def forget_abandoned(*, by: Actor, at: datetime) -> int:
    """Put away every register that nobody touched for ABANDONED_DAYS; returns how many.

    Staged rows hold plain names and phones, so they may not lie around until somebody remembers them.
    """
    require(MAY, "drop_register", by, by.community_id)
    why = _("%(n)d 天没有人接着看，自动放下了；还要收，就再拿来一次。") % {"n": ABANDONED_DAYS}
    count = 0
    for found in queries.abandoned_registers(viewer=by, since=at - timedelta(days=ABANDONED_DAYS)):
        register = locked(found.pk, by=by)
        if register.state not in ENDED and queries.running_work(register) is None:
            _drop(register, by=by, at=at, why=why)
            count += 1
    return count
