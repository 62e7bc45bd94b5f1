"""Small yards, compiled: every connected micro-grid of few atoms, and the cheapest exact cover by subsets."""

from __future__ import annotations

import numba
import numpy as np

from xiaojia.engines.partition._ground import Ints


@numba.njit(cache=True)
def all_columns(
    building_count: int,
    interval_start: Ints,
    interval_low: Ints,
    interval_high: Ints,
    interval_households: Ints,
    interval_cut: Ints,
    distance: Ints,
    compound: Ints,
    near: Ints,
    size_price: Ints,
    fee: int,
    masks: Ints,
    costs: Ints,
) -> int:
    """Every connected micro-grid of a small yard: atom masks and costs; how many, or -1 when they do not fit.

    `near[b]` is the bit mask of the neighbours of b. Depth-first: each building takes one interval or none.
    """
    most = len(size_price) - 1
    depth = 0
    pick = np.full(building_count, -1, np.int64)
    total = 0
    count = 0
    cursor = np.empty(building_count + 1, np.int64)
    cursor[0] = interval_start[0] - 1
    while depth >= 0:
        if depth == building_count:
            used = 0
            mask = 0
            cut = 0
            for b in range(building_count):
                k = pick[b]
                if k >= 0:
                    used |= 1 << b
                    cut += interval_cut[k]
                    for a in range(interval_low[k], interval_high[k] + 1):
                        mask |= 1 << a
            if used != 0 and _hangs_together(used, near, building_count):
                if count == len(masks):
                    return -1
                masks[count] = mask
                costs[count] = cut + _travel_and_fee(
                    pick, building_count, interval_households, distance, compound, fee
                )
                if total <= most:
                    costs[count] += size_price[total]
                count += 1
            depth -= 1
            continue
        if pick[depth] >= 0:
            total -= interval_households[pick[depth]]
            pick[depth] = -1
        k = cursor[depth]
        moved = False
        if k == interval_start[depth] - 1:
            cursor[depth] = interval_start[depth]
            moved = True
        else:
            while k < interval_start[depth + 1]:
                h = interval_households[k]
                if total + h <= most or (total == 0 and h > most):
                    pick[depth] = k
                    total += h
                    cursor[depth] = k + 1
                    moved = True
                    break
                k += 1
        if moved:
            depth += 1
            if depth < building_count:
                cursor[depth] = interval_start[depth] - 1
        else:
            depth -= 1
    return count


@numba.njit(cache=True)
def _hangs_together(used: int, near: Ints, building_count: int) -> bool:
    reached = used & (-used)
    while True:
        wider = reached
        for b in range(building_count):
            if (reached >> b) & 1:
                wider |= near[b] & used
        if wider == reached:
            return reached == used
        reached = wider


@numba.njit(cache=True)
def _travel_and_fee(
    pick: Ints, building_count: int, interval_households: Ints, distance: Ints, compound: Ints, fee: int
) -> int:
    travel = -1
    joined = 0
    for c in range(building_count):
        if pick[c] < 0:
            continue
        is_new = True
        for b in range(c):
            if pick[b] >= 0 and compound[b] == compound[c]:
                is_new = False
        joined += is_new
        here = 0
        for b in range(building_count):
            if pick[b] >= 0:
                here += 2 * interval_households[pick[b]] * distance[c, b]
        if travel < 0 or here < travel:
            travel = here
    return travel + fee * (joined - 1)


@numba.njit(cache=True)
def cover(atom_count: int, masks: Ints, costs: Ints, starts: Ints) -> Ints:
    """The cheapest exact cover of `atom_count` atoms; columns are grouped by their lowest atom (`starts`).

    A table over all subsets, filled upwards; every reachable subset is completed at its lowest open atom.
    Returns the chosen column of each step, -1 behind the last.
    """
    full = (1 << atom_count) - 1
    never = np.int64(1) << 60
    table = np.full(full + 1, never, np.int64)
    via = np.full(full + 1, -1, np.int64)
    table[0] = 0
    for done in range(full):
        if table[done] >= never:
            continue
        low = 0
        while (done >> low) & 1:
            low += 1
        for k in range(starts[low], starts[low + 1]):
            if masks[k] & done == 0:
                then = done | masks[k]
                price = table[done] + costs[k]
                if price < table[then]:
                    table[then] = price
                    via[then] = k
    steps = np.full(atom_count + 1, -1, np.int64)
    left = full
    step = 0
    while left != 0 and via[left] >= 0:
        steps[step] = via[left]
        step += 1
        left ^= masks[via[left]]
    return steps
