"""Micro-grid partition: divides the units of communities into micro-grids of 50-80 households, with proof.

Set partitioning over contiguous intervals of buildings (design, engines A): small yards exactly by
subsets, larger ones by column generation with exact pricing; compounds that cannot stand alone join
neighbours. `describe` measures any partition, `check` verifies one independently.
"""

from xiaojia.engines.partition import explain
from xiaojia.engines.partition._measure import Description, Grid, Join, Places, describe
from xiaojia.engines.partition.check import check
from xiaojia.engines.partition.problem import (
    BadProblem,
    Effort,
    Limits,
    Part,
    PartitionException,
    Problem,
    Result,
    Stretch,
    Weights,
)
from xiaojia.engines.partition.solve import Runner, solve

__all__ = [
    "BadProblem",
    "Description",
    "Effort",
    "Grid",
    "Join",
    "Limits",
    "Part",
    "PartitionException",
    "Places",
    "Problem",
    "Result",
    "Runner",
    "Stretch",
    "Weights",
    "check",
    "describe",
    "explain",
    "solve",
]
