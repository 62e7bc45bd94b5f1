"""Headers that keep a page to itself, and the scope of whoever asks."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve

from xiaojia.domains.teams.queries import actor_of
from xiaojia.kernel import clock
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import enter

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
TENURE_KEY: Final = "tenure_id"
TILLS: Final = "/api/v1/till/"

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class HeadersMiddleware:
    """A request number for the log, and the strict policy on every answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, then write the headers."""
        request.META["XIAOJIA_REQUEST_ID"] = secrets.token_hex(4)
        response = self._get_response(request)
        response.setdefault("Content-Security-Policy", _policy(request))
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.setdefault("Cache-Control", "no-store")
        return response


def _policy(request: HttpRequest) -> str:
    """The strict policy; where live streams have a port of their own, this host's port is let in too."""
    if not settings.XIAOJIA_LIVE_PORT or settings.XIAOJIA_PUBLIC_URL.startswith("https://"):
        return CONTENT_SECURITY_POLICY
    try:
        host = urlsplit(f"//{request.get_host()}").hostname
    except DisallowedHost:
        return CONTENT_SECURITY_POLICY
    own = "connect-src 'self'"
    return CONTENT_SECURITY_POLICY.replace(own, f"{own} http://{host}:{settings.XIAOJIA_LIVE_PORT}")


class TillMiddleware:
    """A till goes from here straight to its view, whose one statement looks at the key and posts (0106).

    What stands behind is for people with a browser: session, form token, account, tenure, transaction. There
    is no scope without them, so that whatever else would be asked here would see nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The view of a till, or whatever else is behind."""
        if not request.path_info.startswith(TILLS):
            return self._get_response(request)
        response: HttpResponse = _till_view(request.path_info)(request)
        return response


@lru_cache(maxsize=8)
def _till_view(path: str) -> Callable[..., HttpResponse]:
    """The view of an address of tills, none of which has arguments; what is none raises 404 every time."""
    return resolve(path).func


class ScopeMiddleware:
    """One transaction a request, inside which the database shows what today's tenure may see.

    A page that ends in an error rolls everything back. Health checks go without.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Find the actor, enter the scope, pass on."""
        request.actor = None  # type: ignore[attr-defined]  # read through kernel.requests
        if request.path in {"/healthz", "/readyz"}:
            return self._get_response(request)
        with transaction.atomic():
            if request.user.is_authenticated:
                actor = actor_of(request.user.pk, request.session.get(TENURE_KEY), on=clock.today())
                if actor is not None:
                    enter(actor.scope)
                    request.actor = actor  # type: ignore[attr-defined]  # see above
            response = self._get_response(request)
            if response.status_code >= 500 or getattr(response, "must_roll_back", False):
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A refusal is one sentence on a page; anything else becomes the page with the error number."""
        if not isinstance(error, Refused):
            return None
        response = render(request, "refused.html", {"refusal": error}, status=error.status)
        response.must_roll_back = True  # type: ignore[attr-defined]  # read above
        return response
