"""Every number that the simulated community is made of. Nobody and nothing here is real.

Houses are shaped like those of the old quarters of Chongqing; shares are rough guesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CODE: Final = "999999001001"
NAME: Final = "青禾社区（模拟）"
MARK: Final = "（模拟）"
"""Stands behind every invented name, so that nobody takes it for real, on any sheet and in any list."""

PHONE_HEAD: Final = "1540000"
"""154 is given to no operator: the phones are well-formed and reach nobody."""
SEAT_PHONE_HEAD: Final = "1540001"
"""The phones of people who serve."""


@dataclass(frozen=True, slots=True)
class House:
    """One way of building: what a staircase holds, how long and how far apart such houses stand."""

    floors: tuple[int, ...]
    doors_per_floor: tuple[int, ...]
    units: tuple[int, ...]
    unit_metres: float
    row_metres: float


HOUSES: Final = {
    # 单位院子, 1970s-80s: brick, six or seven floors, two doors a landing, two or three staircases.
    "works": House((6, 7, 6, 7, 7), (2, 2, 3), (2, 3, 2, 2), 15.0, 24.0),
    # 步梯楼, 1990s: seven or eight floors, three doors a landing.
    "stairs": House((7, 8, 8), (3,), (2, 2, 3, 2), 17.0, 27.0),
    # 小院: three to five floors, one or two staircases; such a yard rarely fills a micro-grid of its own.
    "yard": House((3, 4, 5), (2, 3), (1, 1, 2, 1), 13.0, 20.0),
    # 电梯楼: eleven floors, one staircase or two.
    "lift": House((11,), (4,), (2, 1), 20.0, 34.0),
    # 高层: one staircase of more than 80 households, the only kind that may be cut, and only by floors.
    "tower": House((28,), (4,), (1,), 26.0, 44.0),
}

COMPOUNDS: Final = (
    # name, kind of house, number of buildings; in walking order, so that neighbours stand side by side.
    ("青禾苑", "stairs", 4),
    ("老粮站院", "works", 4),
    ("柏树院子", "yard", 4),
    ("丝厂一院", "works", 5),
    ("丝厂二院", "works", 4),
    ("半坡小院", "yard", 3),
    ("供销社院", "works", 3),
    ("石板坡院", "stairs", 3),
    ("黄葛小区", "lift", 2),
    ("东井院子", "yard", 5),
    ("邮电院", "works", 3),
    ("农机厂院", "works", 6),
    ("晒谷坪院", "yard", 4),
    ("五金厂院", "stairs", 4),
    ("南坡苑", "stairs", 4),
    ("水井湾院", "yard", 4),
    ("教师新村", "stairs", 5),
    ("竹林院子", "yard", 4),
    ("运输队院", "works", 4),
    ("百货院", "works", 2),
    ("梨树湾", "stairs", 3),
    ("望江台", "tower", 2),
    ("榨油房院", "yard", 4),
    ("建材厂院", "stairs", 5),
    ("青禾新苑", "lift", 3),
    ("电影院后院", "works", 3),
    ("桂花坪", "stairs", 4),
    ("砖瓦厂院", "works", 5),
    ("豆腐巷院", "yard", 4),
    ("轴承厂院", "works", 4),
    ("北桥苑", "stairs", 3),
    ("印刷厂院", "works", 3),
)


@dataclass(frozen=True, slots=True)
class Parameters:
    """One community. The household count is exact; dwellings beyond it stand empty, spread by chance."""

    compounds: tuple[tuple[str, str, int], ...] = COMPOUNDS
    household_count: int = 4_200
    # Streets run one above the other, each with so many compounds along it, which are one official 网格.
    streets: int = 6
    # Metres: end to end of two houses, outer houses to the wall, wall to wall, street.
    house_gap: float = 9.0
    yard_margin: float = 9.0
    wall_gap: float = 3.0
    street_width: float = 14.0
    # Nothing was built with a ruler, and no street runs due east.
    jitter: float = 2.5
    street_degrees: float = 9.0
    # Households of 1, 2, 3 ... people: about 2.5 on average, 10,500 people in 4,200 households.
    size_shares: tuple[float, ...] = (0.22, 0.34, 0.25, 0.12, 0.05, 0.02)
    # Households that left no phone, and those that left a second one.
    phoneless_share: float = 0.04
    two_phones_share: float = 0.004
    # Rows that a person has to look at, spread over the sheet, and how many of each kind.
    doubtful_rows: int = 3
    # The kinds of ugliness, by share of rows.
    text_phone_share: float = 0.25
    text_size_share: float = 0.1


FULL: Final = Parameters()

SMALL: Final = Parameters(
    compounds=(
        ("青禾苑", "stairs", 3),
        ("老粮站院", "works", 3),
        ("柏树院子", "yard", 3),
        ("望江台", "tower", 1),
    ),
    household_count=390,
    streets=2,
    doubtful_rows=1,
)
"""Six micro-grids: for tests."""
