"""A request that carries its actor, as the middleware of `project` leaves it."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import NotAllowed


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request; NotAllowed with a sentence when nobody with a desk is signed in."""
    actor = getattr(request, "actor", None)
    if actor is None:
        raise NotAllowed(
            _("这一页现在看不了，因为您还没有坐到自己的桌子前；先登录再来。"),
            where_url="/sign-in/",
            where_label=_("去登录"),
        )
    return cast(Actor, actor)


def address_of(request: HttpRequest) -> str:
    """The network address that asks: the connection's own, or behind an https proxy the one it names last."""
    direct = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.XIAOJIA_PUBLIC_URL:
        return direct
    named = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return named or direct
