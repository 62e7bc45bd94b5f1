"""Rows that took long to make, kept beside their tables and put back before the next test that wants them.

Only for tests that commit (`transaction=True`): rows are put back from outside, and emptied after the test.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import psycopg
from django.db import connection
from psycopg import sql

T = TypeVar("T")
SCHEMA: Final = "kept"
_kept: dict[Callable[[], object], bytes] = {}


def made_once(make: Callable[[], T]) -> T:
    """What `make` returns, with every row that it wrote; it runs once a process, and for one `make` only."""
    if make in _kept:
        with _outside() as admin:
            _put_back(admin)
        return pickle.loads(_kept[make])  # type: ignore[no-any-return]  # noqa: S301  # our own, of this process
    assert not _kept, "there is one set of kept rows"
    made = make()
    with _outside() as admin:
        _keep(admin)
    _kept[make] = pickle.dumps(made)
    return made


def _outside() -> psycopg.Connection[tuple[object, ...]]:
    """As the superuser, whom no trigger and no foreign key holds up."""
    from xiaojia.project.processes.postgres import Cluster

    cluster = Cluster(Path(os.environ["XIAOJIA_HOME"]), is_durable=False)
    return cluster.admin(str(connection.settings_dict["NAME"]))


def _keep(admin: psycopg.Connection[tuple[object, ...]]) -> None:
    admin.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
    for name in connection.introspection.django_table_names(only_existing=True, include_views=False):
        row = admin.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", name))
        ).fetchone()
        if row != (0,) and not name.startswith(("django_", "auth_")):
            copy = sql.SQL("CREATE TABLE {} AS TABLE {}")
            admin.execute(copy.format(sql.Identifier(SCHEMA, name), sql.Identifier("public", name)))


def _put_back(admin: psycopg.Connection[tuple[object, ...]]) -> None:
    admin.execute("SET session_replication_role = replica")
    kept = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [SCHEMA]).fetchall()
    copy = sql.SQL("INSERT INTO {} TABLE {}")
    for (name,) in kept:
        admin.execute(copy.format(sql.Identifier("public", str(name)), sql.Identifier(SCHEMA, str(name))))
