"""What a bench hands back: rows of figures, each with its limit and the verdict."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

HEAD: Final = ("bench", "what", "wall s", "CPU s", "MB", "figure", "limit", "verdict")


@dataclass(slots=True)
class Row:
    """One measured thing. `figure` is what `limit` judges; without a limit it is only told."""

    bench: str
    what: str
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_mb: float | None = None
    figure: float | None = None
    unit: str = ""
    limit: float | None = None
    is_at_least: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        """good, MISSED, or nothing to judge."""
        if self.limit is None or self.figure is None:
            return self.note
        holds = self.figure >= self.limit if self.is_at_least else self.figure <= self.limit
        return " ".join(filter(None, ["good" if holds else "MISSED", self.note]))

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        sign = ">=" if self.is_at_least else "<="
        return (
            self.bench,
            self.what,
            _number(self.wall_seconds),
            _number(self.cpu_seconds),
            _number(self.peak_mb),
            f"{_number(self.figure)} {self.unit}".strip(),
            f"{sign} {_number(self.limit)}" if self.limit is not None else "",
            self.verdict,
        )


@dataclass(slots=True)
class Clock:
    """Filled when a `measured` block ends: wall and CPU seconds of this process and its ended children."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0


@contextmanager
def measured() -> Iterator[Clock]:
    """Measure a block; `peak_mb` is the largest any of the processes has been so far."""
    clock = Clock()
    wall, cpu = time.monotonic(), _cpu()
    yield clock
    clock.wall_seconds = time.monotonic() - wall
    clock.cpu_seconds = _cpu() - cpu
    peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    clock.peak_mb = max(peaks) / 1024


@dataclass(slots=True)
class Report:
    """All rows of one run."""

    rows: list[Row] = field(default_factory=list)

    def add(self, bench: str, what: str, clock: Clock | None = None, **more: Any) -> Row:
        """Add one row; `clock` fills its times, `more` the other fields of `Row`."""
        row = Row(bench, what, **more)
        if clock is not None:
            row.wall_seconds, row.cpu_seconds = clock.wall_seconds, clock.cpu_seconds
            row.peak_mb = row.peak_mb or clock.peak_mb
        self.rows.append(row)
        return row

    def missed(self) -> list[Row]:
        """Rows over their limit."""
        return [row for row in self.rows if row.verdict.startswith("MISSED")]

    def table(self) -> str:
        """The rows under one head, in columns."""
        lines = [HEAD, *(row.cells() for row in self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
        return "\n".join(
            "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
        )

    def as_dicts(self) -> list[dict[str, Any]]:
        """For bench/last.json."""
        return [{**asdict(row), "verdict": row.verdict} for row in self.rows]


def _cpu() -> float:
    times = time.process_time()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times + children.ru_utime + children.ru_stime


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
