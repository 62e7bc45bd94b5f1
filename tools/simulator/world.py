"""The truth: yards, houses, staircases, doors and who lives behind them, out of parameters and a seed."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import Final

from tools.simulator.parameters import HOUSES, MARK, PHONE_HEAD, House, Parameters

_SURNAMES: Final = (
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任"
)
_FIRST: Final = "国秀建玉明桂志小晓永文素正淑光红春长天开世大兴朝定仕代"
_SECOND: Final = "兰英华芳平强珍军梅清蓉波贵琼林群全会碧容福伦美琴富书刚云凤"


@dataclass(frozen=True, slots=True)
class Household:
    """One door that is lived in."""

    floor: int
    number: int
    size: int
    name: str
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Staircase:
    """One unit (单元); its name is '' where the house has no other."""

    name: str
    floors: int
    doors_per_floor: int
    households: tuple[Household, ...]


@dataclass(frozen=True, slots=True)
class Building:
    """One house with the place of its middle in metres."""

    name: str
    x_metres: float
    y_metres: float
    staircases: tuple[Staircase, ...]


@dataclass(frozen=True, slots=True)
class Compound:
    """One yard (院子, 小区) in its official 网格."""

    name: str
    grid_name: str
    buildings: tuple[Building, ...]


@dataclass(frozen=True, slots=True)
class World:
    """The whole community as it is, before anybody writes it down."""

    compounds: tuple[Compound, ...]

    def households(self) -> Iterator[tuple[Compound, Building, Staircase, Household]]:
        """Every door in walking order."""
        for compound in self.compounds:
            for building in compound.buildings:
                for staircase in building.staircases:
                    for household in staircase.households:
                        yield compound, building, staircase, household

    def truth(self) -> str:
        """Everything as JSON: the same seed gives the same bytes."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)


def world_of(parameters: Parameters, *, seed: int) -> World:
    """Build the community. Chance comes from the seed alone."""
    chance = random.Random(seed)  # noqa: S311  # an invented place, no secret
    plans = [(name, HOUSES[kind], count) for name, kind, count in parameters.compounds]
    shells = _shells(plans)
    doors = _lived_in(shells, parameters, chance)
    spots = _laid_out(plans, shells, parameters, chance)
    people = _People(parameters, chance)
    compounds = []
    for index, (name, _house, _count) in enumerate(plans):
        buildings = []
        for place, shell in enumerate(shells[index]):
            x, y = spots[index][place]
            lived = doors[index][place]
            stairs = tuple(people.staircase(shell, unit, lived[unit]) for unit in range(shell.units))
            buildings.append(Building(str(place + 1), x, y, stairs))
        street = _street(index, len(plans), parameters)
        grid_name = f"青禾第{'一二三四五六七八九'[street]}网格"
        compounds.append(Compound(name, grid_name, tuple(buildings)))
    return World(tuple(compounds))


@dataclass(frozen=True, slots=True)
class _Shell:
    floors: int
    doors_per_floor: int
    units: int

    @property
    def doors(self) -> list[tuple[int, int]]:
        """(floor, number) of each door of one staircase."""
        numbers = range(1, self.doors_per_floor + 1)
        return [(floor, number) for floor in range(1, self.floors + 1) for number in numbers]


def _shells(plans: Sequence[tuple[str, House, int]]) -> list[list[_Shell]]:
    """Each kind of house goes round its own lists, so that no seed changes how many doors there are."""
    rounds: dict[House, Iterator[tuple[int, int, int]]] = {
        house: zip(cycle(house.floors), cycle(house.doors_per_floor), cycle(house.units), strict=False)
        for house in HOUSES.values()
    }
    return [[_Shell(*next(rounds[house])) for _ in range(count)] for _name, house, count in plans]


Doors = list[list[list[list[tuple[int, int]]]]]
"""compound -> building -> staircase -> its doors that are lived in."""


def _lived_in(shells: Sequence[Sequence[_Shell]], parameters: Parameters, chance: random.Random) -> Doors:
    """All doors but as many empty ones, by lot, as there are dwellings beyond the household count."""
    every = [
        (c, b, u, door)
        for c, buildings in enumerate(shells)
        for b, shell in enumerate(buildings)
        for u in range(shell.units)
        for door in shell.doors
    ]
    empty_count = len(every) - parameters.household_count
    if empty_count < 0:
        raise ValueError(f"{len(every)} dwellings cannot hold {parameters.household_count} households")
    empty = set(chance.sample(range(len(every)), empty_count))
    doors: Doors = [[[[] for _ in range(s.units)] for s in buildings] for buildings in shells]
    for index, (c, b, u, door) in enumerate(every):
        if index not in empty:
            doors[c][b][u].append(door)
    return doors


def _laid_out(
    plans: Sequence[tuple[str, House, int]],
    shells: Sequence[Sequence[_Shell]],
    parameters: Parameters,
    chance: random.Random,
) -> list[list[tuple[float, float]]]:
    """Yards side by side along the streets, houses in rows inside them, all turned a little."""
    spots: list[list[tuple[float, float]]] = []
    top = 0.0
    for street in range(parameters.streets):
        left, deepest = 0.0, 0.0
        for index in range(len(plans)):
            if _street(index, len(plans), parameters) != street:
                continue
            yard, wide, deep = _yard(plans[index][1], shells[index], parameters)
            spots.append([(left + x, top - y) for x, y in yard])
            left += wide + parameters.wall_gap
            deepest = max(deepest, deep)
        top -= deepest + parameters.street_width
    return [[_turned(x, y, parameters, chance) for x, y in yard] for yard in spots]


def _street(index: int, count: int, parameters: Parameters) -> int:
    """Along which street the compound stands, from 0; streets hold equally many, but for one."""
    return index * parameters.streets // count


def _yard(
    house: House, shells: Sequence[_Shell], parameters: Parameters
) -> tuple[list[tuple[float, float]], float, float]:
    """Middles of the houses from the yard's corner, and its width and depth in metres."""
    per_row = 1 if len(shells) <= 2 else 2 if len(shells) <= 6 else 3
    length = max(s.units for s in shells) * house.unit_metres
    step = length + parameters.house_gap
    margin = parameters.yard_margin
    middles = [
        (margin + length / 2 + (n % per_row) * step, margin + (n // per_row + 0.5) * house.row_metres)
        for n in range(len(shells))
    ]
    rows = math.ceil(len(shells) / per_row)
    return middles, 2 * margin + per_row * step - parameters.house_gap, 2 * margin + rows * house.row_metres


def _turned(x: float, y: float, parameters: Parameters, chance: random.Random) -> tuple[float, float]:
    """Nothing stands exactly where the drawing says, and no street runs due east."""
    jitter, angle = parameters.jitter, math.radians(parameters.street_degrees)
    x += chance.uniform(-jitter, jitter)
    y += chance.uniform(-jitter, jitter)
    return (
        round(x * math.cos(angle) - y * math.sin(angle), 1),
        round(x * math.sin(angle) + y * math.cos(angle), 1),
    )


class _People:
    """Invented people, each name marked, each phone used once."""

    def __init__(self, parameters: Parameters, chance: random.Random) -> None:
        self._parameters = parameters
        self._chance = chance
        self._phones = iter(chance.sample(range(10_000), 10_000))

    def staircase(self, shell: _Shell, unit: int, doors: Sequence[tuple[int, int]]) -> Staircase:
        """Everybody of one staircase."""
        households = tuple(self._household(floor, number) for floor, number in doors)
        name = str(unit + 1) if shell.units > 1 else ""
        return Staircase(name, shell.floors, shell.doors_per_floor, households)

    def _household(self, floor: int, number: int) -> Household:
        parameters, chance = self._parameters, self._chance
        sizes = range(1, len(parameters.size_shares) + 1)
        size = chance.choices(sizes, weights=parameters.size_shares)[0]
        lot = chance.random()
        is_two = lot > 1 - parameters.two_phones_share
        count = 0 if lot < parameters.phoneless_share else 2 if is_two else 1
        phones = tuple(f"{PHONE_HEAD}{next(self._phones):04d}" for _ in range(count))
        return Household(floor, number, size, invented_name(chance), phones)


def invented_name(chance: random.Random) -> str:
    """A name that nobody bears: 何秀兰（模拟）."""
    given = chance.choice(_FIRST) + chance.choice(_SECOND)
    return f"{chance.choice(_SURNAMES)}{given}{MARK}"
