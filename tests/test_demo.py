"""`xiaojia demo` as a person types it: built once, interrupted, started again, with real blocks beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from tests.running import (
    command_environment,
    eventually,
    is_alive,
    own_home,
    prepare,
    prepared_home,
    serving,
    xiaojia,
)
from tests.test_simulator import BLOCKS
from xiaojia.kernel.refusals import Refused
from xiaojia.project import demo
from xiaojia.project.demo_codes import code_of, is_of_blocks
from xiaojia.project.processes.postgres import Cluster

WORDS: Final = ("--size", "small", "--port", "8520")
BUILDING: Final = "头一回打开演示"


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home in which a real community was opened first, and then the demo was built beside it."""
    with prepared_home() as folder:
        assert xiaojia(folder, "community", "add", "500119003012", "别处社区").returncode == 0
        prepare(folder / "demo")
        with serving(folder, *WORDS, command="demo") as running:
            assert running.said[0].startswith(BUILDING)
            assert running.said[-1].strip().endswith("/demo/as/secretary/")
        yield folder


def _asked(home: Path, question: str) -> list[Any]:
    """The answer of the demo's own database, asked as its owner while it is served."""
    with psycopg.connect(Cluster(home / "demo").urls().owner) as connection:
        return [row[0] for row in connection.execute(question)]


def _members(home: Path) -> list[int]:
    return _asked(home, "SELECT count(*) FROM microgrids_membership GROUP BY microgrid_id")


def _opened(url: str) -> str:
    """The page behind an address, as a browser that keeps its cookies finds it."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(url) as answer:
        assert answer.status == 200
        return str(answer.read().decode())


def test_the_second_start_builds_nothing_and_opens_the_secretarys_page(home: Path) -> None:
    with serving(home, *WORDS, command="demo") as running:
        assert not any(line.startswith(BUILDING) for line in running.said)
        page = _opened(running.url + "/demo/as/secretary/")
        assert "青禾社区（模拟）" in page
        assert "模拟数据" in page
        members = _members(home)
        assert sum(members) == 390
        assert all(50 <= count <= 80 for count in members)


def test_real_and_simulated_never_meet(home: Path) -> None:
    with serving(home, *WORDS, command="demo"):
        assert _asked(home, "SELECT code FROM places_community WHERE NOT is_simulated") == []
    with serving(home, "--port", "8540") as running:
        assert running.status("/demo/as/secretary/") == 404


def test_real_blocks_stand_beside_the_simulated_community(home: Path, tmp_path: Path) -> None:
    table = tmp_path / "blocks.csv"
    table.write_text(BLOCKS, encoding="utf-8")
    words = ("--blocks", str(table), "--place", "west sim")
    with serving(home, *WORDS, command="demo"):
        refused = xiaojia(home, "demo", *words)
        assert refused.returncode == 2
        assert "演示正开着" in refused.stderr
    with serving(home, "--port", "8520", *words, command="demo") as running:
        page = _opened(running.said[-1].split()[-1].removeprefix("打开").strip())
        assert "WEST SIM" in page
        assert "楼栋来自公开数据" in page
        invented = _opened(running.url + "/demo/as/secretary/?in=999999001001")
        assert "青禾社区（模拟）" in invented
        assert "楼栋来自公开数据" not in invented, "negative control: there the addresses are invented too"
        assert _asked(home, "SELECT count(*) FROM places_community") == [2]
    assert Path(home / "demo" / f"built-{code_of('WEST SIM')}").exists()


def test_only_communities_of_blocks_have_real_addresses() -> None:
    assert is_of_blocks(code_of("WEST SIM"))
    assert not is_of_blocks("999999001001")
    assert not is_of_blocks("500119001005")


def test_an_unknown_place_is_one_sentence_and_opens_nothing(home: Path, tmp_path: Path) -> None:
    table = tmp_path / "blocks.csv"
    table.write_text(BLOCKS, encoding="utf-8")
    done = xiaojia(home, "demo", "--blocks", str(table), "--place", "NORTH SIM")
    assert done.returncode == 2
    assert "有的是：EAST SIM、WEST SIM" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_real_community_in_the_demos_home_keeps_the_demo_shut() -> None:
    """Negative control of keeping them apart: the guard itself still holds."""
    with own_home() as folder:
        prepare(folder / "demo")
        assert xiaojia(folder / "demo", "community", "add", "500119003012", "别处社区").returncode == 0
        done = xiaojia(folder, "demo", *WORDS)
    assert done.returncode == 2
    assert "真实的社区" in done.stderr
    assert BUILDING not in done.stdout


def test_a_first_start_that_was_killed_goes_on() -> None:
    with own_home() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "xiaojia.project.cli", "demo", *WORDS],
            env=command_environment(folder),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        while "  3/" not in process.stdout.readline():
            assert process.poll() is None
        postgres = int((folder / "demo" / "pg" / "postmaster.pid").read_text().split()[0])
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        eventually("PostgreSQL goes with its parent", lambda: not is_alive(postgres))
        assert not (folder / "demo" / "built").exists()
        with serving(folder, *WORDS, command="demo") as running:
            assert running.said[0].startswith(BUILDING)
            assert sum(_members(folder)) == 390
            assert _asked(folder, "SELECT count(DISTINCT household_id) FROM microgrids_membership") == [390]
            assert _asked(folder, "SELECT count(*) FROM teams_tenure WHERE role = 'head'") == [5]
            assert _asked(folder, "SELECT count(*) FROM teams_vacancy WHERE role = 'head'") == [1]


def test_an_installed_copy_without_the_simulator_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "SOURCES", tmp_path)
    with pytest.raises(Refused, match="不带模拟社区"):
        demo._build(["live"], tmp_path / "built", {})


def test_an_external_database_is_never_used(home: Path) -> None:
    done = xiaojia(
        home,
        "demo",
        DATABASE_URL="postgresql://a@localhost/x",
        DATABASE_OWNER_URL="postgresql://b@localhost/x",
    )
    assert done.returncode == 2
    assert "外面的数据库" in done.stderr
