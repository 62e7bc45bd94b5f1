"""`xiaojia serve`: one parent keeps PostgreSQL, pages and worker alive, and takes all of them along."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from xiaojia.project.processes import ending
from xiaojia.project.processes.nightly import Nightly
from xiaojia.project.processes.postgres import Cluster, die_with_parent

FIRST_PORT: Final = 8300
PORTS: Final = 20
STOP_SECONDS: Final = 6
LOOK_SECONDS: Final = 0.2
WEB_THREADS: Final = 8
"""As many as a process has connections in its pool (settings/database.py): they wait for the disk, not for a
core. Beside 3, on two busy cores: posting at 16 clients came to twice as much, pages stayed as they were."""


class AlreadyRunning(Exception):
    """This home is served already; `url` says where."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


@contextmanager
def only_one(home: Path) -> Iterator[IO[str]]:
    """Hold the home's lock; raises AlreadyRunning with the address of the one who holds it."""
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    path = home / "serve.json"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_address_in(path)) from None
        yield lock


def _address_in(path: Path) -> str:
    try:
        return str(json.loads(path.read_text())["url"])
    except (OSError, ValueError, KeyError):
        return f"http://127.0.0.1:{FIRST_PORT}"


def free_port(wanted: int, host: str) -> int:
    """`wanted`, or the next of twenty that nobody listens on."""
    for port in range(wanted, wanted + PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"ports {wanted} to {wanted + PORTS - 1} are all taken; name another with --port")


@dataclass(slots=True)
class Child:
    """One process of ours with its own group, started again when it ends."""

    name: str
    command: list[str]
    environment: dict[str, str]
    orphan_signal: int = signal.SIGTERM
    niceness: int = 0
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    not_before: float = field(default=0.0)

    def start(self) -> None:
        """Start it in a session of its own; it ends when the parent does."""
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=self._before_exec,
        )
        self.started_at = time.monotonic()

    def _before_exec(self) -> None:
        die_with_parent(self.orphan_signal)
        os.nice(self.niceness)

    def tend(self) -> None:
        """Start it again if it ended: at once the first time, later with growing patience (10 s at most)."""
        moment = time.monotonic()
        if self.process is not None:
            if self.process.poll() is None:
                return
            ending.kill_group(self.process)
            self.process = None
            self.failures = 0 if moment - self.started_at > 30 else self.failures + 1
            self.not_before = moment + min(10.0, 0.25 * (2**self.failures - 1))
            say("child ended, starting it again", child=self.name)
        if moment >= self.not_before:
            self.start()

    def stop(self) -> None:
        """Ask politely."""
        ending.ask(self.process)

    def wait(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic), then kill the whole group."""
        ending.wait(self.process, deadline)


class Tree:
    """The parent: starts the children in order, looks after them, stops them in reverse."""

    def __init__(self, cluster: Cluster | None, children: list[Child | Nightly]) -> None:
        self._cluster = cluster
        self._children = children
        self._is_stopping = False

    def run(self) -> None:
        """Look after everything until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        for child in self._children:
            child.start()
        try:
            while not self._is_stopping:
                self._tend()
                time.sleep(LOOK_SECONDS)
        finally:
            self.stop()

    def stop(self) -> None:
        """Everything goes, within seconds; PostgreSQL last."""
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children:
            child.stop()
        for child in self._children:
            child.wait(deadline)
        if self._cluster is not None:
            self._cluster.stop()

    def _tend(self) -> None:
        if self._cluster is not None and self._cluster.has_ended():
            say("PostgreSQL ended, starting it again", child="postgres")
            self._cluster.launch()
            self._cluster.wait_ready()
        for child in self._children:
            child.tend()

    def _ask_to_stop(self, _number: int, _frame: Any) -> None:
        self._is_stopping = True


def web(port: int, host: str, environment: dict[str, str], static: Path) -> Child:
    """granian with WSGI: two processes, eight threads each; static files never reach Python."""
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
        *(
            "--workers",
            environment.get("XIAOJIA_WEB_WORKERS", "2"),
            "--blocking-threads",
            str(WEB_THREADS),
        ),
        *("--backlog", "256", "--respawn-failed-workers", "--respawn-interval", "0.5"),
        *("--workers-kill-timeout", "2", "--no-ws"),
        *("--log-level", "warning", "--log-config", str(Path(__file__).with_name("web_log.json"))),
        *("--static-path-route", "/static", "--static-path-mount", str(static)),
        *("--static-path-expires", "31536000", "xiaojia.project.wsgi:application"),
    ]
    return Child("web", command, environment)


def live(port: int, host: str, environment: dict[str, str]) -> Child:
    """granian with ASGI for the live streams alone: one process. An open stream never delays the end."""
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--host", host, "--port", str(port)),
        *("--workers", "1", "--backlog", "512", "--respawn-failed-workers", "--respawn-interval", "0.5"),
        *("--workers-kill-timeout", "2", "--no-ws", "--http", "1"),
        *("--log-level", "warning", "--log-config", str(Path(__file__).with_name("web_log.json"))),
        "xiaojia.project.asgi:application",
    ]
    return Child("live", command, environment)


def worker(environment: dict[str, str]) -> Child:
    """The one worker: long work and everything periodic."""
    command = [sys.executable, "-m", "xiaojia.project.cli", "worker"]
    # Orphaned, it would wait half a minute for a PostgreSQL that went too; killed, its work is rolled back.
    # Long work yields to pages.
    return Child("worker", command, environment, orphan_signal=signal.SIGKILL, niceness=5)


def say(message: str, *, child: str) -> None:
    """One line of the log about a child."""
    line = {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "level": "WARNING", "logger": "xiaojia.processes"}
    print(json.dumps(line | {"message": message, "child": child}), file=sys.stderr, flush=True)
