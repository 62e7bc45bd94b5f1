"""A divided community after a change: who holds which atoms, whose households they are, what is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xiaojia.engines.partition._ground import Atom, Ground, is_connected, lay_out
from xiaojia.engines.partition._rebalance_values import NOBODY
from xiaojia.engines.partition.problem import Effort, Limits, Part, Problem, Stretch

Place = tuple[int, int]
"""A building of the ground, and an atom of its chain."""

Key = tuple[str, str, str]


@dataclass(slots=True)
class State:
    """One community. `origin` counts present households of each atom by their micro-grid of today.

    `owner` is the micro-grid of each atom; `accepted` may stay short or apart as they are.
    `joined` are the compounds that are together in some micro-grid of today; `shared` are atoms that lie
    in two micro-grids of today and have to be given to one.
    """

    problem: Problem
    ground: Ground
    origin: dict[Place, dict[int, int]]
    owner: dict[Place, int]
    accepted: frozenset[int]
    joined: tuple[frozenset[int], ...]
    shared: set[Place]
    accepted_sizes: dict[int, int] = field(default_factory=dict)

    def copy(self) -> State:
        """The same community, to be divided in another way."""
        return replace(self, owner=dict(self.owner), shared=set(self.shared))

    def atom(self, place: Place) -> Atom:
        """The atom at this place."""
        return self.ground.blocks[place[0]].atoms[place[1]]

    def held(self) -> dict[int, list[Place]]:
        """The atoms of each micro-grid in order; `NOBODY` has the new ones."""
        found: dict[int, list[Place]] = {}
        for place in sorted(self.owner):
            found.setdefault(self.owner[place], []).append(place)
        return found

    def size(self, places: Iterable[Place]) -> int:
        """Households of these atoms."""
        return sum(self.atom(p).households for p in places)

    def least(self, number: int) -> int:
        """Households below which this micro-grid is short: what was accepted may stay, but not shrink."""
        least = self.problem.limits.least_households
        return min(least, self.accepted_sizes.get(number, least))

    def missing(self) -> int:
        """Households that are lacking in all micro-grids that are short."""
        return sum(
            max(0, self.least(m) - self.size(places)) for m, places in self.held().items() if m != NOBODY
        )

    def broken(self) -> list[int]:
        """Micro-grids that cannot stay as they are: above 80, short, apart, or with a shared atom."""
        return [m for m, places in sorted(self.held().items()) if m != NOBODY and self._is_broken(m, places)]

    def _is_broken(self, number: int, places: Sequence[Place]) -> bool:
        limits, size = self.problem.limits, self.size(places)
        if size > limits.most_households and not self._is_one_floor(places):
            return True
        if self.shared.intersection(places):
            return True
        if number in self.accepted:
            return False
        return size < limits.least_households or not is_connected([b for b, _i in places], self.ground.edges)

    def _is_one_floor(self, places: Sequence[Place]) -> bool:
        return len(places) == 1 and self.atom(places[0]).floor_from == self.atom(places[0]).floor_to

    def newcomers(self, start: Place) -> list[Place]:
        """Atoms without a micro-grid around one of them, as far as they hang together."""
        free = {p for p, owner in self.owner.items() if owner == NOBODY}
        houses = {b for b, _i in free}
        reached, stack = {start[0]}, [start[0]]
        while stack:
            fresh = (self.ground.edges[stack.pop()] & houses) - reached
            reached |= fresh
            stack += fresh
        return sorted(p for p in free if p[0] in reached)

    def nearest(self, seed: Iterable[Place], count: int, *, is_inside: bool) -> list[int]:
        """The micro-grids nearest to the seed; when compounds do not join, only those that share one."""
        houses = sorted({b for b, _i in seed})
        held = {m: {b for b, _i in places} for m, places in self.held().items() if m != NOBODY}
        gaps = self.ground.distance[houses].min(axis=0)
        near = sorted(held, key=lambda m: (min(int(gaps[b]) for b in held[m]), m))
        if is_inside:
            reached = self._sharing({self.ground.blocks[b].compound for b in houses}, held)
            near = [m for m in near if m in reached]
        return near[:count]

    def _sharing(self, compounds: set[int], held: Mapping[int, set[int]]) -> set[int]:
        """The micro-grids in these compounds, and those that share a compound with one of them."""
        theirs = {m: {self.ground.blocks[b].compound for b in houses} for m, houses in held.items()}
        reached: set[int] = set()
        while fresh := {m for m, names in theirs.items() if names & compounds} - reached:
            reached |= fresh
            compounds = compounds.union(*(theirs[m] for m in fresh))
        return reached

    def parts(self) -> list[Part]:
        """The owners as floor ranges of units, in the order of the problem's rows."""
        floors: dict[tuple[int, int], list[Atom]] = {}
        for place in sorted(self.owner):
            atom = self.atom(place)
            floors.setdefault((atom.row, self.owner[place]), []).append(atom)
        found = []
        for (row, owner), atoms in floors.items():
            unit = self.problem.stretches[row]
            for run in _runs(sorted(atoms, key=lambda a: a.floor_from)):
                found.append(
                    Part(
                        owner, unit.compound, unit.building, unit.unit, run[0].floor_from, run[-1].floor_to,
                        sum(a.households for a in run),
                    )
                )  # fmt: skip
        return found


def _runs(atoms: Sequence[Atom]) -> list[list[Atom]]:
    runs = [[atoms[0]]]
    for atom in atoms[1:]:
        if atom.floor_from == runs[-1][-1].floor_to + 1:
            runs[-1].append(atom)
        else:
            runs.append([atom])
    return runs


def read_state(problem: Problem, present: Mapping[Key, Sequence[Part]], accepted: frozenset[int]) -> State:
    """The state of one community out of today's households by floors.

    An atom belongs to the micro-grid of most of its households (the smallest number among equals): who
    moves into a unit belongs to its neighbours. Atoms in which nobody lived belong to nobody.
    """
    ground = lay_out(problem, fine_atoms=Effort().fine_atoms)
    origin: dict[Place, dict[int, int]] = {}
    for b, block in enumerate(ground.blocks):
        chain: list[Atom] = []
        for row in dict.fromkeys(a.row for a in block.atoms):
            stretch = problem.stretches[row]
            floors = _by_floor(stretch, present.get((stretch.compound, stretch.building, stretch.unit), ()))
            is_down = len({a.row for a in chain}) % 2 == 1
            for atom in _atoms(row, stretch, problem.limits, floors, is_down=is_down):
                origin[b, len(chain)] = dict(
                    sum((floors[f] for f in range(atom.floor_from, atom.floor_to + 1)), Counter[int]())
                )
                chain.append(atom)
        ground.blocks[b] = replace(block, atoms=tuple(chain))
    owner = {place: _most(counts) for place, counts in origin.items()}
    compounds: dict[int, set[int]] = {}
    for (b, _i), counts in origin.items():
        for number in counts:
            compounds.setdefault(number, set()).add(ground.blocks[b].compound)
    joined = sorted({frozenset(found) for found in compounds.values() if len(found) > 1}, key=sorted)
    shared = {place for place, counts in origin.items() if len(counts) > 1}
    state = State(problem, ground, origin, owner, accepted, tuple(joined), shared)
    state.accepted_sizes = {m: state.size(places) for m, places in state.held().items() if m in accepted}
    return state


def _most(counts: Mapping[int, int]) -> int:
    return min(counts, key=lambda number: (-counts[number], number)) if counts else NOBODY


def _by_floor(stretch: Stretch, present: Iterable[Part]) -> dict[int, Counter[int]]:
    """Floor -> present households by micro-grid; a part over several floors is spread over them."""
    found = {floor: Counter[int]() for floor in range(1, stretch.floors + 1)}
    for part in present:
        height = part.floor_to - part.floor_from + 1
        for step in range(height):
            homes = part.household_count * (step + 1) // height - part.household_count * step // height
            if homes:
                found[max(1, min(stretch.floors, part.floor_from + step))][part.microgrid] += homes
    return found


def _atoms(
    row: int, stretch: Stretch, limits: Limits, floors: Mapping[int, Counter[int]], *, is_down: bool
) -> list[Atom]:
    """A small unit whole; a large one in blocks of up to three floors that keep the cuts of today."""
    most = limits.most_households
    if stretch.household_count <= most:
        return [Atom(row, 1, stretch.floors, stretch.household_count)]
    height = max(1, min(3, most // stretch.most_homes_on_a_floor))
    atoms: list[Atom] = []
    low = 1
    for floor in range(1, stretch.floors + 1):
        is_last = floor == stretch.floors
        is_cut = not is_last and floors[floor + 1] and _most(floors[floor]) != _most(floors[floor + 1])
        homes = stretch.homes_up_to(floor) - stretch.homes_up_to(low - 1)
        if homes and (is_last or is_cut or floor % height == 0):
            atoms.append(Atom(row, low, floor, homes))
            low = floor + 1
    return atoms[::-1] if is_down else atoms
