from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.kernel import clock, outbox, outbox_rules, robots
from xiaojia.kernel.access import may, require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

ROWS_A_PAGE: Final = 25
MOST_RETURNED: Final = 50


def outgoing(request: HttpRequest) -> HttpResponse:
    """First what needs a person, then what waits, then what is over."""
    viewer, now = actor_of(request), clock.now()
    require(outbox.MAY, "see_messages", viewer, viewer.community_id)
    rows = outbox.visible_messages(viewer)
    returned = list(outbox.returned(rows)[:MOST_RETURNED])
    waiting = list(outbox.on_the_way(rows)[: ROWS_A_PAGE + 1])
    page = Paginator(outbox.over(rows), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "now": now,
        "is_quiet": outbox_rules.is_quiet(now),
        "returned": outbox.lines(returned),
        "waiting": outbox.lines(waiting[:ROWS_A_PAGE]),
        "is_cut": len(waiting) > ROWS_A_PAGE,
        "page": page,
        "over": outbox.lines(list(page.object_list)),
        "ways": [(word, outbox.is_open(way)) for way, word in outbox.CHANNEL_WORDS.items()],
        "kept_days": outbox_rules.KEPT_DAYS,
        "may_set_robot": may(outbox.MAY, "set_robot", viewer, viewer.community_id),
    }
    return render(request, "messages/outgoing.html", context)


@require_POST
def send_again(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Once more, because a person says so."""
    outbox.send_again(by=actor_of(request), at=clock.now(), message_id=message_id)
    messages.success(request, _("放回去了，轮到它就再发一次。"))
    return redirect("messages:home")


@require_POST
def drop(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Not any more: it was told in another way, or is out of date."""
    outbox.drop_message(by=actor_of(request), at=clock.now(), message_id=message_id)
    messages.success(request, _("这条不发了。"))
    return redirect("messages:home")


def robot(request: HttpRequest, refusal: Refused | None = None) -> HttpResponse:
    """The key of the group's robot: typed once, shown masked, tried by a message."""
    viewer = actor_of(request)
    require(outbox.MAY, "set_robot", viewer, viewer.community_id)
    if request.method == "POST" and refusal is None:
        try:
            robots.set_robot(by=viewer, at=clock.now(), text=request.POST.get("key", ""))
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("记下了；以后只露出末四位。"))
            return redirect("messages:robot")
    context = {
        "masked": robots.masked_key(viewer=viewer),
        "is_open": outbox.is_open("wecom"),
        "refusal": refusal,
    }
    return render(request, "messages/robot.html", context, status=refusal.status if refusal else 200)


@require_POST
def test_robot(request: HttpRequest) -> HttpResponse:
    """One message to the group now."""
    try:
        robots.send_test(by=actor_of(request), at=clock.now())
    except Refused as refused:
        return robot(request, refused)
    messages.success(request, _("试的一条放出去了；群里没见到，就看这里的“要您看一看”。"))
    return redirect("messages:home")
