"""Real public-housing blocks as input of `xiaojia plan`: community = subzone, compound = street within it.

    python -m tools.blocks BLOCKS.csv OUT.csv [--place SUBZONE_CODE ...]

One block is a building with one unit. Nothing of the data is kept in the project.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from xiaojia.engines.partition import Stretch


def stretches_of(table: Path, places: Collection[str] = ()) -> Iterator[Stretch]:
    """The lived-in blocks of these subzones (codes), or of all, in the order of the table."""
    with table.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            homes, floors = int(row["dwelling_units"]), int(row["floors"])
            if homes and (not places or row["subzone_code"] in places):
                yield Stretch(
                    f"{row['subzone_code']}-{row['street']}", row["blk_no"], "",
                    float(row["x_m"]), float(row["y_m"]), floors, -(-homes // floors), homes,
                )  # fmt: skip


def write_plan_input(path: Path, stretches: Iterable[Stretch]) -> None:
    """The CSV that `xiaojia plan` reads."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("compound", "building", "x", "y", "unit", "floors", "doors_per_floor", "households"))
        for s in stretches:
            place = (s.x_metres, s.y_metres)
            writer.writerow(
                (s.compound, s.building, *place, s.unit, s.floors, s.doors_per_floor, s.household_count)
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Convert one file."""
    parser = argparse.ArgumentParser(prog="python -m tools.blocks", description=__doc__)
    parser.add_argument("blocks", type=Path, metavar="BLOCKS.csv")
    parser.add_argument("out", type=Path, metavar="OUT.csv")
    parser.add_argument("--place", action="append", default=[], metavar="SUBZONE_CODE")
    options = parser.parse_args(argv)
    write_plan_input(options.out, stretches_of(options.blocks, set(options.place)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
