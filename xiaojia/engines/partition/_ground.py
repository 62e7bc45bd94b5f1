"""One community laid out for the search: chains of atoms, intervals, distances, who is a neighbour of whom.

Costs are integers in units of 1/1300 metre, so that sums are exact: h*d/65 in decimetres becomes 2*h*d,
and 0.05*(s-65)^2 metres becomes 65*(s-65)^2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

from xiaojia.engines.partition.problem import Limits, Problem, Stretch, Weights

UNITS_PER_METRE = 1300
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Atom:
    """What is never cut: a small unit, or a block of floors of a large one. `row` is the input row."""

    row: int
    floor_from: int
    floor_to: int
    households: int


@dataclass(frozen=True, slots=True)
class Block:
    """A building: its compound's index, its place in decimetres, its chain of atoms."""

    compound: int
    name: str
    x: int
    y: int
    atoms: tuple[Atom, ...]


@dataclass(slots=True)
class Ground:
    """One community. `compounds` are names; `edges[b]` the neighbours of building b in the Gabriel graph."""

    limits: Limits
    weights: Weights
    compounds: list[str]
    blocks: list[Block]
    edges: list[frozenset[int]] = field(default_factory=list)
    distance: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))

    def component(self, building: int, *, allow_cross: bool) -> frozenset[int]:
        """The buildings that could ever share a micro-grid with this one, through others."""
        reached, stack = {building}, [building]
        while stack:
            b = stack.pop()
            for other in self.edges[b] - reached:
                if allow_cross or self.blocks[other].compound == self.blocks[b].compound:
                    reached.add(other)
                    stack.append(other)
        return frozenset(reached)

    def parts(self) -> list[frozenset[int]]:
        """The buildings by what hangs together inside one compound, compound by compound."""
        found: list[frozenset[int]] = []
        reached: set[int] = set()
        for b in sorted(range(len(self.blocks)), key=lambda b: (self.blocks[b].compound, b)):
            if b not in reached:
                found.append(self.component(b, allow_cross=False))
                reached |= found[-1]
        return found

    def part_neighbours(self, parts: Sequence[frozenset[int]]) -> list[dict[int, int]]:
        """For each part the parts that it touches, with the shortest joining edge (decimetres)."""
        part_of = {b: i for i, part in enumerate(parts) for b in part}
        found: list[dict[int, int]] = [{} for _ in parts]
        for b, others in enumerate(self.edges):
            for o in others:
                mine, theirs = part_of[b], part_of[o]
                if mine != theirs:
                    gap = int(self.distance[b, o])
                    found[mine][theirs] = min(gap, found[mine].get(theirs, gap))
        return found


def atoms_of(row: int, stretch: Stretch, limits: Limits, *, is_down: bool, height: int) -> list[Atom]:
    """The chain of one unit: whole when it fits, else blocks of up to `height` floors."""
    most = limits.most_households
    if stretch.household_count <= most:
        return [Atom(row, 1, stretch.floors, stretch.household_count)]
    height = max(1, min(height, most // stretch.most_homes_on_a_floor))
    atoms: list[Atom] = []
    low = 1
    for high in [*range(height, stretch.floors, height), stretch.floors]:
        homes = stretch.homes_up_to(high) - stretch.homes_up_to(low - 1)
        if homes == 0:
            continue  # floors without homes go with the next block
        atoms.append(Atom(row, low, high, homes))
        low = high + 1
    return atoms[::-1] if is_down else atoms


def lay_out(problem: Problem, *, fine_atoms: int) -> Ground:
    """The ground of the problem, which is one community.

    Large units are cut at every floor; in a compound with more than `fine_atoms` floors, at every third.
    """
    stretches = problem.stretches
    compounds = sorted({s.compound for s in stretches})
    index = {name: i for i, name in enumerate(compounds)}
    chains: dict[tuple[str, str], list[int]] = {}
    floors = Counter[str]()
    for r, stretch in enumerate(stretches):
        is_large = stretch.household_count > problem.limits.most_households
        floors[stretch.compound] += stretch.floors if is_large else 1
        chains.setdefault((stretch.compound, stretch.building), []).append(r)
    blocks = []
    for (compound, building), chain in sorted(chains.items()):
        atoms: list[Atom] = []
        for place, r in enumerate(chain):
            atoms += atoms_of(
                r,
                stretches[r],
                problem.limits,
                is_down=place % 2 == 1,
                height=1 if floors[compound] <= fine_atoms else 3,
            )
        x = sum(stretches[r].x_metres for r in chain) / len(chain)
        y = sum(stretches[r].y_metres for r in chain) / len(chain)
        blocks.append(Block(index[compound], building, round(x * 10), round(y * 10), tuple(atoms)))
    ground = Ground(problem.limits, problem.weights, compounds, blocks)
    points = np.array([(b.x, b.y) for b in blocks], float)
    gaps = points[:, None, :] - points[None, :, :]
    ground.distance = np.rint(np.hypot(gaps[..., 0], gaps[..., 1])).astype(np.int64)
    ground.edges = _edges(problem, ground, points)
    return ground


def _edges(problem: Problem, ground: Ground, points: npt.NDArray[np.float64]) -> list[frozenset[int]]:
    """Gabriel graph with edges up to `max_join_metres`; on a sketch, only confirmed pairs of compounds."""
    reach = problem.limits.max_join_metres * 10
    edges: list[set[int]] = [set() for _ in ground.blocks]
    for a, b in gabriel_pairs(points):
        first, second = ground.blocks[a], ground.blocks[b]
        if ground.distance[a, b] > reach and (
            first.compound != second.compound or problem.neighbours is None
        ):
            continue
        if first.compound != second.compound and problem.neighbours is not None:
            pair = (ground.compounds[first.compound], ground.compounds[second.compound])
            if pair not in problem.neighbours and pair[::-1] not in problem.neighbours:
                continue
        edges[a].add(b)
        edges[b].add(a)
    for pair in problem.neighbours or ():
        for a, b in _nearest(ground, pair):
            edges[a].add(b)
            edges[b].add(a)
    return [frozenset(e) for e in edges]


def _nearest(ground: Ground, pair: tuple[str, str]) -> list[tuple[int, int]]:
    """On a sketch, what an officer saw side by side touches where it is drawn nearest."""
    own = [
        [b for b, block in enumerate(ground.blocks) if ground.compounds[block.compound] == c] for c in pair
    ]
    gaps = [(int(ground.distance[a, b]), a, b) for a, b in product(*own)]
    least = min((gap for gap, _a, _b in gaps), default=0)
    return [(a, b) for gap, a, b in gaps if gap == least]


def gabriel_pairs(points: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs whose diametral disc, its rim included, holds no third point (K. R. Gabriel, R. R. Sokal 1969).

    `points` are whole decimetres. Buildings at the same place all touch, and touch what any of them touches.
    """
    places, inverse = np.unique(points.astype(np.int64), axis=0, return_inverse=True)
    members: list[list[int]] = [[] for _ in places]
    for i, place in enumerate(inverse.reshape(-1)):
        members[place].append(i)
    pairs = [pair for group in members for pair in combinations(group, 2)]
    # Far from the origin squares lose their last digits: only differences are of interest.
    places = (places - places.min(axis=0)).astype(float)
    sides = _candidate_pairs(places)
    step = max(1, 1_000_000 // len(places))
    for low in range(0, len(sides), step):
        some = sides[low : low + step]
        first, second = places[some[:, 0]], places[some[:, 1]]
        diameter = ((first - second) ** 2).sum(axis=1)
        gaps = 2 * places[None, :, :] - (first + second)[:, None, :]
        # Both ends lie on the rim.
        inside = ((gaps**2).sum(axis=2) <= diameter[:, None]).sum(axis=1) > 2
        for a, b in some[~inside].tolist():
            pairs += product(members[a], members[b])
    return pairs


def _candidate_pairs(places: npt.NDArray[np.float64]) -> Ints:
    """Gabriel edges are Delaunay edges; tiny sets, and those that Qhull cannot take whole, try every pair."""
    count = len(places)
    if count >= 5:
        from scipy.spatial import Delaunay, QhullError  # loaded when there is something to measure

        try:
            found = Delaunay(places)
        except QhullError:
            pass
        else:
            if not len(found.coplanar):
                triangles = found.simplices
                sides = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
                pairs: Ints = np.unique(np.sort(sides, axis=1), axis=0).astype(np.int64)
                return pairs
    return np.array(list(combinations(range(count), 2)), np.int64).reshape(-1, 2)


def is_connected(buildings: Sequence[int], edges: Sequence[frozenset[int]]) -> bool:
    """Whether the buildings hang together on the neighbour graph."""
    todo = set(buildings)
    stack = [todo.pop()]
    while stack:
        near = edges[stack.pop()] & todo
        todo -= near
        stack += near
    return not todo
