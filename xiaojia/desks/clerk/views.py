from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime

from xiaojia.desks.clerk.next_things import Desk, next_things
from xiaojia.domains.store import queries
from xiaojia.kernel import clock
from xiaojia.kernel.requests import actor_of


def today(request: HttpRequest) -> HttpResponse:
    """One field for whoever is next; below it what is fetched today and what is left to do."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    kept = queries.waiting(viewer=viewer)
    waiting = [(row, row.expires_at is not None and clock.today(row.expires_at) <= on) for row in kept]
    day = queries.day(on, viewer=viewer)
    is_closed = bool(queries.closes(on, viewer=viewer))
    desk = Desk(
        on, localtime(now).hour, sum(is_due for _row, is_due in waiting),
        queries.unclosed_on(viewer=viewer, on=on), not is_closed and day != queries.Day(lines=day.lines),
        queries.open_sheets(viewer=viewer), queries.low(viewer=viewer, on=on),
    )  # fmt: skip
    things = next_things(desk)
    context = {
        "on": on, "day": day, "is_closed": is_closed, "waiting": waiting,
        "first": things[0] if things else None, "rest": things[1:],
    }  # fmt: skip
    return render(request, "clerk/today.html", context)
