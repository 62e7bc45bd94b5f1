"""`xiaojia plan INPUT.csv --out PLAN.csv --report REPORT.json`: divide a file, without a database."""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EISDIR
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from xiaojia.kernel.refusals import Refused

if TYPE_CHECKING:
    from xiaojia.engines.partition import Result, Runner, Stretch

COLUMNS: Final = ("compound", "building", "x", "y", "unit", "floors", "doors_per_floor", "households")
OUT_COLUMNS: Final = ("microgrid", "compound", "building", "unit", "floor_from", "floor_to", "households")


def run(words: Sequence[str]) -> int:
    """0: written; 2: the input cannot be divided, one sentence says why."""
    options = _parser().parse_args(words)
    from xiaojia.engines.partition import BadProblem, Problem, check, solve

    if len({path.resolve() for path in (options.input, options.out, options.report)}) < 3:
        raise Refused("INPUT, --out and --report name the same file; give three different ones")
    rows = list(_rows(options.input))
    try:
        problem = Problem(tuple(row.stretch() for row in rows), allow_cross=not options.inside)
    except BadProblem as error:
        raise rows[error.row - 1].refused(error.fact) from error
    # Both files are opened first: nobody waits for a plan that cannot be written.
    with _replaced(options.out) as plan, _replaced(options.report) as report:
        started = _cpu_seconds()
        with _elsewhere(options.dask) as runner:
            result = solve(problem, seed=options.seed, processes=options.processes, run=runner)
        seconds = _cpu_seconds() - started
        broken = check(problem, result.parts)
        if broken:
            raise RuntimeError(f"the plan breaks its own rules, nothing was written: {broken[0]}")
        _write_plan(plan, result)
        report.write(f"{json.dumps(_report(result, seconds), ensure_ascii=False, indent=1)}\n")
    return 0


@contextmanager
def _elsewhere(address: str | None) -> Iterator[Runner | None]:
    """The cluster at that address; None: here."""
    if address is None:
        yield None
        return
    from xiaojia.project.plan_dask import runner

    with runner(address) as there:
        yield there


def _cpu_seconds() -> float:
    """Of this process and of the children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xiaojia plan", description="divide a CSV of units into micro-grids of 50-80 households"
    )
    parser.add_argument("input", type=Path, metavar="INPUT.csv", help=f"columns {','.join(COLUMNS)}")
    parser.add_argument("--out", type=Path, required=True, metavar="PLAN.csv")
    parser.add_argument("--report", type=Path, required=True, metavar="REPORT.json")
    parser.add_argument("--seed", type=int, default=1, help="kept in the report; changes nothing")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--processes", type=_at_least_one, default=1, help="communities at the same time")
    where.add_argument("--dask", metavar="ADDRESS", help="of a Dask scheduler: communities on its workers")
    parser.add_argument("--inside", action="store_true", help="never join compounds")
    return parser


def _at_least_one(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the input; `line` counts as an editor does, with the headings as line 1."""

    path: Path
    line: int
    cells: Mapping[str, Any]

    def refused(self, fact: str) -> Refused:
        """The sentence that names the row."""
        return Refused(f"{self.path}: row {self.line}: {fact}")

    def stretch(self) -> Stretch:
        """The unit that the row tells of."""
        from xiaojia.engines.partition import Stretch

        return Stretch(
            self._text("compound"),
            self._text("building"),
            self._text("unit"),
            self._number("x"),
            self._number("y"),
            self._whole("floors"),
            self._whole("doors_per_floor"),
            self._whole("households"),
        )

    def _text(self, name: str) -> str:
        value = self.cells[name]
        if value is None:
            raise self.refused(f"column {name} is missing; the row is too short")
        return str(value).strip()

    def _number(self, name: str) -> float:
        value = self._text(name)
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self.refused(f"column {name} holds {value!r}, which is no number; correct it")
        return number

    def _whole(self, name: str) -> int:
        number = self._number(name)
        if number < 0 or number != int(number):
            raise self.refused(f"column {name} holds {self.cells[name]!r}; it must be a whole number from 0")
        return int(number)


def _rows(path: Path) -> Iterator[_Row]:
    """The rows of the input below its headings; empty lines are passed over."""
    reader = csv.DictReader(io.StringIO(_content(path), newline=""), strict=True)
    count = 0
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise Refused(
                f"{path}: row 1: column {missing[0]} is missing; the columns are {','.join(COLUMNS)}"
            )
        for cells in reader:
            count += 1
            yield _Row(path, reader.line_num, cells)
    except csv.Error as error:
        raise Refused(f"{path}: row {reader.line_num}: {error}; save it as CSV, then again") from error
    if not count:
        raise Refused(f"{path}: there is no row below the headings; give at least one unit")


def _content(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); name a CSV file") from error
    except UnicodeDecodeError as error:
        raise Refused(
            f"{path}: not UTF-8 (byte {error.start + 1}); save it as CSV UTF-8, then again"
        ) from error


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    """Whole or not at all: the old file stays until the new one is complete."""
    beside = path.with_name(f"{path.name}.part")
    try:
        if path.is_dir():
            raise IsADirectoryError(EISDIR, "it is a folder")
        with beside.open("w", encoding="utf-8", newline="") as file:
            yield file
        beside.replace(path)
    except OSError as error:
        raise Refused(f"{path}: cannot be written ({error.strerror}); name another place") from error
    finally:
        with suppress(OSError):
            beside.unlink()


def _write_plan(file: TextIO, result: Result) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(OUT_COLUMNS)
    writer.writerows(
        [p.microgrid, p.compound, p.building, p.unit, p.floor_from, p.floor_to, p.household_count]
        for p in result.parts
    )


def _report(result: Result, seconds: float) -> dict[str, Any]:
    """The keys of the file interface; `seconds` is CPU time and the only value that differs between runs."""
    return {
        "in_range": result.in_range,
        "over": result.over,
        "under": result.under,
        "exceptions": [
            {
                "microgrid": exception.microgrid,
                "code": exception.code,
                "reason": exception.reason,
                "certificate": exception.certificate,
            }
            for exception in result.exceptions
        ],
        "cross": result.cross,
        "split": result.split,
        "cost": round(result.cost, 3),
        "bound": round(result.bound, 3),
        "gap": round(result.gap, 6),
        "effort": result.effort,
        "seconds": round(seconds, 3),
    }
