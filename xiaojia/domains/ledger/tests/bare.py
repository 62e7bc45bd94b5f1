"""The ledger with one guard taken away, for negative controls: as it was again at the end.

Threads have to meet this, so it is committed: only for tests outside a transaction.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, Final

import psycopg
from django.db import connection

from xiaojia.kernel.tests.parallel import at_once

AsOwner = Callable[[], AbstractContextManager[None]]
GATE: Final = 4711
WAITING: Final = f"; PERFORM pg_advisory_xact_lock_shared({GATE});"
"""Instead of ` FOR UPDATE;`: who has read waits here until `all_read_first` lets them go."""
PATIENCE_SECONDS: Final = 30


def all_read_first(times: int, act: Callable[[int], Any]) -> list[Any]:
    """`at_once`, where nobody writes before all have read and stand at `WAITING`."""
    is_shut = threading.Event()

    def keep_the_gate() -> None:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
        with closing(psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)) as gate:
            gate.execute("SELECT pg_advisory_lock(%s)", [GATE])
            is_shut.set()
            until = time.monotonic() + PATIENCE_SECONDS
            while gate.execute(waiting, [GATE]).fetchone() != (times,) and time.monotonic() < until:
                time.sleep(0.02)

    keeper = threading.Thread(target=keep_the_gate)
    keeper.start()
    assert is_shut.wait(PATIENCE_SECONDS)
    try:
        return at_once(times, act)
    finally:
        keeper.join()


@contextmanager
def written_anew(as_owner: AsOwner, function: str, *changes: tuple[str, str]) -> Iterator[None]:
    """A function of the database with other words in it; fails when it does not have the old ones."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [function])
        sound = careless = str(cursor.fetchone()[0])
        for old, new in changes:
            assert old in careless, f"{function} has no {old!r}: the control controls nothing"
            careless = careless.replace(old, new)
        cursor.execute(careless)
    try:
        yield
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(sound)


@contextmanager
def without_constraints(as_owner: AsOwner, table: str, *names: str) -> Iterator[None]:
    """A table without some of its constraints or unique indexes; what breaks them is emptied at the end."""
    found: list[str] = []
    with as_owner(), connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
            row = cursor.fetchone()
            if row is not None:
                back = f"ALTER TABLE {table} ADD CONSTRAINT {name} {row[0]}"
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            else:
                cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [name])
                back = str(cursor.fetchone()[0])
                cursor.execute(f"DROP INDEX {name}")
            found.append(back)
    try:
        yield
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")
            for back in found:
                cursor.execute(back)
