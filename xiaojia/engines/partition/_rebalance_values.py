"""Prices and columns of the rebalance. What comes first outweighs all that comes later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NOBODY: Final = 0
"""The number of atoms that belong to no micro-grid yet."""
NEW: Final = NOBODY
"""The identity of a micro-grid that did not exist before."""

MOVE: Final = 10_000.0
"""One household that changes its micro-grid, in metres: more than a region could save on its ways."""
TOO_MANY: Final = 1_000 * MOVE
"""One micro-grid altered beyond the limit; more than all the households of a region."""
SHORT: Final = 10 * TOO_MANY
SHORT_PER_HOUSEHOLD: Final = TOO_MANY

Rows = tuple[int, ...]
"""Atoms of the yard, ascending."""


@dataclass(frozen=True, slots=True)
class Column:
    """A possible micro-grid: the identity that it continues (or NEW) and its atoms."""

    identity: int
    rows: Rows
