"""After a change of the register: the division that moves the fewest households, region by region.

`rebalance` takes today's micro-grids and the register as it is now. Only what is broken is divided anew,
together with its nearest neighbours; everybody else stays. Two answers conflict and are both given: the
fewest households moved, and no compounds joined that are together in no micro-grid today (design, engines A).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from xiaojia.engines.partition._measure import Description, Places, describe
from xiaojia.engines.partition._rebalance_state import Key, Place, State, read_state
from xiaojia.engines.partition._rebalance_values import MOVE, NEW, NOBODY, Column
from xiaojia.engines.partition.identity import inherit
from xiaojia.engines.partition.problem import Effort, Part, Problem, community_of

if TYPE_CHECKING:
    from xiaojia.engines.partition._rebalance_columns import Proven
    from xiaojia.engines.partition._rebalance_task import Task

FEWEST: Final = "fewest"
NO_JOIN: Final = "no_join"
WAYS: Final = (FEWEST, NO_JOIN)

NEIGHBOURS: Final = (5, 7)
"""How many neighbours a region has, and again when somebody is short in the end or too many are altered."""
MOST_ALTERED: Final = 3
"""R02: one occasion alters at most so many micro-grids, when that leaves nobody short."""


@dataclass(frozen=True, slots=True)
class Region:
    """What one change did: where, how it ended, and how sure that is.

    `broken` could not stay; `newcomers` are the households that belonged to nobody. `missing` counts the
    households that are lacking in micro-grids below 50 that were not accepted as such. `cost` and `bound`
    in metres-equivalent. `by_hand` are the households that the step-by-step answer moves, None when that
    one leaves more undone.
    """

    microgrids: tuple[int, ...]
    broken: tuple[int, ...]
    newcomers: int
    altered: tuple[int, ...]
    moved: int
    missing: int
    cost: float
    bound: float
    by_hand: int | None

    @property
    def gap(self) -> float:
        """Share of the cost that is not proven."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0

    @property
    def is_fewest(self) -> bool:
        """Whether it is proven that nobody less could move with as few short and as few altered."""
        return self.cost - self.bound < MOVE


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to put things right. New micro-grids have numbers above all of today's.

    `moved` counts households that change their micro-grid; newcomers and households of today that stay do
    not count; `missing` are those that are still lacking where a micro-grid is short. `altered` are
    today's micro-grids that gain or lose somebody or end. `new_joins` are
    micro-grids that join compounds which are together in no micro-grid today.
    """

    way: str
    parts: tuple[Part, ...]
    moved: int
    altered: tuple[int, ...]
    opened: tuple[int, ...]
    ended: tuple[int, ...]
    new_joins: tuple[int, ...]
    description: Description
    regions: tuple[Region, ...]
    missing: int


def rebalance(
    problem: Problem,
    present: Sequence[Part],
    *,
    accepted: Collection[int] = (),
    ways: Sequence[str] = WAYS,
    effort: Effort = Effort(),  # noqa: B008  # frozen
) -> tuple[Answer, ...]:
    """One answer a way, in the order of `ways`. Without chance or clock: same input, same answer.

    `present`: today's households by unit and floors with their micro-grid (`Part.microgrid` >= 1), as far
    as they still live there; households of the problem beyond those are newcomers. `accepted`: micro-grids
    that may stay short or apart as they are.
    """
    states = list(_states(problem, present, frozenset(accepted)))
    return tuple(_answer(problem, [s.copy() for s in states], way, effort) for way in ways)


def broken(problem: Problem, present: Sequence[Part], *, accepted: Collection[int] = ()) -> list[int]:
    """Micro-grids that cannot stay as they are; `NOBODY` among them when somebody has none yet."""
    found: set[int] = set()
    for state in _states(problem, present, frozenset(accepted)):
        found |= set(state.broken())
        found |= {NOBODY} & set(state.owner.values())
    return sorted(found)


def _states(problem: Problem, present: Sequence[Part], accepted: frozenset[int]) -> Iterator[State]:
    by_unit: dict[Key, list[Part]] = {}
    for part in present:
        by_unit.setdefault((part.compound, part.building, part.unit), []).append(part)
    communities: dict[str, list[int]] = {}
    for row, stretch in enumerate(problem.stretches):
        communities.setdefault(community_of(stretch.compound), []).append(row)
    for rows in communities.values():
        one = replace(problem, stretches=tuple(problem.stretches[r] for r in rows))
        yield read_state(one, by_unit, accepted)


def _answer(problem: Problem, states: Sequence[State], way: str, effort: Effort) -> Answer:
    today = {m for s in states for counts in s.origin.values() for m in counts}
    before = [dict(s.owner) for s in states]
    free = max(today, default=0) + 1
    regions: list[Region] = []
    for state in states:
        for region in _settle(state, way, effort, free):
            free = max(free, max(state.owner.values()) + 1)
            regions.append(region)
    _rename(states, today)
    order = {(s.compound, s.building, s.unit): i for i, s in enumerate(problem.stretches)}
    parts = tuple(
        sorted(
            (p for s in states for p in s.parts()),
            key=lambda p: (order[p.compound, p.building, p.unit], p.floor_from),
        )
    )
    now = {m for s in states for m in s.owner.values()}
    altered = {m for s, was in zip(states, before, strict=True) for m in _altered(s, was)}
    return Answer(
        way=way, parts=parts,
        moved=sum(n for s in states for p, c in s.origin.items() for m, n in c.items() if m != s.owner[p]),
        altered=tuple(sorted(altered & today)),
        opened=tuple(sorted(now - today - {NOBODY})),
        ended=tuple(sorted(today - now)),
        new_joins=tuple(sorted(m for s in states for m in _new_joins(s))),
        description=describe(Places(problem), parts),
        regions=tuple(regions),
        missing=sum(s.missing() for s in states),
    )  # fmt: skip


def _rename(states: Sequence[State], today: Collection[int]) -> None:
    """Identities as adoption will give them: regions one after the other may have left a better choice."""
    shared, sizes, staying = Counter[tuple[int, int]](), Counter[int](), 0
    for state in states:
        for place, counts in state.origin.items():
            for number, n in counts.items():
                shared[state.owner[place], number] += n
                sizes[number] += n
                staying += n if state.owner[place] == number else 0
    kept = inherit(shared, sizes)
    if sum(shared[pair] for pair in kept.items()) == staying:
        return
    names, free = dict(kept), max(today, default=0)
    for number in sorted({m for s in states for m in s.owner.values()} - set(kept)):
        free += 1
        names[number] = free
    for state in states:
        state.owner = {place: names[owner] for place, owner in state.owner.items()}


def _altered(state: State, was: Mapping[Place, int]) -> Iterator[int]:
    """Who loses or gains somebody, atom by atom."""
    for place, owner in state.owner.items():
        touched = {owner, was[place], *state.origin[place]}
        if touched - {owner, NOBODY} or owner != was[place]:
            yield from touched


def _new_joins(state: State) -> Iterator[int]:
    for number, places in state.held().items():
        joined = {state.ground.blocks[b].compound for b, _i in places}
        if len(joined) > 1 and not any(joined <= known for known in state.joined):
            yield number


def _settle(state: State, way: str, effort: Effort, free: int) -> Iterator[Region]:
    """Region after region until everything that was broken had its turn."""
    tried: set[int] = set()
    while True:
        new = next((p for p in sorted(state.owner) if state.owner[p] == NOBODY), None)
        ill = next((m for m in state.broken() if m not in tried), None)
        if new is None and ill is None:
            return
        seed = [new] if new is not None else state.held()[ill or 0]
        region = _region(state, way, effort, seed, free)
        opened = {m for m in state.owner.values() if m >= free}
        tried |= (set(region.microgrids) | opened) & set(state.broken())
        tried |= {ill} if ill is not None and new is None else set()
        free = max(free, max(state.owner.values()) + 1)
        yield region


def _region(state: State, way: str, effort: Effort, seed: Sequence[Place], free: int) -> Region:
    """The best of one region; a wider one when the narrow one leaves somebody short or alters too many."""
    # numba and HiGHS take a second to load: whoever only measures goes without.
    from xiaojia.engines.partition._rebalance_columns import solve_region
    from xiaojia.engines.partition._rebalance_greedy import by_hand
    from xiaojia.engines.partition._rebalance_task import make_task

    newcomers = state.newcomers(seed[0]) if state.owner[seed[0]] == NOBODY else []
    was_broken = set(state.broken())
    best: tuple[Task, Proven, list[Column], tuple[int, ...]] | None = None
    for count in NEIGHBOURS:
        around = state.nearest([*seed, *newcomers], count + 1, is_inside=way == NO_JOIN)
        ill = tuple(sorted(was_broken & set(around)))
        task = make_task(
            state, around, newcomers, is_inside=way == NO_JOIN,
            most_altered=max(MOST_ALTERED, len(ill) + 1), effort=effort,
        )  # fmt: skip
        hand = by_hand(task)
        proven = solve_region(task, hand)
        if best is None or _harm(task, proven.columns) < _harm(best[0], best[1].columns):
            best = task, proven, hand, ill
        is_fitting = task.altered(proven.columns) <= MOST_ALTERED and not task.shortness(proven.columns)
        if is_fitting or len(around) < count + 1:
            break
    if best is None:
        raise AssertionError("NEIGHBOURS is not empty")
    task, proven, hand, ill = best
    for column in proven.columns:
        number = column.identity
        if number == NEW:
            number, free = free, free + 1
        for row in column.rows:
            state.owner[task.places[row]] = number
            state.shared.discard(task.places[row])
    return _told(task, proven, hand, ill)


def _harm(task: Task, columns: Sequence[Column]) -> tuple[float, int]:
    """What is not as it should be, then how many move."""
    return task.violation(columns), sum(task.moved(c) for c in columns)


def _told(task: Task, proven: Proven, hand: Sequence[Column], ill: tuple[int, ...]) -> Region:
    """The region in figures."""
    staying = {c.identity for c in proven.columns if task.stays_as_it_is(c)}
    known = int(task.moving[NEW][list(task.open_rows)].sum())
    missing = task.shortness(proven.columns)
    is_peer = task.violation(hand) <= task.violation(proven.columns)
    return Region(
        microgrids=tuple(sorted(task.present)), broken=ill, newcomers=task.size(task.open_rows) - known,
        altered=tuple(sorted(set(task.present) - staying)),
        moved=sum(task.moved(c) for c in proven.columns), missing=missing,
        cost=proven.cost, bound=proven.bound,
        by_hand=sum(task.moved(c) for c in hand) if is_peer else None,
    )  # fmt: skip
