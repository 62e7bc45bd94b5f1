"""Mutual recognition (domain 4.2): who is asked about whom, what a month is worth, quarters and the year.

All values are whole hundredths (a month value of 4.20 is 420), parts of an appraisal whole tenths, each
rounded half up where a slip shows it: whoever adds up a slip by hand meets the same number.
"""

from xiaojia.engines.scoring.assign import assign
from xiaojia.engines.scoring.check import check_assignment, check_month, check_settled
from xiaojia.engines.scoring.explain import Line, appraisal_lines, month_lines, quarter_lines
from xiaojia.engines.scoring.month import month_result, settled, trimmed
from xiaojia.engines.scoring.problem import (
    LOW_PARTICIPATION,
    TOO_FEW,
    Appraised,
    Assignment,
    AssignmentProblem,
    Circle,
    Limits,
    MonthProblem,
    MonthResult,
    MonthValue,
    QuarterMonth,
    QuarterResult,
    Rating,
    Team,
    pair,
)
from xiaojia.engines.scoring.quarter import quarter_result, recognition_points
from xiaojia.engines.scoring.year import YearProblem, appraise, fair_chance, is_awarded, percentile_80

__all__ = [
    "LOW_PARTICIPATION",
    "TOO_FEW",
    "Appraised",
    "Assignment",
    "AssignmentProblem",
    "Circle",
    "Limits",
    "Line",
    "MonthProblem",
    "MonthResult",
    "MonthValue",
    "QuarterMonth",
    "QuarterResult",
    "Rating",
    "Team",
    "YearProblem",
    "appraisal_lines",
    "appraise",
    "assign",
    "check_assignment",
    "check_month",
    "check_settled",
    "fair_chance",
    "is_awarded",
    "month_lines",
    "month_result",
    "pair",
    "percentile_80",
    "quarter_lines",
    "quarter_result",
    "recognition_points",
    "settled",
    "trimmed",
]
