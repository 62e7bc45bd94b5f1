"""Typing the recovery sheet at a terminal: a slip is told at once, and only its group is asked again."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.running import command_environment, prepared_home, xiaojia
from xiaojia.kernel import secrets
from xiaojia.project.safekeeping.recovery_sheet import groups


def _typed(home: Path, lines: list[str]) -> tuple[int, str]:
    """Exit code and everything that stood on the terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "xiaojia.project.cli", "keys", "check"],
        env=command_environment(home),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, "".join(f"{line}\n" for line in lines).encode())
    said = b""
    while True:
        try:
            said += os.read(ours, 4096)
        except OSError:
            break
    os.close(ours)
    return process.wait(), said.decode()


def test_only_the_wrong_group_is_typed_again() -> None:
    with prepared_home() as home:
        assert xiaojia(home, "keys", "sheet").returncode == 0
        right = groups((home / "keys" / secrets.ROOT).read_bytes())
        wrong = right[4][:5] + str((int(right[4][5]) + 1) % 10)
        code, said = _typed(home, [*right[:4], wrong, "12", right[4][:3] + " " + right[4][3:], *right[5:]])
        assert code == 0, said
        assert said.count("第 5 组抄错了") == 1
        assert said.count("第 5 组不对，因为每组要 6 个数字") == 1
        assert "抄错了" not in said.replace("第 5 组抄错了", "")
        assert "恢复单是对的" in said


def test_another_installations_sheet_is_refused() -> None:
    with prepared_home() as home:
        code, said = _typed(home, groups(bytes(32)))
        assert code == 2
        assert "不是这台电脑现在的" in said
        assert not (home / "keys" / "sheet-checked").exists()
