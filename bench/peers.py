"""Other people's solvers on the same items and the same ground, each in a process of its own.

Peers get items that need no cutting (units over 80 already in blocks of floors). `describe` measures all.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench import _divisions as ground
from bench.report import Report
from xiaojia.engines.partition import Part, Places, Problem, describe

NAME: Final = "peers"
IS_PEERS: Final = True
METHODS: Final = {
    "community": ("ours", "greedy", "maxp", "metis", "kmeans", "cpsat"),
    "towns": ("ours", "greedy", "maxp", "metis"),
}
SAID: Final = {
    "ours": "xiaojia",
    "greedy": "sweep in chain order",
    "maxp": "spopt MaxP, floor 50, one run a community",
    "metis": "METIS, parts of 65, ufactor 230",
    "kmeans": "k-means-constrained on households, items after their majority",
    "cpsat": "CP-SAT, every item to a centre of its community, at most 280 s",
}
MOST_SECONDS: Final = 1_200


def run(report: Report) -> None:
    """One row a method: figure is the share in 50..80, the note says all else."""
    for where, methods in METHODS.items():
        if where == "towns" and ground.towns() is None:
            report.add(NAME, "five real towns", note="left out: the public data is not here")
            continue
        for method in methods:
            print(f"peers: {where}, {method}", file=sys.stderr, flush=True)
            _one(report, where, method)


def _one(report: Report, where: str, method: str) -> None:
    """CPU seconds and peak memory of the whole child, start-up included; it prints one line of labels."""
    what = f"{where}: {SAID[method]}"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench._solvers", where, method],
            cwd=Path(__file__).resolve().parents[1], capture_output=True, text=True, check=True,
            timeout=MOST_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        report.add(NAME, what, note=f"not done in {MOST_SECONDS} s")
        return
    except subprocess.CalledProcessError as error:
        report.add(NAME, what, note=f"failed: {(error.stderr.strip().splitlines() or ['?'])[-1][:80]}")
        return
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    report.add(
        NAME, what, cpu_seconds=found["cpu_seconds"], peak_mb=found["peak_mb"],
        figure=found["in_range"], unit="% in 50..80", note=found["note"],
    )  # fmt: skip


def told(problem: Problem, parts: Sequence[Part]) -> dict[str, Any]:
    """What the child says: its cost so far (before measuring), then the measure that all share."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    places = Places(problem)
    found, metres = describe(places, parts), ground.metres(places, parts)
    return {
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
        "in_range": ground.share_in_range(found),
        "note": f"{len(found.grids)} micro-grids, {found.under} under 50, {found.over} over 80, "
        f"{found.split} split, {found.cross} cross, {metres:.0f} m to the middle",
    }
