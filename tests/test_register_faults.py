"""`kill -9` in the middle of a register's commit: afterwards all of it is there or nothing, never a part."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from tests.running import Running, command_environment, eventually, prepared_home, serving
from xiaojia.project.processes.postgres import Cluster

ROWS: Final = 6_000
CODES: Final = {"postgres": "999999003001", "worker": "999999003002"}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with prepared_home() as home, serving(home, "--port", "8460") as tree:
        yield tree


def _importing(home: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.importing", *words],
        env=command_environment(home),
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _ask(home: Path, sql: str, *values: object) -> tuple[Any, ...]:
    """One row as the owner sees it; a server that is just coming back is asked again."""
    found: list[tuple[Any, ...]] = []

    def asked() -> bool:
        try:
            with psycopg.connect(Cluster(home).urls().owner, connect_timeout=5) as connection:
                row = connection.execute(sql, values).fetchone()
        except psycopg.OperationalError:
            return False
        assert row is not None
        found.append(row)
        return True

    eventually("the database answers", asked)
    return found[0]


def _arrived(home: Path, code: str) -> tuple[int, int, int]:
    """Households, residents and audit rows of the commit, seen at one moment."""
    households, residents, audits = _ask(
        home,
        "SELECT (SELECT count(*) FROM people_household WHERE community_id = c.id),"
        " (SELECT count(*) FROM people_resident WHERE community_id = c.id),"
        " (SELECT count(*) FROM kernel_auditentry WHERE community_id = c.id AND verb = 'commit_register')"
        " FROM places_community c WHERE code = %s",
        code,
    )
    return households, residents, audits


def _is_whole(arrived: tuple[int, int, int]) -> bool:
    return arrived in {(0, 0, 0), (ROWS, ROWS, 1)}


@pytest.mark.parametrize("victim", ["postgres", "worker"])
def test_a_kill_in_mid_commit_leaves_all_or_nothing_and_the_work_is_done_once(
    running: Running, victim: str
) -> None:
    home, code = running.home, CODES[victim]
    register_id = _importing(home, "bring", code, str(ROWS))
    work_id = _importing(home, "take", register_id, code)

    def is_inside() -> bool:
        state, done = _ask(home, "SELECT state, done_count FROM kernel_work WHERE id = %s", work_id)
        assert state in {"queued", "running"}, "it was over before it could be killed: more rows"
        return bool(done)

    eventually("the commit writes", is_inside)
    os.kill(getattr(running, f"{victim}_pid"), signal.SIGKILL)
    seen = [_arrived(home, code)]

    def is_over() -> bool:
        seen.append(_arrived(home, code))
        return _ask(home, "SELECT state FROM kernel_work WHERE id = %s", work_id) == ("done",)

    eventually("the worker comes back to it", is_over)
    seen.append(_arrived(home, code))
    assert seen[0] == (0, 0, 0), "the kill came in time"
    assert all(_is_whole(arrived) for arrived in seen)
    assert seen[-1] == (ROWS, ROWS, 1)
    assert _ask(home, "SELECT attempts FROM kernel_work WHERE id = %s", work_id)[0] >= 2
    register = _ask(home, "SELECT state FROM registers_register WHERE id = %s", register_id)
    staged = _ask(home, "SELECT count(*) FROM registers_registerrow WHERE register_id = %s", register_id)
    assert (register, staged) == (("committed",), (0,))


def test_negative_control_a_commit_in_pieces_would_be_seen(running: Running) -> None:
    code = "999999003003"
    _importing(running.home, "half", code)
    arrived = _arrived(running.home, code)
    assert arrived == (4, 0, 0)
    assert not _is_whole(arrived)
