"""The question and the answer of the micro-grid partition, as frozen values with units in their names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class BadProblem(ValueError):
    """The input cannot be divided as it stands; the sentence names the row (from 1) and the field.

    `row` and `fact` are its two halves, for whoever counts rows differently.
    """

    def __init__(self, row: int, fact: str) -> None:
        super().__init__(f"row {row}: {fact}")
        self.row, self.fact = row, fact


@dataclass(frozen=True, slots=True)
class Stretch:
    """One unit of a building: one input row. Rows of a building stand in the order of its chain.

    The community is the text before the first `-` of `compound`, or the whole input without one.
    """

    compound: str
    building: str
    unit: str
    x_metres: float
    y_metres: float
    floors: int
    doors_per_floor: int
    household_count: int

    def homes_up_to(self, floor: int) -> int:
        """Homes on floors 1..floor: H*f//F."""
        return self.household_count * floor // self.floors

    @property
    def most_homes_on_a_floor(self) -> int:
        """The fullest floor."""
        return max(self.homes_up_to(f) - self.homes_up_to(f - 1) for f in range(1, self.floors + 1))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a micro-grid may be. Households, metres, and how many buildings a centre looks at."""

    least_households: int = 50
    most_households: int = 80
    best_households: int = 65
    max_join_metres: int = 150
    own_reach_metres: int = 180
    own_buildings: int = 16
    foreign_buildings: int = 10


@dataclass(frozen=True, slots=True)
class Weights:
    """Prices in metres-equivalent; a community may set its own."""

    size_square: float = 0.05
    cut_between_units: float = 60.0
    cut_inside_unit: float = 75.0
    extra_compound: float = 400.0
    short: float = 3000.0
    short_per_household: float = 150.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work to spend, in counts that no clock changes."""

    small_atoms: int = 16
    small_columns: int = 12_000
    rounds: int = 200
    columns_per_centre: int = 6
    sets: int = 20_000
    deepest: int = 8
    proof_sets: int = 50_000
    least_deep: int = 3
    smoothing: float = 0.8
    converged_share: float = 0.0001
    strong_share: float = 0.8
    dive_rounds: int = 1
    good_share: float = 0.0007
    dear: int = 650
    windows: int = 60
    window_groups: tuple[int, ...] = (6, 12, 24)
    window_columns: int = 1_200
    window_nodes: int = 10
    proof_columns: tuple[int, ...] = (1_000, 4_000)
    proof_entries: int = 4_000_000
    certificate_atoms: int = 400
    certificate_hops: int = 3
    proof_nodes: int = 20
    branch_nodes: int = 30
    branch_sets: int = 30_000
    proof_leaves: int = 3
    proof_atoms: int = 250
    pair_atoms: int = 1_000
    triple_atoms: int = 500
    fine_atoms: int = 1_200
    cluster_neighbours: int = 4
    cluster_rounds: int = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """A whole input. `neighbours`: confirmed compound pairs when positions are only a sketch, else None."""

    stretches: tuple[Stretch, ...]
    limits: Limits = Limits()
    weights: Weights = Weights()
    allow_cross: bool = True
    neighbours: frozenset[tuple[str, str]] | None = None

    def __post_init__(self) -> None:
        seen: set[tuple[str, str, str]] = set()
        for number, stretch in enumerate(self.stretches, start=1):
            _check_stretch(number, stretch)
            key = (stretch.compound, stretch.building, stretch.unit)
            if key in seen:
                raise BadProblem(
                    number,
                    f"compound {key[0]}, building {key[1]}, unit {key[2] or '(none)'} stands twice; put its"
                    " households into one row",
                )
            seen.add(key)


def _check_stretch(number: int, stretch: Stretch) -> None:
    homes = stretch.household_count
    wrong = None
    if not stretch.compound or not stretch.building:
        wrong = "compound and building must not be empty; fill them in"
    elif not (math.isfinite(stretch.x_metres) and math.isfinite(stretch.y_metres)):
        wrong = "x and y must be numbers in metres; correct them"
    elif max(abs(stretch.x_metres), abs(stretch.y_metres)) > 1e8:
        wrong = "x or y is farther than the Earth is wide; give metres"
    elif homes < 1:
        wrong = "households must be 1 or more; leave the row out if nobody lives there"
    elif not 1 <= stretch.floors <= 200:
        wrong = "floors must be 1 to 200; correct it"
    elif homes > 20_000:
        wrong = f"{homes} households in one unit; check the number"
    if wrong:
        raise BadProblem(number, wrong)


def community_of(compound: str) -> str:
    """The text before the first `-`; compounds without one are a community together."""
    head, dash, _rest = compound.partition("-")
    return head if dash else ""


@dataclass(frozen=True, slots=True)
class Part:
    """Floors `floor_from`..`floor_to` of one unit in micro-grid number `microgrid` (from 1)."""

    microgrid: int
    compound: str
    building: str
    unit: str
    floor_from: int
    floor_to: int
    household_count: int


@dataclass(frozen=True, slots=True)
class PartitionException:
    """Something that a person has to accept: code, one sentence, and the facts that prove it.

    Codes: under_50, over_80, floor_over_80, cross_compound, not_connected, small_unit_cut.
    """

    microgrid: int
    code: str
    reason: str
    certificate: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """Parts in input order, exceptions by micro-grid, totals, and the proof.

    `in_range`, `over`, `under`, `cross` count micro-grids; `split` counts buildings in more than one.
    `cost` and `bound` are metres-equivalent; `gap` = (cost - bound) / cost for the clusters and limits tried.
    """

    parts: tuple[Part, ...]
    exceptions: tuple[PartitionException, ...]
    in_range: int
    over: int
    under: int
    cross: int
    split: int
    cost: float
    bound: float
    effort: Mapping[str, int] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """Share of the cost that is not proven."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0
