"""One statement that is a transaction of its own, on a connection that its thread keeps.

For the few requests where asking for a connection costs more than what is asked: no pool, no question whether
the connection still lives, a prepared statement. One that died is replaced and the statement said once more,
so it must be one that may be said twice.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from django.db import connection

PARTS: Final = ("dbname", "user", "password", "host", "port")
Kept = psycopg.RawCursor[tuple[Any, ...]]
_KEPT: Final = threading.local()


def say_alone(sql: str, values: Sequence[object]) -> tuple[Any, ...]:
    """The one row of a statement with `$1`, `$2`, ... that ends with its own commit.

    It sees nothing of a running transaction and may wait for it for ever: inside one it is a RuntimeError.
    Saying it twice must come to the same (a request id).
    """
    if connection.in_atomic_block:
        raise RuntimeError("a statement alone inside a transaction would wait for it")
    cursor = _kept()
    try:
        return _said(cursor, sql, values)
    except psycopg.OperationalError:
        if not cursor.connection.closed:
            raise
    forget()
    return _said(_kept(), sql, values)


def forget() -> None:
    """Close what this thread keeps."""
    cursor: Kept | None = getattr(_KEPT, "cursor", None)
    if cursor is not None:
        cursor.connection.close()
    _KEPT.cursor = None


def _said(cursor: Kept, sql: str, values: Sequence[object]) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = cursor.execute(sql, values, prepare=True, binary=True).fetchone()
    if row is None:
        raise RuntimeError("a statement alone gives one row")
    return row


def _kept() -> Kept:
    """This thread's cursor, as the role that pages serve with and in the database that they use."""
    cursor: Kept | None = getattr(_KEPT, "cursor", None)
    address = connection.settings_dict["NAME"], connection.settings_dict["USER"]
    if cursor is None or address != _KEPT.address:
        forget()
        parts = connection.get_connection_params()
        known = {name: parts[name] for name in PARTS if name in parts}
        cursor = psycopg.RawCursor(psycopg.connect(**known, autocommit=True))
        _KEPT.cursor, _KEPT.address = cursor, address
    return cursor
