"""The database into a stream and back, by PostgreSQL's own pg_dump and pg_restore, and what it must hold."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import IO, Any, Final, cast

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from xiaojia.kernel.refusals import Refused
from xiaojia.project.processes.postgres import SYSTEM_FOLDER, PostgresMissing, Urls, binaries

SCHEMAS: Final = ["public", "vault"]
_BLOCK: Final = 1 << 18
_VERBS: Final = {
    *("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "USAGE", "CREATE"),
    "MAINTAIN",
}

Connection = psycopg.Connection[tuple[Any, ...]]


class DumpFailed(Refused):
    """pg_dump or pg_restore ended with an error; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds, read in the same snapshot: to be held against what was restored.

    `rows`: table -> rows. `heads`: community id -> sequence and hash of the last link of its audit trail.
    `migrations`: app and name of each. `privileges`: kind, name and verbs of the serving role.
    """

    taken_at: str
    postgres: int
    rows: dict[str, int]
    heads: dict[str, list[Any]]
    migrations: list[list[str]]
    privileges: list[list[Any]] = field(default_factory=list)

    def as_json(self) -> bytes:
        """For the first part of the backup."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def of_json(cls, text: bytes) -> Manifest:
        """The manifest that `as_json` wrote."""
        return cls(**json.loads(text))


@contextmanager
def snapshot(urls: Urls, *, taken_at: str) -> Iterator[tuple[Manifest, Iterator[bytes]]]:
    """The manifest and the dump's bytes, both of one moment, while everybody goes on working."""
    with psycopg.connect(urls.owner) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        name = _one(connection, "SELECT pg_export_snapshot()")
        serving = str(conninfo_to_dict(urls.serving).get("user", ""))
        manifest = Manifest(
            taken_at=taken_at,
            postgres=connection.info.server_version // 10_000,
            rows=row_counts(connection),
            heads=chain_heads(connection),
            migrations=[list(row) for row in connection.execute("SELECT app, name FROM django_migrations")],
            privileges=_privileges(connection, serving),
        )
        yield manifest, _dumped(urls, manifest.postgres, name)


def row_counts(connection: Connection) -> dict[str, int]:
    """Rows of every table of ours."""
    return {
        f"{schema}.{table}": _one(
            connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        )
        for schema, table in _tables(connection)
    }


def chain_heads(connection: Connection) -> dict[str, list[Any]]:
    """The last link of each community's audit trail: community id -> sequence, hash in hex."""
    rows = connection.execute(
        "SELECT DISTINCT ON (community_id) community_id, sequence, encode(hash, 'hex') FROM kernel_auditseal"
        " ORDER BY community_id, sequence DESC"
    )
    return {str(community_id): [sequence, link] for community_id, sequence, link in rows}


def load(urls: Urls, blocks: Iterable[bytes], *, postgres: int) -> None:
    """Restore a dump into an empty database, whole or not at all. Raises DumpFailed."""
    tool = _tool("pg_restore", max(postgres, _major(urls)))
    words = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    with _said() as said:
        process = subprocess.Popen(
            [tool, *words, "--dbname", str(conninfo_to_dict(urls.owner)["dbname"])],
            env=_environment(urls.owner),
            stdin=subprocess.PIPE,
            stderr=said,
        )
        taken = cast("IO[bytes]", process.stdin)
        try:
            for block in blocks:
                taken.write(block)
            taken.close()
        except BrokenPipeError:
            pass  # it has said why
        except BaseException:
            process.kill()
            raise
        finally:
            code = process.wait()
        if code != 0:
            raise DumpFailed(f"备份没有恢复，因为数据库没有收下，什么都没有留下；它说：{_last(said)}")


def settle(urls: Urls, manifest: Manifest) -> None:
    """Give the serving role exactly what it had, and let the planner know the tables."""
    serving = sql.Identifier(str(conninfo_to_dict(urls.serving)["user"]))
    with psycopg.connect(urls.owner) as connection:
        for schema, table in _tables(connection):
            connection.execute(
                sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(schema, table), serving)
            )
        for kind, name, verbs in manifest.privileges:
            connection.execute(
                sql.SQL("GRANT {} ON {} {} TO {}").format(
                    sql.SQL(", ").join(map(_verb, verbs)),
                    sql.SQL({"schema": "SCHEMA", "table": "TABLE", "sequence": "SEQUENCE"}[kind]),
                    sql.Identifier(*name),
                    serving,
                )
            )
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE")


def differences(urls: Urls, manifest: Manifest) -> list[str]:
    """What the restored database holds otherwise than the manifest says: nothing, if all went well."""
    with psycopg.connect(urls.owner) as connection:
        rows, heads = row_counts(connection), chain_heads(connection)
    names = sorted(rows.keys() | manifest.rows.keys())
    wrong = [
        f"{n}: {rows.get(n)} / {manifest.rows.get(n)}" for n in names if rows.get(n) != manifest.rows.get(n)
    ]
    return wrong + ["audit trail"] * (heads != manifest.heads)


def is_empty(urls: Urls) -> bool:
    """Whether nobody made a table in this database yet."""
    with psycopg.connect(urls.owner) as connection:
        return not _tables(connection)


def _dumped(urls: Urls, major: int, name: str) -> Iterator[bytes]:
    tool = _tool("pg_dump", major)
    words = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges", f"--snapshot={name}"]
    with _said() as said:
        process = subprocess.Popen(
            [tool, *words, "--dbname", str(conninfo_to_dict(urls.owner)["dbname"])],
            env=_environment(urls.owner),
            stdout=subprocess.PIPE,
            stderr=said,
        )
        given = cast("IO[bytes]", process.stdout)
        try:
            while block := given.read(_BLOCK):
                yield block
        except BaseException:
            process.kill()
            raise
        finally:
            given.close()
            code = process.wait()
        if code != 0:
            raise DumpFailed(f"备份没有做成，因为数据库没有读完；它说：{_last(said)}")


def _tool(name: str, major: int) -> str:
    """The program of this major version, else of the next newer one that is here."""
    found: dict[int, str] = {}
    for folder in (binaries(), *SYSTEM_FOLDER.glob("*/bin")):
        path = folder / name
        if path.exists():
            answer = subprocess.run([path, "--version"], check=True, capture_output=True, text=True)
            found.setdefault(int(answer.stdout.split()[2].partition(".")[0]), str(path))
    fitting = [version for version in found if version >= major]
    if not fitting:
        raise PostgresMissing(
            f"这一步没有做，因为要 PostgreSQL {major} 或更新的 {name}，这台电脑上没有；"
            "装上 postgresql-client，或者把 XIAOJIA_PG_BIN 指到它的文件夹，再来一次。"
        )
    return found[min(fitting)]


def _major(urls: Urls) -> int:
    with psycopg.connect(urls.owner) as connection:
        return connection.info.server_version // 10_000


def _environment(url: str) -> dict[str, str]:
    """The address for libpq, without the password on a command line that others can see."""
    parts = conninfo_to_dict(url)
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
    }
    more = {names[key]: str(value) for key, value in parts.items() if key in names}
    options = {f"PG{key.upper()}": str(value) for key, value in parts.items() if key.startswith("ssl")}
    return dict(os.environ) | options | more


def _tables(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2", [SCHEMAS]
    )
    return [(str(schema), str(table)) for schema, table in rows]


def _privileges(connection: Connection, role: str) -> list[list[Any]]:
    relations = connection.execute(
        "SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, ARRAY[n.nspname, c.relname],"
        " array_agg(acl.privilege_type ORDER BY 1)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,"
        " aclexplode(c.relacl) acl JOIN pg_roles r ON r.oid = acl.grantee"
        " WHERE n.nspname = ANY(%s) AND r.rolname = %s GROUP BY 1, 2 ORDER BY 1, 2",
        [SCHEMAS, role],
    ).fetchall()
    schemas = connection.execute(
        "SELECT 'schema', ARRAY[n.nspname], array_agg(acl.privilege_type ORDER BY 1) FROM pg_namespace n,"
        " aclexplode(n.nspacl) acl JOIN pg_roles r ON r.oid = acl.grantee"
        " WHERE n.nspname = ANY(%s) AND r.rolname = %s GROUP BY 1, 2 ORDER BY 1, 2",
        [SCHEMAS, role],
    ).fetchall()
    return [[kind, list(name), list(verbs)] for kind, name, verbs in [*schemas, *relations]]


def _verb(word: str) -> sql.SQL:
    if word not in _VERBS:
        raise DumpFailed("备份没有恢复，因为里面有这一版不认识的权限；换一版小家再来。")
    return sql.SQL(word)


def _one(connection: Connection, query: Any) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


@contextmanager
def _said() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as stream:
        yield stream


def _last(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace").strip()[-300:]
