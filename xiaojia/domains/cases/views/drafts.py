"""没网时记: a page that opens without a network, and the door where its reports come in (decision 0092)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect, ensure_csrf_cookie

from xiaojia.domains.cases import actions, proposing
from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.photos.child import MOST_BYTES
from xiaojia.domains.cases.photos.developing import developed, not_a_photo
from xiaojia.domains.cases.views.photos import is_too_long
from xiaojia.domains.receipts.rules import spell
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of
from xiaojia.kernel.tenancy import entered


@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """The page that the device keeps: nobody's name stands on it."""
    viewer = actor_of(request)
    _here(viewer)
    return render(request, "cases/drafts.html", {"account_id": viewer.account_id})


def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, under the path that it looks after."""
    _here(actor_of(request))
    found = finders.find("sw.js")
    path = Path(found) if isinstance(found, str) else Path(settings.STATIC_ROOT) / "sw.js"
    return HttpResponse(path.read_bytes(), content_type="text/javascript")


@csrf_exempt  # the length is looked at before the body, which may hold the token, is read
def receive(request: HttpRequest) -> HttpResponse:
    """One report with its photos; the same `client_id` again is the case that is already there."""
    if is_too_long(request):
        return JsonResponse({"sentence": str(not_a_photo("big"))}, status=413)
    return _receive(request)


@csrf_protect
def _receive(request: HttpRequest) -> HttpResponse:
    viewer = actor_of(request)
    _here(viewer)
    if request.method != "POST":
        raise Http404
    if request.POST.get("account") != str(viewer.account_id):
        sentence = _("这一条是别人在这台手机上记的；请那个人登录以后再交。")
        return JsonResponse({"sentence": sentence}, status=409)
    try:
        return JsonResponse(_keep(request, viewer))
    except Refused as refused:
        response = JsonResponse({"sentence": str(refused)}, status=422)
        response.must_roll_back = True  # type: ignore[attr-defined]  # read by the middleware
        return response


def _keep(request: HttpRequest, viewer: Actor) -> dict[str, object]:
    """The case, then each photo that is one: a photo that is refused does not hold the report up."""
    wide = replace(viewer, scope=Scope((viewer.community_id,), is_wide=True))
    now, refused = clock.now(), []
    with entered(wide.scope):
        case = actions.report_as_neighbour(by=wide, at=now, report=_report(request, wide, now, viewer))
        for file in request.FILES.getlist("photos"):
            try:
                if (file.size or 0) > MOST_BYTES:
                    raise not_a_photo("big")
                actions.keep_photo(by=wide, at=now, case_id=case.pk, photo=developed(file.read()))
            except Refused as refusal:
                refused.append(str(refusal))
    sentence = _("交上去了。回执号 %(code)s。") % {"code": spell(case.receipt_code)}
    return {"sentence": sentence, "refused": refused}


def _report(request: HttpRequest, wide: Actor, now: datetime, viewer: Actor) -> actions.Report:
    """What the device kept; where no building is named, whoever said it goes on seeing it."""
    asked = request.POST
    try:
        client_id = UUID(asked.get("client_id", ""))
        said_at = parse_datetime(asked.get("said_at", ""))
    except ValueError:
        client_id, said_at = None, None
    if client_id is None or said_at is None or said_at.tzinfo is None:
        raise Refused(_("这一条没有交上去，因为它坏了；照着它重新记一条，再把它删掉。"))
    words = asked.get("place_text", "")[:80]
    building = proposing.guess(words, proposing.ground(viewer=wide, at=now))[1].building if words else None
    return actions.Report(
        casekind_id=0,
        text=asked.get("text", ""),
        place_text=words,
        building_id=building.building_id if building else None,
        source="phone",
        client_id=client_id,
        said_at=said_at,
        microgrid_ids=viewer.scope.microgrid_ids,
    )


def _here(viewer: Actor) -> None:
    """Only where browsers trust the address (https, or localhost): not on a plain --lan."""
    if not settings.XIAOJIA_PUBLIC_URL:
        raise Http404
    require(MAY, "keep_photo", viewer, viewer.community_id)
