"""What each row says: a door, how many live there, whom to reach, and whatever a person has to look at."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext as _

from xiaojia.domains.places.rules import (
    NOTHING,
    Address,
    floor_of,
    fold,
    is_ditto,
    read_address,
    read_compound,
    read_door,
    read_staircase,
    read_unit,
    twin_of,
)
from xiaojia.domains.registers.reading.persons import read_number, read_people, read_phones
from xiaojia.domains.registers.reading.values import Column, Doubt, RawRow, Understood
from xiaojia.domains.registers.rules import BUILDING, MOST_PERSONS

UNSOLVED = "=?"
"""What the child writes for a formula that nobody computed."""
_DATE = re.compile(r"\d{4}-(\d{2})-(\d{2})(?: .*)?|(\d{1,2})月(\d{1,2})日")
_VACANT = re.compile(r"空户|空置|空房|无人(?:居住)?|未入住|待定")
_NEVER_DATES = ("address", "building", "unit", "door", "household_size", "household_count", "floors")
_ERROR = re.compile(r"#(?:REF|N/A|NAME|VALUE|DIV/0|NUM|NULL|NAME\?)[!?]?")
_BARE_DOOR = re.compile(r"\d{1,2}[A-Z]?")
_TWO_NUMBERS = re.compile(r"\d{1,3}-\d{1,2}")
_LONGEST: Final = {"compound": 60, "building": 20, "unit": 20, "grid": 60, "place": 60}
"""What the tables of places hold."""
_WHOLE_DOOR = re.compile(r".*(?:栋|幢|号楼|座|单元|#).*|\d+-\d+-\d+.*")


def understand(
    columns: Sequence[Column], rows: Iterable[RawRow], *, kind: str, known_compounds: Collection[str] = ()
) -> Iterator[Understood]:
    """Each row in its turn, streaming; 同上 and cells left empty below their like are carried forward."""
    reader = _Reader([c for c in columns if not c.refused], known_compounds)
    for row in rows:
        yield reader.building(row) if kind == BUILDING else reader.household(row)


class _Reader:
    """Reads rows in order and remembers what the row above said."""

    def __init__(self, columns: Sequence[Column], known_compounds: Collection[str]) -> None:
        self._meant = [(i, c.meaning, c.heading) for i, c in enumerate(columns) if c.meaning]
        self._headings = {meaning: heading for _i, meaning, heading in self._meant}
        self._known = known_compounds
        self._above = Address()
        self._texts: dict[str, str] = {}
        self._compounds: set[str] = set()
        self._row = RawRow("", 0, ())
        self._cells: dict[str, str] = {}
        self._doubts: list[Doubt] = []

    def household(self, row: RawRow) -> Understood:
        self._start(row)
        address = self._address()
        if address.doubt:
            self._doubt("address", self._column_of_address(), address.doubt)
        self._above = replace(address, doubt="")
        size = self._number("household_size", most=MOST_PERSONS)
        floor = self._number("floor", most=99)
        return self._with_house(
            Understood(
                row,
                *(address.compound, address.building, address.unit, address.door),
                floor=floor if floor is not None else floor_of(address.door),
                size=size,
                contacts=self._contacts(),
                relation=self._cells.get("relation", ""),
            )
        )

    def building(self, row: RawRow) -> Understood:
        self._start(row)
        address = self._place_of_building()
        self._above = address
        count = self._number("household_count", most=20_000)
        if not count and "household_count" not in {d.code for d in self._doubts}:
            self._doubt("household_count", "household_count", _("没有写多少户；补上户数。"))
        place = (address.compound, address.building, address.unit, "")
        return self._with_house(Understood(row, *place, household_count=count or 0))

    def _with_house(self, found: Understood) -> Understood:
        """What a row of either kind may say about its house, and all doubts of the row."""
        x, y = self._metres("x"), self._metres("y")
        if (x is None) != (y is None):
            self._doubt("position", "x" if x is None else "y", _("坐标只有一半；补上另一半，或两格都空着。"))
            x = y = None
        grid, place = self._carried("grid"), self._carried("place")
        self._check_lengths(
            compound=found.compound, building=found.building, unit=found.unit, grid=grid, place=place
        )
        return replace(
            found,
            floors=self._number("floors", most=200) or 0,
            doors_per_floor=self._number("doors_per_floor", most=200) or 0,
            x_metres=x,
            y_metres=y,
            grid_name=grid,
            place=place,
            doubts=tuple(self._doubts),
        )

    def _start(self, row: RawRow) -> None:
        if row.sheet_name != self._row.sheet_name or row.number <= self._row.number:
            self._above, self._texts = Address(), {}
        self._row, self._doubts, self._cells = row, [], {}
        for i, meaning, _heading in self._meant:
            cell = row.cells[i]
            if cell == UNSOLVED or _ERROR.fullmatch(cell):
                self._doubt(
                    "formula", meaning, _("是公式，表里没有算好的数；在 Excel 里打开存一次，或写成数。")
                )
                cell = ""
            elif meaning in _NEVER_DATES and (day := _DATE.fullmatch(cell)):
                month, number = int(day[1] or day[3]), int(day[2] or day[4])
                self._doubt(
                    "date",
                    meaning,
                    _("被 Excel 变成了日期（%(cell)s），原来大概是 %(month)d-%(day)d；改成文字再写一遍。")
                    % {"cell": cell, "month": month, "day": number},
                )
                cell = ""
            before = self._cells.get(meaning, "")
            self._cells[meaning] = f"{before}、{cell}" if before and cell else before or cell

    def _doubt(self, code: str, meaning: str, what: str) -> None:
        heading = self._headings.get(meaning, "")
        where = _("第 %(row)d 行“%(column)s”") if heading else _("第 %(row)d 行")
        sentence = where % {"row": self._row.number, "column": heading} + what
        self._doubts.append(Doubt(code, heading, sentence))

    def _check_lengths(self, **texts: str) -> None:
        for meaning, text in texts.items():
            if len(text) > _LONGEST[meaning]:
                self._doubt(
                    "long",
                    meaning,
                    _("写了 %(count)d 个字，太长；写到 %(most)d 个字以内。")
                    % {"count": len(text), "most": _LONGEST[meaning]},
                )

    def _has_doubt(self, *meanings: str) -> bool:
        return any(d.column and d.column == self._headings.get(m) for d in self._doubts for m in meanings)

    def _column_of_address(self) -> str:
        return next((m for m in ("address", "door", "building", "compound") if m in self._headings), "")

    def _carried(self, meaning: str) -> str:
        """This cell, or the one above where it is empty or says 同上."""
        text = self._cells.get(meaning, "")
        if not text or is_ditto(text):
            return self._texts.get(meaning, "")
        self._texts[meaning] = text
        return text

    def _address(self) -> Address:
        text = self._cells.get("address", "")
        if "address" in self._headings and not (text == "" and self._has_doubt("address")):
            whole = self._from_text(text)
            if whole is not None:
                return whole
        return self._from_parts()

    def _from_text(self, text: str) -> Address | None:
        """The address column, completed by the other columns; None when they say it all themselves."""
        if not text:
            if self._cells.get("door"):
                return None
            if self._is_next_person():
                return self._above
        above = self._above if self._above.door else None
        found = read_address(text, known_compounds=self._known, previous=above)
        if found.doubt and not found.door and self._cells.get("door"):
            return None
        compound = found.compound or self._compound()
        beside, unit = read_staircase(self._carried("building"))
        building = found.building or beside
        unit = found.unit or unit or self._unit(building)
        doubt = "" if found.door and building and not found.building else found.doubt
        return self._complete(Address(compound, building, unit, found.door, doubt))

    def _complete(self, address: Address) -> Address:
        if address.doubt:
            return address
        if not address.compound:
            return replace(address, doubt=_("没有写是哪个小区；补上小区的名字。"))
        return address

    def _is_next_person(self) -> bool:
        """A person below the head of the household: the address stands in the row of the head."""
        relation = self._cells.get("relation", "")
        return "relation" in self._headings and bool(self._above.door) and relation not in ("户主", "本人")

    def _from_parts(self) -> Address:
        door_text = self._cells.get("door", "")
        if not door_text and not self._doubts and self._is_next_person():
            return self._above
        place = self._place()
        if is_ditto(door_text) and self._above.door:
            return replace(place, door=self._above.door)
        if self._has_doubt("door", "building", "unit", "address"):
            return replace(place, door=read_door(door_text))
        if not door_text or fold(door_text) in NOTHING:
            return replace(place, doubt=_("没有写门号；补上几楼几号。"))
        door = read_door(door_text)
        if not door or _WHOLE_DOOR.fullmatch(fold(door_text)):
            return self._from_whole_door(place, door_text)
        door = self._with_floor(door)
        if not place.building:
            return replace(place, door=door, doubt=_("没有写是哪一栋；补上栋号，平房院子写 1 栋。"))
        return self._complete(replace(place, door=door))

    def _with_floor(self, door: str) -> str:
        """A bare number beside a column of floors: 5楼, 1号 is "5-1"."""
        floor = read_number(self._cells.get("floor", "")) if _BARE_DOOR.fullmatch(door) else None
        return f"{floor}-{door}" if floor else door

    def _from_whole_door(self, place: Address, text: str) -> Address:
        """A door cell that repeats the building and the unit: 3-2-5-1."""
        whole = read_address(text, known_compounds=self._known)
        if whole.doubt and not whole.door:
            return replace(place, doubt=whole.doubt)
        for ours, theirs in (
            (place.compound, whole.compound),
            (place.building, whole.building),
            (place.unit, whole.unit),
        ):
            if ours and theirs and theirs not in (ours, twin_of(ours)):
                return replace(
                    place, doubt=_("写的是“%(text)s”，和旁边的栋号单元对不上；改成一样的。") % {"text": text}
                )
        found = Address(
            place.compound or whole.compound,
            place.building or whole.building,
            whole.unit or place.unit,
            whole.door,
        )
        if not found.building:
            return replace(found, doubt=whole.doubt)
        return self._complete(found)

    def _place(self) -> Address:
        """Compound, building and unit of this row; empty ones are those of the row above."""
        compound = self._compound()
        has_moved = compound != self._above.compound and bool(self._above.compound)
        text = self._cells.get("building", "")
        if text and not is_ditto(text):
            building, unit = self._staircase(text)
        else:
            building, unit = "" if has_moved else self._above.building, ""
        return Address(compound, building, unit or self._unit(building, has_moved=has_moved))

    def _staircase(self, text: str) -> tuple[str, str]:
        if _TWO_NUMBERS.fullmatch(fold(text)) and "单元" in self._headings["building"]:
            text = fold(text).replace("-", "栋")
        elif _TWO_NUMBERS.fullmatch(fold(text)):
            self._doubt("building", "building", _("写着“%(text)s”；写成“3栋2单元”这样。") % {"text": text})
            return "", ""
        return read_staircase(text)

    def _compound(self) -> str:
        """The compound of this row. 南园 after 南园小区 is a doubt: one place, or two?"""
        name = read_compound(self._carried("compound"), known_compounds=self._known)
        if name and name not in self._compounds and twin_of(name) in self._compounds:
            self._doubt(
                "compound",
                "compound",
                _("写着“%(name)s”，上面写过“%(twin)s”；是一处就写成一样的。")
                % {"name": name, "twin": twin_of(name)},
            )
        else:
            self._compounds.add(name)
        return name

    def _unit(self, building: str, *, has_moved: bool = False) -> str:
        text = self._cells.get("unit", "")
        if "unit" not in self._headings:
            return ""
        is_same = building == self._above.building and not has_moved
        if is_ditto(text):
            return self._above.unit if is_same else ""
        if text:
            unit = read_unit(text)
            if not unit and fold(text) not in NOTHING:
                self._doubt("unit", "unit", _("“%(text)s”读不出是几单元；写成数字。") % {"text": text})
            return unit
        if self._cells.get("building", "") and is_same and self._above.unit:
            self._doubt("unit", "unit", _("空着，上面同一栋写了单元；补上几单元。"))
            return ""
        return self._above.unit if is_same else ""

    def _place_of_building(self) -> Address:
        compound = self._compound()
        building, unit = read_staircase(self._cells.get("building", ""))
        if not building:
            self._doubt("building", "building", _("没有写是哪一栋；补上栋号。"))
        if not compound:
            self._doubt("compound", "compound", _("没有写是哪个小区；补上小区的名字。"))
        return Address(compound, building, unit or read_unit(self._cells.get("unit", "")))

    def _number(self, meaning: str, *, most: int) -> int | None:
        text = self._cells.get(meaning, "")
        if not text or text in NOTHING:
            return None
        number = read_number(text)
        if number is None or number > most:
            self._doubt(
                meaning,
                meaning,
                _("写着“%(text)s”，读不出是多少；写成一个不超过 %(most)d 的数。")
                % {"text": text, "most": most},
            )
            return None
        return number

    def _metres(self, meaning: str) -> float | None:
        text = self._cells.get(meaning, "")
        if not text:
            return None
        try:
            metres = float(text)
        except ValueError:
            metres = float("nan")
        if abs(metres) < 1e8:
            return metres
        self._doubt("position", meaning, _("写着“%(text)s”，不是米数；写成数字。") % {"text": text})
        return None

    def _contacts(self) -> tuple[tuple[str, str], ...]:
        meaning = "resident_name" if self._cells.get("resident_name") else "contact_name"
        text = self._cells.get(meaning, "")
        if _VACANT.fullmatch(text) or text in NOTHING:
            text = ""
        people, is_clear = read_people(text)
        if not is_clear:
            self._doubt(meaning, meaning, _("写着“%(text)s”，不像人名；只写姓名。") % {"text": text[:20]})
        phones, wrong = read_phones(self._cells.get("contact_phone", ""))
        if wrong:
            self._doubt(
                "contact_phone",
                "contact_phone",
                _("写着“%(text)s”，手机是 11 位、座机带区号；查一查再写。") % {"text": wrong},
            )
        return self._paired(people, phones)

    def _paired(self, people: list[tuple[str, str]], phones: list[str]) -> tuple[tuple[str, str], ...]:
        """Phones of their own column go to those who have none beside their name, in order."""
        beside = {phone for _name, phone in people}
        more = [phone for phone in phones if phone not in beside]
        contacts = [(name, phone or (more.pop(0) if more else "")) for name, phone in people]
        if not contacts and more:
            contacts = [("", more.pop(0))]
        if more:
            kept = next(phone for _name, phone in contacts if phone)
            self._doubt(
                "phones",
                "contact_phone",
                _("有 %(count)d 个电话，只留了第一个 %(phone)s；要换就改表再来。")
                % {"count": len(more) + sum(bool(phone) for _name, phone in contacts), "phone": kept},
            )
        return tuple(contacts)
