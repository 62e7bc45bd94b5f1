"""The same numbers a second time, in Python over the steps alone: what `rates` says must agree with this.

No stored deadline, state or counter of a case is read, only when it was reported and what then happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from xiaojia.domains.cases.access import MAY, visible_cases
from xiaojia.domains.cases.models import Case, Casestep
from xiaojia.domains.cases.queries.rates import LIMITS, PARTS, Period
from xiaojia.domains.cases.queries.stories import clock_of
from xiaojia.domains.cases.rules import OVER, REOPEN_DAYS, State
from xiaojia.engines.clocks import Clock, Limit, Unit, WorkCalendar
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

_DECIDED = frozenset({State.CLOSED, State.DECLINED})


@dataclass(frozen=True, slots=True)
class Retold:
    """A case as its steps tell it."""

    case_id: UUID
    state: State
    due: dict[str, datetime]
    first_closed_at: datetime | None
    is_reopened: bool
    actions: frozenset[str]


def retold(case: Case, steps: Sequence[Casestep], calendar: WorkCalendar) -> Retold:
    """One case from its steps, in the order in which they were taken."""
    ordered = sorted(steps, key=lambda step: (step.at, step.pk or 0))
    first = ordered[0]
    limit = Limit(first.detail["limit"][0], Unit(first.detail["limit"][1]))
    closed_at = next((s.at for s in ordered if State(s.to_state) in _DECIDED), None)
    return Retold(
        case.pk,
        State(ordered[-1].to_state),
        {
            "original": Clock(first.at, limit).original_deadline(calendar),
            "approved": clock_of(case, while_open(ordered)).deadline(calendar),
        },
        closed_at,
        closed_at is not None
        and any(
            s.action in {"reopen", "ask_reopen"} and s.at <= closed_at + timedelta(days=REOPEN_DAYS)
            for s in ordered
        ),
        frozenset(s.action for s in ordered),
    )


def while_open(ordered: Sequence[Casestep]) -> Sequence[Casestep]:
    """The steps up to the last one that left the case open: what follows moves no deadline."""
    last = max((n for n, s in enumerate(ordered) if State(s.to_state) not in OVER), default=0)
    return ordered[: last + 1]


def recount(
    *, limit: str, viewer: Actor, period: Period, at: datetime, calendar: WorkCalendar
) -> dict[str, set[UUID]]:
    """Part -> the cases behind it (two queries, all cases of the community)."""
    require(MAY, "see_rates", viewer, viewer.community_id)
    if limit not in LIMITS:
        raise ValueError(f"no such limit: {limit}")
    found: dict[str, set[UUID]] = {part: set() for part in PARTS}
    for case in visible_cases(viewer).select_related("casekind").prefetch_related("steps"):
        told = retold(case, list(case.steps.all()), calendar)
        for part in _parts_of(told, limit, period, at):
            found[part].add(told.case_id)
    return found


def _parts_of(told: Retold, limit: str, period: Period, at: datetime) -> list[str]:
    since, until = period.moments
    due = told.due[limit]
    if due >= at:
        return []
    if due < since:
        return ["older"] if told.state not in OVER else []
    if due >= until:
        return []
    if told.state is State.WITHDRAWN:
        return ["withdrawn"]
    return ["due", _outcome(told, due), *_beside(told)]


def _outcome(told: Retold, due: datetime) -> str:
    if told.is_reopened:
        return "reopened"
    if told.first_closed_at is None:
        return "open"
    return "in_time" if told.first_closed_at <= due else "late"


def _beside(told: Retold) -> list[str]:
    acts = {
        "paused": {"wait", "shelve"},
        "extended": {"extend"},
        "rework": {"send_back"},
        "bounced": {"bounce"},
    }
    parts = [part for part, actions in acts.items() if told.actions & actions]
    return [*parts, "transferred"] if told.state is State.DECLINED else parts
