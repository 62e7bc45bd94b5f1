"""What a workbook says of each home, held against what stands: plain values in, verdicts out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaojia.domains.places.queries import UnitPlace
from xiaojia.domains.registers.actions.homes import Home, doubt_of
from xiaojia.domains.registers.actions.moving import call_out_moves
from xiaojia.domains.registers.models import Registerrow
from xiaojia.domains.registers.queries import Community, Door, Present
from xiaojia.domains.registers.reading import Understood
from xiaojia.domains.registers.rules import BUILDING, HOUSEHOLD
from xiaojia.kernel.secrets import blind_index

V = Registerrow.Verdict

COLLISION: Final = "collision"
LONGEST: Final = {"compound": 60, "building": 20, "unit": 20, "door": 20}
LONGEST_NAME: Final = 40
MOST_DWELLINGS: Final = 2_000


def homes_of(
    found: Iterable[tuple[int, Understood]], *, kind: str, has_persons: bool, place: str
) -> list[Home]:
    """Homes in the order of the workbook; several rows of one door become one home or a doubt."""
    homes: list[Home] = []
    by_door: dict[Door, list[Home]] = defaultdict(list)
    for row_id, said in found:
        home = _home(row_id, said)
        homes.append(home)
        if place and said.place != place:
            home.verdict = V.ASIDE
            home.doubts = [doubt_of("place", _("这一行是“%(place)s”的。") % {"place": said.place or "?"})]
        elif kind == BUILDING and not said.household_count and said.building and not said.doubts:
            home.verdict = V.ASIDE
            home.doubts = [doubt_of("empty", _("这栋没有住户，先不收。"))]
        elif home.values["building"] and (home.values["door"] or kind == BUILDING):
            by_door[home.door].append(home)
    for same in by_door.values():
        if len(same) > 1:
            _settle_same_door(same, has_persons)
    return homes


def _home(row_id: int, said: Understood) -> Home:
    values: dict[str, Any] = {
        "compound": said.compound,
        "building": said.building,
        "unit": said.unit,
        "door": said.door,
        "floor": said.floor,
        "size": said.size,
        "contacts": [[name, phone] for name, phone in said.contacts],
        "relation": said.relation,
        "grid": said.grid_name[:60],
        "dwellings": said.household_count,
        "floors": said.floors,
        "doors_per_floor": said.doors_per_floor,
        "x": said.x_metres,
        "y": said.y_metres,
    }
    home = Home(row_id, said.row.number, values, [asdict(doubt) for doubt in said.doubts])
    for name, longest in LONGEST.items():
        if len(values[name]) > longest:
            home.doubts.append(
                doubt_of("long", _("“%(text)s”太长了，不像一个地址。") % {"text": values[name]})
            )
            values[name] = ""
    if any(len(name) > LONGEST_NAME for name, _phone in said.contacts):
        home.doubts.append(doubt_of("long", _("姓名太长了，先不收姓名。")))
        values["contacts"] = []
    if said.household_count > MOST_DWELLINGS:
        home.doubts.append(
            doubt_of("many", _("一栋 %(n)d 户，多得不像；看看是不是抄错了。") % {"n": said.household_count})
        )
        values["dwellings"] = 0
    return home


def _settle_same_door(same: Sequence[Home], has_persons: bool) -> None:
    """Persons of one door are one household; rows that say the same are one; others are a doubt."""
    first = same[0]
    if has_persons:
        _fold_persons(first, same[1:])
        return
    told = [home for home in same if _content(home) != _content(first)]
    if not told:
        for home in same[1:]:
            _fold(first, home)
        return
    rows = "、".join(str(home.number) for home in same[:6])
    sentence = _("第 %(rows)s 行写的是同一户；留一行，别的不收。") % {"rows": rows}
    for home in same:
        home.doubts.append(doubt_of(COLLISION, sentence))


def _content(home: Home) -> dict[str, Any]:
    return {name: value for name, value in home.values.items() if name != "relation"}


def _fold(speaker: Home, home: Home) -> None:
    home.verdict = V.FOLDED
    home.doubts = [doubt_of("folded", _("和第 %(row)d 行是一户，一起算。") % {"row": speaker.number})]
    speaker.member_ids.append(home.row_id)


def _fold_persons(first: Home, others: Sequence[Home]) -> None:
    """The head speaks for the household (or the first who has a name); all rows count as members."""
    rows = [first, *others]
    head = next((h for h in rows if "户主" in h.values["relation"] or h.values["relation"] == "本人"), None)
    speaker = head or next((h for h in rows if h.values["contacts"]), first)
    sizes = [h.values["size"] for h in rows if h.values["size"]]
    first.values["contacts"] = speaker.values["contacts"][:1]
    first.values["size"] = max(sizes) if sizes else len(rows)
    for home in others:
        first.doubts += home.doubts
        _fold(first, home)


def judge(homes: Iterable[Home], community: Community, *, kind: str, as_of_on: date) -> None:
    """Give every home that has none yet its verdict, and say what changes.

    Of a household that is known better nothing is taken, whatever the row says.
    """
    homes = list(homes)
    houses = _Houses(community)
    for home in homes:
        if home.verdict != V.UNCHECKED:
            continue
        if kind == BUILDING:
            _judge_unit(home, community, as_of_on)
        else:
            _judge_household(home, community, houses, as_of_on)
    if kind != BUILDING:
        call_out_moves(homes, community)
    for home in homes:
        if home.doubts and home.verdict in (V.NEW, V.CHANGED, V.SAME):
            home.verdict = V.DOUBTFUL


class _Houses:
    """What rows of households say of their house is told once a house, by the first row that says it."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._told: set[tuple[str, ...]] = set()

    def changes(self, home: Home) -> Iterator[list[str]]:
        """Differences of the house that no row before told."""
        place = self._community.units.get(home.door[:3])
        if place is None:
            return
        grid = home.values["grid"]
        found = list(_place_changes(home.values, place))
        if grid and grid != place.grid_name:
            found.append([_("网格"), place.grid_name, grid])
        for change in found:
            key = (*home.door[:3], *change)
            if key not in self._told:
                self._told.add(key)
                yield change


def _judge_household(home: Home, community: Community, houses: _Houses, as_of_on: date) -> None:
    present = community.by_door.get(home.door)
    if present is None:
        home.verdict = V.NEW
        spoken_on = community.spoken_on.get((*home.door[:2], HOUSEHOLD))
        if spoken_on is not None and spoken_on > as_of_on:
            sentence = _("%(date)s 的表里没有这一户；现在真有人住才收。")
            home.doubts.append(doubt_of("ended", sentence % {"date": spoken_on.isoformat()}))
        return
    home.household_id = present.household_id
    if present.as_of_on > as_of_on:
        home.verdict = V.OLDER
        return
    size = home.values["size"]
    if size is not None and size != present.size:
        home.changes.append([_("几口人"), _written(present.size), _written(size)])
    home.changes += _contact_changes(home.values["contacts"], present)
    if present.is_counted:
        home.changes.append([_("门号"), _("照户数编的"), home.values["door"]])
    if home.values["floor"] and not present.floor:
        home.changes.append([_("在几楼"), "", _written(home.values["floor"])])
    home.changes += houses.changes(home)
    home.verdict = V.CHANGED if home.changes else V.SAME


def _contact_changes(contacts: Sequence[Sequence[str]], present: Present) -> Iterator[list[str]]:
    if not contacts:
        return
    before = dict(present.contacts)
    names = [name for name, _phone in contacts]
    if set(names) != set(before):
        yield [_("联系人"), "、".join(before), "、".join(names)]
    for name, phone in contacts:
        if phone and name in before and before[name] != blind_index(phone, purpose="phone"):
            yield [_("电话"), _("另一个号码") if before[name] else "", phone]


def _written(number: int | None) -> str:
    return "" if number is None else str(number)


def _judge_unit(home: Home, community: Community, as_of_on: date) -> None:
    """A building's row speaks of a number of dwellings; doors that a register named stay as they are."""
    unit = home.door[:3]
    doors = [community.by_door[door] for door in community.doors_of.get(unit, ())]
    place = community.units.get(unit)
    if place is None or not doors:
        home.verdict = V.NEW
        return
    if max(door.as_of_on for door in doors) > as_of_on:
        home.verdict = V.OLDER
        return
    if not all(door.is_counted for door in doors):
        home.values["dwellings"] = 0
    elif len(doors) != home.values["dwellings"]:
        home.changes.append([_("户数"), str(len(doors)), str(home.values["dwellings"])])
    home.changes += _place_changes(home.values, place)
    home.verdict = V.CHANGED if home.changes else V.SAME


def _place_changes(values: dict[str, Any], place: UnitPlace) -> Iterator[list[str]]:
    for name, word, before in (
        ("floors", _("层数"), place.floors),
        ("doors_per_floor", _("每层户数"), place.doors_per_floor),
    ):
        if values[name] and values[name] != before:
            yield [word, _written(before or None), str(values[name])]
    at = (values["x"], values["y"])
    if None not in at and at != (place.x_metres, place.y_metres) and place.position_source != "dragged":
        yield [_("位置"), "", _("照这份表")]


def missing(homes: Sequence[Home], community: Community, *, as_of_on: date) -> list[tuple[Door, Present]]:
    """Households of the buildings that the workbook speaks of and that it does not name."""
    named = {home.door for home in homes if home.verdict != V.ASIDE}
    buildings = {door[:2] for door in named if door[1]}
    return [
        (door, present)
        for door, present in community.by_door.items()
        if door[:2] in buildings and door not in named and present.as_of_on <= as_of_on
    ]


def unspoken_buildings(homes: Sequence[Home], community: Community) -> list[str]:
    """Buildings with households that the workbook says nothing about; they stay as they are."""
    named = {home.door[:2] for home in homes if home.verdict != V.ASIDE}
    return [
        f"{door[0]} {door[1]}"
        for door in dict.fromkeys(d[:2] for d in community.by_door)
        if door not in named
    ]
