"""Which tint each micro-grid gets: neighbours on paper never share one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Rectangle = tuple[float, float, float, float]
"""x, y, width, height."""

NEAR = 70.0
"""Halos closer than this (pixels) must differ."""


def gap(a: Rectangle, b: Rectangle) -> float:
    """Free room between two rectangles; 0 when they touch."""
    across = max(a[0] - b[0] - b[2], b[0] - a[0] - a[2], 0.0)
    down = max(a[1] - b[1] - b[3], b[1] - a[1] - a[3], 0.0)
    return float((across**2 + down**2) ** 0.5)


def are_near(first: Sequence[Rectangle], second: Sequence[Rectangle]) -> bool:
    """Whether some halo of one lies near some halo of the other."""
    return any(gap(a, b) < NEAR for a in first for b in second)


def tints_of(shapes: Mapping[int, tuple[int, Sequence[Rectangle]]], *, count: int) -> dict[int, int]:
    """A tint 0..count-1 for each id; `shapes` gives (number, halos).

    Greedy, the most crowded first (Welsh and Powell 1967). Each prefers the tint of its number, so that a
    micro-grid keeps its colour from map to map; if every tint is taken nearby, the least used one.
    """
    ids = sorted(shapes)
    near: dict[int, set[int]] = {i: set() for i in ids}
    for place, a in enumerate(ids):
        for b in ids[place + 1 :]:
            if are_near(shapes[a][1], shapes[b][1]):
                near[a].add(b)
                near[b].add(a)
    tints: dict[int, int] = {}
    for i in sorted(ids, key=lambda pk: (-len(near[pk]), shapes[pk][0])):
        around = [tints[j] for j in near[i] if j in tints]
        wished = (shapes[i][0] - 1) % count
        tints[i] = min(range(count), key=lambda t: (around.count(t), (t - wished) % count))
    return tints
