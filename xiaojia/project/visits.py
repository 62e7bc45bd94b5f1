"""Notes when a browser was last seen, so that 登录与安全 can say it. Nobody else reads this (P25)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

from xiaojia.domains.people.accounts import sign_ins
from xiaojia.kernel import clock
from xiaojia.kernel.requests import address_of

MOST_KEPT: Final = 5_000


class VisitMiddleware:
    """One short write for each browser in five minutes and process; all other requests cost no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._noted: OrderedDict[str, float] = OrderedDict()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, then note the visit of a browser that stands in its account's list."""
        response = self._get_response(request)
        session_key = request.session.session_key
        if session_key and sign_ins.LISTED in request.session and self._is_time(session_key):
            sign_ins.note_visit(session_key=session_key, address=address_of(request), at=clock.now())
        return response

    def _is_time(self, session_key: str) -> bool:
        moment = time.monotonic()
        last = self._noted.get(session_key)
        if last is not None and moment - last < sign_ins.NOTED_EVERY.total_seconds():
            return False
        self._noted[session_key] = moment
        self._noted.move_to_end(session_key)
        while len(self._noted) > MOST_KEPT:
            self._noted.popitem(last=False)
        return True
