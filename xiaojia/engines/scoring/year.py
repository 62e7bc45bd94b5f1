"""The yearly appraisal: best three quarters, mean recognition, steadiness; award by threshold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from xiaojia.engines.scoring.problem import LOWEST, Appraised, rounded
from xiaojia.engines.scoring.quarter import median

DEED_TENTHS: Final = 600
MEAN_TENTHS: Final = 300
STEADY_TENTHS: Final = 100
STEADY_MONTHS: Final = 9
"""Nine months with a deed are full steadiness: three quiet months cost nothing."""

LEAST_CHANCE_PERCENT: Final = 80
MOST_CHANCE_PERCENT: Final = 125


@dataclass(frozen=True, slots=True)
class YearProblem:
    """One member's year: deed points of the quarters, valid month values, months with a deed, micro-grid."""

    member: int
    category: str
    microgrid: int
    quarter_points: tuple[int, ...]
    values: tuple[int, ...]
    active_months: int


def fair_chance(hours_offered: Mapping[int, int]) -> dict[int, int]:
    """Micro-grid -> percent by which effort is multiplied: median hours offered / own, within 80..125.

    Where nothing was offered anywhere, effort stays as it is.
    """
    middle = median(list(hours_offered.values())) or 0
    return {
        grid: 100 if not middle else _within(rounded(100 * middle, hours) if hours else MOST_CHANCE_PERCENT)
        for grid, hours in hours_offered.items()
    }


def percentile_80(values: Sequence[int]) -> int:
    """Of the values in order, the one at four fifths of the way, counted up (nearest rank); 0 of nothing."""
    ordered = sorted(values)
    return ordered[-(-4 * len(ordered) // 5) - 1] if ordered else 0


def appraise(members: Sequence[YearProblem], *, hours_offered: Mapping[int, int]) -> tuple[Appraised, ...]:
    """Everybody's year, each beside their own category only; in the order given."""
    chances = fair_chance(hours_offered)
    best = {m.member: sum(sorted(m.quarter_points, reverse=True)[:3]) for m in members}
    effort = {m.member: best[m.member] * chances.get(m.microgrid, 100) for m in members}
    by_category: dict[str, list[int]] = defaultdict(list)
    for member in members:
        by_category[member.category].append(effort[member.member])
    bars = {category: percentile_80(values) for category, values in by_category.items()}
    return tuple(
        _appraised(m, best[m.member], chances.get(m.microgrid, 100), bars[m.category]) for m in members
    )


def is_awarded(total: int, *, threshold: int, has_story: bool) -> bool:
    """Both in tenths. Numbers alone never award: neighbours have to tell what was done."""
    return total >= threshold and has_story


def _appraised(member: YearProblem, best: int, chance_percent: int, effort_80: int) -> Appraised:
    effort = best * chance_percent
    deed = min(DEED_TENTHS, rounded(DEED_TENTHS * effort, effort_80)) if effort_80 else 0
    steady = rounded(STEADY_TENTHS * min(member.active_months, STEADY_MONTHS), STEADY_MONTHS)
    mean = rounded(sum(member.values), len(member.values)) if member.values else None
    if mean is None:
        part = None
        full = DEED_TENTHS + STEADY_TENTHS
        total = rounded((deed + steady) * (full + MEAN_TENTHS), full)
    else:
        part = rounded(MEAN_TENTHS * (mean - LOWEST), 4 * 100)
        total = deed + part + steady
    return Appraised(
        member.member, member.category, best, chance_percent, effort, effort_80,
        mean, member.active_months, deed, part, steady, total,
    )  # fmt: skip


def _within(percent: int) -> int:
    return max(LEAST_CHANCE_PERCENT, min(MOST_CHANCE_PERCENT, percent))
