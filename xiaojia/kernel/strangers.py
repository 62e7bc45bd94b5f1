"""Children that open strangers' files: few resources, no settings, no secrets, a session of their own.

The child calls `limit_myself` before it looks at a byte; the parent starts it with `started` and ends it with
`kill`. Only the standard library: a child loads nothing that it does not need.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

_ROOT: Final = Path(__file__).resolve().parents[2]
_ENVIRONMENT: Final = {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}


def limit_myself(*, memory_bytes: int, cpu_seconds: int, open_files: int) -> None:
    """From here on this process writes no file and leaves no core; what is too much fails or kills it."""
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, open_files),
    ):
        resource.setrlimit(what, (most, most))


def started(command: Sequence[str], *, stdin: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """The child, with nothing of ours but this folder to import from. The caller ends it with `kill`."""
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env=_ENVIRONMENT,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End it with all that it started; the caller then waits for it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
