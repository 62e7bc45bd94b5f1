"""`xiaojia demo`: a community to look at, in a home of its own; built on first start, then served."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from xiaojia.kernel.refusals import Refused
from xiaojia.project.demo_codes import code_of
from xiaojia.project.installation import XIAOJIA_HOME
from xiaojia.project.processes import serving
from xiaojia.project.processes.postgres import die_with_parent
from xiaojia.project.processes.tree import AlreadyRunning, only_one

SOURCES: Final = Path(__file__).resolve().parent.parent.parent
FIRST_PAGE: Final = "/demo/as/secretary/"


def run(words: Sequence[str]) -> int:
    """Build what is not there yet, then serve until Ctrl+C."""
    options = _parser().parse_args(words)
    # A home of its own: no real register is ever opened, and `xiaojia serve` never meets invented people.
    home = XIAOJIA_HOME / "demo"
    if options.blocks is None:
        marker = home / "built"
        command = ["--size", options.size, "live"]
        page = FIRST_PAGE
    else:
        code = code_of(options.place)
        marker = home / f"built-{code}"
        command = ["blocks", str(options.blocks.absolute()), "--place", options.place, "--code", code]
        page = f"{FIRST_PAGE}?in={code}"
        if not marker.exists():
            _refuse_while_running(home)
    return serving.serve(
        port=options.port, home=home, is_demo=True, opens_at=page, build=partial(_build, command, marker)
    )


def _refuse_while_running(home: Path) -> None:
    """One more community is built before pages are served, never beside them."""
    try:
        with only_one(home):
            pass
    except AlreadyRunning as running:
        raise Refused(
            f"这些楼没有加进来，因为演示正开着（{running.url}）；先在那边按 Ctrl+C 停下，再来一次。"
        ) from None


def _build(command: list[str], marker: Path, environment: dict[str, str]) -> None:
    """Run the simulator as a child, unless it came to its end before."""
    if marker.exists():
        return
    if not (SOURCES / "tools" / "simulator").is_dir():
        raise Refused(
            "演示没有打开，因为这里装的小家不带模拟社区；"
            "到源码的文件夹里运行 make demo，自己的社区用 xiaojia serve。"
        )
    print("头一回打开演示，先搭社区，要一两分钟：", flush=True)
    child = [sys.executable, "-m", "tools.simulator", *command]
    # Killed with this process, too: nobody goes on building beside the next start.
    end = partial(die_with_parent, signal.SIGKILL)
    code = subprocess.run(child, cwd=SOURCES, env=environment, check=False, preexec_fn=end).returncode
    if code != 0:
        sys.exit(code)  # the child has said why; the next start goes on from where it stopped
    marker.touch()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xiaojia demo",
        description="A simulated community (or real blocks, without people) to look at from every desk."
        " The first start builds it; your own data, which 'xiaojia serve' opens, is never touched.",
    )
    parser.add_argument("--port", type=int, default=8300, help="8300 if not said; a taken one gives the next")
    parser.add_argument(
        "--size", choices=["full", "small"], default="full", help="small: six micro-grids, built in seconds"
    )
    parser.add_argument(
        "--blocks", type=Path, metavar="FILE.csv", help="a table of real blocks instead of invented people"
    )
    parser.add_argument("--place", default="", help="which subzone of the table")
    return parser
