"""Photos of a case: look, add, take away. Nothing asks for one (P22)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from xiaojia.domains.cases import actions, queries
from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.lines import line_of
from xiaojia.domains.cases.photos.child import MOST_BYTES
from xiaojia.domains.cases.photos.developing import developed, not_a_photo
from xiaojia.domains.cases.queries.photos import photo_file
from xiaojia.domains.cases.queries.photos import photos as photos_of
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

MOST_SENT: Final = MOST_BYTES * 9 + 2**20
"""Bytes of a form with nine photos. More is refused by its announced length, before anything is read."""


@csrf_exempt  # the token stands in the body, which is not read before its length is looked at
def home(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The photos of a case, and the form that adds some."""
    if is_too_long(request):
        return _page(request, case_id, not_a_photo("big"))
    return _home(request, case_id)


def is_too_long(request: HttpRequest) -> bool:
    """Whether more is announced than nine photos can have."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    return request.method == "POST" and (not announced.isdigit() or int(announced) > MOST_SENT)


@csrf_protect
def _home(request: HttpRequest, case_id: UUID) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "keep_photo", viewer, viewer.community_id)
    if request.method != "POST":
        return _page(request, case_id, None)
    files = request.FILES.getlist("photos")
    try:
        if not files:
            raise Refused(_("没有照片可收，因为一张也没选；选好照片再点一次，没有照片也不要紧。"))
        for file in files:
            if (file.size or 0) > MOST_BYTES:
                raise not_a_photo("big")
            photo = developed(file.read())
            actions.keep_photo(by=viewer, at=clock.now(), case_id=case_id, photo=photo)
    except Refused as refused:
        return _page(request, case_id, refused)
    messages.success(request, _("照片收好了，里面的拍摄地点和手机型号已经去掉。"))
    return redirect("cases:one", case_id)


def _page(request: HttpRequest, case_id: UUID, refusal: Refused | None) -> HttpResponse:
    viewer, now = actor_of(request), clock.now()
    case = queries.case(case_id, viewer=viewer)
    if case is None:
        raise Http404
    context = {
        "case": case,
        "line": line_of(case, at=now),
        "photos": photos_of(case_id, viewer=viewer, at=now),
        "refusal": refusal,
    }
    return render(request, "cases/photos.html", context, status=refusal.status if refusal else 200)


def file(request: HttpRequest, photo_token: str) -> HttpResponse:
    """The photo itself, for whom the link was made, while it is good."""
    path = photo_file(photo_token, viewer=actor_of(request), at=clock.now())
    if path is None or not path.exists():
        raise Http404
    response = HttpResponse(path.read_bytes(), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=600"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_POST
def remove(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Take one away."""
    case_id = actions.remove_photo(by=actor_of(request), at=clock.now(), photo_id=photo_id)
    messages.success(request, _("照片拿掉了。"))
    return redirect("cases:photos", case_id)
