"""The register as an office has it: a two-row head, merged cells, totals, 同上, five hands of addresses."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from tools.simulator.parameters import MARK, NAME, PHONE_HEAD, Parameters
from tools.simulator.world import Building, Compound, Household, Staircase, World

SHEET: Final = "住户台账"
HEAD: Final = (
    ("序号", ""),
    ("所属网格", ""),
    ("小区（院落）", ""),
    ("详细住址", ""),
    ("楼房情况", "总层数"),
    ("楼房情况", "每层户数"),
    ("户主信息", "姓 名"),
    ("户主信息", "联系电话"),
    ("户主信息", "民族"),
    ("家庭人口（人）", ""),
    ("坐标（米）", "X"),
    ("坐标（米）", "Y"),
    ("原表编号", ""),
    ("备注", ""),
)
"""(upper, lower) heading of each column; 民族 is a column that the product never reads (P15)."""
HIDDEN: Final = 12
FIRST_ROW: Final = 4
_FULL_WIDTH: Final = str.maketrans("0123456789-", "０１２３４５６７８９－")
_CREATED: Final = datetime(2026, 1, 1)  # noqa: DTZ001  # a workbook knows no zones; fixed for equal bytes


@dataclass(frozen=True, slots=True)
class Planted:
    """A row that a person has to look at. `is_lived_in`: somebody lives there who must not be lost."""

    row_number: int
    kind: str
    is_lived_in: bool


@dataclass(slots=True)
class Written:
    """What the workbook holds: rows of households, and the doubts planted among them."""

    row_count: int = 0
    planted: list[Planted] = field(default_factory=list)

    def truth(self, world: World) -> str:
        """The world and the planted doubts as JSON; the same seed gives the same bytes."""
        doubts = [asdict(p) for p in self.planted]
        extra = json.dumps({"rows": self.row_count, "planted": doubts}, indent=1, sort_keys=True)
        return f'{{"workbook": {extra},\n"world": {world.truth()}}}\n'


def write_workbook(path: Path, world: World, parameters: Parameters, *, seed: int) -> Written:
    """Write the ugly .xlsx; returns what stands in it."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"created": _CREATED, "title": NAME})
        _write_notes(book.add_worksheet("填表说明"))
        chance = random.Random(seed + 1)  # noqa: S311  # an invented place, no secret
        return _Register(book, world, parameters, chance).write()


def _write_notes(sheet: Any) -> None:
    """The sheet in front that every such workbook has and that holds no household."""
    for row, text in enumerate(
        (
            "填表说明",
            "1. 一户一行，住址写到门号。",
            "2. 各院落长负责自己的院子，月底交社区。",
            f"3. 本表是{MARK}",
        )
    ):
        sheet.write(row, 0, text)


class _Register:
    """One sheet in the making: the row below, the running number, and the hand of whoever fills it in."""

    def __init__(self, book: Any, world: World, parameters: Parameters, chance: random.Random) -> None:
        self._sheet = book.add_worksheet(SHEET)
        self._middle = book.add_format({"align": "center", "valign": "vcenter"})
        self._world = world
        self._parameters = parameters
        self._chance = chance
        self._row = FIRST_ROW
        self._serial = 0
        self._written = Written()
        self._lots = self._drawn()

    def write(self) -> Written:
        """The whole sheet, top to bottom."""
        self._write_head()
        for index, compound in enumerate(self._world.compounds):
            if index and index * 2 == len(self._world.compounds):
                self._write_lower_head(self._row)
                self._row += 1
            self._write_compound(index, compound)
        households = [h for _c, _b, _s, h in self._world.households()]
        self._write_total("合计", households)
        self._sheet.set_column(HIDDEN, HIDDEN, 10, None, {"hidden": True})
        self._sheet.freeze_panes(FIRST_ROW, 0)
        return self._written

    def _write_head(self) -> None:
        title = f"{NAME}住户基本情况台账"
        self._sheet.merge_range(0, 0, 0, len(HEAD) - 1, title, self._middle)
        self._sheet.write(1, 0, "数据都是模拟的，人名、电话、住址没有一个是真的")
        for column, (upper, lower) in enumerate(HEAD):
            if not lower:
                self._sheet.merge_range(2, column, 3, column, upper, self._middle)
        for upper in dict.fromkeys(u for u, lower in HEAD if lower):
            columns = [c for c, head in enumerate(HEAD) if head[0] == upper]
            self._sheet.merge_range(2, columns[0], 2, columns[-1], upper, self._middle)
        for column, (_upper, lower) in enumerate(HEAD):
            if lower:
                self._sheet.write(3, column, lower)

    def _write_lower_head(self, row: int) -> None:
        """Somebody pasted two sheets together, head and all."""
        for column, (upper, lower) in enumerate(HEAD):
            self._sheet.write(row, column, lower or upper)

    def _write_compound(self, index: int, compound: Compound) -> None:
        first = self._row
        hand = _HANDS[index % len(_HANDS)]
        for building in compound.buildings:
            for staircase in building.staircases:
                for household in staircase.households:
                    self._write_household(_Line(compound, building, staircase, household, hand))
        style = index % 3
        if style == 0:
            self._sheet.merge_range(first, 2, self._row - 1, 2, compound.name, self._middle)
        for row in range(first, self._row):
            is_first = row == first
            self._sheet.write(row, 1, compound.grid_name if is_first or style == 2 else "同上")
            if style:
                self._sheet.write(row, 2, compound.name if is_first or style == 2 else "同上")
        self._write_total("小计", [h for b in compound.buildings for s in b.staircases for h in s.households])

    def _write_household(self, line: _Line) -> None:
        planted = self._lots.get(self._serial)
        cells = self._cells(line)
        if planted == "phone":
            cells[7] = f"{PHONE_HEAD}123"
        elif planted == "size":
            cells[9] = "一家人"
        self._write_cells(cells)
        if planted in {"phone", "size"}:
            self._written.planted.append(Planted(self._row, planted, True))
        elif planted is not None:
            self._write_stray(planted, cells)
        if len(line.household.phones) > 1:
            self._written.planted.append(Planted(self._row, "two_phones", True))

    def _write_stray(self, kind: str, cells: list[Any]) -> None:
        """A row that is nobody's door: the register has it all the same."""
        stray = list(cells)
        if kind == "unreadable":
            stray[3] = "后门棚子"
        elif kind == "date":
            stray[3] = "5月1日"
        stray[6], stray[7] = f"问{MARK}", ""
        self._write_cells(stray)
        self._written.planted.append(Planted(self._row, kind, False))

    def _cells(self, line: _Line) -> list[Any]:
        household = line.household
        return [
            self._serial,
            "",
            "",
            line.address(),
            line.staircase.floors,
            line.staircase.doors_per_floor,
            household.name,
            self._phone(household.phones),
            "汉族",
            self._size(household.size),
            line.building.x_metres,
            line.building.y_metres,
            f"QH{self._serial:05d}",
            "",
        ]

    def _phone(self, phones: Sequence[str]) -> Any:
        """Excel makes numbers of phones; some people keep them apart with blanks."""
        if len(phones) > 1:
            return "/".join(phones)
        if not phones:
            return ""
        phone = phones[0]
        if self._chance.random() < self._parameters.text_phone_share:
            return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
        return int(phone)

    def _size(self, size: int) -> Any:
        return f"{size}人" if self._chance.random() < self._parameters.text_size_share else size

    def _write_cells(self, cells: list[Any]) -> None:
        self._serial += 1
        cells[0] = self._serial
        for column, cell in enumerate(cells):
            if cell != "":
                self._sheet.write(self._row, column, cell)
        self._row += 1
        self._written.row_count += 1

    def _write_total(self, word: str, households: Sequence[Household]) -> None:
        self._sheet.write(self._row, 2, word)
        self._sheet.write(self._row, 3, f"{len(households)}户")
        self._sheet.write(self._row, 9, sum(h.size for h in households))
        self._row += 1

    def _drawn(self) -> dict[int, str]:
        """Which running numbers carry which doubt. Households with two phones are doubts of their own."""
        plain = [n for n, (_c, _b, _s, h) in enumerate(self._world.households()) if len(h.phones) == 1]
        kinds = ("phone", "size", "twice", "unreadable", "date")
        wanted = [kind for kind in kinds for _ in range(self._parameters.doubtful_rows)]
        numbers = sorted(self._chance.sample(plain[: -len(wanted)], len(wanted)))
        self._chance.shuffle(wanted)
        # A stray row moves all later running numbers on by one.
        return dict(self._moved(numbers, wanted))

    @staticmethod
    def _moved(numbers: Sequence[int], kinds: Sequence[str]) -> Iterator[tuple[int, str]]:
        strays = 0
        for number, kind in zip(numbers, kinds, strict=True):
            yield number + strays, kind
            strays += kind not in {"phone", "size"}


@dataclass(frozen=True, slots=True)
class _Line:
    compound: Compound
    building: Building
    staircase: Staircase
    household: Household
    hand: tuple[str, str]

    def address(self) -> str:
        """The door in the hand of this yard; staircases without a name have a shorter form."""
        with_unit, without = self.hand
        pattern = with_unit if self.staircase.name else without
        text = pattern.format(
            b=self.building.name,
            u=self.staircase.name,
            f=self.household.floor,
            n=self.household.number,
            r=f"{self.household.floor}{self.household.number:02d}",
        )
        return text.translate(_FULL_WIDTH) if pattern.startswith("{b}幢") else text


_HANDS: Final = (
    ("{b}栋{u}单元{f}-{n}", "{b}栋{f}-{n}"),
    ("{b}-{u}-{f}-{n}", "{b}-{r}"),
    ("{b}#{u}-{f}-{n}", "{b}#{f}-{n}"),
    ("{b}幢{u}单元{f}-{n}", "{b}幢{f}-{n}"),
    ("{b}号楼{u}单元{r}室", "{b}号楼{r}室"),
)
"""How five people write the same door: with a staircase, and without one."""
