"""Who is asked about whom in a month: circles of shuffled teams, so that nobody is asked about who is asked
about them, and everybody is asked about by equally many."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from xiaojia.engines.scoring.problem import Assignment, AssignmentProblem, Circle, Limits, Pair, Team, pair

_Places = dict[int, int]
_Foes = dict[int, list[int]]

_ROUNDS: Final = 60
"""Exchanges tried in a circle until nobody stands near somebody they are kept apart from."""


def assign(problem: AssignmentProblem, *, seed: int) -> Assignment:
    """The month's questions; the same problem and seed give the same answer.

    Where a circle is too small to keep a pair apart, a question is left out rather than asked wrongly.
    """
    draw = random.Random(f"circles {seed}")  # noqa: S311  # a recorded draw, not a secret
    circles = []
    asked: dict[int, tuple[int, ...]] = {}
    for microgrids, members, guests in _groups(problem, draw):
        order = _spread(draw.sample(members, len(members)), problem, draw)
        reach = reach_of(len(order), problem.limits)
        circles.append(Circle(microgrids, tuple(order), reach, guests))
        asked |= _questions(order, reach, problem.apart)
    return Assignment(tuple(circles), asked)


def reach_of(size: int, limits: Limits) -> int:
    """How many one is asked about in a circle of that size: no two about each other."""
    return max(0, min(limits.most_asked, (size - 1) // 2))


def _groups(
    problem: AssignmentProblem, draw: random.Random
) -> list[tuple[tuple[int, ...], list[int], tuple[int, ...]]]:
    """(micro-grids, members, guests) a circle: small teams borrow from beside, or join whoever is beside."""
    least = problem.limits.small_team
    members = {team.microgrid: sorted(team.members) for team in problem.teams}
    joined = {team.microgrid: {team.microgrid} for team in problem.teams}
    guests: dict[int, tuple[int, ...]] = {}
    for team in sorted(problem.teams, key=lambda team: (len(team.members), team.microgrid)):
        missing = least - len(members[team.microgrid])
        if not team.members or missing <= 0 or len(joined[team.microgrid]) > 1:
            continue
        beside = [n for n in _beside(team, problem.teams) if members.get(n)]
        lenders = [n for n in beside if len(members[n]) - missing >= least and len(joined[n]) == 1]
        if lenders:
            lender = max(lenders, key=lambda n: (len(members[n]), -n))
            lent = sorted(draw.sample(members[lender], missing))
            guests[team.microgrid] = tuple(lent)
            members[lender] = [m for m in members[lender] if m not in lent]
            members[team.microgrid] = sorted([*members[team.microgrid], *lent])
        elif beside:
            other = min(beside, key=lambda n: (len(members[n]), n))
            keeper = min(joined[other])
            joined[keeper] |= {team.microgrid}
            members[keeper] = sorted([*members[keeper], *members[team.microgrid]])
            members[team.microgrid] = []
            for number in joined[keeper]:
                joined[number] = joined[keeper]
    return [
        (tuple(sorted(joined[number])), mine, guests.get(number, ()))
        for number, mine in sorted(members.items())
        if mine
    ]


def _beside(team: Team, teams: Sequence[Team]) -> list[int]:
    back = [other.microgrid for other in teams if team.microgrid in other.neighbours]
    return sorted({*team.neighbours, *back} - {team.microgrid})


def _spread(order: list[int], problem: AssignmentProblem, draw: random.Random) -> list[int]:
    """Exchange places until nobody stands within reach of somebody they are kept apart from, if possible."""
    size, reach = len(order), reach_of(len(order), problem.limits)
    if 2 * reach >= size - 1:
        return order  # everybody is within reach of everybody: places do not matter
    foes = _foes(order, problem.apart)
    at = {member: place for place, member in enumerate(order)}
    for _round in range(_ROUNDS):
        near = _near(order, at, reach, foes)
        if not near:
            break
        place = draw.choice(near)
        best = place
        for other in draw.sample(range(size), size):
            if _betters(place, other, order, at, reach, foes):
                best = other
                break
        order[place], order[best] = order[best], order[place]
        at[order[place]], at[order[best]] = place, best
    return order


def _foes(order: Sequence[int], apart: frozenset[Pair]) -> dict[int, list[int]]:
    """Member -> whom of the same circle they are kept apart from."""
    here, foes = set(order), defaultdict(list)
    for one, other in apart:
        if one in here and other in here:
            foes[one].append(other)
            foes[other].append(one)
    return foes


def _near(order: Sequence[int], at: _Places, reach: int, foes: _Foes) -> list[int]:
    """Places of both whenever two that are kept apart stand within reach of each other, along the circle."""
    size = len(order)
    steps = ((place, sorted((at[foe] - place) % size for foe in foes.get(member, ())))
             for place, member in enumerate(order))  # fmt: skip
    return [
        end
        for place, ahead in steps
        for step in ahead
        if step <= reach
        for end in (place, (place + step) % size)
    ]


def _betters(
    place: int, other: int, order: Sequence[int], at: _Places, reach: int, foes: _Foes
) -> bool:  # fmt: skip
    """Whether fewer stand near whom they are kept apart from when these two change places.

    Only the two move, and not with regard to each other: nobody else is counted.
    """
    size = len(order)

    def met(member: int, there: int, but: int) -> int:
        gaps = ((at[foe] - there) % size for foe in foes.get(member, ()) if foe != but)
        return sum(gap <= reach or size - gap <= reach for gap in gaps)

    one, two = order[place], order[other]
    if one == two:
        return False
    before = met(one, place, two) + met(two, other, one)
    return met(one, other, two) + met(two, place, one) < before


def _questions(order: Sequence[int], reach: int, apart: frozenset[Pair]) -> dict[int, tuple[int, ...]]:
    size = len(order)
    asked = {
        rater: [
            ratee
            for step in range(1, reach + 1)
            if pair(rater, ratee := order[(place + step) % size]) not in apart
        ]
        for place, rater in enumerate(order)
    }
    load = Counter(ratee for ratees in asked.values() for ratee in ratees)
    for place, rater in enumerate(order):
        while len(asked[rater]) < reach:
            others = [order[(place + step) % size] for step in range(reach + 1, size)]
            free = [
                other
                for other in others
                if other not in asked[rater]
                and rater not in asked[other]
                and pair(rater, other) not in apart
                and load[other] < reach
            ]
            if not free:
                break
            chosen = min(free, key=lambda other: load[other])
            asked[rater].append(chosen)
            load[chosen] += 1
    return {rater: tuple(ratees) for rater, ratees in asked.items()}
