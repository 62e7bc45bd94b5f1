"""How long until a page answers: an empty office and the demo, the first time and again."""

from __future__ import annotations

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
from pathlib import Path
from typing import Final

from bench.report import Report

NAME: Final = "start"
FIRST_DEMO_SECONDS: Final = 240
SECOND_SECONDS: Final = 8


def run(report: Report) -> None:
    """Start, wait for a page, stop; twice in the same home."""
    for words, first_limit in ((["serve"], None), (["demo"], FIRST_DEMO_SECONDS)):
        home = Path(tempfile.mkdtemp(prefix="xiaojia-bench-"))
        home.chmod(0o711)
        try:
            for time_of, limit in (("first", first_limit), ("second", SECOND_SECONDS)):
                seconds = _until_a_page_answers([*words, "--port", "8560"], home)
                report.add(
                    NAME,
                    f"{words[0]}, {time_of} start",
                    wall_seconds=seconds,
                    figure=seconds,
                    unit="s",
                    limit=limit,
                )
        finally:
            shutil.rmtree(home, ignore_errors=True)


def _until_a_page_answers(words: list[str], home: Path) -> float:
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("XIAOJIA_", "DATABASE_"))
    }
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "xiaojia.project.cli", *words],
        env=ours | {"XIAOJIA_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        lines = process.stdout or ()
        url = next(found[0] for line in lines if (found := re.search(r"http://[\w.]+:\d+/\S*", line)))
        while not _answers(url):
            time.sleep(0.05)
        return time.monotonic() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own address
            return int(answer.status) == 200
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False
