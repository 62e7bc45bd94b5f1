"""Open cases of buildings that go to another community: told here as handed over, carried on there."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.actions.clocks import YearMissing, calendar_for, reckon
from xiaojia.domains.cases.actions.publishing import tell_public
from xiaojia.domains.cases.models import Case, Casekind, Casephoto, Casestep, Reporter, Rung
from xiaojia.domains.cases.photos.storing import path_of, store
from xiaojia.domains.cases.queries import clock_of
from xiaojia.domains.cases.rules import OVER, STATE_WORDS, State
from xiaojia.domains.places.rules import Crossing
from xiaojia.domains.receipts import actions as receipts
from xiaojia.engines.clocks import WorkCalendar
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.secrets import open_sealed, seal

KIND: Final = "case"


@dataclass(frozen=True, slots=True)
class Over:
    """Old id -> new id of what cases speak of; `serving` are accounts that serve on the other side."""

    buildings: Mapping[int, int]
    households: Mapping[int, int]
    microgrids: Mapping[int, int]
    serving: Collection[int]


@transaction.atomic
def cross_cases(
    *, by: Actor, at: datetime, crossing: Crossing, over: Over, from_name: str, to_name: str
) -> int:
    """Open cases of these buildings and households go on over there; returns how many.

    There: the same words, steps, reporters, photos, deadlines and receipt code. Here: handed over, with what
    was known until now and nothing after. Whoever handles it and serves there goes on; else the desk over
    there gives it to somebody. Leaves no audit row: the caller's action does.
    """
    for community_id in (crossing.from_community_id, crossing.to_community_id):
        require(MAY, "cross_cases", by, community_id)
    open_here = Case.objects.filter(community_id=crossing.from_community_id).exclude(state__in=sorted(OVER))
    ours = Q(building_id__in=list(over.buildings)) | Q(household_id__in=list(over.households))
    cases = list(
        open_here.filter(ours).select_for_update(of=("self",)).select_related("casekind").order_by("pk")
    )
    if not cases:
        return 0
    there = replace(
        by, community_id=crossing.to_community_id, scope=Scope((crossing.to_community_id,), is_wide=True)
    )
    calendar = calendar_for(there, at)
    kinds = _kinds(crossing, {case.casekind for case in cases})
    ids = {case.pk: uuid.uuid4() for case in cases}
    new = [_copied(case, ids, crossing, over, kinds, at) for case in cases]
    Case.objects.bulk_create(sorted(new, key=lambda case: case.parent_id is not None))
    for case, copy in zip(cases, new, strict=True):
        _copy_what_belongs(case, copy)
        _carry_on(case, copy, by, at, calendar, from_name)
        _hand_over(case, by, at, to_name)
    return len(cases)


def _kinds(crossing: Crossing, kinds: Collection[Casekind]) -> dict[int, Casekind]:
    """The same kind over there; a kind that is unknown there is written down there as it is here."""
    to = crossing.to_community_id
    living = Casekind.objects.filter(community_id=to, valid_until_on__isnull=True)
    known = {(k.standard, k.kind, k.code): k for k in living}
    found = {}
    for kind in kinds:
        key = (kind.standard, kind.kind, kind.code)
        if key not in known:
            values = {f.attname: getattr(kind, f.attname) for f in Casekind._meta.concrete_fields}
            values |= {"id": None, "community_id": to, "valid_from_on": crossing.on, "valid_until_on": None}
            known[key] = Casekind.objects.create(**values)
        found[kind.pk] = known[key]
    return found


def _copied(
    case: Case,
    ids: Mapping[UUID, UUID],
    crossing: Crossing,
    over: Over,
    kinds: Mapping[int, Casekind],
    at: datetime,
) -> Case:
    values = {f.attname: getattr(case, f.attname) for f in Case._meta.concrete_fields}
    serves = case.handler_id in over.serving
    kind = kinds[case.casekind_id]
    return Case(
        **values
        | {
            "id": ids[case.pk],
            "community_id": crossing.to_community_id,
            "casekind_id": kind.pk,
            "building_id": over.buildings.get(case.building_id or 0),
            "household_id": over.households.get(case.household_id or 0),
            "microgrid_ids": sorted(over.microgrids[m] for m in case.microgrid_ids if m in over.microgrids),
            "handler_id": case.handler_id if serves else None,
            "handler": case.handler if serves or not case.handler else _("原来办的人，还没有改派"),
            "parent_id": ids.get(case.parent_id) if case.parent_id else None,
            "client_id": None,
            "changed_at": at,
        }
    )


def _copy_what_belongs(case: Case, copy: Case) -> None:
    """Steps, reporters, photos and rungs: rows of this case, again for the other."""
    mine = {"community_id": copy.community_id, "case": copy}
    Casestep.objects.bulk_create(
        Casestep(
            **mine, at=s.at, account_id=s.account_id, role=s.role, action=s.action, from_state=s.from_state,
            to_state=s.to_state, text=s.text, detail=s.detail,
        )
        for s in case.steps.order_by("at", "pk")
    )  # fmt: skip
    cell = {"table": "cases_reporter", "column": "phone_sealed"}
    for said in case.reporters.all():
        pk = uuid.uuid4()
        phone = open_sealed(said.phone_sealed, pk=said.pk, **cell)
        Reporter.objects.create(
            id=pk, **mine, said_in_case=copy, name=said.name, phone_sealed=seal(phone, pk=pk, **cell),
            phone_index=said.phone_index, said_at=said.said_at, text=said.text, source=said.source,
        )  # fmt: skip
    for photo in case.photos.all():
        store(copy.community_id, path_of(case.community_id, photo.digest).read_bytes())
        Casephoto.objects.create(
            **mine, place=photo.place, digest=photo.digest, width=photo.width, height=photo.height,
            at=photo.at, account_id=photo.account_id,
        )  # fmt: skip
    Rung.objects.bulk_create(
        Rung(**mine, round=r.round, percent=r.percent, at=r.at) for r in case.rungs.all()
    )


def _carry_on(
    case: Case, copy: Case, by: Actor, at: datetime, calendar: WorkCalendar, from_name: str
) -> None:
    """A note says where it came from; the clock goes on, on the calendar over there."""
    Casestep.objects.create(
        community_id=copy.community_id, case=copy, at=at, account_id=by.account_id, role=by.role,
        action="note", from_state=copy.state, to_state=copy.state,
        text=_("社区调整，从%(name)s转来，答应的日子不变。") % {"name": from_name},
    )  # fmt: skip
    steps = list(copy.steps.order_by("at", "pk"))
    try:
        reckon(copy, steps, calendar, at)
        copy.due_original_at = clock_of(copy, steps[:1]).original_deadline(calendar)
    except YearMissing:
        pass  # the promised days stay as they are until that year is written down over there
    copy.save()
    sentence = _("社区调整，转到新的社区接着办")
    receipts.hand_over_receipt(
        kind=KIND, subject_id=case.pk, to_subject_id=copy.pk, to_community_id=copy.community_id, at=at,
        sentence=sentence,
    )  # fmt: skip
    standing = receipts.Standing(str(STATE_WORDS[State(copy.state)]), "", copy.due_at)
    receipts.tell_receipt(kind=KIND, subject_id=copy.pk, at=at, standing=standing)
    tell_public(copy, is_other_kind=True)


def _hand_over(case: Case, by: Actor, at: datetime, to_name: str) -> None:
    """On this side it ends as handed over, under a receipt code that nobody holds."""
    before = case.state
    case.state, case.stage_due_at = State.DECLINED, None
    case.handler_id, case.handler = None, to_name[:60]
    case.closed_at, case.changed_at = at, at
    case.first_closed_at = case.first_closed_at or at
    word = str(STATE_WORDS[State.DECLINED])
    standing = receipts.Standing(word, word, is_over=True)
    case.receipt_code = receipts.issue_receipt(
        community_id=case.community_id, kind=KIND, subject_id=case.pk, at=at, standing=standing
    )
    case.save()
    Casestep.objects.create(
        community_id=case.community_id, case=case, at=at, account_id=by.account_id, role=by.role,
        action="transfer", from_state=before, to_state=State.DECLINED,
        text=_("社区调整，转到%(name)s。") % {"name": to_name}, detail={"handler": to_name[:60]},
    )  # fmt: skip
    tell_public(case, is_other_kind=False)
