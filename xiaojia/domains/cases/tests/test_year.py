"""A year in small: honest work is 100 %, planted closures lower it and are listed, two computations agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.sharing import Once
from tools.simulator.cases import Lived, live_year
from tools.simulator.front_door import Office
from xiaojia.domains.cases import checks
from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.queries.rates import LIMITS, PARTS, Period, Rates, behind, rates
from xiaojia.domains.cases.queries.recount import recount
from xiaojia.domains.cases.rules import OPEN
from xiaojia.domains.cases.tests.stage import Stage, build
from xiaojia.domains.workdays import queries as workdays

FIRST = date(2026, 1, 5)
DAYS = 60
YEAR = Period(FIRST, FIRST + timedelta(days=DAYS + 60))


@pytest.fixture
def stage(once: Once) -> Iterator[Stage]:
    made = once(build)
    with made.inside():
        yield made


def _lived(stage: Stage, *, case_count: int, fake_count: int) -> tuple[Lived, Rates]:
    home = stage.cast.here
    office = Office(stage.community_id, home.community.code, stage.secretary, stage.officer)
    lived = live_year(office, first=FIRST, case_count=case_count, fake_count=fake_count, seed=1, days=DAYS)
    at = lived.until + timedelta(days=30)
    return lived, rates(viewer=stage.officer, since=YEAR.since, until=YEAR.until, at=at)


def _agree(stage: Stage, lived: Lived) -> bool:
    at = lived.until + timedelta(days=30)
    calendar = workdays.calendar(viewer=stage.officer, on=FIRST)
    for limit in LIMITS:
        again = recount(limit=limit, viewer=stage.officer, period=YEAR, at=at, calendar=calendar)
        for part in PARTS:
            rows = behind(part, limit=limit, viewer=stage.officer, period=YEAR, at=at)
            if set(rows.values_list("pk", flat=True)) != again[part]:
                return False
    return True


def test_everybody_does_their_work_and_the_rate_is_a_hundred_percent(stage: Stage) -> None:
    lived, said = _lived(stage, case_count=60, fake_count=0)
    assert not Case.objects.filter(state__in=sorted(OPEN)).exists()
    assert (said.approved.per_mille, said.approved.n) == (1000, said.approved.d)
    assert said.approved.d + said.approved.counts["withdrawn"] == len(lived.case_ids)
    assert said.original.n < said.original.d, "whoever was paused or extended broke the first promise"
    assert _agree(stage, lived)
    assert checks.findings(stage.community_id) == []


def test_planted_closures_lower_the_rate_and_are_listed(stage: Stage) -> None:
    lived, said = _lived(stage, case_count=60, fake_count=10)
    assert (said.approved.d - said.approved.n, len(lived.fake_ids)) == (10, 10)
    at = lived.until + timedelta(days=30)
    reopened = behind("reopened", limit="approved", viewer=stage.officer, period=YEAR, at=at)
    assert {case.pk for case in reopened} == set(lived.fake_ids)
    assert _agree(stage, lived)
    assert checks.findings(stage.community_id) == []
    Case.objects.filter(pk=lived.fake_ids[0]).update(reopen_count=0)
    assert not _agree(stage, lived), "negative control: a hidden reopening is noticed"
