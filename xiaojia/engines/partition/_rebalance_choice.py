"""The cheapest exact cover of a region, by search under the LP's prices: quick where the LP is nearly right.

Every division costs the LP's value, the reduced costs of its columns, and what it leaves unused. So within a
small allowance above the LP few columns are left, and a division among them cannot hide. The allowance grows
until one fits into it: that one is the cheapest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numba
import numpy as np

from xiaojia.engines.partition._ground import Ints
from xiaojia.engines.partition._rebalance_values import MOVE, TOO_MANY
from xiaojia.engines.partition._yard import Floats

FIRST: Final = 16 * MOVE
GROWTH: Final = 4.0
"""The first allowance, and how much wider the next one is at least."""
MOST_WORK: Final = 6_000_000
"""Columns looked at over all nodes; whoever needs more is left to the solver."""
BITS: Final = 62
"""Of a word of a mask."""
REMEMBERED: Final = 1 << 15
"""Places for what has been left open before, and at what price."""
EPSILON: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Priced:
    """The columns of one choice, the least reduced cost first, as arrays.

    `rows[starts[k]:starts[k + 1]]`: the atoms of column k, counted from 0; `masks[k]`: the same and its
    identity as bits. `hits[k]`: which micro-grids can no longer stay as they are beside it, a bit each;
    `altered` are those that cannot anyway, less the limit. `lowest` is the LP's value; `one_more` what one
    micro-grid altered beyond the limit costs above what the LP pays for it. Costs in metres.
    """

    masks: Ints
    rows: Ints
    starts: Ints
    costs: Floats
    reduced: Floats
    hits: Ints
    new: Ints
    atom_count: int
    altered: int
    lowest: float
    one_more: float


def masks_of(bits: list[list[int]], bit_count: int) -> Ints:
    """Lists of bits as rows of words."""
    masks = np.zeros((len(bits), bit_count // BITS + 1), np.int64)
    for k, ones in enumerate(bits):
        for bit in ones:
            masks[k, bit // BITS] |= 1 << bit % BITS
    return masks


def choose(priced: Priced, ceiling: float) -> tuple[list[int] | None, bool]:
    """Columns of the cheapest division that costs less than `ceiling`, None when there is none.

    False as second value: the work was used up, so a cheaper one may have been missed.
    """
    chosen = np.full(priced.atom_count + 1, -1, np.int64)
    allowance, work = FIRST, 0
    while True:
        top = min(ceiling, priced.lowest + allowance)
        count, beyond, steps = _search(
            priced.masks, priced.rows, priced.starts, priced.costs, priced.reduced, priced.hits, priced.new,
            priced.atom_count, priced.altered, priced.lowest, priced.one_more, TOO_MANY, top - EPSILON,
            MOST_WORK - work, chosen,
        )  # fmt: skip
        work += steps
        if count > 0:
            return chosen[:count].tolist(), work < MOST_WORK
        if work >= MOST_WORK:
            return None, False
        if top >= ceiling or beyond >= ceiling:
            return None, True
        allowance = max(GROWTH * allowance, beyond - priced.lowest + FIRST)


@numba.njit(cache=True)
def _search(
    masks: Ints,
    rows: Ints,
    starts: Ints,
    costs: Floats,
    reduced: Floats,
    hits: Ints,
    new: Ints,
    atom_count: int,
    altered: int,
    lowest: float,
    one_more: float,
    too_many: float,
    ceiling: float,
    most_work: int,
    chosen: Ints,
) -> tuple[int, float, int]:
    """Depth first over the atom with the fewest columns.

    Returns how many columns were chosen (0: none below `ceiling`), the least bound that was turned away, and
    the work.
    """
    count, words = masks.shape
    lists = np.empty((atom_count + 1, count), np.int64)
    length = np.zeros(atom_count + 1, np.int64)
    cursor = np.zeros(atom_count + 1, np.int64)
    branch = np.zeros(atom_count + 1, np.int64)
    taken = np.zeros((atom_count + 1, words), np.int64)
    spent = np.zeros(atom_count + 1)
    paid = np.zeros(atom_count + 1)
    opened = np.zeros(atom_count + 1, np.int64)
    gone = np.zeros(atom_count + 1, np.int64)
    covered = np.zeros(atom_count + 1, np.int64)
    pick = np.full(atom_count + 1, -1, np.int64)
    many = np.zeros(atom_count, np.int64)
    share = np.zeros(atom_count)
    best, beyond = ceiling, np.inf
    found, work, level = 0, 0, 0
    seen = np.full((REMEMBERED, words + 2), -1, np.int64)
    prices = np.empty(REMEMBERED)
    is_entered = False
    whole = np.arange(count)
    length[0], beyond = _kept(
        masks, reduced, hits, new, whole, count, taken[0], 0, altered, one_more, best - lowest, lists[0]
    )
    beyond += lowest
    while level >= 0:
        if not is_entered:
            if _is_no_news(seen, prices, taken[level], gone[level], opened[level], spent[level]):
                level -= 1
                is_entered = True
                continue
            work += length[level] + 1
            if work > most_work:
                return found, beyond, work
            at, fewest, least = _fewest(
                rows, starts, reduced, lists[level], length[level], taken[level], many, share
            )
            excess = max(0, altered + _ones(gone[level]) + opened[level])
            bound = lowest + spent[level] + least + excess * one_more
            branch[level], cursor[level] = at, 0
            is_entered = True
            if fewest == 0 or bound >= best:
                if fewest > 0:
                    beyond = min(beyond, bound)
                level -= 1
                continue
        at = branch[level]
        k = -1
        while cursor[level] < length[level]:
            k = lists[level, cursor[level]]
            cursor[level] += 1
            if masks[k, at // BITS] >> (at % BITS) & 1:
                break
            k = -1
        if k < 0:
            level -= 1
            continue
        if lowest + spent[level] + reduced[k] >= best:
            beyond = min(beyond, lowest + spent[level] + reduced[k])
            level -= 1
            continue
        pick[level] = k
        below = level + 1
        covered[below] = covered[level] + starts[k + 1] - starts[k]
        opened[below], gone[below] = opened[level] + new[k], gone[level] | hits[k]
        spent[below], paid[below] = spent[level] + reduced[k], paid[level] + costs[k]
        if covered[below] == atom_count:
            total = paid[below] + max(0, altered + _ones(gone[below]) + opened[below]) * too_many
            if total < best:
                best, found = total, below
                chosen[:below] = pick[:below]
            else:
                beyond = min(beyond, total)
            continue
        for w in range(words):
            taken[below, w] = taken[level, w] | masks[k, w]
        room = best - lowest - spent[below]
        length[below], away = _kept(
            masks, reduced, hits, new, lists[level], length[level], taken[below], gone[below],
            altered + opened[below], one_more, room, lists[below],
        )  # fmt: skip
        beyond = min(beyond, away + lowest + spent[below])
        level, is_entered = below, False
    return found, beyond, work


@numba.njit(cache=True)
def _is_no_news(seen: Ints, prices: Floats, taken: Ints, gone: int, opened: int, spent: float) -> bool:
    """Whether the same was left open before at no higher price; if not, it is remembered.

    What remains costs the same however its like was covered: two micro-grids that swap their identities, say.
    """
    words = len(taken)
    mixed = gone * 7919 + opened
    for w in range(words):
        mixed = (mixed ^ taken[w]) * 6364136223846793005
        mixed ^= mixed >> 29
    place = (mixed ^ (mixed >> 17)) & (len(prices) - 1)
    is_same = seen[place, words] == gone and seen[place, words + 1] == opened
    for w in range(words):
        is_same = is_same and seen[place, w] == taken[w]
    if is_same and prices[place] <= spent:
        return True
    seen[place, :words] = taken
    seen[place, words], seen[place, words + 1], prices[place] = gone, opened, spent
    return False


@numba.njit(cache=True)
def _fewest(
    rows: Ints,
    starts: Ints,
    reduced: Floats,
    listed: Ints,
    length: int,
    taken: Ints,
    many: Ints,
    share: Floats,
) -> tuple[int, int, float]:
    """The open atom with the fewest columns, how many those are, and what all open atoms cost at least."""
    many[:] = 0
    share[:] = np.inf
    for i in range(length):
        k = listed[i]
        part = reduced[k] / (starts[k + 1] - starts[k])
        for j in range(starts[k], starts[k + 1]):
            many[rows[j]] += 1
            share[rows[j]] = min(share[rows[j]], part)
    least, fewest, at = 0.0, len(reduced) + 1, -1
    for r in range(len(many)):
        if taken[r // BITS] >> (r % BITS) & 1:
            continue
        least += share[r]
        if many[r] < fewest:
            fewest, at = many[r], r
    return at, fewest, least


@numba.njit(cache=True)
def _ones(bits: int) -> int:
    """How many bits are set."""
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count


@numba.njit(cache=True)
def _kept(
    masks: Ints,
    reduced: Floats,
    hits: Ints,
    new: Ints,
    before: Ints,
    length: int,
    taken: Ints,
    gone: int,
    altered: int,
    one_more: float,
    room: float,
    after: Ints,
) -> tuple[int, float]:
    """Columns of `before` that meet nothing that is taken and, with what they alter, cost less than `room`.

    Returns how many, and what the cheapest dearer one costs.
    """
    n, away = 0, np.inf
    for i in range(length):
        k = before[i]
        if reduced[k] >= room:
            return n, min(away, reduced[k])
        is_free = True
        for w in range(len(taken)):
            if masks[k, w] & taken[w]:
                is_free = False
                break
        if not is_free:
            continue
        price = reduced[k] + max(0, altered + _ones(gone | hits[k]) + new[k]) * one_more
        if price >= room:
            away = min(away, price)
            continue
        after[n] = k
        n += 1
    return n, away
