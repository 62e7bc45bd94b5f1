"""`xiaojia backup`, `restore`, `drill` and `keys`: what a person types, and what they are told."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Final

from xiaojia.kernel import secrets
from xiaojia.kernel.refusals import Refused
from xiaojia.project.installation import XIAOJIA_HOME
from xiaojia.project.processes.database import external
from xiaojia.project.processes.tree import AlreadyRunning, only_one
from xiaojia.project.safekeeping import recovery_sheet, restoring, sheet_page, taking

DRILL: Final = "drill.tmp"
CHECKED: Final = "sheet-checked"
"""Holds the number of the recovery sheet that somebody typed back whole."""


def backup_words(parser: argparse.ArgumentParser) -> None:
    """The words of `xiaojia backup`."""
    parser.add_argument(
        "file", nargs="?", type=Path, help="where to; the folder of daily backups if not said"
    )
    parser.add_argument("--daily", action="store_true", help="also let old daily backups go (serve does it)")
    parser.set_defaults(run=backup)


def restore_words(parser: argparse.ArgumentParser) -> None:
    """The words of `xiaojia restore`."""
    parser.add_argument("file", type=Path)
    _sheet_word(parser)
    parser.set_defaults(run=restore)


def drill_words(parser: argparse.ArgumentParser) -> None:
    """The words of `xiaojia drill`."""
    parser.add_argument("file", nargs="?", type=Path, help="the newest daily backup if not said")
    _sheet_word(parser)
    parser.set_defaults(run=drill)


def keys_words(parser: argparse.ArgumentParser) -> None:
    """The words of `xiaojia keys`."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    sheet = verbs.add_parser("sheet", help="the recovery sheet: as text, or as an A4 page into FILE.html")
    sheet.add_argument("file", nargs="?", type=Path)
    sheet.set_defaults(run=keys_sheet)
    check = verbs.add_parser("check", help="type the printed sheet back: is it this installation's?")
    _sheet_word(check)
    check.set_defaults(run=keys_check)
    verbs.add_parser("rotate", help="seal everything with new keys").set_defaults(run=keys_rotate)


def _sheet_word(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sheet", type=Path, metavar="FILE", help="a text file with the groups; asked for if not said"
    )


def backup(options: argparse.Namespace) -> int:
    """One encrypted file with everything but the keys."""
    from xiaojia.project.cli import database, start_django

    _end_politely()
    with database() as urls:
        start_django()
        root, at = taking.root_secret(), _now()
        folder = taking.folder_of(XIAOJIA_HOME)
        target = options.file or folder / taking.daily_name(at)
        manifest = taking.take(urls, XIAOJIA_HOME, target, root=root, at=at)
        gone = taking.let_old_ones_go(folder) if options.daily else 0
    size = target.stat().st_size / 1e6
    print(f"备份做好了：{target}，{size:.1f} MB，{sum(manifest.rows.values())} 行；删掉旧的 {gone} 份。")
    number = recovery_sheet.sheet_number(root)
    print(f"打开它要 {number} 号恢复单。")
    if _checked_number() != number:
        print("这张恢复单还没有人打印、抄回来核对过：先 xiaojia keys sheet，再 xiaojia keys check。")
    return 0


def restore(options: argparse.Namespace) -> int:
    """A backup onto a machine without data."""
    _end_politely()
    began = time.monotonic()
    _refuse_no_file(options.file)
    restoring.refuse_unless_empty(XIAOJIA_HOME, external())
    root = _asked_sheet(options.sheet)
    try:
        with only_one(XIAOJIA_HOME):
            manifest = restoring.restore(options.file, root, XIAOJIA_HOME, external=external())
    except AlreadyRunning as running:
        raise Refused(f"备份没有恢复，因为小家正开着（{running.url}）；先停下它，再来一次。") from None
    print(
        f"恢复好了：{_moment(manifest.taken_at)} 的备份，{sum(manifest.rows.values())} 行，"
        f"用了 {_duration(time.monotonic() - began)}。接下来 xiaojia verify，再 xiaojia serve。"
    )
    return 0


def drill(options: argparse.Namespace) -> int:
    """Restore into a home that is thrown away, verify there, say how long it took."""
    _end_politely()
    file = options.file or next(reversed(taking.taken(taking.folder_of(XIAOJIA_HOME)).values()), None)
    if file is None:
        raise Refused("演练没有做，因为还没有备份；先 xiaojia backup，再来一次。")
    _refuse_no_file(file)
    root = _asked_sheet(options.sheet)
    home, began = XIAOJIA_HOME / DRILL, time.monotonic()
    shutil.rmtree(home, ignore_errors=True)
    try:
        manifest = restoring.restore(file, root, home)
        restored = time.monotonic()
        is_whole = _verified(home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    ended = time.monotonic()
    print(
        f"演练{'做好了' if is_whole else '发现了毛病'}：{_moment(manifest.taken_at)} 的备份，"
        f"恢复 {_duration(restored - began)}，核对 {_duration(ended - restored)}，"
        f"一共 {_duration(ended - began)}；临时的那份已经删掉。"
    )
    return 0 if is_whole else 1


def keys_sheet(options: argparse.Namespace) -> int:
    """Print the recovery sheet as text, or write it as a page for A4 paper."""
    from xiaojia.project.cli import start_django

    start_django()
    root = taking.root_secret()
    if options.file is None:
        print(sheet_page.as_text(root, at=_now()))
        return 0
    handle = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(sheet_page.as_html(root, at=_now()))
    print(
        f"{recovery_sheet.sheet_number(root)} 号恢复单写在 {options.file}：用浏览器打开，打印一张 A4，"
        "马上删掉这个文件，再用 xiaojia keys check 抄回来核对。"
    )
    return 0


def keys_check(options: argparse.Namespace) -> int:
    """Whether what stands on the paper opens this installation's backups."""
    from xiaojia.project.cli import start_django

    start_django()
    root = taking.root_secret()
    number = recovery_sheet.sheet_number(root)
    if _asked_sheet(options.sheet) != root:
        raise recovery_sheet.WrongSheet(
            f"这张恢复单抄得没错，但不是这台电脑现在的；现在用的是 {number} 号，找到那张，再来一次。"
        )
    (XIAOJIA_HOME / "keys" / CHECKED).write_text(number)
    (XIAOJIA_HOME / "keys" / CHECKED).chmod(0o600)
    print(f"{number} 号恢复单是对的，锁进柜子里，别和电脑放在一处。")
    return 0


def keys_rotate(_options: argparse.Namespace) -> int:
    """New keys for everything that is sealed; after a crash the same command, or the next start, goes on."""
    from xiaojia.project.cli import database, start_django
    from xiaojia.project.processes.serving import prepare

    folder = XIAOJIA_HOME / "keys"
    try:
        with only_one(XIAOJIA_HOME), database() as urls:
            start_django()
            was_pending = (folder / secrets.NEXT).exists()
            prepare(urls, has_static=False)
            if not was_pending:
                with secrets.only_user(folder):
                    secrets.load_ring(folder)
                    secrets.make_next(folder)
                prepare(urls, has_static=False)
    except AlreadyRunning as running:
        raise Refused(f"钥匙没有换，因为小家正开着（{running.url}）；先停下它，再来一次。") from None
    number = recovery_sheet.sheet_number(secrets.load_ring(folder).current.root)
    print(
        f"钥匙换好了，从现在起是 {number} 号恢复单：xiaojia keys sheet 打印，xiaojia keys check 核对。\n"
        "以前的备份还要以前那张恢复单，一起留着。"
    )
    return 0


def _verified(home: Path) -> bool:
    """`xiaojia verify` in that home, in a process of its own, on the embedded database."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    command = [sys.executable, "-m", "xiaojia.project.cli", "verify"]
    return subprocess.run(command, env=ours | {"XIAOJIA_HOME": str(home)}, check=False).returncode == 0


def _asked_sheet(file: Path | None) -> bytes:
    """The secret on the sheet: from a file, from a pipe, or typed group by group, each mended at once."""
    if file is not None:
        return recovery_sheet.read_sheet(file.read_text(encoding="utf-8"))
    if not sys.stdin.isatty():
        return recovery_sheet.read_sheet(sys.stdin.read())
    typed: list[str] = []
    while len(typed) < recovery_sheet.GROUPS:
        place = len(typed) + 1
        text = input(f"恢复单第 {place} 组（共 {recovery_sheet.GROUPS} 组）：")
        try:
            recovery_sheet.read_group(place, text)
        except recovery_sheet.WrongSheet as wrong:
            print(wrong, file=sys.stderr)
        else:
            typed.append(text)
    return recovery_sheet.read_sheet(" ".join(typed))


def _refuse_no_file(file: Path) -> None:
    if not file.is_file():
        raise Refused(f"没有做，因为找不到备份文件 {file}；看看名字有没有抄错，再来一次。")


def _checked_number() -> str:
    path = XIAOJIA_HOME / "keys" / CHECKED
    return path.read_text() if path.exists() else ""


def _end_politely() -> None:
    """A polite signal goes through `finally`, so that nothing half restored is left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _now() -> datetime:
    from django.utils import timezone

    from xiaojia.kernel import clock

    return timezone.localtime(clock.now())


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} 分 {rest} 秒" if minutes else f"{seconds:.1f} 秒"
