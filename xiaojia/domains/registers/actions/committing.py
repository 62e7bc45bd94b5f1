"""The commit: a checked workbook becomes the community's register, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.people import actions as people
from xiaojia.domains.places import actions as places
from xiaojia.domains.places.queries import UnitPlace, lock_register, unit_places
from xiaojia.domains.registers import queries
from xiaojia.domains.registers.access import MAY
from xiaojia.domains.registers.actions.receiving import locked, queue
from xiaojia.domains.registers.models import Register
from xiaojia.domains.registers.queries import Community
from xiaojia.domains.registers.rules import BUILDING
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.work import Progress

SLICE: Final = 2_500
Unit = tuple[str, str, str]


@transaction.atomic
def start_commit(*, by: Actor, at: datetime, register_id: UUID) -> UUID:
    """Queue the commit once every open row is decided."""
    require(MAY, "commit_register", by, by.community_id)
    register = locked(register_id, by=by)
    _require_ready(register, by)
    return queue(register, "register_commit", by=by, at=at)


def _require_ready(register: Register, by: Actor) -> None:
    if register.state == Register.State.COMMITTED:
        raise Refused(_("这份表不用再收，因为已经收好了；小家可以照它划。"))
    if register.state != Register.State.CHECKED:
        raise Refused(_("这份表现在收不了，因为还没核对；先核对一遍。"))
    waiting = sum(queries.open_counts(register, viewer=by).values())
    if waiting:
        raise Refused(_("这份表现在收不了，因为还有 %(n)d 行没有定收不收；先定这些，再收。") % {"n": waiting})


@transaction.atomic
def commit_register(*, by: Actor, at: datetime, register_id: UUID, progress: Progress) -> Register:
    """Take a checked workbook over: all of it or, if anything fails or somebody stops it, none."""
    require(MAY, "commit_register", by, by.community_id)
    progress.say(_("正在收下这份表"), 0, 0)
    lock_register(community_id=by.community_id)
    register = locked(register_id, by=by)
    _require_ready(register, by)
    community = queries.present_community(viewer=by)
    if community.fingerprint != register.checked_against:
        raise Refused(_("这份表现在收不了，因为核对以后住户又变了；再核对一遍，再收。"))
    units = _lay_units(register, community, by, at)
    counts, touched = _settle(register, units, by, at, progress)
    ended = queries.households_to_end(register, viewer=by)
    if register.kind == BUILDING:
        ended += _doors_too_many(register, community, by)
    counts["ended"] = people.end_households(by=by, at=at, on=register.as_of_on, household_ids=ended)
    _note_buildings(register, by)
    counts["taken"] += register.counts.get("same", 0)
    progress.say(_("正在收下这份表"), counts["taken"], counts["taken"])
    register.rows.all().delete()
    register.counts = {**register.counts, **counts}
    register.state, register.ended_at = Register.State.COMMITTED, at
    register.save(update_fields=["counts", "state", "ended_at"])
    audit.record(
        by=by, at=at, verb="commit_register", kind="household", ids=[*touched, *ended],
        detail={"register": register.pk, "as_of_on": register.as_of_on, "counts": counts},
    )  # fmt: skip
    return register


def _lay_units(register: Register, community: Community, by: Actor, at: datetime) -> dict[Unit, int]:
    """Ids of all units that are written to; only those that are new or differ are touched themselves."""
    rows: dict[Unit, places.PlaceRow] = {}
    for values in queries.values_to_take(register, viewer=by):
        unit = _unit_of(values)
        rows[unit] = _with(rows.get(unit, places.PlaceRow(*unit)), values)
    known = {unit: place for unit in rows if (place := community.units.get(unit)) is not None}
    to_lay = [row for unit, row in rows.items() if unit not in known or _differs(row, known[unit])]
    ids = places.lay_places(by=by, at=at, rows=to_lay) if to_lay else []
    laid = {(row.compound, row.building, row.unit): pk for row, pk in zip(to_lay, ids, strict=True)}
    return {unit: laid.get(unit) or known[unit].unit_id for unit in rows}


def _with(row: places.PlaceRow, values: Mapping[str, Any]) -> places.PlaceRow:
    """What several rows say of one unit: of each thing the first word."""
    has_position = values["x"] is not None and values["y"] is not None and row.x_metres is None
    return replace(
        row,
        floors=row.floors or values["floors"],
        doors_per_floor=row.doors_per_floor or values["doors_per_floor"],
        x_metres=values["x"] if has_position else row.x_metres,
        y_metres=values["y"] if has_position else row.y_metres,
        grid_name=row.grid_name or values["grid"],
    )


def _differs(row: places.PlaceRow, place: UnitPlace) -> bool:
    return (
        row.floors not in (0, place.floors)
        or row.doors_per_floor not in (0, place.doors_per_floor)
        or row.grid_name not in ("", place.grid_name)
        or (row.x_metres is not None and (row.x_metres, row.y_metres) != (place.x_metres, place.y_metres))
    )


def _note_buildings(register: Register, by: Actor) -> None:
    """The buildings of which this register spoke; their unchanged households need no other mark."""
    named = queries.buildings_named(register, viewer=by)
    ids = {p.building_id for p in unit_places(viewer=by) if (p.compound, p.building) in named}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registers_spokenbuilding AS s"
            " (community_id, building_id, kind, as_of_on, register_id)"
            " SELECT %s, u.id, %s, %s, %s FROM unnest(%s::bigint[]) AS u(id)"
            " ON CONFLICT (building_id, kind) DO UPDATE SET"
            " as_of_on = EXCLUDED.as_of_on, register_id = EXCLUDED.register_id"
            " WHERE s.as_of_on < EXCLUDED.as_of_on",
            [register.community_id, register.kind, register.as_of_on, register.pk, sorted(ids)],
        )


def _unit_of(values: Mapping[str, Any]) -> Unit:
    return values["compound"], values["building"], values["unit"]


def _settle(
    register: Register, units: Mapping[Unit, int], by: Actor, at: datetime, progress: Progress
) -> tuple[dict[str, int], list[int]]:
    counts = {"taken": 0, "came": 0, "residents": 0}
    touched: list[int] = []
    rows = _household_rows(register, units, by)
    total = sum(register.counts.get(verdict, 0) for verdict in ("new", "changed"))
    while part := list(islice(rows, SLICE)):
        settled = people.settle_households(by=by, at=at, as_of_on=register.as_of_on, rows=part)
        counts["taken"] += len(part)
        counts["came"] += settled.new_household_count
        counts["residents"] += settled.new_resident_count
        touched += settled.household_ids
        progress.say(_("正在收下这份表"), counts["taken"], max(total, counts["taken"]))
    return counts, touched


def _household_rows(
    register: Register, units: Mapping[Unit, int], by: Actor
) -> Iterator[people.HouseholdRow]:
    for values in queries.values_to_take(register, viewer=by):
        unit_id = units[_unit_of(values)]
        if register.kind == BUILDING:
            yield from _counted(unit_id, values["dwellings"], values["floors"])
            continue
        contacts = tuple((name, phone) for name, phone in values["contacts"])
        yield people.HouseholdRow(
            unit_id=unit_id,
            door=values["door"],
            floor=values["floor"],
            size=values["size"],
            contacts=contacts,
            replaces_contacts=bool(contacts),
        )


def _counted(unit_id: int, dwellings: int, floors: int) -> Iterator[people.HouseholdRow]:
    """Doors 1, 2, ... of a unit of which only the number of dwellings is known, spread over its floors."""
    for n in range(1, dwellings + 1):
        floor = -(-n * floors // dwellings)
        yield people.HouseholdRow(unit_id=unit_id, door=str(n), floor=floor, is_counted=True)


def _doors_too_many(register: Register, community: Community, by: Actor) -> list[int]:
    """Counted doors above the number that the workbook now says."""
    ended = []
    for values in queries.values_to_take(register, viewer=by):
        for door in community.doors_of.get(_unit_of(values), ()):
            present = community.by_door[door]
            if values["dwellings"] and present.is_counted and int(door[3]) > values["dwellings"]:
                ended.append(present.household_id)
    return ended
