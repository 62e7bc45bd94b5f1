"""Command line of the simulator; the package's docstring shows its verbs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.simulator.parameters import FULL, SMALL
from tools.simulator.workbook import write_workbook
from tools.simulator.world import world_of

SIZES = {"full": FULL, "small": SMALL}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the verbs."""
    options = _parser().parse_args(argv)
    parameters = SIZES[options.size]
    world = world_of(parameters, seed=options.seed)
    written = write_workbook(options.file, world, parameters, seed=options.seed)
    if options.truth is not None:
        options.truth.write_text(written.truth(world), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.simulator", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", choices=SIZES, default="full")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    write = verbs.add_parser("write", help="the workbook alone")
    write.add_argument("file", type=Path)
    write.add_argument("--truth", type=Path, help="what really is, as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
