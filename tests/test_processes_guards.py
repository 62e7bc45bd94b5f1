"""What the process tree refuses, each with one sentence, and that it does not refuse what is right."""

from __future__ import annotations

import os
import pwd
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.running import own_home, xiaojia
from xiaojia.kernel.refusals import Refused
from xiaojia.project.processes import postgres
from xiaojia.project.processes.database import NoSecondFence, external, let_serve
from xiaojia.project.processes.demo_guard import refuse_real_data
from xiaojia.project.processes.postgres import (
    OWNER,
    SERVING,
    Cluster,
    PostgresDidNotStart,
    PostgresMissing,
    Urls,
)

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_home() as home:
        own = Cluster(home, is_durable=False)
        own.start()
        yield own
        own.stop()


def _is_one_sentence(text: str) -> bool:
    return 0 < len(text.strip().splitlines()) <= 2 and "Traceback" not in text


# --- demo ---------------------------------------------------------------------------------------


def test_demo_refuses_an_external_database_before_touching_it() -> None:
    with own_home() as home:
        nowhere = "postgresql://a:b@127.0.0.1:9/c"
        done = xiaojia(home, "serve", "--demo", DATABASE_URL=nowhere, DATABASE_OWNER_URL=nowhere)
        assert done.returncode == 2
        assert "演示没有打开" in done.stderr
        assert _is_one_sentence(done.stderr)
        assert list(home.iterdir()) == []


def test_demo_refuses_the_office_network() -> None:
    with own_home() as home:
        done = xiaojia(home, "serve", "--demo", "--lan")
        assert done.returncode == 2
        assert "--lan" in done.stderr
        assert list(home.iterdir()) == []


def test_demo_refuses_real_communities_and_opens_simulated_ones(cluster: Cluster) -> None:
    with psycopg.connect(cluster.urls().owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE places_community (is_simulated boolean)")
        connection.execute("INSERT INTO places_community VALUES (true)")
        refuse_real_data(cluster.urls().owner)
        connection.execute("INSERT INTO places_community VALUES (false)")
        with pytest.raises(Refused, match="真实的社区"):
            refuse_real_data(cluster.urls().owner)
        connection.execute("DROP TABLE places_community")


# --- which database, and as whom ----------------------------------------------------------------


def test_half_a_pair_of_addresses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///a")
    monkeypatch.delenv("DATABASE_OWNER_URL")
    with pytest.raises(Refused, match="两个地址"):
        external()
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql:///b")
    assert external() == Urls(serving="postgresql:///a", owner="postgresql:///b")
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(Refused, match="两个地址"):
        external()
    monkeypatch.delenv("DATABASE_OWNER_URL")
    assert external() is None


@pytest.mark.parametrize("wrong", [OWNER, "postgres", "nobody_at_all", "bypasser", "member"])
def test_a_serving_role_that_no_policy_binds_is_refused(cluster: Cluster, wrong: str) -> None:
    with cluster.admin() as admin:
        admin.execute("CREATE ROLE bypasser BYPASSRLS")
        admin.execute(f"CREATE ROLE member IN ROLE {OWNER}")
    try:
        urls = cluster.urls()
        with pytest.raises(NoSecondFence):
            let_serve(Urls(serving=f"postgresql://{wrong}@/xiaojia", owner=urls.owner))
        let_serve(urls)
    finally:
        with cluster.admin() as admin:
            admin.execute("DROP ROLE bypasser, member")


def test_the_serving_role_uses_what_the_owner_makes_and_makes_nothing(cluster: Cluster) -> None:
    urls = cluster.urls()
    let_serve(urls)
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute("CREATE TABLE probe (n int)")
    try:
        with psycopg.connect(urls.serving, autocommit=True) as serving:
            serving.execute("INSERT INTO probe VALUES (1)")
            assert serving.execute("SELECT count(*) FROM probe").fetchone() == (1,)
            for forbidden in (
                "CREATE TABLE mine (n int)",
                "DROP TABLE probe",
                "TRUNCATE probe",
                f"SET ROLE {OWNER}",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    serving.execute(forbidden)
    finally:
        with psycopg.connect(urls.owner, autocommit=True) as owner:
            owner.execute("DROP TABLE probe")


def test_both_roles_are_plain_and_passwords_are_asked_for(cluster: Cluster) -> None:
    with cluster.admin() as admin:
        rows = admin.execute(
            "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles"
            " WHERE rolname = ANY(%s)",
            [[OWNER, SERVING]],
        ).fetchall()
    assert set(rows) == {(OWNER, False), (SERVING, False)}
    wrong = cluster.urls().serving.replace(":", ":x", 2).replace("x//", "//", 1)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(wrong)


def test_the_embedded_server_listens_on_no_network_and_sorts_by_code_point(cluster: Cluster) -> None:
    with cluster.admin() as admin:
        assert admin.execute("SHOW listen_addresses").fetchone() == ("",)
        row = admin.execute("SELECT datcollate FROM pg_database WHERE datname = 'xiaojia'").fetchone()
        assert row == ("C.UTF-8",)


# --- the first start ----------------------------------------------------------------------------


def test_an_initdb_that_was_cut_off_is_done_again() -> None:
    with own_home() as home:
        (home / "pg.new").mkdir()
        (home / "pg.new" / "PG_VERSION").write_text("18\n")
        own = Cluster(home, is_durable=False)
        own.start()
        own.stop()
        assert not (home / "pg.new").exists()


def test_data_of_another_major_version_is_left_alone() -> None:
    with own_home() as home:
        (home / "pg").mkdir()
        (home / "pg" / "PG_VERSION").write_text("9\n")
        with pytest.raises(PostgresDidNotStart, match="PostgreSQL 9"):
            Cluster(home, is_durable=False).start()
        assert [p.name for p in (home / "pg").iterdir()] == ["PG_VERSION"]


def test_no_postgres_at_all_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (postgres.binaries() / "postgres").exists()
    monkeypatch.delenv("XIAOJIA_PG_BIN", raising=False)
    monkeypatch.setattr(postgres, "find_spec", lambda _name: None)
    monkeypatch.setattr(postgres, "SYSTEM_FOLDER", tmp_path)
    with pytest.raises(PostgresMissing, match="DATABASE_URL"):
        postgres.binaries()


@is_root
def test_a_home_that_nobody_may_pass_through_is_refused_and_not_changed() -> None:
    with own_home() as home:
        home.chmod(0o700)
        with pytest.raises(PostgresDidNotStart, match="XIAOJIA_HOME"):
            Cluster(home / "deep", is_durable=False).start()
        assert stat.S_IMODE(home.stat().st_mode) == 0o700


@is_root
def test_binaries_in_a_closed_folder_are_copied_and_the_folder_stays_closed() -> None:
    user = pwd.getpwnam("nobody")
    with own_home() as home, own_home() as closed:
        (closed / "bin").mkdir()
        (closed / "bin" / "postgres").write_text("binary")
        assert postgres.reachable(closed / "bin", home, user) == closed / "bin", "open: used where it is"
        closed.chmod(0o700)
        copy = postgres.reachable(closed / "bin", home, user)
        assert copy.is_relative_to(home / "cache")
        assert (copy / "postgres").read_text() == "binary"
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert postgres.reachable(closed / "bin", home, user) == copy, "copied once"


def test_a_link_in_the_way_of_the_sockets_is_refused() -> None:
    with own_home() as home, own_home() as target:
        own = Cluster(home, is_durable=False)
        own.sockets.symlink_to(target)
        try:
            with pytest.raises(PostgresDidNotStart, match="belongs to somebody else"):
                own.start()
            assert target.stat().st_uid == os.geteuid(), "the link's target was given away"
        finally:
            own.sockets.unlink()


def test_sockets_lie_in_a_path_that_fits() -> None:
    deep = Path("/home") / ("很深的文件夹" * 20)
    path = str(Cluster(deep).sockets / f".s.PGSQL.{postgres.PORT}.lock")
    assert len(path.encode()) <= 107
    with socket.socket(socket.AF_UNIX) as probe, pytest.raises(OSError, match="too long"):
        probe.bind(str(deep / "pg" / ".s.PGSQL.5432"))


# --- commands -----------------------------------------------------------------------------------


def test_help_is_plain_and_touches_nothing() -> None:
    with own_home() as home:
        done = xiaojia(home, "--help")
        assert done.returncode == 0
        assert "serve" in done.stdout
        assert list(home.iterdir()) == []


def test_a_wrong_word_is_explained() -> None:
    with own_home() as home:
        done = xiaojia(home, "sing")
        assert done.returncode == 2
        assert "serve" in done.stderr
        assert "Traceback" not in done.stderr
