"""Thirty changes of the simulated community, one after the other from the same map: time, moves, proof."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from bench.report import Report, measured
from tools.simulator.parameters import FULL
from tools.simulator.world import world_of
from xiaojia.engines.partition import Part, Problem, Stretch, solve
from xiaojia.engines.partition.identity import inherit, moved_households, shared_by_floor
from xiaojia.engines.partition.rebalance import MOST_ALTERED, NO_JOIN, Answer, broken, rebalance

NAME: Final = "rebalance"
OCCASIONS: Final = 30
BUILDING: Final = 36
MOST_SECONDS: Final = 0.5
SEED: Final = 20261125

Occasion = tuple[str, Problem, tuple[Part, ...]]


def run(report: Report) -> None:
    """Both answers to every occasion; nobody counts twice, every occasion starts from the adopted map."""
    problem = Problem(stretches())
    parts = solve(problem).parts
    chances = random.Random(SEED)  # noqa: S311  # a bench
    rebalance(*next(occasions(problem, parts, random.Random(1)))[1:])  # noqa: S311  # compiles
    seconds: list[float] = []
    answers: list[tuple[str, Answer]] = []
    fresh: list[tuple[int, int]] = []
    for what, changed, present in islice(occasions(problem, parts, chances), OCCASIONS):
        with measured() as clock:
            both = rebalance(changed, present)
        seconds.append(clock.cpu_seconds)
        if what == "building":
            fresh.append((_moved_afresh(changed, present), both[0].moved))
        answers += [(what, answer) for answer in both]
    _tell(report, seconds, answers)
    drawn, ours = sum(d for d, _o in fresh), sum(o for _d, o in fresh)
    report.add(
        NAME, "households moved by drawing everything anew", figure=drawn,
        note=f"ours {ours}, for {len(fresh)} new buildings",
    )  # fmt: skip


def _moved_afresh(problem: Problem, present: tuple[Part, ...]) -> int:
    """How many move when the whole community is divided again and identities follow the households."""
    parts = solve(problem).parts
    sizes: dict[int, int] = {}
    for part in present:
        sizes[part.microgrid] = sizes.get(part.microgrid, 0) + part.household_count
    return moved_households(parts, present, inherit(shared_by_floor(parts, present), sizes))


def _tell(report: Report, seconds: list[float], answers: list[tuple[str, Answer]]) -> None:
    regions = [r for _what, a in answers for r in a.regions]
    peers = [(r.moved, r.by_hand) for r in regions if r.by_hand is not None]
    worst = max((ours / max(1, hand) for ours, hand in peers), default=0.0)
    new = [
        (len(a.altered) + len(a.opened), all(r.is_fewest for r in a.regions))
        for what, a in answers if what == "building" and len(a.altered) + len(a.opened) > MOST_ALTERED
    ]  # fmt: skip
    report.add(
        NAME, f"{OCCASIONS} occasions, both answers: slowest", cpu_seconds=max(seconds), figure=max(seconds),
        unit="CPU s", limit=MOST_SECONDS, note=f"median {statistics.median(seconds):.2f}",
    )  # fmt: skip
    report.add(
        NAME, "households moved beside step by step: worst ratio", figure=worst, limit=1.0,
        note=f"{sum(o for o, _h in peers)} beside {sum(h for _o, h in peers)} in {len(peers)} regions",
    )  # fmt: skip
    free = [n for n, is_proven in new if not is_proven]
    report.add(
        NAME, f"more than 3 micro-grids altered by a building of {BUILDING}, unproven", figure=len(free),
        limit=0, note=f"at most {max((n for n, _p in new), default=0)}; {len(new) - len(free)} proven",
    )  # fmt: skip
    unproven = sum(not r.is_fewest for r in regions)
    report.add(NAME, "regions whose fewest is not proven", figure=unproven, note=f"of {len(regions)}")
    joins = sum(len(a.new_joins) for _what, a in answers if a.way == NO_JOIN)
    report.add(NAME, "new joins where none are wanted", figure=joins, limit=0)
    left = sum(a.missing > 0 for _what, a in answers)
    report.add(NAME, "answers that leave somebody short", figure=left, note=f"of {len(answers)}")


def stretches() -> tuple[Stretch, ...]:
    """The simulated community as the product's own register gives it."""
    world = world_of(FULL, seed=1)
    grids = sorted({c.grid_name for c in world.compounds})
    return tuple(
        Stretch(
            f"{grids.index(c.grid_name)}-{c.name}", b.name, s.name, b.x_metres, b.y_metres,
            s.floors, s.doors_per_floor, len(s.households),
        )
        for c in world.compounds for b in c.buildings for s in b.staircases if s.households
    )  # fmt: skip


def occasions(problem: Problem, parts: tuple[Part, ...], chances: random.Random) -> Iterator[Occasion]:
    """What breaks something: its kind, the register afterwards, and those who still live there."""
    kinds = ("building", "gone", "fewer", "more")
    while True:
        for kind in kinds:
            changed = _changed(kind, problem.stretches, chances)
            left = {(s.compound, s.building, s.unit): s.household_count for s in changed}
            present = []
            for part in parts:
                key = (part.compound, part.building, part.unit)
                homes = min(left.get(key, 0), part.household_count)
                if homes:
                    left[key] -= homes
                    present.append(replace(part, household_count=homes))
            after = replace(problem, stretches=changed)
            if broken(after, present):
                yield kind, after, tuple(present)


def _changed(kind: str, rows: tuple[Stretch, ...], chances: random.Random) -> tuple[Stretch, ...]:
    one = chances.choice(rows)
    if kind == "building":
        east, north = chances.uniform(-60, 60), chances.uniform(-60, 60)
        fresh = replace(
            one, building="新", unit="", x_metres=one.x_metres + east, y_metres=one.y_metres + north,
            floors=9, doors_per_floor=4, household_count=BUILDING,
        )  # fmt: skip
        return (*rows, fresh)
    if kind == "gone":
        return tuple(r for r in rows if (r.compound, r.building) != (one.compound, one.building))
    share = chances.uniform(0.3, 0.8) if kind == "fewer" else chances.uniform(1.2, 1.8)
    homes = max(1, round(one.household_count * share))
    return tuple(replace(r, household_count=homes) if r == one else r for r in rows)
