"""A month's points, and a quarter's: verified deed points and the months' points, gaps filled and marked."""

from __future__ import annotations

from collections.abc import Sequence

from xiaojia.engines.scoring.problem import LOWEST, QuarterMonth, QuarterResult, rounded

OWN, OWN_MEAN, CATEGORY, NONE = "own", "own_mean", "category", "none"


def recognition_points(value: int) -> int:
    """round(2 * (M - 1)), 0 to 8; `value` in hundredths, halves up."""
    return rounded(2 * (value - LOWEST), 100)


def median(values: Sequence[int]) -> int | None:
    """The middle one, or the mean of the middle two; None of nothing."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if not ordered:
        return None
    return ordered[half] if len(ordered) % 2 else rounded(ordered[half - 1] + ordered[half], 2)


def quarter_result(
    months: Sequence[QuarterMonth], *, deed_points: int, category_median: int | None
) -> QuarterResult:
    """One member's quarter. A missing month is the mean of own valid ones, or the category's median.

    A month without a confirmed deed has no points (R08): opinion alone never pays.
    """
    own = [month.value for month in months if month.value is not None]
    own_mean = rounded(sum(own), len(own)) if own else None
    used: list[int | None] = []
    origins: list[str] = []
    for month in months:
        if month.value is not None:
            value, origin = month.value, OWN
        elif own_mean is not None:
            value, origin = own_mean, OWN_MEAN
        elif category_median is not None:
            value, origin = category_median, CATEGORY
        else:
            used.append(None)
            origins.append(NONE)
            continue
        used.append(value)
        origins.append(origin)
    monthly = tuple(
        recognition_points(value) if value is not None and month.has_deed else 0
        for value, month in zip(used, months, strict=True)
    )
    return QuarterResult(tuple(used), tuple(origins), monthly, deed_points, deed_points + sum(monthly))
