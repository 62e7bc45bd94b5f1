"""The arithmetic of a slip, as one would write it by hand; whoever prints it puts the words around."""

from __future__ import annotations

from dataclasses import dataclass

from xiaojia.engines.scoring.problem import Appraised, Limits, MonthValue, QuarterResult
from xiaojia.engines.scoring.quarter import recognition_points


@dataclass(frozen=True, slots=True)
class Line:
    """One step: what it is (a code), the sum in figures, and what comes out."""

    code: str
    sum: str
    result: str


def month_lines(value: MonthValue, limits: Limits) -> tuple[Line, ...]:
    """The steps from a member's answers to the month's value and points; one line with the reason if none."""
    if value.value is None or value.middle is None or value.category_mean is None:
        return (Line(value.reason, str(value.answers), ""),)
    how = "trimmed" if value.answers >= limits.trimmed_from else "median"
    n, weight = value.answers, limits.shrink_weight
    return (
        Line(how, str(n), two(value.middle)),
        Line(
            "shrunk",
            f"({n} × {two(value.middle)} + {weight} × {two(value.category_mean)}) ÷ ({n} + {weight})",
            two(value.value),
        ),
        Line("points", f"2 × ({two(value.value)} − 1)", str(recognition_points(value.value))),
    )


def quarter_lines(result: QuarterResult) -> tuple[Line, ...]:
    """One line a month (its code says where the value is from), and the sum."""
    lines = [
        Line(origin, "" if used is None else two(used), str(points))
        for used, origin, points in zip(result.used, result.origins, result.monthly, strict=True)
    ]
    parts = [str(result.deed_points), *(str(points) for points in result.monthly)]
    return (*lines, Line("quarter", " + ".join(parts), str(result.points)))


def appraisal_lines(year: Appraised) -> tuple[Line, ...]:
    """The parts of a yearly appraisal and their sum."""
    lines = [
        Line("effort", f"{year.best_points} × {year.chance_percent}%", two(year.effort)),
        Line("deeds", f"60 × {two(year.effort)} ÷ {two(year.effort_80)}", one(year.deed_part)),
    ]
    if year.mean is not None and year.mean_part is not None:
        lines.append(Line("mean", f"30 × ({two(year.mean)} − 1) ÷ 4", one(year.mean_part)))
    lines.append(Line("steady", f"10 × {min(year.active_months, 9)} ÷ 9", one(year.steady_part)))
    if year.mean_part is None:
        lines.append(
            Line("rescaled", f"({one(year.deed_part)} + {one(year.steady_part)}) × 100 ÷ 70", one(year.total))
        )
    else:
        parts = f"{one(year.deed_part)} + {one(year.mean_part)} + {one(year.steady_part)}"
        lines.append(Line("total", parts, one(year.total)))
    return tuple(lines)


def two(hundredths: int) -> str:
    """420 -> 4.20."""
    return f"{hundredths / 100:.2f}"


def one(tenths: int) -> str:
    """869 -> 86.9."""
    return f"{tenths / 10:.1f}"
