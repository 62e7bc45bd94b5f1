"""One case: its page, its steps, who said it, the slip on paper."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.cases import actions, proposing, queries, sheets
from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.forms import PLAIN, BoxForm, MoveForm, limit_words
from xiaojia.domains.cases.handlers import handlers
from xiaojia.domains.cases.lines import badge_of, line_of, lines, place_of
from xiaojia.domains.cases.models import Case, Casestep
from xiaojia.domains.cases.queries import Story
from xiaojia.domains.cases.queries.photos import photos as photos_of
from xiaojia.domains.cases.queries.reporters import heard_from
from xiaojia.domains.cases.rules import (
    BY_ACTION,
    OVER,
    PAUSE_REASONS,
    RESULT_WORDS,
    STATE_WORDS,
    Result,
    State,
    Transition,
)
from xiaojia.domains.places.queries import community
from xiaojia.domains.receipts.rules import spell
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import ROLES, Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

FIRST = ("accept", "assign", "start", "finish", "verify", "resume", "grant_reopen")
"""What is likeliest to be next, in this order: one of them is the red button. What is over needs none."""


def one(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What was said, how long it still has, every step, and what may be done now."""
    viewer = actor_of(request)
    return _page(request, viewer, _story(case_id, viewer))


def _story(case_id: UUID, viewer: Actor) -> Story:
    found = queries.story(case_id, viewer=viewer, at=clock.now())
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, viewer: Actor, found: Story, refusal: Refused | None = None) -> HttpResponse:
    now, case = clock.now(), found.case
    badge, word = badge_of(case, at=now)
    by_action = {t.action: t for t in found.may_do}
    first = next((by_action[a] for a in FIRST if a in by_action), None)
    is_holder = viewer.scope.is_wide or case.handler_id == viewer.account_id
    context = {
        "now": now,
        "case": case,
        "code": spell(case.receipt_code),
        "place": place_of(case),
        "badge": badge,
        "word": word,
        "state_word": STATE_WORDS[State(case.state)],
        "is_over": State(case.state) in OVER,
        "limit": limit_words(case.casekind.limit),
        "steps": [_told(step, viewer) for step in found.steps],
        "reporters": heard_from(found.reporters),
        "may_open": is_holder and may(MAY, "open_reporters", viewer, case.community_id),
        "children": lines(found.children, at=now),
        "first": first,
        "photos": photos_of(case.pk, viewer=viewer, at=now),
        "may_photograph": may(MAY, "keep_photo", viewer, case.community_id),
        "others": [t for t in found.may_do if t is not first],
        "plain": PLAIN,
        "may_split": viewer.scope.is_wide and State(case.state) not in OVER and case.parent_id is None,
        "is_danger": case.casekind.is_danger and State(case.state) not in OVER,
        "duty_phone": getattr(case, "duty_phone", ""),
        "refusal": refusal,
    }
    return render(request, "cases/one.html", context, status=refusal.status if refusal else 200)


def _told(step: Casestep, viewer: Actor) -> dict[str, Any]:
    """One line of the timeline: when, what, in which role, and what was written."""
    transition = BY_ACTION.get(step.action)
    detail, more = step.detail, ""
    if detail.get("reason") in PAUSE_REASONS:
        more = str(PAUSE_REASONS[detail["reason"]][1])
    elif detail.get("result"):
        more = str(RESULT_WORDS[Result(detail["result"])])
    elif detail.get("media_url"):
        more = _("送来的照片地址（没有去取）：%(url)s") % {"url": detail["media_url"]}
    elif step.action in {"assign", "decline", "transfer"}:
        more = detail.get("handler", "")
    return {
        "at": step.at,
        "word": transition.word if transition else _("有人说了这件事"),
        "role": ROLES.get(step.role, "") if step.account_id else _("邻居自己"),
        "more": more,
        "text": step.text,
        "is_own": bool(step.account_id) and step.account_id == viewer.account_id,
    }


def move(request: HttpRequest, case_id: UUID, action: str) -> HttpResponse:
    """One step: a button for those that need nothing, else one small form. A refusal keeps what was typed."""
    viewer, now = actor_of(request), clock.now()
    transition = BY_ACTION.get(action)
    if transition is None:
        raise Http404
    require(MAY, action, viewer, viewer.community_id)
    case = queries.case(case_id, viewer=viewer)
    if case is None:
        raise Http404
    form = MoveForm(
        request.POST or None,
        action=action,
        handlers=handlers(case, viewer=viewer, on=clock.today(now)) if action == "assign" else (),
        kinds=list(queries.casekinds(viewer=viewer)) if action == "change_kind" else (),
    )
    refusal: Refused | None = None
    if request.method == "POST" and (action in PLAIN or form.is_valid()):
        try:
            actions.move_case(by=viewer, at=now, case_id=case_id, move=_move(form, action, viewer))
        except Refused as refused:
            refusal = refused
            if action in PLAIN:
                return _page(request, viewer, _story(case_id, viewer), refused)
        else:
            messages.success(request, _("记下了：%(word)s。") % {"word": transition.word})
            return redirect("cases:one", case_id)
    return _move_page(request, case, transition, form, refusal)


def _move_page(
    request: HttpRequest, case: Case, transition: Transition, form: MoveForm, refusal: Refused | None
) -> HttpResponse:
    now = clock.now()
    status = refusal.status if refusal else 422 if form.is_bound and form.errors else 200
    context = {
        "case": case,
        "line": line_of(case, at=now),
        "transition": transition,
        "form": form,
        "refusal": refusal,
        "is_plain": transition.action in PLAIN,
    }
    return render(request, "cases/move.html", context, status=status)


def _move(form: MoveForm, action: str, viewer: Actor) -> actions.Move:
    """What the form says, as the action wants it."""
    if action in PLAIN:
        return actions.Move(action)
    values = form.cleaned_data
    who = form.handler
    into = queries.by_code(values["code"], viewer=viewer) if values.get("code") else None
    return actions.Move(
        action,
        text=values["text"],
        handler_id=who.account_id if who else None,
        handler=who.name if who else values.get("other") or values.get("unit") or "",
        handler_role=who.role if who else "officer",
        microgrid_ids=who.microgrid_ids if who else (),
        reason="resident" if action == "wait" else values.get("reason", ""),
        resume_at=form.resume_at,
        amount=values.get("amount") or 0,
        result=int(values["result"]) if values.get("result") else None,
        into_id=into.pk if into else None,
        casekind_id=int(values["casekind"]) if values.get("casekind") else None,
    )


def reporters(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Names and phones in full; opening them leaves a note."""
    viewer, now = actor_of(request), clock.now()
    case = queries.case(case_id, viewer=viewer)
    if case is None:
        raise Http404
    people = actions.open_reporters(by=viewer, at=now, case_id=case_id)
    return render(request, "cases/reporters.html", {"case": case, "people": people, "now": now})


def slip(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The receipt on paper, A6 on A4, twice: one to give away, one to keep."""
    viewer, now = actor_of(request), clock.now()
    case = queries.case(case_id, viewer=viewer)
    if case is None:
        raise Http404
    place = community(viewer.community_id)
    made = sheets.slip_of(
        case,
        viewer=viewer,
        on=clock.today(now),
        place=place.name,
        public_url=settings.XIAOJIA_PUBLIC_URL,
    )
    context = {
        "case": case,
        "slip": made,
        "place": place_of(case),
        "community": place,
        "now": now,
        "is_public": bool(settings.XIAOJIA_PUBLIC_URL),
    }
    return render(request, "cases/slip.html", context)


def part(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """A part of it that somebody else has to do."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "settle_child", viewer, viewer.community_id)
    parent = queries.case(case_id, viewer=viewer)
    if parent is None:
        raise Http404
    on = proposing.Ground(list(queries.casekinds(viewer=viewer)), (), ())
    form = BoxForm(request.POST or None, kinds=on.kinds, is_kept=True)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        report = actions.Report(
            casekind_id=int(values["casekind"]),
            text=values["text"],
            place_text=values["place_text"] or parent.place_text,
            building_id=parent.building_id,
            source="part",
            client_id=values["client_id"],
        )
        try:
            child = actions.split_case(by=viewer, at=now, parent_id=case_id, report=report)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("分出一件，上面那件等它有了结果再办结。"))
            return redirect("cases:one", child.pk)
    status = refusal.status if refusal else 422 if form.is_bound and form.errors else 200
    context = {
        "form": form,
        "line": line_of(parent, at=now),
        "refusal": refusal,
        "client_id": request.POST.get("client_id") or uuid4(),
    }
    return render(request, "cases/part.html", context, status=status)
