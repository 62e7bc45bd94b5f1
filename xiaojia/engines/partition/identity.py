"""Which micro-grid lives on in which part of a new partition: identities follow the households.

A micro-grid has a head, cases and meetings. A new partition inherits them by most shared households, at
least half of the micro-grid, one to one; the micro-grids that nobody inherits end and hand over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from xiaojia.engines.partition.problem import Part

Pair = tuple[int, int]
"""A new number and a present micro-grid."""


def inherit(shared: Mapping[Pair, int], sizes: Mapping[int, int]) -> dict[int, int]:
    """New number -> the micro-grid that it continues, so that the most households stay where they are.

    `shared` counts households by (new number, micro-grid), `sizes` the present households of each
    micro-grid. A pair needs at least half of its micro-grid. Rows and columns stand in ascending order, so
    the order of the input does not change the answer.
    """
    pairs = {pair: n for pair, n in shared.items() if n > 0 and 2 * n >= sizes.get(pair[1], 0)}
    if not pairs:
        return {}
    fresh = {number: i for i, number in enumerate(sorted({new for new, _old in pairs}))}
    before = {number: i for i, number in enumerate(sorted({old for _new, old in pairs}))}
    gain = np.zeros((len(fresh), len(before)), np.int64)
    for (new, old), n in pairs.items():
        gain[fresh[new], before[old]] = n
    from scipy.optimize import linear_sum_assignment  # loaded when there is something to assign

    rows, columns = linear_sum_assignment(gain, maximize=True)
    news, olds = list(fresh), list(before)
    return {news[r]: olds[c] for r, c in zip(rows.tolist(), columns.tolist(), strict=True) if gain[r, c] > 0}


def shared_by_floor(parts: Iterable[Part], present: Iterable[Part]) -> dict[Pair, int]:
    """Households that a new partition and the present one share, by (new number, micro-grid).

    `present` are today's households by floors; a present part counts where its lowest floor lies.
    """
    by_unit: dict[tuple[str, str, str], list[Part]] = {}
    for part in parts:
        by_unit.setdefault((part.compound, part.building, part.unit), []).append(part)
    found = Counter[Pair]()
    for old in present:
        for new in by_unit.get((old.compound, old.building, old.unit), ()):
            if new.floor_from <= old.floor_from <= new.floor_to:
                found[new.microgrid, old.microgrid] += old.household_count
    return dict(found)


def moved_households(parts: Sequence[Part], present: Sequence[Part], kept: Mapping[int, int]) -> int:
    """How many present households would belong to another micro-grid, when `kept` are the identities."""
    shared = shared_by_floor(parts, present)
    return sum(shared.values()) - sum(shared.get(pair, 0) for pair in kept.items())
