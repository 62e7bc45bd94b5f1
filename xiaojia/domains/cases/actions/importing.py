"""Cases from elsewhere: a dry run with every doubt, then all at once, idempotent by the other system's id.

What is there already is never overwritten. Old cases come with their end as a step `import`, and with the
deadline that they would have been promised here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY, living_casekinds
from xiaojia.domains.cases.actions.clocks import calendar_for
from xiaojia.domains.cases.actions.publishing import public_copy, with_agency
from xiaojia.domains.cases.models import Case, Casekind, Casestep, Reporter
from xiaojia.domains.cases.queries.buildings import buildings_of
from xiaojia.domains.cases.reading.place import place_meant
from xiaojia.domains.cases.reading.table import (
    CaseDoubt,
    CaseRow,
    kinds_by_word,
    read_table,
    understand_cases,
)
from xiaojia.domains.cases.rules import (
    OVER,
    RESULT_WORDS,
    STAGE_LIMITS,
    STATE_WORDS,
    Stage,
    State,
)
from xiaojia.domains.microgrids.queries.places import microgrid_ids_by_building
from xiaojia.domains.places.queries import buildings_in
from xiaojia.domains.receipts import actions as receipts
from xiaojia.engines.clocks import Clock, MissingYear, WorkCalendar
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import blind_index, seal
from xiaojia.kernel.together import insert_many
from xiaojia.kernel.work import Progress

SPACE: Final = UUID("6f1d5a0e-94a6-5c0a-8a3e-0d0b6a3f3c11")
"""Name space of ids that come from other systems."""
BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Checked:
    """What a dry run found: cases that would come, how many are here already, and what is in doubt.

    `building_ids`: number of a fresh row -> its building, where the address reads surely.
    """

    fresh: Sequence[CaseRow]
    known_count: int
    doubts: Sequence[CaseDoubt]
    building_ids: Mapping[int, int]

    @property
    def placed_count(self) -> int:
        """How many of the fresh ones name a building of ours, one and no other."""
        return sum(row.number in self.building_ids for row in self.fresh)


class StillDoubtful(Refused):
    """A table with doubts is not taken, not even in part."""


def client_id_of(community_id: int, external_id: str) -> UUID:
    """The id by which the same case of another system is the same case here."""
    return uuid5(SPACE, f"{community_id}/{external_id}")


def check_import(*, by: Actor, at: datetime, path: Path) -> Checked:
    """Read a CSV or workbook and say what would come; changes nothing."""
    require(MAY, "import_cases", by, by.community_id)
    rows = read_table(path)
    kinds = {kind.pk: kind for kind in living_casekinds(by)}
    words = kinds_by_word((k.pk, k.kind, k.code, k.name) for k in kinds.values())
    calendar = calendar_for(by, at)
    cases, doubts = [], []
    for said in understand_cases(rows, kinds=words, at=at):
        if isinstance(said, CaseDoubt):
            doubts.append(said)
        elif (missing := _missing_year(said, kinds[said.casekind_id], calendar)) is not None:
            sentence = _("%(year)d 年的工作日还没有写下，算不出时限。") % {"year": missing}
            doubts.append(CaseDoubt(said.number, "", sentence))
        else:
            cases.append(said)
    ids = {client_id_of(by.community_id, case.external_id) for case in cases}
    known = set(
        Case.objects.filter(community_id=by.community_id, client_id__in=ids).values_list(
            "client_id", flat=True
        )
    )
    fresh = [c for c in cases if client_id_of(by.community_id, c.external_id) not in known]
    return Checked(fresh, len(known), doubts, _placed(fresh, by))


def _placed(rows: Iterable[CaseRow], by: Actor) -> dict[int, int]:
    """Each address is read once; one that fits several buildings, or none, is left out."""
    buildings = buildings_of(by)
    read: dict[str, int | None] = {"": None}
    found: dict[int, int] = {}
    for row in rows:
        if row.place_text not in read:
            meant = place_meant(row.place_text, buildings).building
            read[row.place_text] = meant.building_id if meant else None
        building_id = read[row.place_text]
        if building_id is not None:
            found[row.number] = building_id
    return found


@transaction.atomic
def import_cases(*, by: Actor, at: datetime, path: Path, progress: Progress) -> Checked:
    """Take a table over, all of it or nothing; a second time nothing comes."""
    progress.say(str(_("看表里写了什么")), 0, 1)
    checked = check_import(by=by, at=at, path=path)
    if checked.doubts:
        raise StillDoubtful(
            _("没有收进来，因为还有 %(count)d 处看不懂（第 %(row)d 行起）；改好再来，收过的不会重复。")
            % {"count": len(checked.doubts), "row": checked.doubts[0].number}
        )
    kinds = {kind.pk: kind for kind in with_agency(living_casekinds(by))}
    near = microgrid_ids_by_building(viewer=by, on=clock.today(at))
    taking = _Taking(by, at, kinds, calendar_for(by, at), checked.building_ids,
                     buildings_in(set(checked.building_ids.values()), viewer=by), near)  # fmt: skip
    done = 0
    for some in _batches(checked.fresh):
        _take(taking, some)
        done += len(some)
        progress.say(str(_("一件一件收进来")), done, len(checked.fresh))
    audit.record(
        by=by, at=at, verb="import_cases", kind="case", ids=[c.external_id for c in checked.fresh],
        detail={
            "fresh": len(checked.fresh), "known": checked.known_count, "placed": checked.placed_count,
        },
    )  # fmt: skip
    return checked


def _batches(rows: Iterable[CaseRow]) -> Iterator[list[CaseRow]]:
    waiting = iter(rows)
    while some := list(islice(waiting, BATCH)):
        yield some


def _missing_year(row: CaseRow, kind: Casekind, calendar: WorkCalendar) -> int | None:
    try:
        Clock(row.reported_at, kind.limit).deadline(calendar)
    except MissingYear as missing:
        return missing.year
    return None


@dataclass(frozen=True, slots=True)
class _Taking:
    """What every row of one table needs."""

    by: Actor
    at: datetime
    kinds: dict[int, Any]
    calendar: WorkCalendar
    building_ids: Mapping[int, int]
    buildings: Mapping[int, Any]
    near: Mapping[int, tuple[int, ...]]


def _take(taking: _Taking, rows: Sequence[CaseRow]) -> None:
    """One batch: cases, receipts, reporters, steps and published copies, one statement a table."""
    by, at, kinds = taking.by, taking.at, taking.kinds
    pairs = [(row, _case(taking, row)) for row in rows]
    codes = receipts.issue_receipts(
        community_id=by.community_id, kind="case", subjects={c.pk: _standing(c) for _row, c in pairs}, at=at
    )
    for _row, case in pairs:
        case.receipt_code = codes[case.pk]
    # A case that somebody else brought in meanwhile ends this import: all of it or nothing.
    insert_many([case for _row, case in pairs])
    insert_many([_reporter(row, case) for row, case in pairs])
    insert_many([step for row, case in pairs for step in _steps(by, row, case)])
    copies = (public_copy(case, case.casekind, kinds[case.casekind_id].agency) for _row, case in pairs)
    insert_many([copy for copy in copies if copy is not None])


def _case(taking: _Taking, row: CaseRow) -> Case:
    by, at, calendar = taking.by, taking.at, taking.calendar
    kind: Casekind = taking.kinds[row.casekind_id]
    building = taking.buildings.get(taking.building_ids.get(row.number, 0))
    due_at = Clock(row.reported_at, kind.limit).deadline(calendar)
    is_over = row.state in OVER
    stage = None
    if not is_over:
        stage = min(Clock(row.reported_at, STAGE_LIMITS[Stage.ACCEPT]).deadline(calendar), due_at)
    return Case(
        community_id=by.community_id, casekind=kind, text=row.text, place_text=row.place_text,
        building=building, microgrid_ids=list(taking.near.get(building.pk, ())) if building else [],
        is_confidential=kind.is_confidential, source="import",
        client_id=client_id_of(by.community_id, row.external_id), state=row.state, result=row.result,
        reported_at=row.reported_at, due_original_at=due_at, due_at=due_at, stage_due_at=stage,
        closed_at=row.closed_at if row.state is not State.WITHDRAWN else None,
        first_closed_at=row.closed_at if row.state is not State.WITHDRAWN else None,
        handler=row.handler, changed_at=at,
    )  # fmt: skip


def _reporter(row: CaseRow, case: Case) -> Reporter:
    pk = uuid4()
    return Reporter(
        id=pk, community_id=case.community_id, case=case, said_in_case=case, name=row.name,
        phone_sealed=seal(row.phone, table="cases_reporter", column="phone_sealed", pk=pk),
        phone_index=blind_index(row.phone, purpose="phone"), said_at=row.reported_at, source="import",
    )  # fmt: skip


def _steps(by: Actor, row: CaseRow, case: Case) -> Iterator[Casestep]:
    kind = case.casekind
    more = {"community_id": case.community_id, "case": case, "account_id": by.account_id, "role": by.role}
    yield Casestep(
        **more, at=row.reported_at, action="report", to_state=State.REPORTED,
        detail={"limit": [kind.limit_amount, kind.limit_unit], "external_id": row.external_id},
    )  # fmt: skip
    if row.closed_at is not None:
        detail = {"result": int(row.result)} if row.result is not None else {}
        yield Casestep(
            **more, at=row.closed_at, action="import", from_state=State.REPORTED, to_state=row.state,
            detail=detail,
        )  # fmt: skip


def _standing(case: Case) -> receipts.Standing:
    state = State(case.state)
    sentence = RESULT_WORDS[case.result] if case.result is not None else STATE_WORDS[state]  # type: ignore[index]
    is_over = state in OVER
    return receipts.Standing(
        str(STATE_WORDS[state]), str(sentence), None if is_over else case.due_at, is_over
    )
