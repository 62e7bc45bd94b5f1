"""Closing the twelfth month of about 670 members: 250 such communities one after the other."""

from __future__ import annotations

from typing import Any, Final

from bench._database import django_on_its_own_database
from bench.report import Clock, Report, measured

NAME: Final = "recognition-close"
COMMUNITIES: Final = 250
MOST_SECONDS: Final = 60
MONTHS: Final = 12


def run(report: Report) -> None:
    """Slips are put into their envelopes as the product does, without the typing before."""
    django_on_its_own_database()
    from tools.simulator.recognition import How, Lived, answered, live_recognition
    from xiaojia.domains.recognition import actions
    from xiaojia.domains.recognition.actions.sealing import put_in
    from xiaojia.domains.recognition.models import Ballot, Month

    def slips(lived: Lived, month: Month, number: int) -> None:
        for ballot, answers in answered(lived, month, number):
            put_in(ballot, answers)
            Ballot.objects.filter(pk=ballot.pk).update(returned_at=month.opened_at, channel="paper")

    clocks: list[Clock] = []

    def close(**words: Any) -> Month:
        with measured() as clock:
            month = actions.close_month(**words)
        clocks.append(clock)
        return month

    lived = live_recognition(seed=1, months=MONTHS, how=How(slips, close, has_deeds=False))
    last = clocks[-1]
    report.add(
        NAME,
        f"closes of {len(lived.members)} members with {MONTHS - 1} months before, times {COMMUNITIES}",
        wall_seconds=last.wall_seconds,
        cpu_seconds=last.cpu_seconds,
        figure=round(COMMUNITIES * last.cpu_seconds, 1),
        unit="CPU s here, PostgreSQL's not counted",
        limit=MOST_SECONDS,
        note=f"wall {COMMUNITIES * last.wall_seconds:.0f} s one after the other",
    )
