"""Closing the twelfth month of about 670 members, paying them: what 250 such communities cost a night."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from bench._database import backend_cpu_seconds, django_on_its_own_database
from bench.report import Clock, Report, measured

if TYPE_CHECKING:
    from tools.simulator.recognition import Lived
    from xiaojia.domains.recognition.models import Month

NAME: Final = "recognition-close"
COMMUNITIES: Final = 250
MOST_SECONDS: Final = 60
MONTHS: Final = 12
TIMES: Final = 12
"""The last month is closed that often, each time taken back; the least is told: others use the machine."""


def run(report: Report) -> None:
    """What counts is the work: seconds of the worker and of its PostgreSQL backend, which take turns."""
    django_on_its_own_database()
    from django.db import connection, transaction

    from tools.simulator.recognition import How, live_recognition
    from xiaojia.domains.recognition import actions
    from xiaojia.kernel.tenancy import entered

    lived = live_recognition(seed=1, months=MONTHS - 1, how=How(_put_in, has_deeds=False))
    month = _last_month(lived)
    clocks: list[Clock] = []
    beside: list[float] = []
    for _time in range(TIMES):
        with entered(lived.officer.scope):
            before = backend_cpu_seconds()
            with measured() as clock:
                actions.close_month(by=lived.officer, at=datetime(2027, 1, 8, tzinfo=UTC), month_id=month.pk)
                connection.check_constraints()
            clocks.append(clock)
            beside.append(backend_cpu_seconds() - before)
            transaction.set_rollback(True)
    worker, database = min(clock.cpu_seconds for clock in clocks), min(beside)
    wall = min(clock.wall_seconds for clock in clocks)
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


def _put_in(lived: Lived, month: Month, number: int) -> None:
    """Slips get into their envelopes as the product does it, without the typing before."""
    from tools.simulator.recognition import answered
    from xiaojia.domains.recognition.actions.sealing import put_in
    from xiaojia.domains.recognition.models import Ballot

    for ballot, answers in answered(lived, month, number):
        put_in(ballot, answers)
        Ballot.objects.filter(pk=ballot.pk).update(returned_at=month.opened_at, channel="paper")


def _last_month(lived: Lived) -> Month:
    """December with slips and deeds, so that three of four members are paid; nobody has closed it."""
    from xiaojia.domains.ledger import actions as ledger
    from xiaojia.domains.recognition import actions
    from xiaojia.kernel.tenancy import entered

    by, on, at = lived.officer, date(2026, 12, 1), datetime(2026, 12, 24, 2, tzinfo=UTC)
    with entered(by.scope):
        roster = ledger.Roster("simulated", "december", "visit", on)
        there = [pk for number, pk in lived.members.items() if number % 4]
        ledger.attend_roster(by=by, at=at, roster=roster, member_ids=there)
        month = actions.open_month(by=by, at=at, month_on=on, seed=MONTHS)
        _put_in(lived, month, MONTHS)
    return month
