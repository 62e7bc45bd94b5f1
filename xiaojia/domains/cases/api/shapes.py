"""What goes into our API and comes out: shapes with their limits, and nothing that a person would hide."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime

from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.rules import BY_ACTION, MOST_TEXT, STATE_WORDS, State

MOST_ID: Final = 2**63 - 1
YEARS: Final = range(1990, 2200)


def _keepable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("no NUL and no half characters")
    return text


def _of_our_time(at: datetime) -> datetime:
    if at.year not in YEARS:
        raise ValueError(f"a year from {YEARS[0]} to {YEARS[-1]}")
    return at


def _action(word: str) -> str:
    if word not in BY_ACTION:
        raise ValueError(f"one of {', '.join(sorted(BY_ACTION))}")
    return word


Id = Annotated[int, Field(ge=1, le=MOST_ID)]
Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
Longer = Annotated[str, Field(max_length=MOST_TEXT), AfterValidator(_keepable)]
Short = Annotated[str, Field(max_length=120), AfterValidator(_keepable)]
Name = Annotated[str, Field(max_length=40), AfterValidator(_keepable)]


class ReportIn(Schema):
    """What was heard. `client_id` makes it one case however often it arrives."""

    casekind_id: Id
    text: Longer
    place_text: Short = ""
    building_id: Id | None = None
    household_id: Id | None = None
    reporter_name: Name = ""
    reporter_phone: Name = ""
    said_at: Moment | None = None
    client_id: UUID | None = None


class JoinIn(Schema):
    """One more who met it too."""

    text: Longer = ""
    reporter_name: Name = ""
    reporter_phone: Name = ""


class MoveIn(Schema):
    """One step: `action` of the list that the case offers, and what that action needs."""

    action: Annotated[str, AfterValidator(_action), Field(json_schema_extra={"enum": sorted(BY_ACTION)})]
    text: Longer = ""
    handler_id: Id | None = None
    handler: Name = ""
    reason: Name = ""
    resume_at: Moment | None = None
    amount: Annotated[int, Field(ge=0, le=365)] = 0
    result: Annotated[int, Field(ge=1, le=4)] | None = None
    into_id: UUID | None = None
    casekind_id: Id | None = None


class CasekindOut(Schema):
    id: int
    standard: str
    kind: str
    code: str
    name: str
    group: str
    limit_amount: int
    limit_unit: str
    is_public: bool
    is_confidential: bool
    is_danger: bool
    is_checked: bool


class KeptOut(Schema):
    """What became of a report, a join or a step."""

    id: UUID
    receipt_code: str
    state: int
    state_word: str
    due_at: datetime
    due_original_at: datetime


class CaseOut(KeptOut):
    """A case as its reader may see it; who said it is not told here."""

    casekind_id: int
    casekind: str
    text: str
    place_text: str
    building_id: int | None
    source: str
    result: int | None
    is_confidential: bool
    reported_at: datetime
    stage_due_at: datetime | None
    closed_at: datetime | None
    handler_id: int | None
    handler: str
    pause_count: int
    reopen_count: int
    extension_amount: int
    sender_limit: str
    parent_id: UUID | None
    merged_into_id: UUID | None
    changed_at: datetime


class StepOut(Schema):
    at: datetime
    action: str
    from_state: int | None
    to_state: int
    text: str


class WayOut(Schema):
    action: str
    word: str


class StoryOut(CaseOut):
    """One case with its steps and what may be done with it now, from the table of transitions."""

    steps: list[StepOut]
    may_do: list[WayOut]
    reporter_count: int
    children: list[UUID]


class PageOut(Schema):
    page: int
    has_more: bool
    cases: list[CaseOut]


class Problem(Schema):
    """RFC 9457: `detail` is one sentence that a person can read."""

    type: str
    title: str
    status: int
    detail: str


def kept(case: Case) -> dict[str, Any]:
    """The values of KeptOut."""
    return {
        "id": case.pk,
        "receipt_code": case.receipt_code,
        "state": case.state,
        "state_word": str(STATE_WORDS[State(case.state)]),
        "due_at": case.due_at,
        "due_original_at": case.due_original_at,
    }


_PLAIN: Final = [name for name in CaseOut.model_fields if name not in KeptOut.model_fields]


def whole(case: Case) -> dict[str, Any]:
    """The values of CaseOut."""
    plain = {name: getattr(case, name) for name in _PLAIN}
    return {**kept(case), **plain, "casekind": case.casekind.name}
