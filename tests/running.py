"""A whole process tree of its own for tests that kill things: `with serving(home) as running: ...`."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PATIENCE_SECONDS: Final = 60
"""How long a test waits for something that must happen; nothing is asserted about how fast it was."""


@contextmanager
def own_home() -> Iterator[Path]:
    """A home of its own that an unprivileged PostgreSQL user may pass through."""
    home = Path(tempfile.mkdtemp(prefix="xiaojia-own-"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def home_like(name: str, make: Callable[[Path], None]) -> Iterator[Path]:
    """A copy of a home that `make` filled and left in peace; a whole run of tests makes each only once."""
    once = Path(os.environ["XIAOJIA_HOME"]) / "made-once"
    once.mkdir(mode=0o711, exist_ok=True)
    with (once / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (once / name).exists():
            with own_home() as draft:
                make(draft)
                _copy(draft, once / f"{name}.new")
            (once / f"{name}.new").rename(once / name)
    with own_home() as home:
        home.rmdir()
        _copy(once / name, home)
        yield home


def _copy(home: Path, to: Path) -> None:
    """With owners and modes: PostgreSQL takes no folder that somebody else may read."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(home), str(to)], check=True)


@contextmanager
def prepared_home() -> Iterator[Path]:
    """A home whose tables and static files are there already, as after any earlier start."""
    with home_like("prepared", _prepare) as home:
        yield home


def prepare(home: Path) -> None:
    """Make `home`, which is empty or not there, a prepared one."""
    if home.exists():
        home.rmdir()
    with prepared_home() as other:
        _copy(other, home)


def _prepare(home: Path) -> None:
    with serving(home, "--port", "8440"):
        pass


def command_environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a person who types `xiaojia` in a shell: nothing of this test run but the home."""
    ours = {"DATABASE_URL", "DATABASE_OWNER_URL", "XIAOJIA_DEMO", "XIAOJIA_LAN", "XIAOJIA_AS_OWNER"}
    return {k: v for k, v in os.environ.items() if k not in ours} | {"XIAOJIA_HOME": str(home)} | more


def xiaojia(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "xiaojia.project.cli", *words],
        env=command_environment(home, **environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def eventually(what: str, holds: Callable[[], bool]) -> None:
    """Wait until `holds()`; fails with `what` when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"did not happen: {what}"
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    parent_pid: int
    words: str


def _processes() -> Iterator[Process]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (OSError, ProcessLookupError):
            continue
        state, parent = stat.rpartition(")")[2].split()[:2]
        if state != "Z":
            yield Process(int(folder.name), int(parent), words)


def is_alive(pid: int) -> bool:
    """Whether the process lives; one that only waits to be reaped does not."""
    return any(p.pid == pid for p in _processes())


@dataclass(slots=True)
class Running:
    """One `xiaojia serve`: its own process, address and everything below it."""

    process: subprocess.Popen[str]
    home: Path
    has_postgres: bool = True
    url: str = ""
    said: list[str] = field(default_factory=list)

    def descendants(self) -> list[Process]:
        """Every process below ours, in no order."""
        everything = list(_processes())
        found, fresh = [], {self.process.pid}
        while fresh:
            below = [p for p in everything if p.parent_pid in fresh]
            found += below
            fresh = {p.pid for p in below}
        return found

    def pid_of(self, *marks: str) -> int:
        """The child (not a grandchild) whose command line has all marks; 0 while there is none."""
        mine = [p for p in self.descendants() if p.parent_pid == self.process.pid]
        return next((p.pid for p in mine if all(mark in p.words for mark in marks)), 0)

    @property
    def postgres_pid(self) -> int:
        return self.pid_of("postgres", "-D")

    @property
    def web_pid(self) -> int:
        return self.pid_of("granian", "wsgi")

    @property
    def live_pid(self) -> int:
        return self.pid_of("granian", "asgi")

    @property
    def worker_pid(self) -> int:
        return self.pid_of("xiaojia.project.cli", "worker")

    def status(self, path: str) -> int:
        """The HTTP status of a page, 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310  # ours
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def is_ready(self) -> bool:
        """All children live, and a page reaches the database."""
        pids = (self.postgres_pid or not self.has_postgres, self.web_pid, self.worker_pid)
        return all(pids) and self.status("/readyz") == 200


@contextmanager
def serving(home: Path, *words: str, command: str = "serve", **environment: str) -> Iterator[Running]:
    """Start `xiaojia serve` (or demo), wait until it is ready; at the end nothing of it is left.

    One web process answers, where the product has two, unless XIAOJIA_WEB_WORKERS says otherwise.
    """
    environment = {"XIAOJIA_WEB_WORKERS": "1"} | environment
    log = home / "serve.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "xiaojia.project.cli", command, *words],
            env=command_environment(home, **environment),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    running = Running(process, home, has_postgres="DATABASE_URL" not in environment)
    try:
        assert process.stdout is not None
        address = None
        while address is None:
            running.said.append(process.stdout.readline())
            assert running.said[-1], f"no address in {running.said}; {log.read_text()[-2000:]}"
            address = re.search(r"http://[\w.]+:\d+", running.said[-1])
        running.url = address[0]
        eventually(f"ready; {log.read_text()[-2000:]}", running.is_ready)
        yield running
    finally:
        left = [p.pid for p in running.descendants()]
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in (process.pid, *left):
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)
            process.communicate()
