"""The two tables that do the counting, compiled: exact pricing by multi-choice knapsack, exact cover by subsets."""

from __future__ import annotations

import numba
import numpy as np

from xiaojia.engines.partition._ground import Ints
from xiaojia.engines.partition._yard import Floats

BIG = 1e30


@numba.njit(cache=True)
def price_centre(
    centre: int,
    members: Ints,
    groups: Ints,
    interval_start: Ints,
    interval_low: Ints,
    interval_high: Ints,
    interval_households: Ints,
    interval_cut: Ints,
    distance: Ints,
    prefix: Floats,
    fee: float,
    most: int,
    best: Floats,
    chosen: Ints,
) -> None:
    """Cheapest reduced cost of a micro-grid around `centre` for every size 0..most, and its intervals.

    A multi-choice knapsack: one interval of the centre's building (the first member), at most one of
    each other; the first building of a foreign
    compound pays `fee`. `best[s]` leaves out the price of the size. `chosen[s, stage]` is the interval
    taken from the building of that stage, or -1.
    """
    stages = len(members)
    paid = np.full((stages + 1, most + 1), BIG)
    plain = np.full((stages + 1, most + 1), BIG)
    took_paid = np.full((stages, most + 1), -1, np.int64)
    from_plain = np.zeros((stages, most + 1), np.bool_)
    merged_paid = np.zeros((stages + 1, most + 1), np.bool_)
    plain[0, 0] = 0.0
    for stage in range(stages):
        b = members[stage]
        toll = fee if groups[stage] > 0 else 0.0
        if stage > 0 and groups[stage] != groups[stage - 1]:
            for s in range(most + 1):
                if paid[stage, s] < plain[stage, s]:
                    plain[stage, s] = paid[stage, s]
                    merged_paid[stage, s] = True
                paid[stage, s] = BIG
        for s in range(most + 1):
            plain[stage + 1, s] = plain[stage, s] if stage > 0 else BIG  # the centre's own building is in
            paid[stage + 1, s] = paid[stage, s]
        for k in range(interval_start[b], interval_start[b + 1]):
            h = interval_households[k]
            if h > most:
                continue
            value = 2.0 * h * distance[centre, b] + interval_cut[k]
            value -= prefix[interval_high[k] + 1] - prefix[interval_low[k]]
            for s in range(h, most + 1):
                inside = paid[stage, s - h] + value
                entering = plain[stage, s - h] + value + toll
                if inside < paid[stage + 1, s]:
                    paid[stage + 1, s] = inside
                    took_paid[stage, s] = k
                    from_plain[stage, s] = False
                if entering < paid[stage + 1, s]:
                    paid[stage + 1, s] = entering
                    took_paid[stage, s] = k
                    from_plain[stage, s] = True
    for s in range(most + 1):
        best[s] = min(paid[stages, s], plain[stages, s])
        for stage in range(stages):
            chosen[s, stage] = -1
        if best[s] >= BIG / 2:
            continue
        is_paid = paid[stages, s] < plain[stages, s]
        left = s
        for stage in range(stages - 1, -1, -1):
            if is_paid and took_paid[stage, left] >= 0:
                k = took_paid[stage, left]
                chosen[s, stage] = k
                is_paid = not from_plain[stage, left]
                left -= interval_households[k]
            if not is_paid and stage > 0 and groups[stage] != groups[stage - 1] and merged_paid[stage, left]:
                is_paid = True


@numba.njit(cache=True)
def price_all(
    starts: Ints,
    members: Ints,
    groups: Ints,
    interval_start: Ints,
    interval_low: Ints,
    interval_high: Ints,
    interval_households: Ints,
    interval_cut: Ints,
    distance: Ints,
    prefix: Floats,
    fee: float,
    size_price: Floats,
    keep: int,
    values: Floats,
    picks: Ints,
) -> None:
    """For every centre its `keep` best sizes: reduced costs into `values[c, :]`, intervals into `picks[c, k, :]`."""
    centres = len(starts) - 1
    most = len(size_price) - 1
    for c in range(centres):
        low, high = starts[c], starts[c + 1]
        best = np.empty(most + 1)
        chosen = np.full((most + 1, high - low), -1, np.int64)
        price_centre(
            c, members[low:high], groups[low:high], interval_start, interval_low, interval_high,
            interval_households, interval_cut, distance, prefix, fee, most, best, chosen,
        )  # fmt: skip
        best[0] = BIG
        for s in range(1, most + 1):
            best[s] += size_price[s]
        order = np.argsort(best, kind="mergesort")
        for k in range(keep):
            s = order[k]
            values[c, k] = best[s]
            for stage in range(high - low):
                picks[c, k, stage] = chosen[s, stage]
            for stage in range(high - low, picks.shape[2]):
                picks[c, k, stage] = -1


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

    `near[b]` is the bit mask of b's neighbours. Depth-first over the buildings; each takes one interval or none.
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
    """The cheapest exact cover of `atom_count` atoms; the columns are grouped by their lowest atom (`starts`).

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
