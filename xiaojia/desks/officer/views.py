from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaojia.domains.cases.lines import clocks_of_today
from xiaojia.domains.microgrids import queries as microgrids
from xiaojia.domains.registers import queries as registers
from xiaojia.domains.workdays import queries as workdays
from xiaojia.kernel import clock, nights, outbox
from xiaojia.kernel.requests import actor_of
from xiaojia.kernel.work import running_works


def today(request: HttpRequest) -> HttpResponse:
    """What waits for the officer: workbooks on their way in, plans, doors without a micro-grid."""
    viewer, now = actor_of(request), clock.now()
    on = clock.today(now)
    day, outside_count = microgrids.day_and_outside(viewer=viewer, on=on)
    context = {
        "now": now,
        "on": on,
        "day": day,
        "home_count": sum(m.household_count for m in day),
        "fitting_count": sum(m.size.is_fitting for m in day),
        "outside_count": outside_count,
        "unfit": microgrids.unfit(day, viewer=viewer, on=on),
        "works": running_works(viewer),
        "registers": registers.waiting_registers(viewer=viewer),
        "drafts": microgrids.waiting_plans(viewer=viewer),
        "backup_failed_since": nights.failed_since(Path(settings.XIAOJIA_HOME)),
        "missing_year": workdays.missing_year(viewer=viewer, on=on),
        "panels": clocks_of_today(viewer=viewer, at=now),
        "returned_count": outbox.returned(outbox.visible_messages(viewer)).count(),
    }
    return render(request, "officer/today.html", context)
