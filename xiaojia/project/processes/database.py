"""Which database: an external one named by two addresses, or our own; and who may do what in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from xiaojia.kernel.refusals import Refused
from xiaojia.project.processes.postgres import Cluster, Urls

_STATEMENTS: Final = (
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {serving}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {serving}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {serving}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {serving}",
)


class NoSecondFence(Refused):
    """The role we would serve as is not bound by row-level security."""


def external() -> Urls | None:
    """The addresses of an external database, None when there is none; half a pair is Refused."""
    serving, owner = os.environ.get("DATABASE_URL"), os.environ.get("DATABASE_OWNER_URL")
    if not serving and not owner:
        return None
    if not serving or not owner:
        raise Refused(
            "小家没有开，因为外面的数据库要两个地址，一个给页面用，一个给建表用；"
            "把 DATABASE_URL 和 DATABASE_OWNER_URL 都设好，再来一次。"
        )
    return Urls(serving=serving, owner=owner)


@contextmanager
def opened(home: Path) -> Iterator[tuple[Urls, Cluster | None]]:
    """The external database, or the embedded server; stopped again if it was started here."""
    urls = external()
    if urls is not None:
        yield urls, None
        return
    cluster = Cluster(home)
    try:
        yield cluster.start(), cluster
    finally:
        cluster.stop()


def let_serve(urls: Urls) -> None:
    """What the owner makes from now on, the serving role may use. Run as the owner, before migrations.

    Raises NoSecondFence when the serving role is one that policies do not bind.
    """
    role = conninfo_to_dict(urls.serving).get("user", "")
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        row = connection.execute(
            "SELECT rolsuper OR rolbypassrls OR pg_has_role(rolname, current_user, 'MEMBER')"
            " FROM pg_roles WHERE rolname = %s",
            [role],
        ).fetchone()
        if row is None or row[0]:
            raise NoSecondFence(
                f"小家没有开，因为 DATABASE_URL 里的“{role}”不存在，或者行级权限管不住它；"
                "另建一个普通角色给页面用，再来一次。"
            )
        for statement in _STATEMENTS:
            connection.execute(sql.SQL(statement).format(serving=sql.Identifier(str(role))))
