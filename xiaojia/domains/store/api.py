"""`/api/v1/till/`: a till with a key of its own sells for points and takes gifts; one statement a request.

No session, no cookie, no transaction of the middleware: the key is looked at by the statement that posts.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from xiaojia.domains.store.actions.tills import Slip, Sold, donate_at_till, redeem_at_till
from xiaojia.kernel import clock
from xiaojia.kernel.problems import problem
from xiaojia.kernel.refusals import Refused

MOST_BODY: Final = 1024
MOST_NUMBER: Final = 2**31 - 1
MOST_PASSBOOK: Final = 8

Values = Mapping[str, Any]


class Unreadable(Refused):
    """A body that is not what the door takes."""

    status = 422


@csrf_exempt
def redemptions(request: HttpRequest) -> HttpResponse:
    """`{"passbook": "0007", "goods": 3, "quantity": 1}`: goods by their number on the shelf."""
    return _answered(request, _redeem)


@csrf_exempt
def donations(request: HttpRequest) -> HttpResponse:
    """`{"passbook": "0007", "points": 5}`: points for the mutual-aid fund."""
    return _answered(request, _donate)


def _redeem(slip: Slip, said: Values) -> Sold:
    goods_number, quantity, at = _whole(said, "goods"), _whole(said, "quantity"), clock.now()
    return redeem_at_till(slip=slip, at=at, on=clock.today(at), goods_number=goods_number, quantity=quantity)


def _donate(slip: Slip, said: Values) -> Sold:
    at = clock.now()
    return donate_at_till(slip=slip, at=at, on=clock.today(at), points=_whole(said, "points"))


def _answered(request: HttpRequest, do: Callable[[Slip, Values], Sold]) -> HttpResponse:
    """201 with what was written, the same for a request that comes again; or a problem with its sentence."""
    if request.method != "POST":
        answer = problem(405, _("这里只收柜台送来的单子（POST）。"))
        answer["Allow"] = "POST"
        return answer
    try:
        said = _said(request)
        slip = Slip(request.META.get("HTTP_X_API_KEY", ""), _request_id(request), _passbook(said))
        sold = do(slip, said)
    except Refused as refused:
        return problem(refused.status, refused.sentence)
    body = {"id": sold.row_id, "transaction_id": sold.transaction_id, "points": sold.points}
    return HttpResponse(json.dumps(body), content_type="application/json", status=201)


def _said(request: HttpRequest) -> Values:
    body = request.body
    try:
        said = json.loads(body) if len(body) <= MOST_BODY else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Unreadable(_("没有收，因为单子看不懂；按说明写成 JSON 再送。"))
    return said


def _request_id(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.META.get("HTTP_IDEMPOTENCY_KEY", ""))
    except ValueError:
        sentence = _("没有收，因为没有单号；在 Idempotency-Key 里写一个 UUID，重送时用同一个。")
        raise Unreadable(sentence) from None


def _passbook(said: Values) -> str:
    text = said.get("passbook")
    if not isinstance(text, str) or not (text.isascii() and text.isalnum() and len(text) <= MOST_PASSBOOK):
        raise Unreadable(_("没有收，因为单子看不懂；按说明写成 JSON 再送。"))
    return text


def _whole(said: Values, name: str) -> int:
    number = said.get(name)
    if type(number) is not int or not 0 <= number <= MOST_NUMBER:
        raise Unreadable(_("没有收，因为单子看不懂；按说明写成 JSON 再送。"))
    return number


app_name = "till"
urlpatterns = [
    path("redemptions/", redemptions, name="redemptions"),
    path("donations/", donations, name="donations"),
]
