"""Changing the keys of a real installation: everything still opens, also after `kill -9` in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests import lived_in
from tests.running import command_environment, eventually, own_home, xiaojia
from xiaojia.kernel import secrets
from xiaojia.project.processes.postgres import Cluster
from xiaojia.project.safekeeping import rotation

BELOW_THE_LAST = "SELECT id FROM people_resident ORDER BY id DESC LIMIT 1 FOR UPDATE"


@pytest.fixture
def home() -> Iterator[Path]:
    with lived_in.lived_in_home() as folder:
        yield folder


@contextmanager
def _database(home: Path) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    cluster = Cluster(home)
    try:
        with psycopg.connect(cluster.start().owner) as connection:
            yield connection
    finally:
        cluster.stop()


def _sealed_with(connection: psycopg.Connection[tuple[object, ...]], key_id: bytes) -> int:
    row = connection.execute(
        "SELECT count(*) FROM people_resident WHERE substring(phone_sealed FROM 2 FOR 4) = %s", [key_id]
    ).fetchone()
    return int(str(row[0])) if row else 0


def _without_times(seen: dict[str, object]) -> dict[str, object]:
    """The index of a text that stands nowhere is another one with each key."""
    return {name: value for name, value in seen.items() if name != "person_index"}


def test_everything_opens_with_the_new_keys_and_the_old_sheet_opens_no_new_backup(
    home: Path, tmp_path: Path
) -> None:
    before = lived_in.first_look(home)
    old_root = (home / "keys" / secrets.ROOT).read_bytes()
    old_sheet, new_sheet = tmp_path / "old.txt", tmp_path / "new.txt"
    old_sheet.write_text(xiaojia(home, "keys", "sheet").stdout)
    assert xiaojia(home, "backup", str(tmp_path / "old.backup")).returncode == 0
    done = xiaojia(home, "keys", "rotate")
    assert done.returncode == 0, done.stderr
    assert "钥匙换好了" in done.stdout
    assert (home / "keys" / secrets.ROOT).read_bytes() != old_root
    assert not rotation.is_pending(home / "keys")
    after = lived_in.look_in(home)
    assert _without_times(after) == _without_times(before)
    assert after["newly_sealed"] == lived_in.PEOPLE
    assert after["person_index"] != before["person_index"]
    with _database(home) as connection:
        assert _sealed_with(connection, secrets.Keys.of(old_root).key_id) == 0
    new_sheet.write_text(xiaojia(home, "keys", "sheet").stdout)
    assert xiaojia(home, "backup", str(tmp_path / "new.backup")).returncode == 0
    for backup, sheet, code in (("new", old_sheet, 2), ("old", new_sheet, 2), ("new", new_sheet, 0)):
        with own_home() as empty:
            done = xiaojia(empty, "restore", str(tmp_path / f"{backup}.backup"), "--sheet", str(sheet))
            assert done.returncode == code, (backup, sheet, done.stderr)


def _kill_in_the_middle(home: Path) -> None:
    """The last batch waits for a row that somebody holds; killed there, only a part is sealed anew."""
    with _database(home) as connection:
        connection.execute(BELOW_THE_LAST)
        process = subprocess.Popen(
            [sys.executable, "-m", "xiaojia.project.cli", "keys", "rotate"],
            env=command_environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        eventually("a next secret", lambda: rotation.is_pending(home / "keys"))
        next_id = secrets.load_keys(home / "keys").key_id
        with psycopg.connect(Cluster(home).urls().owner, autocommit=True) as looking:
            eventually("some are sealed anew", lambda: _sealed_with(looking, next_id) >= 2 * rotation.BATCH)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        connection.rollback()
        assert 0 < _sealed_with(connection, next_id) < lived_in.PEOPLE


@pytest.mark.parametrize("next_command", [("keys", "rotate"), ("migrate",)])
def test_killed_in_the_middle_the_next_command_goes_on(home: Path, next_command: tuple[str, ...]) -> None:
    before = lived_in.first_look(home)
    _kill_in_the_middle(home)
    assert rotation.is_pending(home / "keys")
    done = xiaojia(home, *next_command)
    assert done.returncode == 0, done.stderr
    assert not rotation.is_pending(home / "keys")
    after = lived_in.look_in(home)
    assert _without_times(after) == _without_times(before)
    assert after["newly_sealed"] == lived_in.PEOPLE


def test_negative_control_without_the_old_secret_nothing_could_go_on(home: Path) -> None:
    """What was not reached needs the old key: taken away, the change is refused and loses nothing."""
    before = lived_in.first_look(home)
    _kill_in_the_middle(home)
    root = home / "keys" / secrets.ROOT
    kept = root.read_bytes()
    root.write_bytes(os.urandom(32))
    done = xiaojia(home, "keys", "rotate")
    assert done.returncode == 2
    assert "打不开；旧钥匙还在" in done.stderr
    assert rotation.is_pending(home / "keys")
    root.write_bytes(kept)
    assert xiaojia(home, "keys", "rotate").returncode == 0
    assert _without_times(lived_in.look_in(home)) == _without_times(before)


def test_keys_in_use_are_not_changed(home: Path) -> None:
    """Whoever would go on sealing with the old key holds the change back, as long as they live."""
    wait = "from xiaojia.kernel import secrets\n" + (
        "import os, sys\nos.environ['DJANGO_SETTINGS_MODULE'] = 'xiaojia.project.settings'\n"
        "secrets.keys()\nprint('held', flush=True)\nsys.stdin.read()"
    )
    user = subprocess.Popen(
        [sys.executable, "-c", wait],
        env=command_environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdout is not None
    assert user.stdout.readline() == "held\n"
    done = xiaojia(home, "keys", "rotate")
    assert done.returncode == 2
    assert "钥匙现在动不了" in done.stderr
    user.kill()
    user.communicate()
    assert xiaojia(home, "keys", "rotate").returncode == 0


def test_an_installation_with_the_old_pair_gets_a_secret_by_changing(home: Path) -> None:
    before = lived_in.first_look(home)
    folder = home / "keys"
    keys = secrets.load_keys(folder)
    (folder / secrets.ROOT).unlink()
    for name, key in zip(secrets.PAIR, (keys.data, keys.index), strict=True):
        (folder / name).write_bytes(key)
    assert lived_in.look_in(home) == before
    refused = xiaojia(home, "backup", str(home / "a.backup"))
    assert refused.returncode == 2
    assert "xiaojia keys rotate" in refused.stderr
    assert xiaojia(home, "keys", "rotate").returncode == 0
    assert not any((folder / name).exists() for name in secrets.PAIR)
    assert _without_times(lived_in.look_in(home)) == _without_times(before)


@pytest.mark.django_db
def test_every_sealed_column_is_known_and_takes_its_index_along() -> None:
    found = {(c.table, c.column): c.index for c in rotation.sealed_columns()}
    assert found["people_resident", "phone_sealed"] == "phone_index"
    assert found["kernel_message", "to_sealed"] == "person_index"
    assert found["kernel_message", "text_sealed"] == ""
    assert found["teams_listing", "phone_sealed"] == ""
