"""Command line of the simulator; the package's docstring shows its verbs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.simulator.parameters import FULL, SMALL
from tools.simulator.workbook import write_workbook
from tools.simulator.world import world_of

SIZES = {"full": FULL, "small": SMALL}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; whatever a person can mend is one sentence and exit code 2."""
    from xiaojia.kernel.refusals import Refused

    options = _parser().parse_args(argv)
    try:
        _run(options)
    except (Refused, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _run(options: argparse.Namespace) -> None:
    parameters = SIZES[options.size]
    if options.verb == "write":
        world = world_of(parameters, seed=options.seed)
        written = write_workbook(options.file, world, parameters, seed=options.seed)
        if options.truth is not None:
            options.truth.write_text(written.truth(world), encoding="utf-8")
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaojia.project.settings")
    import django

    django.setup()
    from tools.simulator import live

    if options.verb == "live":
        live.build_community(parameters, seed=options.seed)
    elif options.verb == "moves":
        live.move_for_a_year(parameters, seed=options.seed)
    elif options.verb == "cases":
        live.live_a_year(case_count=options.count, fake_count=options.fakes, seed=options.seed)
    else:
        live.build_blocks(options.file, place=options.place, code=options.code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.simulator", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", choices=SIZES, default="full")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    write = verbs.add_parser("write", help="the workbook alone")
    write.add_argument("file", type=Path)
    write.add_argument("--truth", type=Path, help="what really is, as JSON")
    verbs.add_parser(
        "live", help="the whole community through the front door of the database in DATABASE_URL"
    )
    verbs.add_parser("moves", help="the community a year ago, and a year of moves and of changing heads")
    cases = verbs.add_parser("cases", help="a year of cases in the community that `live` built")
    cases.add_argument("--count", type=int, default=6_000)
    cases.add_argument("--fakes", type=int, default=50, help="closed without work, until somebody says so")
    blocks = verbs.add_parser("blocks", help="one place of a table of real blocks, up to the plans")
    blocks.add_argument("file", type=Path)
    blocks.add_argument("--place", required=True)
    blocks.add_argument("--code", required=True, help="12-digit code of the community to open")
    return parser


if __name__ == "__main__":
    sys.exit(main())
