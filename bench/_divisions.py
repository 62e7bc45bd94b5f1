"""What the plan and its peers share: two inputs, their items, a plain sweep, and one way to measure."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from tools.blocks import stretches_of
from xiaojia.engines.partition import Description, Limits, Part, Places, Problem, Stretch, describe

TOWNS: Final = "hdb_blocks_dev.csv"
_FLOORS_A_BLOCK: Final = 3


@dataclass(frozen=True, slots=True)
class Item:
    """What nobody cuts further: a unit of at most 80 households, or some floors of a larger one."""

    stretch: Stretch
    floor_from: int
    floor_to: int

    @property
    def households(self) -> int:
        """Homes on its floors."""
        return self.stretch.homes_up_to(self.floor_to) - self.stretch.homes_up_to(self.floor_from - 1)

    @property
    def community(self) -> str:
        """The text before the first dash of its compound."""
        head, dash, _rest = self.stretch.compound.partition("-")
        return head if dash else ""


def data_folder() -> Path:
    """Where the public data would be; nothing of it is kept in the project."""
    return Path(os.environ.get("XIAOJIA_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@lru_cache(maxsize=1)
def community() -> Problem:
    """The simulated community of 4,200 households, as the product's register gives it."""
    from bench.rebalance import stretches

    return Problem(stretches())


@lru_cache(maxsize=1)
def towns() -> Problem | None:
    """Five real towns, one community a subzone; None when the public data is not here."""
    table = data_folder() / TOWNS
    return Problem(tuple(stretches_of(table))) if table.exists() else None


def items_of(problem: Problem) -> list[Item]:
    """Items in chain order: odd rows of a building run up, even rows down (design, engines A)."""
    chains: dict[tuple[str, str], list[Stretch]] = defaultdict(list)
    for stretch in problem.stretches:
        chains[stretch.compound, stretch.building].append(stretch)
    items = []
    for chain in chains.values():
        for place, stretch in enumerate(chain):
            blocks = list(_blocks(stretch, problem.limits))
            items += blocks[::-1] if place % 2 else blocks
    return items


def _blocks(stretch: Stretch, limits: Limits) -> Iterator[Item]:
    most = limits.most_households
    if stretch.household_count <= most:
        yield Item(stretch, 1, stretch.floors)
        return
    step = max(1, min(_FLOORS_A_BLOCK, most // stretch.most_homes_on_a_floor))
    for first in range(1, stretch.floors + 1, step):
        item = Item(stretch, first, min(first + step - 1, stretch.floors))
        if item.households:
            yield item


def sweep(items: Sequence[Item], limits: Limits) -> list[int]:
    """A micro-grid for each item: walk on, fill to 65, never above 80, never out of the community."""
    labels: list[int] = []
    label, size, place = 0, 0, None
    for item in items:
        is_full = size >= limits.best_households or size + item.households > limits.most_households
        if item.community != place or is_full:
            label, size, place = label + 1, 0, item.community
        size += item.households
        labels.append(label)
    return labels


def parts_of(items: Sequence[Item], labels: Sequence[int]) -> list[Part]:
    """Items with their labels as the engine's parts; floors that follow each other become one part.

    Floors where nobody lives go with the floors below them.
    """
    by_unit: dict[tuple[str, str, str], list[tuple[int, Item]]] = defaultdict(list)
    for label, item in zip(labels, items, strict=True):
        s = item.stretch
        by_unit[s.compound, s.building, s.unit].append((label, item))
    parts: list[Part] = []
    for (compound, building, unit), owned in by_unit.items():
        owned.sort(key=lambda pair: pair[1].floor_from)
        starts = [n for n, (label, _item) in enumerate(owned) if n == 0 or owned[n - 1][0] != label]
        for n, after in zip(starts, [*starts[1:], len(owned)], strict=True):
            stretch = owned[n][1].stretch
            low = owned[n][1].floor_from if n else 1
            high = owned[after][1].floor_from - 1 if after < len(owned) else stretch.floors
            homes = stretch.homes_up_to(high) - stretch.homes_up_to(low - 1)
            parts.append(Part(owned[n][0], compound, building, unit, low, high, homes))
    return parts


def share_in_range(found: Description) -> float:
    """Percent of micro-grids with 50 to 80 households."""
    return 100 * found.in_range / len(found.grids)


def floors_only(found: Description) -> bool:
    """Nothing above 80 but single floors that are that full."""
    return all("over_80" not in grid.codes for grid in found.grids.values())


def metres(places: Places, parts: Sequence[Part]) -> float:
    """Mean distance of a household's building to the middle building of its micro-grid, in metres."""
    members: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        members[part.microgrid].append(part)
    total = 0.0
    for mine in members.values():
        spots = {(p.compound, p.building) for p in mine}
        total += min(
            sum(p.household_count * places.metres((p.compound, p.building), centre) for p in mine)
            for centre in spots
        )
    return total / sum(p.household_count for p in parts)


def described(problem: Problem, items: Sequence[Item], labels: Sequence[int]) -> tuple[Description, float]:
    """Anybody's division measured as ours is: its description and its mean metres."""
    places, parts = Places(problem), parts_of(items, labels)
    return describe(places, parts), metres(places, parts)
