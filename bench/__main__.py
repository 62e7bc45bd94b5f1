"""`make bench`: every figure of ours in this very run, as one table. `make bench ARGS=plan` runs one of them.

A module of this folder with `NAME` and `run(report)` is a bench. Ratios and CPU time are judged; wall time
is only told where machines are shared. `--peers` runs the modules whose `IS_PEERS` is true instead; one whose
`IS_LONG` is true runs only when it is named.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Final

import bench
from bench.report import Report

LAST: Final = Path(__file__).with_name("last.json")
"""The rows of the last run, for whoever quotes them; not committed."""


def _benches(*, peers: bool) -> dict[str, ModuleType]:
    found = {}
    for info in pkgutil.iter_modules(bench.__path__):
        if info.name.startswith("_") or info.name == "report":
            continue
        module = importlib.import_module(f"bench.{info.name}")
        if hasattr(module, "NAME") and getattr(module, "IS_PEERS", False) == peers:
            found[module.NAME] = module
    return found


def main() -> int:
    """Run the named benches, or all; exit code 1 when a limit was missed."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="which benches; all if none is named")
    parser.add_argument("--peers", action="store_true", help="beside other people's solvers")
    options = parser.parse_args()
    benches = _benches(peers=options.peers)
    unknown = sorted(set(options.names) - set(benches))
    if unknown:
        print(
            f"no bench called {', '.join(unknown)}; there are {', '.join(sorted(benches))}", file=sys.stderr
        )
        return 2
    report = Report()
    short = sorted(name for name, module in benches.items() if not getattr(module, "IS_LONG", False))
    for name in options.names or short:
        print(f"{name} ...", file=sys.stderr, flush=True)
        began = time.monotonic()
        benches[name].run(report)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(report.table())
    LAST.write_text(json.dumps(report.as_dicts(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 1 if report.missed() else 0


if __name__ == "__main__":
    sys.exit(main())
