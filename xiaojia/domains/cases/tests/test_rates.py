"""The honest rate: golden cases, and two computations that must agree on whatever happened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sharing import Once
from xiaojia.domains.cases import checks
from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.queries.rates import LIMITS, PARTS, Period, behind, rates
from xiaojia.domains.cases.queries.recount import recount
from xiaojia.domains.cases.tests import histories
from xiaojia.domains.cases.tests.stage import MONDAY, Stage, build
from xiaojia.domains.workdays import queries as workdays
from xiaojia.kernel.refusals import NotAllowed

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
LATER = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def stage(once: Once) -> Iterator[Stage]:
    made = once(build)
    with made.inside():
        yield made


def _disagreements(stage: Stage, period: Period, at: datetime) -> list[str]:
    """Parts in which the two computations, or a number and its list, differ."""
    calendar = workdays.calendar(viewer=stage.officer, on=date(2026, 3, 2))
    said = rates(viewer=stage.officer, since=period.since, until=period.until, at=at)
    wrong = []
    for limit in LIMITS:
        rate = said.original if limit == "original" else said.approved
        again = recount(limit=limit, viewer=stage.officer, period=period, at=at, calendar=calendar)
        for part in PARTS:
            rows = behind(part, limit=limit, viewer=stage.officer, period=period, at=at)
            ids = set(rows.values_list("pk", flat=True))
            if ids != again[part] or len(ids) != rate.counts[part]:
                wrong.append(f"{limit} {part}: {len(ids)} {len(again[part])} {rate.counts[part]}")
    return wrong


def _approved(stage: Stage, at: datetime = LATER) -> dict[str, int]:
    counts = rates(viewer=stage.officer, since=MARCH.since, until=MARCH.until, at=at).approved.counts
    return {part: n for part, n in counts.items() if n}


def test_each_fate_is_counted_where_it_belongs(stage: Stage) -> None:
    assert _approved(stage) == {}
    stage.closed(stage.dispatched(), MONDAY + DAY)
    stage.closed(stage.dispatched(), MONDAY + 9 * DAY)
    stage.dispatched()
    again = stage.closed(stage.dispatched(), MONDAY + DAY)
    again = stage.move(again, "reopen", MONDAY + 2 * DAY)
    stage.closed(again, MONDAY + 3 * DAY, result=2, by=stage.secretary)
    stage.move(stage.dispatched(), "transfer", MONDAY + DAY, handler="燃气公司")
    stage.move(stage.report(), "withdraw", MONDAY + DAY)
    assert _approved(stage) == {
        "due": 5, "in_time": 2, "late": 1, "open": 1, "reopened": 1, "transferred": 1, "withdrawn": 1,
    }  # fmt: skip
    assert _disagreements(stage, MARCH, LATER) == []


def test_a_pause_and_an_extension_help_the_approved_rate_only(stage: Stage) -> None:
    for _number in range(5):
        case = stage.dispatched()
        case = stage.move(case, "extend", MONDAY + DAY, amount=5)
        stage.closed(case, MONDAY + 10 * DAY)
    said = rates(viewer=stage.officer, since=MARCH.since, until=MARCH.until, at=LATER)
    assert (said.original.n, said.original.d, said.original.per_mille) == (0, 5, 0)
    assert (said.approved.n, said.approved.d, said.approved.per_mille) == (5, 5, 1000)
    assert said.approved.counts["extended"] == 5
    paused = stage.move(
        stage.dispatched(), "shelve", MONDAY + DAY, reason="weather", resume_at=MONDAY + 8 * DAY
    )
    stage.closed(stage.move(paused, "resume", MONDAY + 8 * DAY), MONDAY + 9 * DAY)
    said = rates(viewer=stage.officer, since=MARCH.since, until=MARCH.until, at=LATER)
    assert (said.original.n, said.approved.n, said.approved.counts["paused"]) == (0, 6, 1)
    assert _disagreements(stage, MARCH, LATER) == []


def test_open_overdue_cases_keep_a_period_below_a_hundred_percent(stage: Stage) -> None:
    done = stage.closed(stage.dispatched(), MONDAY + DAY)
    done.refresh_from_db()
    twins = [copy(done) for _number in range(1998)]
    for twin in twins:
        twin.pk = uuid4()
    Case.objects.bulk_create(twins)
    stage.report()
    said = rates(viewer=stage.officer, since=MARCH.since, until=MARCH.until, at=LATER).approved
    assert (said.n, said.d, said.per_mille) == (1999, 2000, 999), "rounded down, never up to 1000"


def test_what_is_not_yet_due_does_not_count_and_few_give_no_percentage(stage: Stage) -> None:
    stage.report()
    due = datetime(2026, 3, 9, 10, tzinfo=UTC)
    said = rates(viewer=stage.officer, since=MARCH.since, until=MARCH.until, at=due)
    assert (said.approved.d, said.is_provisional) == (0, True)
    said = rates(viewer=stage.officer, since=MARCH.since, until=MARCH.until, at=due + timedelta(seconds=1))
    assert (said.approved.d, said.approved.counts["open"], said.approved.per_mille) == (1, 1, None)
    for _number in range(4):
        stage.report()
    assert rates(viewer=stage.officer, since=MARCH.since, until=MARCH.until, at=LATER).approved.per_mille == 0


def test_a_period_is_provisional_for_seven_days(stage: Stage) -> None:
    midnight = datetime(2026, 3, 31, 16, tzinfo=UTC)
    for at, is_open in ((midnight + 7 * DAY - timedelta(seconds=1), True), (midnight + 7 * DAY, False)):
        said = rates(viewer=stage.officer, since=MARCH.since, until=MARCH.until, at=at)
        assert said.is_provisional is is_open


def test_an_older_one_that_is_still_open_stands_beside_the_new_period(stage: Stage) -> None:
    stage.report()
    april = rates(viewer=stage.officer, since=date(2026, 4, 1), until=date(2026, 5, 1), at=LATER)
    assert (april.approved.d, april.approved.counts["older"]) == (0, 1)


def test_rates_are_for_the_desks_of_this_community(stage: Stage) -> None:
    stage.report()
    for role in ("head", "steward", "resident", "observer"):
        with pytest.raises(NotAllowed):
            rates(viewer=stage.cast.actor(role), since=MARCH.since, until=MARCH.until, at=LATER)
    stranger = stage.cast.actor("stranger")
    assert rates(viewer=stranger, since=MARCH.since, until=MARCH.until, at=LATER).approved.d == 0


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_two_computations_agree_on_any_history(stage: Stage, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # a history, not a secret
    with transaction.atomic():
        end = histories.live_through(stage, rng, case_count=4)
        since = date(2026, 3, 2) + timedelta(days=rng.randrange(20))
        period = Period(since, since + timedelta(days=rng.randrange(1, 25)))
        at = end - timedelta(hours=rng.randrange(0, 200))
        assert _disagreements(stage, period, max(at, end)) == []
        assert checks.findings(stage.community_id) == []
        transaction.set_rollback(True)
    connection.needs_rollback = False


@pytest.mark.parametrize(
    "lie",
    [
        {"first_closed_at": MONDAY},
        {"reopen_count": 0},
        {"due_at": LATER - DAY},
        {"due_original_at": LATER - DAY},
        {"state": 80},
        {"pause_count": 1},
    ],
)
def test_negative_control_a_changed_row_makes_the_computations_disagree(
    stage: Stage, lie: dict[str, object]
) -> None:
    stage.closed(stage.dispatched(), MONDAY + 9 * DAY)
    case = stage.closed(stage.dispatched(), MONDAY + 9 * DAY)
    stage.move(case, "reopen", MONDAY + 10 * DAY)
    assert _disagreements(stage, MARCH, LATER) == []
    Case.objects.update(**lie)
    assert _disagreements(stage, MARCH, LATER)
