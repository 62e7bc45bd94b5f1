"""Where the stream of changes is, with a ticket for whoever asks."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from xiaojia.domains.cases.access import MAY
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.live import ticket_for
from xiaojia.kernel.requests import actor_of


def live(request: HttpRequest) -> HttpResponse:
    """`{"url": ...}`; an empty one where no stream runs, and the page asks again by itself.

    A host's https proxy leads `/live/` to the stream; without one it has a port of its own.
    """
    viewer = actor_of(request)
    require(MAY, "see_cases", viewer, viewer.community_id)
    where = ""
    if settings.XIAOJIA_LIVE_PORT:
        is_behind_proxy = settings.XIAOJIA_PUBLIC_URL.startswith("https://")
        host = urlsplit(f"//{request.get_host()}").hostname
        where = "" if is_behind_proxy else f"http://{host}:{settings.XIAOJIA_LIVE_PORT}"
        where += f"/live/?ticket={quote(ticket_for(viewer.scope, at=clock.now()))}"
    return JsonResponse({"url": where})
