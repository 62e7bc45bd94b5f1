"""A PostgreSQL of somebody else's, named by two addresses: Debian's own 15, with roles made by its keeper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.running import own_home, serving, xiaojia
from xiaojia.project.processes.postgres import SYSTEM_FOLDER, Cluster, Urls

CODE = "999999001088"


def _system_binaries() -> Path | None:
    for folder in sorted(SYSTEM_FOLDER.glob("*/bin")):
        if folder.parent.name.isdigit() and int(folder.parent.name) >= 15 and (folder / "postgres").exists():
            return folder
    return None


@pytest.fixture(scope="module")
def external() -> Iterator[Urls]:
    """A server of the system's PostgreSQL; its keeper has made a database and two plain roles."""
    folder = _system_binaries()
    if folder is None:
        pytest.skip("no system PostgreSQL: apt-get install postgresql")
    with own_home() as home, _binaries(folder):
        cluster = Cluster(home, is_durable=False)
        cluster.start()
        with cluster.admin() as keeper:
            assert str(keeper.info.server_version).startswith(folder.parent.name)
            keeper.execute("CREATE ROLE office_owner LOGIN PASSWORD 'o'")
            keeper.execute("CREATE ROLE office_app LOGIN PASSWORD 'a'")
            keeper.execute("CREATE DATABASE office OWNER office_owner TEMPLATE template0")
        place = f"/office?host={cluster.sockets}&port=5432"
        yield Urls(serving=f"postgresql://office_app:a@{place}", owner=f"postgresql://office_owner:o@{place}")
        cluster.stop()


@contextmanager
def _binaries(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XIAOJIA_PG_BIN", str(folder))
        yield


def _environment(urls: Urls) -> dict[str, str]:
    return {"DATABASE_URL": urls.serving, "DATABASE_OWNER_URL": urls.owner}


def test_it_is_prepared_served_and_verified(external: Urls) -> None:
    with own_home() as home:
        done = xiaojia(home, "community", "add", CODE, "青禾社区（模拟）", **_environment(external))
        assert done.returncode == 0, done.stderr
        with serving(home, "--port", "8480", **_environment(external)) as tree:
            assert tree.postgres_pid == 0
            assert tree.status("/sign-in/") == 200
        done = xiaojia(home, "verify", **_environment(external))
        assert done.returncode == 0, done.stderr
        assert f"{CODE}: 0 links" in done.stdout
        assert not (home / "pg").exists()


def test_its_serving_role_is_bound_by_every_fence(external: Urls) -> None:
    with own_home() as home:
        done = xiaojia(home, "migrate", **_environment(external))
        assert done.returncode == 0, done.stderr
    insert = "INSERT INTO places_compound (community_id, name, sort_key) VALUES (1, 'x', 'x')"
    with psycopg.connect(external.serving, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(insert)
        assert connection.execute("SELECT count(*) FROM people_household").fetchone() == (0,)
    with psycopg.connect(external.owner, autocommit=True) as connection:
        fences = connection.execute("SELECT count(*) FROM pg_policies WHERE policyname = 'fence'").fetchone()
    assert fences is not None
    assert fences[0] > 10


def test_serving_as_its_owner_is_refused(external: Urls) -> None:
    with own_home() as home:
        same = {"DATABASE_URL": external.owner, "DATABASE_OWNER_URL": external.owner}
        done = xiaojia(home, "migrate", **same)
        assert done.returncode == 2
        assert "行级权限" in done.stderr
