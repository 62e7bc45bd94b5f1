"""Our own API, /api/v1/: report, join, list, read and move cases, for desks and for programs with a key."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Header, NinjaAPI, Query, Status

from xiaojia.domains.cases import actions, queries
from xiaojia.domains.cases.api.doors import ByDesk, ByKey, once, with_problems
from xiaojia.domains.cases.api.rates import router as rates
from xiaojia.domains.cases.api.shapes import (
    MOST_ID,
    CasekindOut,
    JoinIn,
    KeptOut,
    MoveIn,
    PageOut,
    Problem,
    ReportIn,
    StoryOut,
    kept,
    whole,
)
from xiaojia.domains.cases.handlers import handlers
from xiaojia.domains.cases.rules import OVER, PAUSED
from xiaojia.domains.places.queries import building_in
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of
from xiaojia.kernel.tenancy import entered

A_PAGE: Final = 25
ORDERS: Final = {"due": "due_at", "-due": "-due_at", "reported": "reported_at", "-reported": "-reported_at"}

REFUSALS: Final = {frozenset({400, 401, 403, 404, 405, 409, 422, 429}): Problem}
IdempotencyKey = Annotated[
    str | None,
    Header(
        None,
        alias="Idempotency-Key",
        description="the same key again: the same answer",
        pattern="^[!-~]{1,80}$",
    ),
]

api = with_problems(
    NinjaAPI(
        title="小家",
        version="1",
        description="Cases of a community. Errors are problem details (RFC 9457) with one sentence.",
        urls_namespace="api",
        docs_url=None,
        auth=[ByKey(), ByDesk()],
    )
)


api.add_router("/rates/", rates)


@api.get("/casekinds/", response={200: list[CasekindOut], **REFUSALS}, url_name="casekinds")
def casekinds(request: HttpRequest) -> list[Any]:
    """The present casekinds with their limits."""
    return list(queries.casekinds(viewer=actor_of(request)))


@api.post("/cases/", response={201: KeptOut, **REFUSALS}, url_name="cases")
def report(request: HttpRequest, said: ReportIn, key: IdempotencyKey = None) -> Status[dict[str, Any]]:
    """Say something: one case, with a receipt code and the date by which it is answered."""
    by, at = actor_of(request), clock.now()

    def do() -> dict[str, Any]:
        if said.building_id is not None and building_in(said.building_id, viewer=by) is None:
            raise Refused(_("这件事没有记下，因为没有这栋楼，或者不在这个社区；换一栋，再来。"))
        heard = actions.Report(**said.dict(), source="api")
        if by.scope.is_wide:
            return kept(actions.report_case(by=by, at=at, report=heard))
        # Whoever sees one micro-grid may still say what concerns another, or what they may not read.
        wide = replace(by, scope=Scope((by.community_id,), is_wide=True))
        with entered(wide.scope):
            return kept(actions.report_case(by=wide, at=at, report=heard))

    return Status(201, once(request, by=by, at=at, do=do))


@api.get("/cases/", response={200: PageOut, **REFUSALS}, url_name="list_cases")
def list_cases(
    request: HttpRequest,
    state: Literal["open", "paused", "over", "any"] = "open",
    casekind_id: Annotated[int | None, Query(None, ge=1, le=MOST_ID)] = None,
    is_mine: bool = False,
    is_late: bool = False,
    order: Literal["due", "-due", "reported", "-reported"] = "due",
    page: Annotated[int, Query(1, ge=1, le=100_000)] = 1,
) -> dict[str, Any]:
    """Twenty-five cases that the asker may see."""
    viewer = actor_of(request)
    rows = queries.cases(viewer=viewer)
    if state == "over":
        rows = rows.filter(state__in=sorted(OVER))
    elif state == "paused":
        rows = rows.filter(state__in=sorted(PAUSED))
    elif state == "open":
        rows = rows.exclude(state__in=sorted(OVER))
    if casekind_id is not None:
        rows = rows.filter(casekind_id=casekind_id)
    if is_mine:
        rows = rows.filter(handler_id=viewer.account_id)
    if is_late:
        rows = rows.filter(due_at__lt=clock.now()).exclude(state__in=sorted(OVER | PAUSED))
    first = (page - 1) * A_PAGE
    found = list(rows.order_by(ORDERS[order], "id")[first : first + A_PAGE + 1])
    return {
        "page": page,
        "has_more": len(found) > A_PAGE,
        "cases": [whole(case) for case in found[:A_PAGE]],
    }


@api.get("/cases/{uuid:case_id}/", response={200: StoryOut, **REFUSALS}, url_name="case")
def one_case(request: HttpRequest, case_id: UUID) -> dict[str, Any]:
    """One case, its steps, and what the asker may do with it now."""
    story = queries.story(case_id, viewer=actor_of(request), at=clock.now())
    if story is None:
        raise Http404
    return {
        **whole(story.case),
        "steps": story.steps,
        "may_do": [{"action": way.action, "word": str(way.word)} for way in story.may_do],
        "reporter_count": len(story.reporters),
        "children": [child.pk for child in story.children],
    }


@api.post("/cases/{uuid:case_id}/reporters/", response={201: KeptOut, **REFUSALS}, url_name="join_case")
def join(
    request: HttpRequest, case_id: UUID, said: JoinIn, key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """我也遇到: one more reporter on a case that is open."""
    by, at = actor_of(request), clock.now()

    def do() -> dict[str, Any]:
        heard = actions.Report(casekind_id=0, **said.dict(), source="api")
        return kept(actions.join_case(by=by, at=at, case_id=case_id, report=heard))

    return Status(201, once(request, by=by, at=at, do=do))


@api.post("/cases/{uuid:case_id}/moves/", response={201: KeptOut, **REFUSALS}, url_name="move_case")
def move(
    request: HttpRequest, case_id: UUID, wanted: MoveIn, key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """One step along the table of transitions, or the sentence of what stands in its way."""
    by, at = actor_of(request), clock.now()

    def do() -> dict[str, Any]:
        step = _step(wanted, case_id, by)
        return kept(actions.move_case(by=by, at=at, case_id=case_id, move=step))

    return Status(201, once(request, by=by, at=at, do=do))


def _step(wanted: MoveIn, case_id: UUID, by: Actor) -> actions.Move:
    """Who is to handle it must be one of those whom the page would offer; a unit is only named."""
    said = wanted.dict()
    handler_id = said.pop("handler_id")
    if handler_id is None or wanted.action != "assign":
        return actions.Move(**said)
    found = queries.case(case_id, viewer=by)
    offered = handlers(found, viewer=by, on=clock.today()) if found else []
    chosen = next((h for h in offered if h.account_id == handler_id), None)
    if chosen is None:
        raise Refused(_("没有派出去，因为这个人不在能办这件事的人里；换一位，再派。"))
    said["handler"] = chosen.name
    return actions.Move(
        **said, handler_id=handler_id, handler_role=chosen.role, microgrid_ids=chosen.microgrid_ids
    )
