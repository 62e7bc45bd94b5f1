"""Backups of somebody else's PostgreSQL: into our own, and into another one with roles of other names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.running import own_home, xiaojia
from tests.test_external_postgres import CODE, _binaries, _environment, _system_binaries
from xiaojia.project.processes.postgres import Cluster, Urls

OURS = {"XIAOJIA_PG_BIN": ""}
"""The wheel's own binaries, a newer major version than the system's."""


@pytest.fixture(scope="module")
def databases() -> Iterator[list[Urls]]:
    """Two databases of the system's PostgreSQL, each with an owner and a serving role of its own names."""
    folder = _system_binaries()
    if folder is None:
        pytest.skip("no system PostgreSQL: apt-get install postgresql")
    with own_home() as home, _binaries(folder):
        cluster = Cluster(home, is_durable=False)
        cluster.start()
        found = []
        with cluster.admin() as keeper:
            for name in ("office", "branch"):
                keeper.execute(f"CREATE ROLE {name}_owner LOGIN PASSWORD 'o'")
                keeper.execute(f"CREATE ROLE {name}_app LOGIN PASSWORD 'a'")
                keeper.execute(f"CREATE DATABASE {name} OWNER {name}_owner TEMPLATE template0")
                place = f"/{name}?host={cluster.sockets}&port=5432"
                found.append(
                    Urls(
                        serving=f"postgresql://{name}_app:a@{place}",
                        owner=f"postgresql://{name}_owner:o@{place}",
                    )
                )
        yield found
        cluster.stop()


@contextmanager
def _backed_up(urls: Urls, folder: Path) -> Iterator[tuple[Path, Path]]:
    """A backup of a community in that database, and its sheet."""
    with own_home() as home:
        more = _environment(urls)
        xiaojia(home, "community", "add", CODE, "青禾社区（模拟）", **more)
        (home / "files").mkdir()
        (home / "files" / "a").write_text("模拟")
        done = xiaojia(home, "backup", str(folder / "backup"), **more)
        assert done.returncode == 0, done.stderr
        (folder / "sheet").write_text(xiaojia(home, "keys", "sheet", **more).stdout)
        refused = xiaojia(home, "restore", str(folder / "backup"), "--sheet", str(folder / "sheet"), **more)
        assert refused.returncode == 2
        assert "这里已经有小家的数据" in refused.stderr
        yield folder / "backup", folder / "sheet"


def test_it_comes_back_in_our_own_database_and_in_another_one(databases: list[Urls], tmp_path: Path) -> None:
    external, other = databases
    with _backed_up(external, tmp_path) as (backup, sheet):
        with own_home() as home:
            done = xiaojia(home, "restore", str(backup), "--sheet", str(sheet), **OURS)
            assert done.returncode == 0, done.stderr
            verified = xiaojia(home, "verify", **OURS)
            assert verified.returncode == 0, verified.stderr
            assert f"{CODE}: " in verified.stdout
        with own_home() as home:
            done = xiaojia(home, "restore", str(backup), "--sheet", str(sheet), **_environment(other))
            assert done.returncode == 0, done.stderr
            assert (home / "files" / "a").read_text() == "模拟"
            verified = xiaojia(home, "verify", **_environment(other))
            assert verified.returncode == 0, verified.stderr
            assert f"{CODE}: " in verified.stdout
        with psycopg.connect(other.serving) as connection:
            row = connection.execute(
                "SELECT has_table_privilege('kernel_auditentry', 'INSERT'),"
                " has_table_privilege('kernel_auditentry', 'UPDATE')"
            ).fetchone()
            assert row == (True, False)
