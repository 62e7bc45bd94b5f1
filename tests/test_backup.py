"""Backup, restore and drill on real installations: what comes back is what was there, or nothing changes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests import lived_in
from tests.running import command_environment, eventually, own_home, serving, xiaojia
from xiaojia.kernel import secrets
from xiaojia.project.processes.postgres import Cluster
from xiaojia.project.safekeeping import recovery_sheet, restoring, taking
from xiaojia.project.safekeeping.container import Reader


@dataclass(slots=True)
class Kept:
    """A home, what could be read in it, a backup of it and its sheet as a text file."""

    home: Path
    seen: dict[str, object]
    backup: Path
    sheet: Path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("kept")
    with lived_in.lived_in_home() as home:
        backup, sheet = folder / "one.backup", folder / "sheet.txt"
        seen = lived_in.first_look(home)
        done = xiaojia(home, "backup", str(backup))
        assert done.returncode == 0, done.stderr
        sheet.write_text(xiaojia(home, "keys", "sheet").stdout)
        yield Kept(home, seen, backup, sheet)


def _local(*parts: int) -> datetime:
    """A moment as file names carry it: the community's own time, without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001  # see above


def _snapshot(home: Path) -> dict[str, str]:
    """Everything that lies in a home, by its content; the lock of whoever looks is nobody's data."""
    return {
        str(p.relative_to(home)): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else ""
        for p in sorted(home.rglob("*"))
        if p.name != "serve.json"
    }


def _restored(home: Path, kept: Kept, backup: Path | None = None, sheet: Path | None = None) -> str:
    """stderr of a restore that has to be refused, and then has changed nothing."""
    before = _snapshot(home)
    done = xiaojia(home, "restore", str(backup or kept.backup), "--sheet", str(sheet or kept.sheet))
    assert done.returncode == 2, done.stdout
    assert _snapshot(home) == before
    assert done.stderr.count("。") == 1, "one sentence"
    assert "Traceback" not in done.stderr
    return done.stderr


def test_restored_onto_an_empty_machine_everything_is_there(kept: Kept) -> None:
    with own_home() as home:
        done = xiaojia(home, "restore", str(kept.backup), "--sheet", str(kept.sheet))
        assert done.returncode == 0, done.stderr
        assert "恢复好了" in done.stdout
        verified = xiaojia(home, "verify")
        assert verified.returncode == 0, verified.stdout
        assert "NOT WHOLE" not in verified.stdout
        seen = lived_in.look_in(home)
        assert seen == kept.seen
        assert seen["privileges"] == [False, True, True], "append-only stays append-only"
        name = "files/住户表（模拟）.xlsx"
        assert (home / name).read_bytes() == (kept.home / name).read_bytes()
        assert not (home / restoring.DRAFT).exists()
        for key in (home / "keys").iterdir():
            assert key.stat().st_mode & 0o077 == 0, key
        with serving(home, "--port", "8470") as tree:
            assert tree.is_ready()


def test_a_restore_that_was_killed_leaves_an_empty_home_and_can_be_done_again(kept: Kept) -> None:
    with own_home() as home:
        words = [sys.executable, "-m", "xiaojia.project.cli", "restore", str(kept.backup)]
        killed = subprocess.Popen(
            [*words, "--sheet", str(kept.sheet)],
            env=command_environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        eventually("half of it is there", (home / restoring.DRAFT / "pg" / "PG_VERSION").exists)
        killed.kill()
        killed.wait()
        assert not (home / "pg").exists()
        assert not (home / "keys").exists()
        done = xiaojia(home, "restore", str(kept.backup), "--sheet", str(kept.sheet))
        assert done.returncode == 0, done.stderr
        assert not (home / restoring.DRAFT).exists()
        assert lived_in.look_in(home) == kept.seen


def test_the_backup_is_private_and_holds_no_key(kept: Kept) -> None:
    assert kept.backup.stat().st_mode & 0o077 == 0
    root = (kept.home / "keys" / secrets.ROOT).read_bytes()
    keys = secrets.Keys.of(root)
    passwords = json.loads((kept.home / "keys" / "database.json").read_text()).values()
    with kept.backup.open("rb") as stream:
        plain = b"".join(name.encode() + b"".join(blocks) for name, blocks in Reader(stream, root))
    for secret in (root, keys.data, keys.index, *(p.encode() for p in passwords)):
        assert secret not in plain
        assert secret.hex().encode() not in plain
    assert lived_in.PHONE.encode() not in plain, "phones stay sealed inside"
    assert "住户7（模拟）".encode() in plain, "negative control: the search does look at the content"
    assert "住户7（模拟）".encode() not in kept.backup.read_bytes()


def test_a_wrong_sheet_is_one_sentence(kept: Kept, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(" ".join(recovery_sheet.groups(bytes(32))))
    with own_home() as home:
        assert "号恢复单，您给的是" in _restored(home, kept, sheet=wrong)


def test_a_slip_on_the_sheet_names_its_group(kept: Kept, tmp_path: Path) -> None:
    root = (kept.home / "keys" / secrets.ROOT).read_bytes()
    groups = recovery_sheet.groups(root)
    groups[8] = str((int(groups[8][0]) + 1) % 10) + groups[8][1:]
    slip = tmp_path / "slip.txt"
    slip.write_text(" ".join(groups))
    with own_home() as home:
        assert _restored(home, kept, sheet=slip).startswith("第 9 组抄错了")


@pytest.mark.parametrize("harm", ["cut", "altered", "empty", "another file"])
def test_a_harmed_backup_is_one_sentence(kept: Kept, tmp_path: Path, harm: str) -> None:
    raw = bytearray(kept.backup.read_bytes())
    if harm == "cut":
        del raw[-1:]
    elif harm == "altered":
        raw[len(raw) // 2] ^= 1
    else:
        raw = bytearray(b"" if harm == "empty" else b"PK\x03\x04" * 100)
    harmed = tmp_path / "harmed.backup"
    harmed.write_bytes(raw)
    with own_home() as home:
        assert "不完整或者被改过" in _restored(home, kept, backup=harmed)


def test_nothing_is_restored_over_data(kept: Kept) -> None:
    assert "这里已经有小家的数据" in _restored(kept.home, kept)
    assert lived_in.look_in(kept.home) == kept.seen


def test_a_backup_of_a_newer_version_is_refused(kept: Kept) -> None:
    root = (kept.home / "keys" / secrets.ROOT).read_bytes()
    manifest = taking.examine(kept.backup, root)
    restoring.refuse_newer(manifest)
    newer = replace(manifest, migrations=[*manifest.migrations, ["people", "0999_of_tomorrow"]])
    with pytest.raises(restoring.TooNew):
        restoring.refuse_newer(newer)


def test_a_drill_says_how_long_it_took_and_leaves_nothing(kept: Kept) -> None:
    before = _snapshot(kept.home).keys()
    done = xiaojia(kept.home, "drill", str(kept.backup), "--sheet", str(kept.sheet))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "演练做好了" in done.stdout
    assert "一共" in done.stdout
    assert _snapshot(kept.home).keys() == before
    assert lived_in.look_in(kept.home) == kept.seen


def test_negative_control_a_drill_finds_a_trail_that_was_altered_before_the_backup(tmp_path: Path) -> None:
    with lived_in.lived_in_home() as home:
        cluster = Cluster(home)
        with psycopg.connect(cluster.start().owner) as connection:
            connection.execute("UPDATE kernel_auditentry SET account_id = account_id + 1")
        cluster.stop()
        backup, sheet = tmp_path / "altered.backup", tmp_path / "sheet.txt"
        assert xiaojia(home, "backup", str(backup)).returncode == 0
        sheet.write_text(xiaojia(home, "keys", "sheet").stdout)
        done = xiaojia(home, "drill", str(backup), "--sheet", str(sheet))
        assert done.returncode == 1, done.stdout
        assert "演练发现了毛病" in done.stdout
        assert "NOT WHOLE" in done.stdout


def test_what_does_not_match_the_manifest_is_found(kept: Kept) -> None:
    """The comparison after a restore, on the original and on one that lost a row."""
    from xiaojia.project.safekeeping.dumping import differences

    root = (kept.home / "keys" / secrets.ROOT).read_bytes()
    manifest = taking.examine(kept.backup, root)
    with own_home() as home:
        assert xiaojia(home, "restore", str(kept.backup), "--sheet", str(kept.sheet)).returncode == 0
        cluster = Cluster(home)
        urls = cluster.start()
        try:
            assert differences(urls, manifest) == []
            with psycopg.connect(urls.owner) as connection:
                connection.execute(
                    "DELETE FROM people_consent WHERE id = (SELECT min(id) FROM people_consent)"
                )
            assert [line.partition(":")[0] for line in differences(urls, manifest)] == [
                "public.people_consent"
            ]
        finally:
            cluster.stop()


def test_a_backup_is_never_written_over(kept: Kept) -> None:
    before = kept.backup.read_bytes()
    done = xiaojia(kept.home, "backup", str(kept.backup))
    assert done.returncode == 2
    assert "已经有了" in done.stderr
    assert kept.backup.read_bytes() == before


def test_the_typed_back_sheet_is_remembered(kept: Kept, tmp_path: Path) -> None:
    assert "还没有人打印" in xiaojia(kept.home, "backup", str(tmp_path / "a")).stdout
    assert xiaojia(kept.home, "keys", "check", "--sheet", str(kept.sheet)).returncode == 0
    assert "还没有人打印" not in xiaojia(kept.home, "backup", str(tmp_path / "b")).stdout


def test_which_backups_stay() -> None:
    """A backup each night for a year: 7 days, 4 weeks, 3 months, and always the newest."""
    nights = [_local(2026, 1, 1, 2) + timedelta(days=n) for n in range(365)]
    stay: set[datetime] = set()
    for night in nights:
        stay = taking.kept([*stay, night])
        assert night in stay
    assert sorted((nights[-1] - night).days for night in stay)[:7] == list(range(7))
    assert len(stay) <= taking.DAYS + taking.WEEKS + taking.MONTHS
    assert timedelta(days=59) <= nights[-1] - min(stay) <= timedelta(days=93), "P10"
    assert taking.kept(nights[:1]) == set(nights[:1])


def test_a_missed_night_is_made_up_for(tmp_path: Path) -> None:
    now = _local(2026, 3, 2, 9, 0)
    assert taking.is_due(tmp_path, now, hour=2)
    (tmp_path / taking.daily_name(_local(2026, 3, 1, 23, 0))).touch()
    assert taking.is_due(tmp_path, now, hour=2), "that was before two o'clock"
    (tmp_path / taking.daily_name(_local(2026, 3, 2, 8, 0))).touch()
    assert not taking.is_due(tmp_path, now, hour=2)
    assert not taking.is_due(tmp_path, _local(2026, 3, 3, 1, 59), hour=2)
    assert taking.is_due(tmp_path, _local(2026, 3, 3, 2, 0), hour=2)


def test_the_daily_backup_lets_old_ones_and_halves_go(kept: Kept, tmp_path: Path) -> None:
    for n in range(20):
        (tmp_path / taking.daily_name(_local(2025, 3, 1, 2) + timedelta(days=n))).touch()
    (tmp_path / ".xiaojia-20250301-0200.backup.part").touch()
    (tmp_path / "somebody else's.backup").touch()
    done = xiaojia(kept.home, "backup", "--daily", XIAOJIA_BACKUP_FOLDER=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert len(taking.taken(tmp_path)) < 15
    assert (tmp_path / "somebody else's.backup").exists()
    assert [p for p in os.listdir(tmp_path) if p.endswith(".part")] == []
