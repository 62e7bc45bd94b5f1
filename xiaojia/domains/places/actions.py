"""Writes of places: communities, divisions, and the buildings of a community."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.places.access import MAY, visible_buildings
from xiaojia.domains.places.models import Building, Community, Compound, Division, Unit
from xiaojia.domains.places.rules import Crossing, sort_key
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One unit as a register names it; zeros and None mean that the register does not say."""

    compound: str
    building: str
    unit: str
    floors: int = 0
    doors_per_floor: int = 0
    x_metres: float | None = None
    y_metres: float | None = None
    grid_name: str = ""


@dataclass(frozen=True, slots=True)
class Crossed:
    """Old id -> new id of what was laid anew on the other side of a border."""

    compounds: dict[int, int]
    buildings: dict[int, int]
    units: dict[int, int]


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """One division of a published table: 12-digit codes, one of `Division.Level`, no parent at the top."""

    code: str
    name: str
    level: str
    parent_code: str


@transaction.atomic
def add_community(*, code: str, name: str, on: date, is_simulated: bool = False) -> Community:
    """Open a community in this installation (a command of the operator, not of a desk)."""
    if not (len(code) == 12 and code.isdigit()):
        raise Refused(
            _("社区“%(name)s”没有建，因为代码要 12 位数字；照统计用区划代码抄一遍再来。") % {"name": name}
        )
    if Community.objects.filter(code=code).exists():
        raise Refused(_("社区没有再建一次，因为代码 %(code)s 已经有了；直接用它就行。") % {"code": code})
    return Community.objects.create(code=code, name=name, is_simulated=is_simulated, valid_from_on=on)


@transaction.atomic
def load_divisions(rows: Iterable[DivisionRow], *, as_of_on: date) -> dict[str, int]:
    """Bring the division tree to the state of `rows`; renamed ones are closed the day before and reopened.

    Divisions that the file does not name stay as they are: files come district by district.
    Returns counts: new, renamed, same.
    """
    current = {d.code: d for d in Division.objects.filter(valid_until_on__isnull=True)}
    counts = {"new": 0, "renamed": 0, "same": 0}
    for row in sorted(rows, key=lambda r: (len(r.code.rstrip("0")), r.code)):
        known = current.get(row.code)
        if known is not None and known.name == row.name:
            counts["same"] += 1
            continue
        if known is not None:
            if known.valid_from_on >= as_of_on:
                raise Refused(
                    _("区划没有更新，因为 %(code)s 在 %(day)s 的表里更新；请用更新的文件。")
                    % {"code": row.code, "day": known.valid_from_on}
                )
            known.valid_until_on = as_of_on
            known.save(update_fields=["valid_until_on"])
        counts["renamed" if known is not None else "new"] += 1
        current[row.code] = Division.objects.create(
            code=row.code,
            name=row.name,
            level=row.level,
            parent=current.get(row.parent_code),
            valid_from_on=as_of_on,
        )
        if known is not None:
            Division.objects.filter(parent=known, valid_until_on__isnull=True).update(
                parent=current[row.code]
            )
    return counts


@transaction.atomic
def lay_places(*, by: Actor, at: datetime, rows: Sequence[PlaceRow]) -> list[int]:
    """Make sure every compound, building and unit of `rows` exists; returns unit ids in the order of `rows`.

    Known ones keep what they have; floors, doors per floor and positions are taken over when the row
    names them, except a position that somebody dragged by hand. Three set-based statements, any size.
    Leaves no audit row of its own: the caller's action does.
    """
    require(MAY, "lay_places", by, by.community_id)
    compounds = _lay_compounds(by.community_id, rows)
    buildings = _lay_buildings(by.community_id, rows, compounds)
    units = _lay_units(by.community_id, rows, compounds, buildings)
    return [units[buildings[compounds[r.compound], r.building], r.unit] for r in rows]


def _lay_compounds(community_id: int, rows: Sequence[PlaceRow]) -> dict[str, int]:
    grids = {r.compound: r.grid_name for r in rows}
    names = sorted(grids, key=sort_key)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO places_compound AS c (community_id, name, sort_key, grid_name)"
            " SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[])"
            " ON CONFLICT (community_id, name) WHERE until_on IS NULL DO UPDATE SET grid_name ="
            " COALESCE(NULLIF(EXCLUDED.grid_name, ''), c.grid_name) RETURNING name, id",
            [community_id, names, [sort_key(n)[:200] for n in names], [grids[n] for n in names]],
        )
        return dict(cursor.fetchall())


def _lay_buildings(
    community_id: int, rows: Sequence[PlaceRow], compounds: dict[str, int]
) -> dict[tuple[int, str], int]:
    known: dict[tuple[int, str], PlaceRow] = {}
    for row in rows:
        key = (compounds[row.compound], row.building)
        if key not in known or known[key].x_metres is None:
            known[key] = row
    keys = list(known)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO places_building AS b"
            " (community_id, compound_id, name, sort_key, x_metres, y_metres, position_source)"
            " SELECT %s, u.*, CASE WHEN u.x IS NULL THEN 'sketch' ELSE 'register' END"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::float8[], %s::float8[])"
            " AS u(compound_id, name, sort_key, x, y)"
            " ON CONFLICT (compound_id, name) DO UPDATE SET"
            " x_metres = CASE WHEN b.position_source = 'dragged' OR EXCLUDED.x_metres IS NULL"
            "   THEN b.x_metres ELSE EXCLUDED.x_metres END,"
            " y_metres = CASE WHEN b.position_source = 'dragged' OR EXCLUDED.y_metres IS NULL"
            "   THEN b.y_metres ELSE EXCLUDED.y_metres END,"
            " position_source = CASE WHEN b.position_source = 'dragged' OR EXCLUDED.x_metres IS NULL"
            "   THEN b.position_source ELSE 'register' END"
            " RETURNING compound_id, name, id",
            [
                community_id,
                [k[0] for k in keys],
                [k[1] for k in keys],
                [sort_key(k[1])[:80] for k in keys],
                [known[k].x_metres for k in keys],
                [known[k].y_metres for k in keys],
            ],
        )
        return {(compound_id, name): pk for compound_id, name, pk in cursor.fetchall()}


def _lay_units(
    community_id: int,
    rows: Sequence[PlaceRow],
    compounds: dict[str, int],
    buildings: dict[tuple[int, str], int],
) -> dict[tuple[int, str], int]:
    known: dict[tuple[int, str], tuple[int, int]] = {}
    for row in rows:
        key = (buildings[compounds[row.compound], row.building], row.unit)
        floors, doors = known.get(key, (0, 0))
        known[key] = (max(floors, row.floors), max(doors, row.doors_per_floor))
    keys = sorted(known, key=lambda k: (k[0], sort_key(k[1])))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO places_unit AS t (community_id, building_id, name, ordinal, floors, doors_per_floor)"
            " SELECT %s, u.building_id, u.name, 0, u.floors, u.doors"
            " FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::int[])"
            " AS u(building_id, name, floors, doors)"
            " ON CONFLICT (building_id, name) DO UPDATE SET"
            " floors = CASE WHEN EXCLUDED.floors > 0 THEN EXCLUDED.floors ELSE t.floors END,"
            " doors_per_floor = CASE WHEN EXCLUDED.doors_per_floor > 0"
            "   THEN EXCLUDED.doors_per_floor ELSE t.doors_per_floor END"
            " RETURNING building_id, name, id",
            [
                community_id,
                [k[0] for k in keys],
                [k[1] for k in keys],
                [known[k][0] for k in keys],
                [known[k][1] for k in keys],
            ],
        )
        units = {(building_id, name): pk for building_id, name, pk in cursor.fetchall()}
    _number_units({k[0] for k in keys})
    return units


def _number_units(building_ids: set[int]) -> None:
    """Give the units of these buildings their ordinals 1, 2, ... in natural order."""
    by_building: dict[int, list[Unit]] = {}
    for unit in Unit.objects.filter(building_id__in=building_ids):
        by_building.setdefault(unit.building_id, []).append(unit)
    moved: list[Unit] = []
    for units in by_building.values():
        for ordinal, unit in enumerate(sorted(units, key=lambda u: sort_key(u.name)), start=1):
            if unit.ordinal != ordinal:
                unit.ordinal = ordinal
                moved.append(unit)
    Unit.objects.bulk_update(moved, ["ordinal"], batch_size=1000)


@transaction.atomic
def move_building(*, by: Actor, at: datetime, building_id: int, x_metres: float, y_metres: float) -> Building:
    """Put a building where an officer dragged it on the sketch; audit keeps the old place."""
    require(MAY, "move_building", by, by.community_id)
    building = visible_buildings(by).select_for_update(of=("self",)).get(pk=building_id)
    old = [building.x_metres, building.y_metres]
    building.x_metres, building.y_metres = x_metres, y_metres
    building.position_source = Building.PositionSource.DRAGGED
    building.save(update_fields=["x_metres", "y_metres", "position_source"])
    audit.record(
        by=by, at=at, verb="move_building", kind="building", ids=[building_id],
        detail={"from": old, "to": [x_metres, y_metres]},
    )  # fmt: skip
    return building


@transaction.atomic
def cross_places(*, by: Actor, at: datetime, crossing: Crossing, compound_ids: Collection[int]) -> Crossed:
    """Lay compounds anew in another community from a day; the old rows end and stay for what was before.

    A name that lives there already gets the old community's name behind it. Positions are metres in a
    plane of each community: they come along only where nothing has a place yet. A community without any
    compound left ends on that day. Leaves no audit row: the caller's action does.
    """
    for community_id in (crossing.from_community_id, crossing.to_community_id):
        require(MAY, "cross_places", by, community_id)
    to, on = crossing.to_community_id, crossing.on
    mine = Compound.objects.filter(community_id=crossing.from_community_id, until_on__isnull=True)
    old = list(mine.filter(pk__in=compound_ids).select_for_update().order_by("pk"))
    if len(old) != len(set(compound_ids)):
        raise Refused(_("院子没有过去，因为其中有的已经不在这个社区了；重新写一份计划。"))
    taken = set(
        Compound.objects.filter(community_id=to, until_on__isnull=True).values_list("name", flat=True)
    )
    source = Community.objects.get(pk=crossing.from_community_id)
    compounds = Compound.objects.bulk_create(
        Compound(
            community_id=to, sort_key=c.sort_key, grid_name=c.grid_name,
            name=c.name if c.name not in taken else f"{c.name}（原{source.name}）"[:60],
        )
        for c in old
    )  # fmt: skip
    ids = {c.pk: n.pk for c, n in zip(old, compounds, strict=True)}
    buildings = _cross_buildings(to, ids)
    crossed = Crossed(ids, buildings, _cross_units(to, buildings))
    mine.filter(pk__in=list(ids)).update(until_on=on)
    if not mine.exists():
        source.valid_until_on = on
        source.save(update_fields=["valid_until_on"])
    return crossed


def _cross_buildings(to: int, compounds: dict[int, int]) -> dict[int, int]:
    is_drawn = Building.objects.filter(community_id=to, x_metres__isnull=False).exists()
    old = list(Building.objects.filter(compound_id__in=compounds).order_by("pk"))
    new = Building.objects.bulk_create(
        Building(
            community_id=to, compound_id=compounds[b.compound_id], name=b.name, sort_key=b.sort_key,
            x_metres=None if is_drawn else b.x_metres, y_metres=None if is_drawn else b.y_metres,
            position_source=Building.PositionSource.SKETCH if is_drawn else b.position_source,
        )
        for b in old
    )  # fmt: skip
    return {b.pk: n.pk for b, n in zip(old, new, strict=True)}


def _cross_units(to: int, buildings: dict[int, int]) -> dict[int, int]:
    old = list(Unit.objects.filter(building_id__in=buildings).order_by("pk"))
    new = Unit.objects.bulk_create(
        Unit(
            community_id=to, building_id=buildings[u.building_id], name=u.name, ordinal=u.ordinal,
            floors=u.floors, doors_per_floor=u.doors_per_floor,
        )
        for u in old
    )  # fmt: skip
    return {u.pk: n.pk for u, n in zip(old, new, strict=True)}
