"""The nightly backup as a child of the tree: run when due, said when it fails, never half a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.running import eventually, prepared_home, xiaojia
from xiaojia.kernel import nights
from xiaojia.project.processes import nightly
from xiaojia.project.processes.nightly import Nightly
from xiaojia.project.safekeeping import taking


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "FIRST_LOOK_SECONDS", 0)
    monkeypatch.setattr(nightly, "LOOK_SECONDS", 0)


@pytest.fixture
def said() -> list[str]:
    return []


def _ended(child: Nightly) -> Iterator[bool]:
    while True:
        child.tend()
        yield child.process is None


def _run(child: Nightly) -> None:
    child.start()
    child.tend()
    assert child.process is not None
    looks = _ended(child)
    eventually("the run ended", lambda: next(looks))


def test_it_takes_a_backup_when_one_is_due(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOJIA_BACKUP_FOLDER", str(tmp_path))
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DJANGO_SETTINGS_MODULE", "XIAOJIA_DEMO"):
        monkeypatch.delenv(name, raising=False)
    with prepared_home() as home:
        assert xiaojia(home, "community", "add", "999999001001", "青禾社区（模拟）").returncode == 0
        is_due = {"now": True}
        child = nightly.backup(home, is_due=lambda _at: is_due.pop("now", False), say=said.append)
        _run(child)
        assert said == []
        assert len(taking.taken(tmp_path)) == 1
        child.tend()
        assert child.process is None, "not due any more"


def test_a_run_that_fails_is_said_once_and_not_repeated_at_once(said: list[str]) -> None:
    child = Nightly([sys.executable, "-c", "raise SystemExit(3)"], {}, lambda _at: True, said.append)
    _run(child)
    assert said == ["the backup ended with code 3; once more in an hour"]
    child.tend()
    assert child.process is None


def test_a_failure_stands_on_the_pages_until_a_run_succeeds(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "AGAIN_SECONDS", 0)
    assert nights.failed_since(tmp_path) is None
    child = Nightly(
        [sys.executable, "-c", "raise SystemExit(3)"], {}, lambda _at: True, said.append, tmp_path
    )
    _run(child)
    since = nights.failed_since(tmp_path)
    assert since is not None
    nights.mark_failed(tmp_path, since + timedelta(days=1))
    assert nights.failed_since(tmp_path) == since, "the first moment stays"
    child.command = [sys.executable, "-c", "pass"]
    _run(child)
    assert nights.failed_since(tmp_path) is None


def test_it_asks_with_the_communitys_own_time(said: list[str]) -> None:
    asked: list[datetime] = []

    def is_due(at: datetime) -> bool:
        asked.append(at)
        return False

    child = Nightly(["nothing"], {}, is_due, said.append)
    child.start()
    child.tend()
    [at] = asked
    here = datetime.now(nightly.PLACE).replace(tzinfo=None)
    assert at.tzinfo is None
    assert abs((here - at).total_seconds()) < 3600


def test_it_goes_with_the_tree(said: list[str]) -> None:
    child = Nightly([sys.executable, "-c", "import time; time.sleep(600)"], {}, lambda _at: True, said.append)
    child.start()
    child.tend()
    process = child.process
    assert process is not None
    child.stop()
    child.wait(0)
    assert process.poll() is not None
