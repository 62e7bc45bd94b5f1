"""How a process of ours comes to its end, with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress


def ask(process: subprocess.Popen[bytes] | None) -> None:
    """Ask politely; nothing happens when there is none, or it has ended."""
    if process is not None and process.poll() is None:
        process.terminate()


def wait(process: subprocess.Popen[bytes] | None, deadline: float) -> None:
    """Wait until `deadline` (seconds of `time.monotonic`), then kill its whole group."""
    if process is None:
        return
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.1, deadline - time.monotonic()))
    kill_group(process)
    process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """A killed leader leaves its own children behind: they go too, and free the port."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
