"""What a careful hand would do: move the fewest neighbours over, step by step. The peer and the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xiaojia.engines.partition._rebalance_task import Task
from xiaojia.engines.partition._rebalance_values import NEW, Column

MOST_STEPS = 40

_Held = dict[int, frozenset[int]]
"""Atoms by identity; NEW holds what belongs to nobody yet, negative numbers are freshly opened."""

_Score = tuple[int, int, int, float]


def by_hand(task: Task) -> list[Column]:
    """A division of the region by single steps; what it cannot put right stands alone, atom by atom.

    Each step takes a run of atoms from the end of a building's share to a neighbour or to a new micro-grid:
    the step after which the least is wrong and the fewest have moved. Stops when no step helps.
    """
    held: _Held = {m: frozenset(rows) for m, rows in task.present.items()}
    held[NEW] = frozenset(task.open_rows) - frozenset().union(*held.values())
    score = _score(task, held)
    for _step in range(MOST_STEPS):
        if not any(score[:3]):
            break
        better = min(((_score(task, h), i, h) for i, h in enumerate(_steps(task, held))), default=None)
        if better is None or better[0] >= score:
            break
        score, held = better[0], better[2]
    return list(_columns(task, held))


def _score(task: Task, held: Mapping[int, frozenset[int]]) -> _Score:
    """Households that belong to nobody, above 80 or apart; missing ones; short micro-grids; the cost."""
    most = task.yard.ground.limits.most_households
    open_homes, excess, missing, short = task.size(held[NEW]), 0, 0, 0
    for number, rows in held.items():
        if number == NEW or not rows:
            continue
        column = _column(number, rows)
        size = task.size(rows)
        excess += max(0, size - most) if len(rows) > 1 else 0
        if not task.stays_as_it_is(column) and not task.yard.is_whole(task.intervals(column.rows)):
            excess += most
        lack = max(0, task.least[column.identity] - size)
        missing, short = missing + lack, short + (lack > 0)
    columns = [_column(n, rows) for n, rows in held.items() if n != NEW and rows]
    return open_homes + excess, missing, short, task.total(columns)


def _steps(task: Task, held: _Held) -> Iterator[_Held]:
    """Every single step that touches something that is wrong."""
    limits = task.yard.ground.limits
    wrong = {NEW}
    for number, rows in held.items():
        column = _column(number, rows)
        is_wrong = task.size(rows) > limits.most_households or task.size(rows) < task.least[column.identity]
        is_wrong = is_wrong or not task.yard.is_whole(task.intervals(column.rows)) if rows else False
        if number != NEW and rows and (is_wrong or number not in task.stays):
            wrong.add(number)
    fresh = min(held) - 1 if min(held) < 0 else -1
    for source, rows in held.items():
        for run in _runs(task, rows):
            for target in [*(m for m in held if m not in (NEW, source)), fresh]:
                if source not in wrong and target not in wrong:
                    continue
                after = _moved(task, held, source, target, run)
                if after is not None:
                    yield after


def _runs(task: Task, rows: frozenset[int]) -> Iterator[tuple[int, ...]]:
    """The ends of every building's share, up to all of it; and everything at once."""
    for _b, low, high in task.intervals(sorted(rows)):
        for count in range(1, high - low + 2):
            yield tuple(range(low, low + count))
            if count <= high - low:
                yield tuple(range(high - count + 1, high + 1))
    if rows:
        yield tuple(sorted(rows))


def _moved(task: Task, held: _Held, source: int, target: int, run: tuple[int, ...]) -> _Held | None:
    grown = _column(target, held.get(target, frozenset()) | set(run))
    if not task.is_sound(grown):
        return None
    after = {**held, source: held[source] - set(run), target: frozenset(grown.rows)}
    if source != NEW and not after[source]:
        del after[source]
    return after


def _column(number: int, rows: frozenset[int]) -> Column:
    return Column(max(number, NEW), tuple(sorted(rows)))


def _columns(task: Task, held: _Held) -> Iterator[Column]:
    """What the hand holds as columns; a micro-grid that keeps less than half begins anew."""
    for number, rows in sorted(held.items()):
        column = _column(number, rows)
        if number != NEW and rows and not task.may_be(column):
            column = Column(NEW, column.rows)
        if number != NEW and rows and (task.stays_as_it_is(column) or task.is_sound(column)):
            yield column
        else:
            yield from (Column(NEW, (row,)) for row in sorted(rows))
