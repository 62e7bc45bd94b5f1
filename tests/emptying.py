"""Empties the tables after a test that commits, from outside.

Rows are deleted: to truncate makes new files for each table, which takes five times as long.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

import psycopg
import pytest
from django.db import connection
from psycopg import sql

LARGE_BYTES: Final = 1_000_000
"""A table with so many deleted rows is cleaned, so that the next test does not read past them."""
WRITTEN_BY_MIGRATIONS: Final = {"django_content_type", "auth_permission"}


def empty(admin: psycopg.Connection[tuple[object, ...]]) -> None:
    """Every table of ours is empty. A writer is waited for, and its rows go too; `admin` is a superuser."""
    connection.close()
    # No trigger keeps a row, and none asks for the rows that point to it.
    admin.execute("SET session_replication_role = replica")
    names = set(connection.introspection.django_table_names(include_views=False)) - WRITTEN_BY_MIGRATIONS
    sizes = admin.execute(
        "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relname = ANY(%s) AND pg_relation_size(oid) > 0 ORDER BY relname",
        [list(names)],
    ).fetchall()
    if not sizes:
        return
    tables = sql.SQL(", ").join(sql.Identifier(str(name)) for name, _size in sizes)
    deletes = sql.SQL("; ").join(
        sql.SQL("DELETE FROM {}").format(sql.Identifier(str(name))) for name, _size in sizes
    )
    for _attempt in range(5):
        # A page that a browser left behind may still be writing: it is waited for, and its rows go too.
        with suppress(psycopg.OperationalError):
            with admin.transaction():
                admin.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(tables))
                admin.execute(deletes)
            break
        time.sleep(0.2)
    else:
        pytest.fail("the tables could not be emptied: something still holds them")
    if large := [sql.Identifier(str(name)) for name, size in sizes if int(str(size)) > LARGE_BYTES]:
        admin.execute(sql.SQL("VACUUM {}").format(sql.SQL(", ").join(large)))
