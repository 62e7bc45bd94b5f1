"""Reads of cases: one case with its history, what may be done, lists, and clocks recomputed from steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from xiaojia.domains.cases.access import (
    MAY,
    living_casekinds,
    visible_cases,
    visible_reporters,
    visible_steps,
)
from xiaojia.domains.cases.models import Case, Casekind, Casestep, DutyPhone, Reporter
from xiaojia.domains.cases.rules import OVER, PAUSED, Asked, Facts, State, Transition, allowed
from xiaojia.engines.clocks import Clock, Limit, Pause, Unit
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Story:
    """One case with everything that its page shows."""

    case: Case
    steps: list[Casestep]
    reporters: list[Reporter]
    children: list[Case]
    may_do: list[Transition]


def case(case_id: UUID, *, viewer: Actor) -> Case | None:
    """One case that the viewer may see, with `duty_phone` of its community, or None (one query)."""
    require(MAY, "see_cases", viewer, viewer.community_id)
    phone = DutyPhone.objects.filter(pk=OuterRef("community_id")).values("phone")
    rows = visible_cases(viewer).annotate(duty_phone=Subquery(phone))
    return rows.select_related("casekind", "building__compound").filter(pk=case_id).first()


def story(case_id: UUID, *, viewer: Actor, at: datetime) -> Story | None:
    """The page of one case (five queries)."""
    found = case(case_id, viewer=viewer)
    if found is None:
        return None
    with_places = visible_cases(viewer).select_related("casekind", "building__compound")
    children = list(with_places.filter(parent_id=case_id).order_by("reported_at"))
    open_count = sum(State(child.state) not in OVER for child in children)
    asked = Asked(viewer.account_id, viewer.role, at)
    ways = [
        t
        for t in allowed(facts_of(found, open_child_count=open_count), asked)
        if may(MAY, t.action, viewer, found.community_id)
    ]
    return Story(
        case=found,
        steps=list(visible_steps(viewer).filter(case_id=case_id)),
        reporters=list(visible_reporters(viewer).filter(case_id=case_id)),
        children=children,
        may_do=ways,
    )


def cases(*, viewer: Actor) -> QuerySet[Case]:
    """Cases that the viewer may see, the newest first."""
    require(MAY, "see_cases", viewer, viewer.community_id)
    return visible_cases(viewer).select_related("casekind").order_by("-reported_at", "id")


def open_cases(*, viewer: Actor) -> QuerySet[Case]:
    """Those that still wait for something, the nearest deadline first."""
    return cases(viewer=viewer).exclude(state__in=sorted(OVER)).order_by("due_at", "id")


def mine(*, viewer: Actor) -> QuerySet[Case]:
    """Open cases given to this account."""
    return open_cases(viewer=viewer).filter(handler_id=viewer.account_id)


def casekinds(*, viewer: Actor) -> QuerySet[Casekind]:
    """The present casekinds of the viewer's communities, our local range first."""
    require(MAY, "see_cases", viewer, viewer.community_id)
    return living_casekinds(viewer)


def facts_of(found: Case, *, open_child_count: int) -> Facts:
    """What the guards look at."""
    return Facts(
        state=State(found.state),
        due_at=found.due_at,
        closed_at=found.closed_at,
        dispatched_at=found.dispatched_at,
        handler_id=found.handler_id,
        finished_by_id=found.finished_by_id,
        verifier_ids=tuple(found.verifier_ids),
        pause_count=found.pause_count,
        bounce_count=found.bounce_count,
        bounced_handlers=tuple(found.bounced_handlers),
        handler=found.handler,
        reopen_count=found.reopen_count,
        is_extended=found.extension_amount > 0,
        is_confidential=found.is_confidential,
        is_merged=found.merged_into_id is not None,
        open_child_count=open_child_count,
    )


def clock_of(found: Case, steps: Iterable[Casestep]) -> Clock:
    """The overall clock, from the report and the stored steps alone: limit, pauses, extension, stop."""
    ordered = sorted(steps, key=lambda step: (step.at, step.pk or 0))
    limit = Limit(found.casekind.limit_amount, Unit(found.casekind.limit_unit))
    extension, stopped_at = 0, None
    for step in ordered:
        if "limit" in step.detail:
            limit = Limit(step.detail["limit"][0], Unit(step.detail["limit"][1]))
        extension = step.detail.get("extension", extension)
        if State(step.to_state) in OVER:
            stopped_at = step.at
        elif State(step.to_state) in {State.REWORK, State.REOPEN_ASKED}:
            stopped_at = None if State(step.to_state) is State.REWORK else stopped_at
    return Clock(found.reported_at, limit, pauses_of(ordered), extension, stopped_at)


def pauses_of(steps: Sequence[Casestep]) -> tuple[Pause, ...]:
    """Each stretch in a paused state: to the next step that leaves it, else to the planned day.

    A paused case that was merged and comes apart again waits for the day that was planned then.
    """
    pauses: list[Pause] = []
    plan: dict[str, str] = {}
    for number, step in enumerate(steps):
        plan = step.detail if "resume_at" in step.detail else plan
        if State(step.to_state) in PAUSED and step.from_state != step.to_state:
            ended = next((s.at for s in steps[number + 1 :] if State(s.to_state) not in PAUSED), None)
            until = ended or datetime.fromisoformat(plan["resume_at"])
            pauses.append(Pause(step.at, max(until, step.at), plan.get("reason", "")))
    return tuple(pauses)
