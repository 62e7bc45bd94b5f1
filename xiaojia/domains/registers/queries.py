"""Reads of registers, and the present state of the community that a workbook is held against."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from xiaojia.domains.people.access import visible_households, visible_residents
from xiaojia.domains.places.queries import UnitPlace, unit_places
from xiaojia.domains.registers.access import (
    MAY,
    visible_memories,
    visible_registers,
    visible_rows,
    visible_words,
)
from xiaojia.domains.registers.models import Register, Registerrow
from xiaojia.domains.registers.reading.values import Column, RawRow
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import AuditEntry, Work

SAMPLES: Final = 3
SAMPLE_ROWS: Final = 60
MOST_PLACES: Final = 300

ON_THE_WAY: Final = (Register.State.RECEIVED, Register.State.READ, Register.State.CHECKED)

Door = tuple[str, str, str, str]
"""Compound, building, unit, door: how a workbook names a household."""


def registers(*, viewer: Actor) -> QuerySet[Register]:
    """Every register that came in, the newest first; without those that somebody put away by hand."""
    require(MAY, "see_registers", viewer, viewer.community_id)
    return visible_registers(viewer).exclude(state=Register.State.DROPPED, sentence="")


def abandoned_registers(*, viewer: Actor, since: datetime) -> list[Register]:
    """Registers on their way in that nobody brought, worked on or decided about since a moment."""
    rows = visible_registers(viewer).filter(state__in=ON_THE_WAY, received_at__lt=since)
    works = {row.work_id for row in rows if row.work_id}
    busy = set(Work.objects.filter(pk__in=works, started_at__gte=since).values_list("pk", flat=True))
    entries = AuditEntry.objects.filter(community_id__in=viewer.scope.community_ids, at__gte=since)
    told = entries.filter(verb="decide_rows").values_list("detail__detail", flat=True)
    decided = {detail["register"] for detail in told if detail}
    return [row for row in rows if row.work_id not in busy and str(row.pk) not in decided]


def register(register_id: UUID, *, viewer: Actor) -> Register | None:
    """One register of the viewer's communities, None if there is no such one for them."""
    require(MAY, "see_registers", viewer, viewer.community_id)
    return visible_registers(viewer).filter(pk=register_id).first()


def running_work(row: Register) -> Work | None:
    """The work on this register that is not over yet."""
    work = Work.objects.filter(pk=row.work_id).first() if row.work_id else None
    return None if work is None or work.is_over else work


def same_file(row: Register, *, viewer: Actor) -> Register | None:
    """The newest register that was taken over before from a file with exactly these bytes."""
    earlier = visible_registers(viewer).filter(file_hash=row.file_hash, state=Register.State.COMMITTED)
    return earlier.exclude(pk=row.pk).first()


def columns_of(row: Register) -> list[Column]:
    """The columns of a register as `reading` knows them."""
    return [Column(**column) for column in row.columns]


def remembered_meanings(headings_hash: str, *, viewer: Actor) -> Mapping[str, str]:
    """Heading -> meaning as a person chose them last time for these very headings."""
    memory = visible_memories(viewer).filter(headings_hash=headings_hash).first()
    return memory.meanings if memory else {}


def samples(row: Register, *, viewer: Actor) -> list[list[str]]:
    """A few different values a column, for the columns that were read."""
    rows = visible_rows(viewer).filter(register=row).exclude(verdict=Registerrow.Verdict.GONE)
    first = rows.order_by("id").values_list("cells", flat=True)[:SAMPLE_ROWS]
    return [
        list(dict.fromkeys(text for text in column if text))[:SAMPLES] for column in zip(*first, strict=False)
    ]


def places_named(row: Register, *, viewer: Actor) -> list[tuple[str, int]]:
    """Values of the place column with their number of rows, by name; empty without such a column."""
    kept = [column for column in columns_of(row) if not column.refused]
    at = next((i for i, column in enumerate(kept) if column.meaning == "place"), None)
    if at is None:
        return []
    rows = visible_rows(viewer).filter(register=row).order_by()
    counted = Counter(rows.values_list(f"cells__{at}", flat=True))
    named = sorted((name, n) for name, n in counted.items() if name)
    return named if len(named) <= MOST_PLACES else []


def verdict_counts(row: Register, *, viewer: Actor) -> dict[str, int]:
    """Staged rows per verdict."""
    rows = visible_rows(viewer).filter(register=row).order_by().values_list("verdict").annotate(Count("id"))
    return dict(rows)


def dwelling_count(row: Register, *, viewer: Actor) -> int:
    """Dwellings of the buildings that a commit takes over without asking (one query)."""
    verdicts = [Registerrow.Verdict.NEW, Registerrow.Verdict.CHANGED, Registerrow.Verdict.SAME]
    rows = visible_rows(viewer).filter(register=row, verdict__in=verdicts).order_by()
    return sum(count or 0 for count in rows.values_list("values__dwellings", flat=True))


def open_counts(row: Register, *, viewer: Actor) -> dict[str, int]:
    """Rows per verdict that still wait for a yes or no."""
    waiting = rows_to_decide(row, viewer=viewer).filter(decision=Registerrow.Decision.OPEN)
    return dict(waiting.order_by().values_list("verdict").annotate(Count("id")))


def rows_to_decide(row: Register, *, viewer: Actor) -> QuerySet[Registerrow]:
    """Rows that a person decides about: doubtful ones, and households that the workbook lacks."""
    verdicts = [Registerrow.Verdict.DOUBTFUL, Registerrow.Verdict.GONE]
    return visible_rows(viewer).filter(register=row, verdict__in=verdicts)


def rows_with(row: Register, verdict: str, *, viewer: Actor) -> QuerySet[Registerrow]:
    """Staged rows of one verdict, in the order of the workbook."""
    require(MAY, "see_registers", viewer, viewer.community_id)
    return visible_rows(viewer).filter(register=row, verdict=verdict)


def staged_rows(row: Register, *, viewer: Actor) -> Iterator[tuple[int, RawRow]]:
    """Each row of the workbook with its staged id, streaming."""
    rows = visible_rows(viewer).filter(register=row).exclude(verdict=Registerrow.Verdict.GONE)
    fields = rows.order_by("id").values_list("id", "sheet_name", "row_number", "cells")
    for pk, sheet_name, number, cells in fields.iterator(chunk_size=2_000):
        yield pk, RawRow(sheet_name, number, tuple(cells))


@dataclass(slots=True)
class Present:
    """A household as it stands now. Phones stay sealed: `contacts` are (name, blind index).

    `as_of_on` is the newest day for which it is known, be it that a register only confirmed it.
    """

    household_id: int
    floor: int
    size: int | None
    is_counted: bool
    as_of_on: date
    contacts: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True)
class Community:
    """Everything a workbook is held against; `fingerprint` changes when any of it does."""

    by_door: dict[Door, Present] = field(default_factory=dict)
    units: dict[tuple[str, str, str], UnitPlace] = field(default_factory=dict)
    doors_of: dict[tuple[str, str, str], list[Door]] = field(default_factory=lambda: defaultdict(list))
    spoken_on: dict[tuple[str, str, str], date] = field(default_factory=dict)
    fingerprint: str = ""

    @property
    def compounds(self) -> list[str]:
        """Names of the compounds that are known."""
        return list(dict.fromkeys(compound for compound, _building, _unit in self.units))


def present_community(*, viewer: Actor) -> Community:
    """The present households by door (four queries)."""
    community = Community()
    digest = hashlib.sha256()
    contacts: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
    residents = visible_residents(viewer).filter(is_contact=True).order_by("id")
    for household_id, name, index in residents.values_list("household_id", "name", "phone_index").iterator():
        contacts[household_id].append((name, bytes(index)))
        digest.update(f"{household_id}|{name}|".encode() + bytes(index))
    names: dict[int, tuple[str, str, str]] = {}
    words = {
        (building_id, kind): on
        for building_id, kind, on in visible_words(viewer)
        .order_by("building_id", "kind")
        .values_list("building_id", "kind", "as_of_on")
    }
    digest.update(repr(words).encode())
    for place in unit_places(viewer=viewer):
        names[place.unit_id] = (place.compound, place.building, place.unit)
        community.units[names[place.unit_id]] = place
        for kind in Register.Kind.values:
            if (on := words.get((place.building_id, kind))) is not None:
                community.spoken_on[place.compound, place.building, kind] = on
    households = visible_households(viewer).filter(until_on__isnull=True).order_by("id")
    fields = households.values_list("id", "unit_id", "door", "floor", "size", "door_source", "as_of_on")
    for row in fields.iterator():
        digest.update(repr(row).encode())
        pk, unit_id, door, floor, size, source, as_of_on = row
        unit = names[unit_id]
        kind = Register.Kind.BUILDING if source == "counted" else Register.Kind.HOUSEHOLD
        as_of_on = max(as_of_on, community.spoken_on.get((*unit[:2], kind), as_of_on))
        here = tuple(contacts.get(pk, ()))
        community.by_door[*unit, door] = Present(pk, floor, size, source == "counted", as_of_on, here)
        community.doors_of[unit].append((*unit, door))
    community.fingerprint = digest.hexdigest()
    return community


def values_to_take(row: Register, *, viewer: Actor) -> Iterator[dict[str, Any]]:
    """What the commit writes: new and changed rows, and doubtful ones that somebody took."""
    verdicts = [Registerrow.Verdict.NEW, Registerrow.Verdict.CHANGED]
    rows = visible_rows(viewer).filter(register=row)
    sure = rows.filter(verdict__in=verdicts)
    taken = rows.filter(verdict=Registerrow.Verdict.DOUBTFUL, decision=Registerrow.Decision.TAKE)
    for part in (sure, taken):
        yield from part.order_by("id").values_list("values", flat=True).iterator(chunk_size=2_000)


def buildings_named(row: Register, *, viewer: Actor) -> set[tuple[str, str]]:
    """Compound and building of every row but those of another place."""
    rows = visible_rows(viewer).filter(register=row).exclude(verdict=Registerrow.Verdict.ASIDE).order_by()
    return set(rows.values_list("values__compound", "values__building").distinct())


def households_to_end(row: Register, *, viewer: Actor) -> list[int]:
    """Households that the workbook lacks and that somebody agreed to let go."""
    rows = rows_to_decide(row, viewer=viewer)
    gone = rows.filter(verdict=Registerrow.Verdict.GONE, decision=Registerrow.Decision.TAKE)
    return [pk for pk in gone.values_list("household_id", flat=True) if pk is not None]


@dataclass(frozen=True, slots=True)
class WaitingRegister:
    """A register on its way in. `open_count`: rows that wait for somebody's yes or no."""

    register_id: UUID
    file_name: str
    state: str
    as_of_on: date
    open_count: int

    @property
    def is_checked(self) -> bool:
        """Whether the dry run is there to be looked at."""
        return self.state == Register.State.CHECKED


def waiting_registers(*, viewer: Actor) -> list[WaitingRegister]:
    """Registers that were neither taken over nor refused, the newest first (one query)."""
    require(MAY, "see_registers", viewer, viewer.community_id)
    undecided = Q(
        rows__verdict__in=[Registerrow.Verdict.DOUBTFUL, Registerrow.Verdict.GONE],
        rows__decision=Registerrow.Decision.OPEN,
    )
    rows = visible_registers(viewer).filter(state__in=ON_THE_WAY).annotate(n=Count("rows", filter=undecided))
    return [WaitingRegister(*row) for row in rows.values_list("id", "file_name", "state", "as_of_on", "n")]
