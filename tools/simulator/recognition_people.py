"""Invented members with a seeded true helpfulness, and what they would answer: lenient, absent, in cliques.

Every answer is drawn from (seed, month, rater, ratee) alone, so that the same people can be asked with and
without a habit of theirs and only that habit differs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Final

from xiaojia.engines.scoring import Team

CATEGORIES: Final = ("head", "steward", *["volunteer"] * 4, *["household"] * 9)


@dataclass(frozen=True, slots=True)
class Habits:
    """How members answer; spreads in levels, the others as shares.

    `quiet`: members who never answer; the rest stay away so often that `missing` of all slips do not come.
    """

    truth_spread: float = 0.8
    eye_spread: float = 0.7
    leniency_spread: float = 0.5
    unknown: float = 0.1
    missing: float = 0.25
    quiet: float = 0.08
    cliques: int = 16
    clique_size: int = 3


@dataclass(frozen=True, slots=True)
class People:
    """One simulated community: members 1..n in micro-grids, each with a truth (1..5) that nobody sees."""

    seed: int
    habits: Habits
    microgrids: dict[int, int]
    categories: dict[int, str]
    truths: dict[int, float]
    leniencies: dict[int, float]
    homes: dict[int, int]
    cliques: tuple[tuple[int, ...], ...]
    is_honest: bool = False
    friends: dict[int, frozenset[int]] = field(default_factory=dict)

    def honest(self) -> People:
        """The same people without their cliques' habit."""
        return replace(self, is_honest=True)

    def teams(self) -> tuple[Team, ...]:
        """Teams in a row of micro-grids, each beside the one before and the one after."""
        grids = sorted(set(self.microgrids.values()))
        return tuple(
            Team(
                grid,
                tuple(m for m, g in self.microgrids.items() if g == grid),
                tuple(g for g in (grid - 1, grid + 1) if g in grids),
            )
            for grid in grids
        )

    def comes(self, month: int, rater: int) -> bool:
        """Whether this member gives the slip of this month back."""
        quiet = self.habits.quiet
        if self._draw("quiet", rater).random() < quiet:
            return False
        away = (self.habits.missing - quiet) / (1 - quiet)
        return self._draw("away", month, rater).random() >= away

    def level(self, month: int, rater: int, ratee: int) -> int | None:
        """What the rater ticks about the ratee: 1..5, or None for 不了解."""
        draw = self._draw("answer", month, rater, ratee)
        is_unknown, noise = draw.random() < self.habits.unknown, draw.gauss(0, self.habits.eye_spread)
        if not self.is_honest and rater in self.friends:
            if ratee in self.friends[rater]:
                return 5
            noise -= 1
        if is_unknown:
            return None
        return max(1, min(5, round(self.truths[ratee] + self.leniencies[rater] + noise)))

    def _draw(self, *what: object) -> random.Random:
        return random.Random(f"{self.seed} {what}")  # noqa: S311  # a simulation


def people(seed: int, *, habits: Habits | None = None, grid_count: int = 47) -> People:
    """About fifteen members a micro-grid, in homes of one or two; cliques inside one micro-grid each."""
    chosen = habits or Habits()
    draw = random.Random(f"people {seed}")  # noqa: S311  # a simulation
    microgrids: dict[int, int] = {}
    categories: dict[int, str] = {}
    homes: dict[int, int] = {}
    for grid in range(1, grid_count + 1):
        size = 5 if grid % 12 == 0 else draw.randint(12, 18)
        for place in range(size):
            member = len(microgrids) + 1
            microgrids[member] = grid
            categories[member] = CATEGORIES[place % len(CATEGORIES)]
            homes[member] = member - 1 if place > 2 and draw.random() < 0.15 else member
    truths = {m: max(1.0, min(5.0, draw.gauss(3.2, chosen.truth_spread))) for m in microgrids}
    leniencies = {m: draw.gauss(0, chosen.leniency_spread) for m in microgrids}
    large = [g for g in range(1, grid_count + 1) if g % 12]
    cliques = tuple(
        tuple(draw.sample([m for m, g in microgrids.items() if g == grid], chosen.clique_size))
        for grid in draw.sample(large, min(chosen.cliques, len(large)))
    )
    friends = {m: frozenset(clique) - {m} for clique in cliques for m in clique}
    return People(seed, chosen, microgrids, categories, truths, leniencies, homes, cliques, friends=friends)
