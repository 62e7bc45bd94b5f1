"""What `xiaojia verify` looks for: a case that is not what its steps say, a receipt that says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.utils import timezone

from xiaojia.domains.cases.access import visible_cases
from xiaojia.domains.cases.models import Case, Casestep
from xiaojia.domains.cases.queries.recount import retold
from xiaojia.domains.cases.rules import OVER, State
from xiaojia.domains.receipts.queries import standings_of
from xiaojia.domains.teams.actions import clockwork
from xiaojia.domains.workdays import queries as workdays
from xiaojia.engines.clocks import MissingYear, WorkCalendar

AT_A_TIME = 2_000


def findings(community_id: int) -> list[str]:
    """One line a difference. Call inside the community's scope."""
    viewer = clockwork(community_id)
    calendar = workdays.calendar(viewer=viewer, on=timezone.localdate())
    rows = visible_cases(viewer).select_related("casekind").prefetch_related("steps").order_by("pk")
    found: list[str] = []
    remaining = rows.iterator(chunk_size=AT_A_TIME)
    while some := list(islice(remaining, AT_A_TIME)):
        suspects = [pk for pk, _what in _wrong(some, calendar)]
        # Somebody may have moved a case between its row and its steps: look again while nobody can.
        held = rows.filter(pk__in=suspects).select_for_update(of=("self",)) if suspects else ()
        found += [f"case {pk}: {what}" for pk, what in _wrong(list(held), calendar)]
    return found


def _wrong(cases: list[Case], calendar: WorkCalendar) -> list[tuple[UUID, str]]:
    receipts = standings_of("case", [case.pk for case in cases])
    return [
        (case.pk, what)
        for case in cases
        for what in (*_differences(case, calendar), *_told_wrong(case, receipts.get(case.pk)))
    ]


def _differences(case: Case, calendar: WorkCalendar) -> Iterator[str]:
    steps = sorted(case.steps.all(), key=lambda step: (step.at, step.pk))
    if not steps or "limit" not in steps[0].detail:
        yield "its steps do not begin with a report"
        return
    try:
        told = retold(case, steps, calendar)
    except MissingYear as missing:
        yield f"cannot be recomputed without the workdays of {missing.year}"
        return
    pairs = {
        "state": (case.state, int(told.state)),
        "due_at": (case.due_at, told.due["approved"]),
        "due_original_at": (case.due_original_at, told.due["original"]),
        "first_closed_at": (case.first_closed_at, told.first_closed_at),
    }
    for name, (is_stored, recomputed) in pairs.items():
        if is_stored != recomputed:
            yield f"{name} is {_word(is_stored)}, its steps say {_word(recomputed)}"
    if not _follow(steps):
        yield "a step does not begin where the one before it ended"


def _follow(steps: list[Casestep]) -> bool:
    ends = [None, *(step.to_state for step in steps)]
    return all(step.from_state == end for step, end in zip(steps, ends, strict=False))


def _told_wrong(case: Case, receipt: tuple[bool, datetime | None] | None) -> Iterator[str]:
    """Whether the published copy says that it is over when it is, and the date on which it is due."""
    if receipt is None:
        yield "has no receipt"
        return
    is_over = State(case.state) in OVER
    if receipt != (is_over, None if is_over else case.due_at):
        yield f"its receipt says over: {receipt[0]}, expected {_word(receipt[1])}"


def _word(value: object) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
