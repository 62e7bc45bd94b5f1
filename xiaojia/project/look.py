"""Pages about the look: text size, language, keyboard, and the styleguide in debug."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

SIZES: Final = {"standard": _("标准"), "large": _("大字"), "xlarge": _("特大")}
_YEAR_SECONDS: Final = 365 * 24 * 3600


class LanguageMiddleware:
    """Chinese unless somebody chose English here: what a browser was installed with decides nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The language of the cookie for this request only."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        with translation.override(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()
            response = self._get_response(request)
            response.setdefault("Content-Language", request.LANGUAGE_CODE or settings.LANGUAGE_CODE)
            return response


def text_size(request: HttpRequest) -> str:
    """standard, large or xlarge, from the cookie: known from the first byte, without a script.

    Who never chose gets 标准; heads, and everybody on a building's page, get 大字 (P31).
    """
    actor = getattr(request, "actor", None)
    is_large = request.path.startswith("/b/") or (actor is not None and actor.role == "head")
    usual = "large" if is_large else "standard"
    size = request.COOKIES.get("text_size", usual)
    return size if size in SIZES else usual


def set_text_size(request: HttpRequest) -> HttpResponse:
    """A page with the three sizes; choosing one goes back to where one was."""
    if request.method != "POST":
        context = {"sizes": SIZES, "back": _back(request), "languages": settings.LANGUAGES}
        return render(request, "text_size.html", context)
    response = redirect(_back(request))
    size = request.POST.get("size", "")
    if size in SIZES:
        response.set_cookie("text_size", size, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True)
    return response


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Chinese or English, kept in a cookie."""
    response = redirect(_back(request))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True
        )
    return response


def keyboard(request: HttpRequest) -> HttpResponse:
    """The list of keys, and the switch for single keys."""
    return render(request, "keyboard.html")


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component with its real markup; in debug only."""
    ask = {
        "suggestion": _("用方案乙，挨着的院子可以合。"),
        "because": _("64 个小家里有 64 个在 50–80 户。"),
        "act": _("去定方案乙"),
        "act_url": "#",
        "more": _("放在一起比"),
        "more_url": "#",
    }
    return render(request, "styleguide.html", {"ask": ask})


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("back") or request.GET.get("back") or "/"
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if is_ours else "/"
