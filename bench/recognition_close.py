"""Closing the twelfth month of about 670 members, paying them: what 250 such communities cost a night."""

from __future__ import annotations

from statistics import median
from typing import Any, Final

from bench._database import backend_cpu_seconds, django_on_its_own_database
from bench.report import Clock, Report, measured

NAME: Final = "recognition-close"
COMMUNITIES: Final = 250
MOST_SECONDS: Final = 60
MONTHS: Final = 12
TIMES: Final = 12
"""The last month is closed that often, each time taken back, and the median is told."""


def run(report: Report) -> None:
    """Slips are put into their envelopes as the product does, without the typing before.

    The last month has its deeds, so that nearly everybody is paid. What counts is the work: seconds of the
    worker and of its connection to PostgreSQL, which take turns; a community is closed after the other.
    """
    django_on_its_own_database()
    from django.db import connection, transaction

    from tools.simulator import recognition as simulated
    from xiaojia.domains.recognition import actions
    from xiaojia.domains.recognition.actions.sealing import put_in
    from xiaojia.domains.recognition.models import Ballot, Month

    clocks: list[Clock] = []
    beside: list[float] = []

    def slips(lived: simulated.Lived, month: Month, number: int) -> None:
        for ballot, answers in simulated.answered(lived, month, number):
            put_in(ballot, answers)
            Ballot.objects.filter(pk=ballot.pk).update(returned_at=month.opened_at, channel="paper")

    def close(**words: Any) -> Month:
        if Month.objects.get(pk=words["month_id"]).month_on.month == MONTHS:
            for _time in range(TIMES):
                with transaction.atomic():
                    before = backend_cpu_seconds()
                    with measured() as clock:
                        actions.close_month(**words)
                        connection.check_constraints()
                    clocks.append(clock)
                    beside.append(backend_cpu_seconds() - before)
                    transaction.set_rollback(True)
        return actions.close_month(**words)

    lived = simulated.live_recognition(seed=1, months=MONTHS, how=simulated.How(slips, close))
    worker, database = median(clock.cpu_seconds for clock in clocks), sum(beside) / len(beside)
    wall = median(clock.wall_seconds for clock in clocks)
    report.add(
        NAME,
        f"closes of {len(lived.members)} members with {MONTHS - 1} months before, times {COMMUNITIES}",
        wall_seconds=wall,
        cpu_seconds=worker + database,
        figure=round(COMMUNITIES * (worker + database), 1),
        unit=f"CPU s, {COMMUNITIES * database:.0f} of them PostgreSQL's",
        limit=MOST_SECONDS,
        note=f"wall {COMMUNITIES * wall:.0f} s one after the other",
    )
