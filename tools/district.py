"""A synthetic district as input of `xiaojia plan`: sixty invented communities, 250,000 households.

    python -m tools.district OUT.csv [--households 250000] [--seed 1]

Each community is one of the simulator's, with its own yards in its own order; nobody in it is real.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tools.blocks import write_plan_input
from tools.simulator.parameters import FULL, HOUSES, Parameters
from tools.simulator.world import World, world_of
from xiaojia.engines.partition import Stretch

_SMALLEST, _LARGEST = 24, 40
_LIVED_IN = 0.93


def stretches_of(world: World, community: str) -> Iterator[Stretch]:
    """The staircases of an invented community; `community` stands before each compound's name."""
    for compound in world.compounds:
        for building in compound.buildings:
            for stairs in building.staircases:
                if stairs.households:
                    yield Stretch(
                        f"{community}-{compound.name}", building.name, stairs.name,
                        building.x_metres, building.y_metres,
                        stairs.floors, stairs.doors_per_floor, len(stairs.households),
                    )  # fmt: skip


def district(*, seed: int, household_count: int = 250_000) -> Iterator[Stretch]:
    """Communities of about 3,000 to 5,500 households until there are exactly so many."""
    chance = random.Random(seed)  # noqa: S311  # an invented place, no secret
    number, left = 0, household_count
    while left > 0:
        number += 1
        parameters = _community(chance, left)
        left -= parameters.household_count
        yield from stretches_of(world_of(parameters, seed=seed * 1_000 + number), f"{number:03d}")


def _community(chance: random.Random, left: int) -> Parameters:
    """Yards of the simulator's kinds, drawn with their usual sizes; not more households than are left."""
    kinds = [(kind, count) for _name, kind, count in FULL.compounds]
    count = chance.randint(_SMALLEST, _LARGEST)
    drawn = [(f"{n + 1:02d}院", *chance.choice(kinds)) for n in range(count)]
    homes = round(_dwellings(drawn) * _LIVED_IN)
    return replace(
        FULL, compounds=tuple(drawn), household_count=min(homes, left), streets=chance.randint(4, 7)
    )


def _dwellings(compounds: Sequence[tuple[str, str, int]]) -> int:
    """All doors; each kind of house goes round its lists, as in the simulator."""
    built: dict[str, int] = {}
    total = 0
    for _name, kind, count in compounds:
        house = HOUSES[kind]
        for n in range(built.get(kind, 0), built.get(kind, 0) + count):
            floors = house.floors[n % len(house.floors)]
            doors = house.doors_per_floor[n % len(house.doors_per_floor)]
            total += floors * doors * house.units[n % len(house.units)]
        built[kind] = built.get(kind, 0) + count
    return total


def main(argv: Sequence[str] | None = None) -> int:
    """Write one district."""
    parser = argparse.ArgumentParser(prog="python -m tools.district", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT.csv")
    parser.add_argument("--households", type=int, default=250_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    write_plan_input(options.out, district(seed=options.seed, household_count=options.households))
    return 0


if __name__ == "__main__":
    sys.exit(main())
