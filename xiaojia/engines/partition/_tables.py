"""The tables that do the counting, compiled: pricing over connected sets of buildings."""

from __future__ import annotations

import numba
import numpy as np

from xiaojia.engines.partition._ground import Ints
from xiaojia.engines.partition._yard import Floats

BIG = 1e30
TRIES_A_PLACE = 20
"""Micro-grids looked at for each place in a list: most are met again at each of their buildings."""
CLOSED = 1e12
"""The price of an atom that is taken already."""


@numba.njit(cache=True)
def cheapest_intervals(
    interval_start: Ints,
    interval_low: Ints,
    interval_high: Ints,
    interval_households: Ints,
    interval_cut: Floats,
    prefix: Floats,
    values: Floats,
    picks: Ints,
    smallest: Ints,
) -> None:
    """For each building and each size its interval of least reduced price: values[b, h], picks[b, h].

    `smallest[b]` is the least size; a building without one has more than any micro-grid may hold.
    """
    values[:] = BIG
    picks[:] = -1
    smallest[:] = values.shape[1]
    for b in range(len(interval_start) - 1):
        for k in range(interval_start[b], interval_start[b + 1]):
            h = interval_households[k]
            if h < values.shape[1] and prefix[interval_high[k] + 1] - prefix[interval_low[k]] > -CLOSED:
                value = interval_cut[k] - (prefix[interval_high[k] + 1] - prefix[interval_low[k]])
                if value < values[b, h]:
                    values[b, h] = value
                    picks[b, h] = k
                    smallest[b] = min(smallest[b], h)


@numba.njit(cache=True)
def _extend(
    before: Floats, after: Floats, values: Floats, distance: int, toll: float, least: int, first: int
) -> None:
    """One more building: every size of the set so far, plus every size of an interval of it."""
    most = len(values) - 1
    after[:] = BIG
    for h in range(first, most + 1 - least):
        if values[h] >= BIG:
            continue
        value = values[h] + 2.0 * h * distance + toll
        for s in range(least + h, most + 1):
            price = before[s - h] + value
            if price < after[s]:
                after[s] = price


@numba.njit(cache=True)
def walk_sets(
    near_start: Ints,
    near: Ints,
    distance: Ints,
    compound: Ints,
    is_reached: Ints,
    smallest: Ints,
    values: Floats,
    fee: float,
    size_price: Floats,
    deepest: int,
    best: Floats,
    best_set: Ints,
    interval_start: Ints,
    interval_households: Ints,
    interval_value: Floats,
    threshold: float,
    listed: Ints,
    tried: Ints,
) -> int:
    """Every connected set of at most `deepest` buildings around every centre, by depth-first search.

    `best[c, s]` is the least reduced price of a micro-grid of s households around c, `best_set[c, s]` its
    buildings. With room in `listed`, every micro-grid of reduced price up to `threshold` is listed as well;
    returns how many, or -1 when they do not fit.
    """
    count = len(smallest)
    most = len(size_price) - 1
    tables = np.empty((deepest, most + 1))
    tolls = np.zeros(deepest)
    least = np.zeros(deepest, np.int64)
    member = np.full(deepest, -1, np.int64)
    open_list = np.empty((deepest + 1, count), np.int64)
    opened = np.zeros(deepest + 1, np.int64)
    place = np.zeros(deepest + 1, np.int64)
    fresh = np.zeros(deepest + 1, np.int64)
    seen = np.zeros(count, np.bool_)
    best[:] = BIG
    found = 0
    for c in range(count):
        if smallest[c] > most:
            continue
        member[0] = c
        least[0] = smallest[c]
        tables[0] = values[c]
        seen[c] = True
        level = 0
        w = c
        while level >= 0:
            if level > 0:
                if place[level] == opened[level]:
                    for i in range(fresh[level], opened[level]):
                        seen[open_list[level, i]] = False
                    level -= 1
                    if level == 0:
                        break
                    continue
                w = open_list[level, place[level]]
                place[level] += 1
                if least[level - 1] + smallest[w] > most:
                    continue
                tolls[level] = fee
                for i in range(level):
                    if compound[member[i]] == compound[w]:
                        tolls[level] = 0.0
                least[level] = least[level - 1] + smallest[w]
                member[level] = w
                _extend(
                    tables[level - 1], tables[level], values[w], distance[c, w], tolls[level],
                    least[level - 1], smallest[w],
                )  # fmt: skip
            cheapest = BIG
            for s in range(least[level], most + 1):
                price = tables[level, s] + size_price[s]
                if price < cheapest:
                    cheapest = price
                if price < best[c, s]:
                    best[c, s] = price
                    best_set[c, s, : level + 1] = member[: level + 1]
                    best_set[c, s, level + 1 :] = -1
            if len(listed) > 0 and cheapest <= threshold:
                found = _list_set(
                    member, level, distance, is_reached, tables, tolls, size_price, interval_start,
                    interval_households, interval_value, threshold, listed, tried, found,
                )  # fmt: skip
                if found < 0:
                    return -1
            if level + 1 < deepest:
                reach = 0
                if level > 0:
                    for i in range(place[level], opened[level]):
                        open_list[level + 1, reach] = open_list[level, i]
                        reach += 1
                fresh[level + 1] = reach
                for i in range(near_start[w], near_start[w + 1]):
                    other = near[i]
                    if not seen[other] and is_reached[c, other]:
                        seen[other] = True
                        open_list[level + 1, reach] = other
                        reach += 1
                opened[level + 1] = reach
                place[level + 1] = 0
                level += 1
            elif level == 0:
                break
        seen[c] = False
    return found


@numba.njit(cache=True)
def _list_set(
    member: Ints,
    level: int,
    distance: Ints,
    is_reached: Ints,
    tables: Floats,
    tolls: Floats,
    size_price: Floats,
    interval_start: Ints,
    interval_households: Ints,
    interval_value: Floats,
    threshold: float,
    listed: Ints,
    tried: Ints,
    found: int,
) -> int:
    """All micro-grids of one set up to the threshold: backwards through its tables (exact prices)."""
    most = len(size_price) - 1
    c = member[0]
    rest = np.zeros(level + 1, np.int64)
    room = np.zeros(level + 1)
    cursor = np.zeros(level + 1, np.int64)
    pick = np.full(level + 1, -1, np.int64)
    for s in range(most + 1):
        if tables[level, s] + size_price[s] > threshold:
            continue
        at = level
        rest[at] = s
        room[at] = threshold - size_price[s]
        cursor[at] = interval_start[member[at]]
        while at <= level:
            b = member[at]
            if cursor[at] == interval_start[b + 1]:
                at += 1
                continue
            k = cursor[at]
            cursor[at] += 1
            left = rest[at] - interval_households[k]
            if left < 0 or (at == 0 and left != 0):
                continue
            spare = room[at] - (interval_value[k] + 2.0 * interval_households[k] * distance[c, b] + tolls[at])
            if at > 0:
                if tables[at - 1, left] > spare:
                    continue
                pick[at] = k
                at -= 1
                rest[at] = left
                room[at] = spare
                cursor[at] = interval_start[member[at]]
                continue
            if spare < 0:
                continue
            pick[0] = k
            tried[0] += 1
            if tried[0] > TRIES_A_PLACE * len(listed):
                return -1
            if not _is_first_centre(member, pick, level, interval_households, distance, is_reached):
                continue
            if found == len(listed):
                return -1
            listed[found, : level + 1] = pick[: level + 1]
            listed[found, level + 1 :] = -1
            found += 1
    return found


@numba.njit(cache=True)
def _is_first_centre(
    member: Ints, pick: Ints, level: int, interval_households: Ints, distance: Ints, is_reached: Ints
) -> bool:
    """Whether no other building of the set is a cheaper centre (or as cheap and listed before)."""
    mine = 0
    for j in range(level + 1):
        mine += interval_households[pick[j]] * distance[member[0], member[j]]
    for i in range(1, level + 1):
        travel = 0
        reached = True
        for j in range(level + 1):
            travel += interval_households[pick[j]] * distance[member[i], member[j]]
            reached = reached and is_reached[member[i], member[j]]
        if reached and (travel < mine or (travel == mine and member[i] < member[0])):
            return False
    return True


@numba.njit(cache=True)
def trace(
    members: Ints, centre_distance: Ints, compound: Ints, values: Floats, fee: float, size: int, sizes: Ints
) -> None:
    """How many households the cheapest micro-grid of `size` takes from each building of one set."""
    count = 0
    while count < len(members) and members[count] >= 0:
        count += 1
    most = values.shape[1] - 1
    tables = np.full((count, most + 1), BIG)
    took = np.zeros((count, most + 1), np.int64)
    tables[0] = values[members[0]]
    for s in range(most + 1):
        took[0, s] = s
    for i in range(1, count):
        w = members[i]
        toll = fee
        for j in range(i):
            if compound[members[j]] == compound[w]:
                toll = 0.0
        for h in range(1, most + 1):
            if values[w, h] >= BIG:
                continue
            value = values[w, h] + 2.0 * h * centre_distance[w] + toll
            for s in range(h, most + 1):
                price = tables[i - 1, s - h] + value
                if price < tables[i, s]:
                    tables[i, s] = price
                    took[i, s] = h
    left = size
    for i in range(count - 1, -1, -1):
        sizes[i] = took[i, left]
        left -= took[i, left]


@numba.njit(cache=True)
def fill_freely(values: Floats, size_price: Floats, table: Floats, took: Ints) -> None:
    """The least reduced price of every size over all buildings, near or far; table[b, s]: after b of them."""
    most = len(size_price) - 1
    table[:] = BIG
    took[:] = 0
    table[0, 0] = 0.0
    for b in range(len(values)):
        table[b + 1] = table[b]
        for h in range(1, most + 1):
            if values[b, h] >= BIG:
                continue
            for s in range(h, most + 1):
                price = table[b, s - h] + values[b, h]
                if price < table[b + 1, s]:
                    table[b + 1, s] = price
                    took[b + 1, s] = h


@numba.njit(cache=True)
def count_sets(
    near_start: Ints, near: Ints, is_reached: Ints, smallest: Ints, deepest: int, most: int, limit: int
) -> int:
    """How many connected sets of at most `deepest` buildings all centres have; stops above `limit`."""
    count = len(smallest)
    least = np.zeros(deepest, np.int64)
    open_list = np.empty((deepest + 1, count), np.int64)
    opened = np.zeros(deepest + 1, np.int64)
    place = np.zeros(deepest + 1, np.int64)
    fresh = np.zeros(deepest + 1, np.int64)
    seen = np.zeros(count, np.bool_)
    total = 0
    for c in range(count):
        seen[:] = False
        seen[c] = True
        least[0] = smallest[c]
        total += 1
        reach = 0
        for i in range(near_start[c], near_start[c + 1]):
            if is_reached[c, near[i]]:
                seen[near[i]] = True
                open_list[1, reach] = near[i]
                reach += 1
        opened[1] = reach
        place[1] = 0
        fresh[1] = 0
        level = 1 if deepest > 1 else 0
        while level >= 1 and total <= limit:
            if place[level] == opened[level]:
                for i in range(fresh[level], opened[level]):
                    seen[open_list[level, i]] = False
                level -= 1
                continue
            w = open_list[level, place[level]]
            place[level] += 1
            if least[level - 1] + smallest[w] > most:
                continue
            least[level] = least[level - 1] + smallest[w]
            total += 1
            if level + 1 < deepest:
                reach = 0
                for i in range(place[level], opened[level]):
                    open_list[level + 1, reach] = open_list[level, i]
                    reach += 1
                fresh[level + 1] = reach
                for i in range(near_start[w], near_start[w + 1]):
                    other = near[i]
                    if not seen[other] and is_reached[c, other]:
                        seen[other] = True
                        open_list[level + 1, reach] = other
                        reach += 1
                opened[level + 1] = reach
                place[level + 1] = 0
                level += 1
    return total
