"""What is a whole number in every division, and fractions dodge: the counts on which the proof branches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from xiaojia.engines.partition._ground import Ints
from xiaojia.engines.partition._yard import Floats, Interval, Yard


@dataclass(frozen=True, slots=True)
class Count:
    """How many micro-grids take from building `at`, or whether the chain is cut behind atom `at`."""

    kind: Literal["building", "cut"]
    at: int

    def of(self, group: tuple[Interval, ...]) -> float:
        """What one micro-grid adds to it."""
        if self.kind == "building":
            return float(any(b == self.at for b, _low, _high in group))
        return float(any(high == self.at for _b, _low, high in group))

    def pay(self, yard: Yard, dual: float, prices: Floats) -> None:
        """Take from the price of each interval what this count pays for it."""
        where: Ints = yard.interval_building if self.kind == "building" else yard.interval_high
        prices[where == self.at] -= dual


def most_broken(yard: Yard, groups: list[tuple[Interval, ...]], shares: Floats) -> tuple[Count, float] | None:
    """The count that these shares leave farthest from whole, buildings first; None if all are whole."""
    touched = np.zeros(len(yard.buildings))
    cut = np.zeros(yard.atom_count)
    last = set((np.append(yard.first_atom[1:], yard.atom_count) - 1).tolist())
    for k in np.flatnonzero(shares > 1e-9).tolist():
        for b, _low, high in groups[k]:
            touched[b] += shares[k]
            if high not in last:
                cut[high] += shares[k]
    for kind, values, enough in (("building", touched, 0.1), ("cut", cut, 0.01), ("building", touched, 0.01)):
        broken = np.abs(values - np.rint(values))
        at = int(broken.argmax())
        if broken[at] > enough:
            return Count("building" if kind == "building" else "cut", at), float(values[at])
    return None
