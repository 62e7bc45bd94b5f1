"""What the columns mean, and the dry run: nothing of the community changes here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.registers import queries
from xiaojia.domains.registers.access import MAY
from xiaojia.domains.registers.actions.comparing import (
    homes_of,
    judge,
    missing,
    unspoken_buildings,
)
from xiaojia.domains.registers.actions.homes import Home
from xiaojia.domains.registers.actions.receiving import BATCH, locked, queue
from xiaojia.domains.registers.models import Columnmemory, Register, Registerrow
from xiaojia.domains.registers.queries import Door, Present
from xiaojia.domains.registers.reading import Column, Understood, understand
from xiaojia.domains.registers.rules import BUILDING, HOUSEHOLD, MEANINGS
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.work import Progress

V = Registerrow.Verdict
D = Registerrow.Decision

SEVERAL: Final = frozenset({"", "contact_name", "contact_phone"})
"""Meanings that more than one column may have."""


@transaction.atomic
def confirm_meanings(
    *, by: Actor, at: datetime, register_id: UUID, kind: str, meanings: Mapping[int, str], place: str = ""
) -> UUID:
    """Say what each column means (by its index) and which place counts; remembers it, queues the dry run."""
    require(MAY, "confirm_meanings", by, by.community_id)
    register = locked(register_id, by=by)
    if register.state not in {Register.State.READ, Register.State.CHECKED}:
        raise Refused(_("这份表的列现在改不了，因为它已经收好或者放下了；回到住户表看看。"))
    columns = [
        column if column.refused else replace(column, meaning=meanings.get(column.index, column.meaning))
        for column in queries.columns_of(register)
    ]
    _check_meanings(kind, [column.meaning for column in columns if not column.refused])
    register.kind, register.place = kind, place
    for stored, column in zip(register.columns, columns, strict=True):
        stored["meaning"] = column.meaning
    register.save(update_fields=["kind", "place", "columns"])
    _remember(register, columns, at)
    audit.record(
        by=by, at=at, verb="confirm_meanings", kind="register", ids=[register.pk],
        detail={"kind": kind, "place": place, "meanings": [column.meaning for column in columns]},
    )  # fmt: skip
    return queue(register, "register_check", by=by, at=at)


def _check_meanings(kind: str, meanings: Sequence[str]) -> None:
    unknown = set(meanings) - set(MEANINGS)
    if unknown or kind not in {HOUSEHOLD, BUILDING}:
        raise ValueError(f"unknown meaning or kind: {sorted(unknown)} {kind}")
    counted = Counter(meaning for meaning in meanings if meaning not in SEVERAL)
    twice = next((meaning for meaning, n in counted.items() if n > 1), None)
    if twice:
        raise Refused(
            _("还不能核对，因为有两列都选了“%(word)s”；留一列，另一列选“不用”。") % {"word": MEANINGS[twice]}
        )
    if kind == BUILDING and not {"building", "household_count"} <= set(meanings):
        raise Refused(_("还不能核对，因为不知道哪一列是楼栋、哪一列是户数；把这两列选出来。"))
    if kind == HOUSEHOLD and "address" not in meanings and not {"building", "door"} <= set(meanings):
        raise Refused(_("还不能核对，因为不知道哪一列是地址；选出“完整地址”，或者“楼栋”和“门号”。"))


def _remember(register: Register, columns: Sequence[Column], at: datetime) -> None:
    Columnmemory.objects.update_or_create(
        community_id=register.community_id,
        headings_hash=register.headings_hash,
        defaults={
            "kind": register.kind,
            "meanings": {c.heading: c.meaning for c in columns if not c.refused},
            "used_at": at,
        },
    )


@transaction.atomic
def start_check(*, by: Actor, at: datetime, register_id: UUID) -> UUID:
    """Queue the dry run again, for example because the community changed since."""
    require(MAY, "confirm_meanings", by, by.community_id)
    register = locked(register_id, by=by)
    if register.state != Register.State.CHECKED:
        raise Refused(_("现在还不能核对，因为列还没认好；先看看每一列是什么。"))
    return queue(register, "register_check", by=by, at=at)


@transaction.atomic
def check_register(*, by: Actor, at: datetime, register_id: UUID, progress: Progress) -> Register:
    """The dry run: a verdict for each row against the present households. Decisions made before stay."""
    require(MAY, "confirm_meanings", by, by.community_id)
    register = locked(register_id, by=by)
    if register.state not in {Register.State.READ, Register.State.CHECKED}:
        return register
    decided = _decided(register)
    register.rows.filter(verdict=V.GONE).delete()
    community = queries.present_community(viewer=by)
    columns = queries.columns_of(register)
    homes = homes_of(
        _understood(register, columns, community.compounds, by, progress),
        kind=register.kind,
        has_persons=any(column.meaning == "resident_name" for column in columns),
        place=register.place,
    )
    judge(homes, community, kind=register.kind, as_of_on=register.as_of_on)
    for start in range(0, len(homes), BATCH):
        progress.say(_("正在和现有的户核对"), start, len(homes))
        _write_verdicts(homes[start : start + BATCH], decided)
    notes = {}
    if register.kind == HOUSEHOLD:
        _write_missing(register, missing(homes, community, as_of_on=register.as_of_on), decided)
        notes["unspoken"] = unspoken_buildings(homes, community)
    register.counts = {**register.counts, **queries.verdict_counts(register, viewer=by), **notes}
    register.checked_against = community.fingerprint
    register.state = Register.State.CHECKED
    register.save(update_fields=["counts", "checked_against", "state"])
    return register


def _understood(
    register: Register, columns: Sequence[Column], compounds: Sequence[str], by: Actor, progress: Progress
) -> Iterator[tuple[int, Understood]]:
    """Staged ids beside what their rows say; telling the progress on the way."""
    ids: list[int] = []
    total = register.counts.get("rows", 0)

    def rows() -> Iterator[Any]:
        for pk, row in queries.staged_rows(register, viewer=by):
            ids.append(pk)
            yield row

    for n, said in enumerate(understand(columns, rows(), kind=register.kind, known_compounds=compounds)):
        if n % 500 == 0:
            progress.say(_("正在看每一行说的是哪一户"), n, total)
        yield ids[n], said


def _decided(register: Register) -> dict[tuple[str, int | None], str]:
    """Decisions of an earlier dry run: of doubtful rows by row, of missing households by household."""
    rows = register.rows.filter(verdict__in=[V.DOUBTFUL, V.GONE]).exclude(decision=D.OPEN)
    fields = rows.values_list("verdict", "id", "household_id", "decision")
    return {(v, household if v == V.GONE else pk): decision for v, pk, household, decision in fields}


def _write_verdicts(homes: Sequence[Home], decided: Mapping[tuple[str, int | None], str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registers_registerrow AS r SET verdict = u.verdict, values = u.values,"
            " changes = u.changes, doubts = u.doubts, household_id = u.household_id, decision = u.decision"
            " FROM unnest(%s::bigint[], %s::text[], %s::jsonb[], %s::jsonb[], %s::jsonb[], %s::bigint[],"
            " %s::text[]) AS u(id, verdict, values, changes, doubts, household_id, decision)"
            " WHERE r.id = u.id",
            [
                [home.row_id for home in homes],
                [str(home.verdict) for home in homes],
                [_json({**home.values, "is_placed": home.is_placed}) for home in homes],
                [_json(home.changes) for home in homes],
                [_json(home.doubts) for home in homes],
                [home.household_id for home in homes],
                [
                    decided.get((home.verdict, home.row_id), D.OPEN) if home.verdict == V.DOUBTFUL else D.OPEN
                    for home in homes
                ],
            ],
        )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write_missing(
    register: Register,
    gone: Iterable[tuple[Door, Present]],
    decided: Mapping[tuple[str, int | None], str],
) -> None:
    """Doors that were only counted give way to real ones without a question; families do not."""
    Registerrow.objects.bulk_create(
        (
            Registerrow(
                community_id=register.community_id,
                register=register,
                verdict=V.GONE,
                household_id=present.household_id,
                values=dict(zip(("compound", "building", "unit", "door"), door, strict=True)),
                decision=decided.get(
                    (V.GONE, present.household_id), D.TAKE if present.is_counted else D.OPEN
                ),
            )
            for door, present in gone
        ),
        batch_size=2_000,
    )
