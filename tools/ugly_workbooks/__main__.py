from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.ugly_workbooks.contents import contents
from tools.ugly_workbooks.habits import habits
from tools.ugly_workbooks.mixed import mixed
from tools.ugly_workbooks.packages import packages
from tools.ugly_workbooks.paper import Workbook
from tools.ugly_workbooks.scrawls import scrawls
from tools.ugly_workbooks.shapes import shapes
from tools.ugly_workbooks.texts import texts


def write_all(folder: Path, *, seed: int) -> Iterator[tuple[Path, Workbook]]:
    """Write every workbook with its truth into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for make in (shapes, contents, mixed, packages, texts, habits, scrawls):
        for book in make(seed):
            yield book.write(folder), book


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.ugly_workbooks", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="OUT_DIR")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    written = list(write_all(words.folder, seed=words.seed))
    print(f"{len(written)} workbooks, {sum(len(book.truth.rows) for _path, book in written)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
