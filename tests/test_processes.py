"""One process tree: it comes back after `kill -9` of any child, stops without a rest, and keeps every row."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.running import Running, eventually, is_alive, own_home, prepared_home, serving, xiaojia
from xiaojia.project.processes.postgres import Cluster
from xiaojia.project.processes.tree import free_port

# One tree serves all tests of this file that leave it whole.


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with prepared_home() as home, serving(home, "--port", "8420", XIAOJIA_WEB_WORKERS="2") as tree:
        yield tree


@pytest.mark.parametrize("child", ["web", "worker", "postgres"])
def test_a_killed_child_comes_back(running: Running, child: str) -> None:
    before = getattr(running, f"{child}_pid")
    os.kill(before, signal.SIGKILL)
    eventually(f"another {child}", lambda: getattr(running, f"{child}_pid") not in {0, before})
    eventually("ready again", running.is_ready)


def test_a_killed_web_process_below_the_web_server_comes_back(running: Running) -> None:
    web_pid = running.web_pid
    victim = next(p.pid for p in running.descendants() if p.parent_pid == web_pid)
    os.kill(victim, signal.SIGKILL)
    eventually("victim gone", lambda: not is_alive(victim))
    eventually("ready again", running.is_ready)
    eventually(
        "two processes", lambda: sum(p.parent_pid == running.web_pid for p in running.descendants()) >= 2
    )


def test_negative_control_a_dead_web_server_is_seen_as_not_ready(running: Running) -> None:
    """A stopped (not ended) server answers nothing, so `is_ready` really asks."""
    url, running.url = running.url, "http://127.0.0.1:9"
    try:
        assert not running.is_ready()
    finally:
        running.url = url


def test_a_second_start_names_the_first_and_ends(running: Running) -> None:
    second = xiaojia(running.home, "serve", "--port", "8420")
    assert second.returncode == 0
    assert running.url in second.stdout
    assert running.is_ready()


def test_commands_work_beside_a_running_tree(running: Running) -> None:
    done = xiaojia(running.home, "community", "add", "999999001009", "青禾社区（模拟）")
    assert done.returncode == 0, done.stderr
    again = xiaojia(running.home, "community", "add", "999999001009", "青禾社区（模拟）")
    assert again.returncode == 2
    assert "已经有了" in again.stderr
    assert "Traceback" not in again.stderr
    assert running.is_ready()


def test_another_home_takes_the_next_port(running: Running) -> None:
    port = int(running.url.rpartition(":")[2])
    with prepared_home() as home, serving(home, "--port", str(port)) as other:
        assert other.url != running.url
        assert other.is_ready()
        assert running.is_ready()


def test_pages_and_worker_never_learn_the_owners_address(running: Running) -> None:
    for pid in (running.web_pid, running.worker_pid):
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"DATABASE_URL=" in environment
        assert b"DATABASE_OWNER_URL=" not in environment


def test_static_files_keep_for_a_year(running: Running) -> None:
    names = json.loads((running.home / "static" / "staticfiles.json").read_text())["paths"]
    assert running.status(f"/static/{names['xiaojia.css']}") == 200
    assert running.status("/static/../keys/data.key") == 404


def test_private_folders_are_private(running: Running) -> None:
    for name, mode in (("pg", 0o700), ("keys", 0o700)):
        assert stat.S_IMODE((running.home / name).stat().st_mode) == mode
    for key in (running.home / "keys").iterdir():
        assert stat.S_IMODE(key.stat().st_mode) == 0o600, key
    assert stat.S_IMODE(running.home.stat().st_mode) == 0o711, "a parent's mode was touched"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")
def test_postgres_does_not_run_as_root(running: Running) -> None:
    owner = Path(f"/proc/{running.postgres_pid}").stat().st_uid
    assert owner != 0
    assert (running.home / "pg").stat().st_uid == owner
    assert running.home.stat().st_uid == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_whole_on_a_polite_signal(number: int) -> None:
    with prepared_home() as home, serving(home, "--port", "8450") as tree:
        pids = [p.pid for p in tree.descendants()]
        assert len(pids) > 5
        tree.process.send_signal(number)
        assert tree.process.wait(60) == 0
        assert [pid for pid in pids if is_alive(pid)] == []
        assert not (home / "pg" / "postmaster.pid").exists()


def test_a_killed_parent_leaves_no_orphan() -> None:
    with prepared_home() as home, serving(home, "--port", "8450") as tree:
        pids = [p.pid for p in tree.descendants()]
        tree.process.kill()
        eventually("all gone", lambda: not any(is_alive(pid) for pid in pids))


def _write_until_killed(home: Path, *, is_synchronous: bool) -> tuple[set[int], set[int]]:
    """Commit rows one by one, kill PostgreSQL meanwhile; returns (acknowledged, found after recovery)."""
    cluster = Cluster(home)
    urls = cluster.start()
    acknowledged: set[int] = set()
    enough = threading.Event()

    def write() -> None:
        with psycopg.connect(urls.owner, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS crash_probe")
            connection.execute("CREATE TABLE crash_probe (n int PRIMARY KEY)")
            connection.execute(f"SET synchronous_commit = {'on' if is_synchronous else 'off'}")
            connection.execute("SET statement_timeout = 0")
            try:
                for number in range(1_000_000):
                    connection.execute("INSERT INTO crash_probe VALUES (%s)", [number])
                    acknowledged.add(number)
                    if number == 500:
                        enough.set()
            except psycopg.OperationalError:
                return

    writer = threading.Thread(target=write)
    writer.start()
    assert enough.wait(60)
    assert cluster.pid is not None
    os.kill(cluster.pid, signal.SIGKILL)
    writer.join(60)
    eventually("the killed server is seen as gone", cluster.has_ended)
    cluster.launch()
    cluster.wait_ready()
    try:
        with psycopg.connect(urls.owner) as connection:
            rows = connection.execute("SELECT n FROM crash_probe").fetchall()
    finally:
        cluster.stop()
    return acknowledged, {int(n) for (n,) in rows}


def test_kill_in_mid_commit_loses_no_acknowledged_row() -> None:
    with own_home() as home:
        acknowledged, found = _write_until_killed(home, is_synchronous=True)
        assert acknowledged <= found
        assert len(found - acknowledged) <= 1, "only the commit in flight may be there unacknowledged"


def test_negative_control_without_waiting_for_the_log_rows_are_lost() -> None:
    with own_home() as home:
        for _attempt in range(5):
            acknowledged, found = _write_until_killed(home, is_synchronous=False)
            if acknowledged - found:
                return
        pytest.fail("five kills without synchronous commits lost nothing: the test above proves nothing")


def test_a_taken_port_gives_the_next_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port, "127.0.0.1") != port
    assert free_port(port, "127.0.0.1") == port


def test_twenty_taken_ports_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaojia.project.processes.tree.PORTS", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="--port"):
            free_port(taken.getsockname()[1], "127.0.0.1")
