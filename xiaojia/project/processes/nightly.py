"""The nightly backup: started by the parent, because pages and worker never learn the owner's address."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from xiaojia.kernel import nights
from xiaojia.project.processes import ending
from xiaojia.project.processes.postgres import die_with_parent

HOUR: Final = 2
PLACE: Final = ZoneInfo("Asia/Shanghai")
FIRST_LOOK_SECONDS: Final = 5 * 60
"""An office PC that was off at night has its backup soon after it is on, but not while it starts."""
LOOK_SECONDS: Final = 60
AGAIN_SECONDS: Final = 60 * 60


@dataclass(slots=True)
class Nightly:
    """One command that is run when it is due, looked after like a child of the tree.

    `is_due` gets the local time without a zone. A run that fails is said and tried again after an hour; in
    `home`, if there is one, a mark tells the office's first page until a run succeeds.
    """

    command: list[str]
    environment: dict[str, str]
    is_due: Callable[[datetime], bool]
    say: Callable[[str], None]
    home: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    next_look: float = field(default=0.0)

    def start(self) -> None:
        """The first look comes when everybody else is up."""
        self.next_look = time.monotonic() + FIRST_LOOK_SECONDS

    def tend(self) -> None:
        """See whether a run ended, or one is due."""
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self.process = None
            self._remember(is_good=code == 0)
            if code != 0:
                self.say(f"the backup ended with code {code}; once more in an hour")
                self.next_look = time.monotonic() + AGAIN_SECONDS
            return
        if time.monotonic() < self.next_look:
            return
        self.next_look = time.monotonic() + LOOK_SECONDS
        if self.is_due(datetime.now(PLACE).replace(tzinfo=None)):
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_quietly,
            )

    def _remember(self, *, is_good: bool) -> None:
        """Tell the pages; a disk that takes no mark must not end the parent."""
        if self.home is None:
            return
        with suppress(OSError):
            if is_good:
                nights.clear(self.home)
            else:
                nights.mark_failed(self.home, datetime.now(PLACE).replace(tzinfo=None))

    def stop(self) -> None:
        """Half a backup never gets its name."""
        ending.ask(self.process)

    def wait(self, deadline: float) -> None:
        """Wait until it is gone, not longer than `deadline`; then it goes."""
        ending.wait(self.process, deadline)


def _quietly() -> None:
    """Work of the night yields to pages, and goes with its parent."""
    die_with_parent(signal.SIGTERM)
    os.nice(10)


def backup(home: Path, *, is_due: Callable[[datetime], bool], say: Callable[[str], None]) -> Nightly:
    """`xiaojia backup --daily` for this home, with the addresses that this process was given itself."""
    command = [sys.executable, "-m", "xiaojia.project.cli", "backup", "--daily"]
    return Nightly(command, os.environ | {"XIAOJIA_HOME": str(home)}, is_due, say, home)
