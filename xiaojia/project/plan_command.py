"""`xiaojia plan INPUT.csv --out PLAN.csv --report REPORT.json`: divide a file, without a database."""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from xiaojia.kernel.refusals import Refused

if TYPE_CHECKING:
    from xiaojia.engines.partition import Result, Stretch

COLUMNS: Final = ("compound", "building", "x", "y", "unit", "floors", "doors_per_floor", "households")
OUT_COLUMNS: Final = ("microgrid", "compound", "building", "unit", "floor_from", "floor_to", "households")


def run(words: Sequence[str]) -> int:
    """0: written; 2: the input cannot be divided, one sentence says why."""
    options = _parser().parse_args(words)
    from xiaojia.engines.partition import BadProblem, Problem, check, solve

    try:
        problem = Problem(tuple(_stretches(options.input)), allow_cross=not options.inside)
    except BadProblem as error:
        raise Refused(f"{options.input}: {error}") from error
    started = _cpu_seconds()
    result = solve(problem, seed=options.seed, processes=options.processes)
    seconds = _cpu_seconds() - started
    broken = check(problem, result.parts)
    if broken:
        raise RuntimeError(f"the plan breaks its own rules, nothing was written: {broken[0]}")
    _write(options.out, lambda file: _write_plan(file, result))
    report = json.dumps(_report(result, seconds), ensure_ascii=False, indent=1)
    _write(options.report, lambda file: file.write(f"{report}\n"))
    return 0


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
    parser.add_argument("--processes", type=_at_least_one, default=1, help="communities at the same time")
    parser.add_argument("--inside", action="store_true", help="never join compounds")
    return parser


def _at_least_one(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def _stretches(path: Path) -> Iterator[Stretch]:
    """The rows of the input; a cell that cannot be read is named by row (as an editor counts) and column."""
    from xiaojia.engines.partition import Stretch

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            f"{path}: not UTF-8 (byte {error.start + 1}); save it as CSV UTF-8, then again"
        ) from error
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise Refused(
                f"{path}: row 1: column {missing[0]} is missing; the columns are {','.join(COLUMNS)}"
            )
        count = 0
        for count, cells in enumerate(reader, start=1):
            yield Stretch(
                _text(cells, "compound", count),
                _text(cells, "building", count),
                _text(cells, "unit", count),
                _number(cells, "x", count),
                _number(cells, "y", count),
                _whole(cells, "floors", count),
                _whole(cells, "doors_per_floor", count),
                _whole(cells, "households", count),
            )
    except csv.Error as error:
        raise Refused(f"{path}: row {reader.line_num}: {error}; save it as CSV, then again") from error
    if not count:
        raise Refused(f"{path}: there is no row below the headings; give at least one unit")


def _text(cells: Mapping[str, Any], name: str, row: int) -> str:
    value = cells[name]
    if value is None:
        raise Refused(f"row {row}: column {name} is missing; the row is too short")
    return str(value).strip()


def _number(cells: Mapping[str, Any], name: str, row: int) -> float:
    value = _text(cells, name, row)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Refused(f"row {row}: column {name} holds {value!r}, which is no number; correct it")
    return number


def _whole(cells: Mapping[str, Any], name: str, row: int) -> int:
    number = _number(cells, name, row)
    if number < 0 or number != int(number):
        raise Refused(f"row {row}: column {name} holds {cells[name]!r}; it must be a whole number from 0")
    return int(number)


def _write(path: Path, fill: Callable[[TextIO], object]) -> None:
    """Whole or not at all: the old file stays until the new one is complete."""
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            fill(file)
        beside.replace(path)
    except OSError as error:
        raise Refused(f"{path}: cannot be written ({error.strerror}); name another place") from error


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
