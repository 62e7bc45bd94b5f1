"""The people of the ugly workbooks. All of them are invented and carry the mark 模拟 in their name."""

from __future__ import annotations

import random
from dataclasses import dataclass

SURNAMES = "陈李王张刘周吴郑冯蒋沈韩杨朱秦许何吕施孔"
GIVEN = "安平华芳明秀英强丽军敏静杰娟涛艳勇兰刚燕"
COMPOUNDS = ("模拟南园小区", "模拟刘家院子", "模拟锦绣城")
GRID = "模拟第一网格"


@dataclass(frozen=True, slots=True)
class Household:
    """One household as it really is; the workbooks write it in many ways."""

    compound: str
    building: int
    unit: int
    floor: int
    number: int
    name: str
    phone: str
    size: int
    grid: str = GRID

    @property
    def door(self) -> str:
        return f"{self.floor}-{self.number}"

    def fields(self) -> dict[str, object]:
        """What a right reading of this household gives."""
        return {
            "compound": self.compound,
            "building": str(self.building),
            "unit": str(self.unit),
            "door": self.door,
            "floor": self.floor,
            "size": self.size,
            "contacts": [[self.name, self.phone]],
        }


def households(seed: int, *, compounds: tuple[str, ...] = COMPOUNDS) -> list[Household]:
    """Some sixty households in the order of their doors."""
    dice = random.Random(seed)  # noqa: S311  # invented data, nothing secret
    found = []
    for compound in compounds:
        for building in range(1, 3):
            for unit in range(1, 3):
                for floor in range(1, dice.randint(3, 4)):
                    for number in range(1, 3):
                        name = dice.choice(SURNAMES) + "模拟" + dice.choice(GIVEN)
                        phone = f"1380000{dice.randint(0, 9999):04d}"
                        found.append(
                            Household(
                                compound, building, unit, floor, number, name, phone, dice.randint(1, 6)
                            )
                        )
    return found
