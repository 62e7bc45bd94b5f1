"""A year of 6,000 cases with 50 planted closures, and the same year's first part without them (R23).

`XIAOJIA_BENCH_CASES` is another number of cases. Everything goes through the product's own actions.
"""

from __future__ import annotations

import os
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from bench._database import django_on_its_own_database
from bench.report import Report

if TYPE_CHECKING:
    from tools.simulator.cases import Lived
    from tools.simulator.front_door import Office
    from xiaojia.domains.cases.queries.rates import Rates

NAME: Final = "cases_year"
CASES: Final = int(os.environ.get("XIAOJIA_BENCH_CASES", "6000"))
BASELINE: Final = max(1, CASES // 10)
FAKES: Final = 50
FIRST: Final = date(2025, 1, 6)


def run(report: Report) -> None:
    """Live through both, then count each twice and look behind the numbers."""
    django_on_its_own_database()
    from tests import cast
    from tools.simulator.cases import live_year
    from tools.simulator.front_door import Office

    people = cast.build()
    for what, home, case_count, fake_count in (
        ("baseline", people.elsewhere, BASELINE, 0),
        ("with planted closures", people.here, CASES, FAKES),
    ):
        office = Office(
            home.community.pk, home.community.code, home.actor("secretary"), home.actor("officer")
        )
        began, cpu = time.monotonic(), time.process_time()
        lived = live_year(office, first=FIRST, case_count=case_count, fake_count=fake_count, seed=1)
        report.add(
            NAME, f"{what}: {case_count} cases lived through", wall_seconds=time.monotonic() - began,
            cpu_seconds=time.process_time() - cpu,
        )  # fmt: skip
        _count(report, what, office, lived, fake_count)


def _left_open(office: Office, lived: Lived, before: Rates) -> int:
    """One more thing is said and nobody does it: 1 when the period hides that, 0 when it shows."""
    from xiaojia.domains.cases import actions, queries
    from xiaojia.domains.cases.queries.rates import rates
    from xiaojia.kernel.tenancy import entered

    by, at = office.officer, lived.until
    with entered(by.scope):
        kind = next(k for k in queries.casekinds(viewer=by) if k.code == "L0201")
        case = actions.report_case(
            by=by, at=at, report=actions.Report(kind.pk, "又在漏（模拟）", source="phone")
        )
        until = case.due_at.date() + timedelta(days=2)
        later = case.due_at + timedelta(days=30)
        said = rates(viewer=by, since=before.period.since, until=until, at=later).approved
    shows = (said.n, said.d) == (before.approved.n, before.approved.d + 1) and said.per_mille != 1000
    return int(not shows)


def _count(report: Report, what: str, office: Office, lived: Lived, fake_count: int) -> None:
    from xiaojia.domains.cases import checks
    from xiaojia.domains.cases.queries.rates import LIMITS, PARTS, Period, behind, rates
    from xiaojia.domains.cases.queries.recount import recount
    from xiaojia.domains.receipts.queries import standings_of
    from xiaojia.domains.workdays import queries as workdays
    from xiaojia.kernel.tenancy import entered

    viewer, at = office.officer, lived.until + timedelta(days=30)
    period = Period(FIRST, FIRST + timedelta(days=430))
    with entered(viewer.scope):
        began, cpu = time.monotonic(), time.process_time()
        said = rates(viewer=viewer, since=period.since, until=period.until, at=at)
        report.add(
            NAME, f"{what}: both rates", wall_seconds=time.monotonic() - began,
            cpu_seconds=time.process_time() - cpu,
        )  # fmt: skip
        calendar = workdays.calendar(viewer=viewer, on=FIRST)
        differing = 0
        for limit in LIMITS:
            again = recount(limit=limit, viewer=viewer, period=period, at=at, calendar=calendar)
            for part in PARTS:
                rows = behind(part, limit=limit, viewer=viewer, period=period, at=at)
                differing += len(set(rows.values_list("pk", flat=True)) ^ again[part])
        reopened = behind("reopened", limit="approved", viewer=viewer, period=period, at=at)
        missed = set(lived.fake_ids) ^ set(reopened.values_list("pk", flat=True))
        wrong = len(checks.findings(office.community_id))
        standings = standings_of("case", lived.case_ids).values()
        unanswered = len(lived.case_ids) - sum(is_over for is_over, _at in standings)
    rate = said.approved
    figures = {
        f"not in time of {rate.d} due, approved limits": (rate.d - rate.n, fake_count),
        "planted closures not listed, or others listed": (len(missed), 0),
        "cases on which the two computations differ": (differing, 0),
        "findings of verify": (wrong, 0),
        f"receipts without an answer, of {len(lived.case_ids):,}": (unanswered, 0),
        "one case left open and overdue: the rate does not lower, or reads 100 %": (
            _left_open(office, lived, said), 0,
        ),
    }  # fmt: skip
    for name, (figure, most) in figures.items():
        report.add(NAME, f"{what}: {name}", figure=figure, unit="cases", limit=most)
    report.add(
        NAME, f"{what}: in time by the original limits, of {said.original.d}", figure=said.original.n,
        unit="cases",
    )  # fmt: skip
