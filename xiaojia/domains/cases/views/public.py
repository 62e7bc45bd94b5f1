"""What neighbours do without an account: say a thing on a building's page, follow it by the signed link.

Pages read published copies only; a wide scope is entered around the one action and nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol
from uuid import uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from xiaojia.domains.cases import actions, sheets
from xiaojia.domains.cases.actions.photographing import send_photo
from xiaojia.domains.cases.forms import NeighbourForm, UnsolvedForm
from xiaojia.domains.cases.photos.child import MOST_BYTES
from xiaojia.domains.cases.photos.developing import Developed, developed, not_a_photo
from xiaojia.domains.cases.queries.published import duty_phone
from xiaojia.domains.cases.rules import REOPEN_DAYS, STATE_WORDS, State
from xiaojia.domains.receipts.queries import receipt_by_code, told
from xiaojia.domains.receipts.rules import spell
from xiaojia.domains.teams.queries import published
from xiaojia.kernel import clock, limits
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import address_of
from xiaojia.kernel.tenancy import entered

MOST_REPORTS: Final = 6
"""From one network address in an hour."""
MOST_OF_A_BUILDING: Final = 40
"""On one building's page in an hour, whoever says it."""
HOUR: Final = 3600
MOST_PHOTOS: Final = 3
MOST_SENT: Final = MOST_BYTES * MOST_PHOTOS + 2**20
"""Bytes of a report with its photos; more is refused by its announced length, before anything is read."""


class Page(Protocol):
    """The published page of a building, as far as a report needs it."""

    @property
    def code(self) -> str: ...
    @property
    def community_id(self) -> int: ...
    @property
    def building_id(self) -> int: ...


def neighbour(community_id: int) -> Actor:
    """Whoever stands in front of the building's page: nobody in particular."""
    return Actor(0, "resident", community_id, Scope((community_id,), is_wide=True))


@csrf_exempt  # the token stands in the body, which is not read before its length is looked at
def say(request: HttpRequest, code: str) -> HttpResponse:
    """Three fields and photos, one of them needed; the answer is a receipt with its link."""
    page = published(code) if settings.XIAOJIA_PUBLIC_URL else None
    if page is None:
        raise Http404
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if request.method == "POST" and (not announced.isdigit() or int(announced) > MOST_SENT):
        form = NeighbourForm(initial={"client_id": uuid4()})
        return _say_page(request, page, form, not_a_photo("big"))
    return _say(request, page)


@csrf_protect
def _say(request: HttpRequest, page: Page) -> HttpResponse:
    form, refusal = NeighbourForm(request.POST or None, initial={"client_id": uuid4()}), None
    if request.method == "POST" and form.is_valid():
        if _is_too_much(request, page.code):
            refusal = Refused(_("这一小时说得太多了，先歇一歇；急的事请直接打电话。"))
        else:
            values, by = form.cleaned_data, neighbour(page.community_id)
            report = actions.Report(
                casekind_id=0,
                text=values["text"],
                place_text=values["place_text"],
                building_id=page.building_id,
                reporter_phone=values["phone"],
                source="page",
                client_id=values["client_id"],
            )
            try:
                photos = _photos(request)
                with entered(by.scope):
                    case = actions.report_as_neighbour(by=by, at=clock.now(), report=report)
                    for photo in photos:
                        send_photo(by=by, at=clock.now(), case_id=case.pk, photo=photo)
            except Refused as refused:
                refusal = refused
            else:
                return redirect("receipt_link", sheets.link_token(case.receipt_code))
    return _say_page(request, page, form, refusal)


def _photos(request: HttpRequest) -> list[Developed]:
    """Painted anew before anything is written: one that is no photo refuses, and the words stay."""
    files = request.FILES.getlist("photos")
    if len(files) > MOST_PHOTOS:
        sentence = _("没有交上去，因为照片最多 %(most)d 张；少选几张再交，没有照片也照样办。")
        raise Refused(sentence % {"most": MOST_PHOTOS})
    if any((file.size or 0) > MOST_BYTES for file in files):
        raise not_a_photo("big")
    return [developed(file.read()) for file in files]


def _say_page(request: HttpRequest, page: Page, form: NeighbourForm, refusal: Refused | None) -> HttpResponse:
    status = refusal.status if refusal else 422 if form.is_bound and form.errors else 200
    context = {
        "form": form,
        "page": page,
        "refusal": refusal,
        "most_photos": MOST_PHOTOS,
        "duty_phone": partial(duty_phone, page.community_id),
    }
    return render(request, "cases/say.html", context, status=status)


def _is_too_much(request: HttpRequest, code: str) -> bool:
    at = clock.now()
    here = limits.is_spent(f"say from {address_of(request)}", most=MOST_REPORTS, seconds=HOUR, at=at)
    return limits.is_spent(f"say at {code}", most=MOST_OF_A_BUILDING, seconds=HOUR, at=at) or here


def link(request: HttpRequest, token: str) -> HttpResponse:
    """The whole timeline of one receipt, and what its holder may still say."""
    code = sheets.code_of_token(token)
    receipt = receipt_by_code(code) if code else None
    if receipt is None:
        raise Http404
    form, refusal = UnsolvedForm(request.POST or None), None
    may = _may(receipt.kind, receipt.word, receipt.changed_at, is_over=receipt.is_over)
    if request.method == "POST" and may and form.is_valid():
        by, text = neighbour(receipt.community_id), form.cleaned_data["text"]
        try:
            with entered(by.scope):
                if may == "unsolved":
                    actions.say_unsolved(by=by, at=clock.now(), case_id=receipt.subject_id, text=text)
                else:
                    gone = actions.Move("withdraw", text)
                    actions.move_case(by=by, at=clock.now(), case_id=receipt.subject_id, move=gone)
        except Refused as refused:
            refusal = refused
        else:
            return redirect("receipt_link", token)
    context = {
        "receipt": receipt,
        "code": spell(receipt.code),
        "timeline": told(receipt),
        "form": form,
        "may": may,
        "refusal": refusal,
        "token": token,
    }
    status = refusal.status if refusal else 422 if form.is_bound and form.errors else 200
    return render(request, "cases/link.html", context, status=status)


def _may(kind: str, word: str, changed_at: datetime, *, is_over: bool) -> str:
    """unsolved, withdraw or '', by the published copy alone; the action looks at the case itself."""
    with override(settings.LANGUAGE_CODE):
        asked, closed = str(STATE_WORDS[State.REOPEN_ASKED]), str(STATE_WORDS[State.CLOSED])
    if kind != "case":
        return ""
    if not is_over:
        return "" if word == asked else "withdraw"
    is_fresh = clock.now() <= changed_at + timedelta(days=REOPEN_DAYS)
    return "unsolved" if is_fresh and word == closed else ""
