"""The ladder on a real database: each rung once, whatever happens to the job; pauses end by themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from tests.sharing import Once
from xiaojia.domains.cases import checks, jobs
from xiaojia.domains.cases.actions import climbing
from xiaojia.domains.cases.actions.clocks import calendar_for
from xiaojia.domains.cases.models import Case, Casekind, Rung
from xiaojia.domains.cases.queries.ladder import for_subdistrict, ladder
from xiaojia.domains.cases.rules import RUNGS, State
from xiaojia.domains.cases.tests.stage import MONDAY, Stage, build
from xiaojia.domains.people.accounts.office import set_account_phone
from xiaojia.domains.people.models import Account
from xiaojia.domains.receipts.queries import standings_of
from xiaojia.domains.teams.actions import clockwork
from xiaojia.kernel.models import Message
from xiaojia.kernel.outbox_delivery import opened
from xiaojia.kernel.tenancy import entered

HOUR = timedelta(hours=1)
DUE = datetime(2026, 3, 9, 10, tzinfo=UTC)
"""Five workdays after MONDAY at the close of the office; 41 working hours, for MONDAY begins at ten."""

PHONES = {"officer": "13900000001", "secretary": "13900000002", "head": "13900000003"}


def _with_phones() -> Stage:
    made = build()
    with made.inside():
        for role, phone in PHONES.items():
            account = Account.objects.get(pk=made.cast.actor(role).account_id)
            set_account_phone(by=made.secretary, account=account, phone=phone, at=MONDAY)
    return made


@pytest.fixture
def stage(once: Once, tmp_path: Path) -> Iterator[Stage]:
    with override_settings(XIAOJIA_SMS_FOLDER=str(tmp_path)):
        yield once(_with_phones)


def _rungs(stage: Stage) -> list[int]:
    with stage.inside():
        return list(Rung.objects.order_by("round", "percent", "id").values_list("percent", flat=True))


def _messages(stage: Stage) -> list[tuple[str, str]]:
    """(who, text) of every message of a rung or a morning, in the order of their posting."""
    with stage.inside():
        rows = Message.objects.filter(kind__startswith="case_").order_by("posted_at", "id")
        read = [opened(m) for m in rows]
    names = {phone: role for role, phone in PHONES.items()}
    return sorted((names[address], text) for _name, address, text in read)


def _dispatched(stage: Stage, *more: Any, **words: Any) -> Case:
    with stage.inside():
        return stage.dispatched(*more, **words)


def _climb(stage: Stage, at: datetime) -> int:
    return jobs.climb(stage.community_id, at=at)


def test_each_rung_comes_when_so_much_working_time_is_spent(stage: Stage) -> None:
    _dispatched(stage)
    half = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)  # 20.5 of 41 hours: 6 + 7 + 7 + 0.5
    assert [_climb(stage, half - timedelta(seconds=1)), _climb(stage, half)] == [0, 1]
    assert _rungs(stage) == [50]
    assert _climb(stage, half + HOUR) == 0
    assert _climb(stage, DUE - timedelta(seconds=1)) == 1
    assert _climb(stage, DUE) == 1
    assert _climb(stage, DUE + timedelta(hours=12)) == 0, "the night after does not count"
    assert _climb(stage, DUE + timedelta(days=30)) == 1
    assert _rungs(stage) == [50, 80, 100, 150]


def test_who_hears_of_what(stage: Stage) -> None:
    case = _dispatched(stage)
    heard = []
    for percent in RUNGS:
        before = _messages(stage)
        with stage.inside():
            at = DUE + timedelta(days=30)
            assert climbing.tell_rung(by=stage.secretary, at=at, case_id=case.pk, percent=percent)
        heard.append([m for m in _messages(stage) if m not in before])
    assert [[who for who, _text in some] for some in heard] == [
        ["head"], ["head", "officer"], ["secretary"], ["secretary"],
    ]  # fmt: skip
    assert "您手上的" in heard[0][0][1]
    assert "您不用办" in dict(heard[1])["head"], "informed, never charged"
    assert "报街道" in heard[3][0][1]


def test_confidential_cases_never_reach_the_head_and_do_not_say_what_they_are(stage: Stage) -> None:
    _dispatched(stage, "L0501", role="officer")
    assert _climb(stage, DUE + timedelta(days=60)) == 4
    told = _messages(stage)
    assert {who for who, _text in told} == {"officer", "secretary"}
    assert not any("纠纷" in text for _who, text in told)


def test_a_case_that_nobody_took_is_the_officers(stage: Stage) -> None:
    with stage.inside():
        stage.report()
    assert _climb(stage, DUE - HOUR) == 2
    assert [who for who, _text in _messages(stage)] == ["officer", "officer"]


@pytest.mark.parametrize(("code", "urgency"), [("L0101", "danger"), ("L0201", "digest")])
def test_only_danger_goes_at_night(stage: Stage, code: str, urgency: str) -> None:
    late = datetime(2026, 3, 20, 15, tzinfo=UTC)  # 23:00
    _dispatched(stage, code)
    _climb(stage, late)
    with stage.inside():
        rows = Message.objects.filter(kind="case_rung")
        assert set(rows.values_list("urgency", flat=True)) == {urgency}
        nine = datetime(2026, 3, 21, 1, tzinfo=UTC)
        assert set(rows.values_list("due_at", flat=True)) == {late if urgency == "danger" else nine}


def test_rungs_are_kept_where_no_way_out_is_open(stage: Stage) -> None:
    _dispatched(stage)
    with override_settings(XIAOJIA_SMS_FOLDER="", XIAOJIA_DEMO=False):
        assert _climb(stage, DUE + timedelta(days=60)) == 4
    assert (_rungs(stage), _messages(stage)) == ([50, 80, 100, 150], [])


def test_a_worker_that_was_down_catches_up_once_each(stage: Stage) -> None:
    for _number in range(3):
        _dispatched(stage)
    at = DUE + timedelta(days=1)
    assert [_climb(stage, at), _climb(stage, at), _climb(stage, at + HOUR)] == [9, 0, 0]
    assert sorted(_rungs(stage)) == [50] * 3 + [80] * 3 + [100] * 3


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_tell_each_rung_once(stage: Stage) -> None:
    for _number in range(5):
        _dispatched(stage)
    told: list[int] = []

    def climb() -> None:
        told.append(_climb(stage, DUE + timedelta(days=60)))
        connection.close()

    threads = [Thread(target=climb) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 3
    assert sum(told) == 20
    assert len(_rungs(stage)) == 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("point", "committed"), [("told", [50]), ("written", [50])])
def test_killed_between_two_rungs_the_rest_comes_later_and_nothing_twice(
    stage: Stage, point: str, committed: list[int]
) -> None:
    _dispatched(stage)
    at = DUE + timedelta(days=60)
    child = subprocess.Popen(
        [
            sys.executable, "-m", "xiaojia.domains.cases.tests.climbing",
            str(stage.community_id), at.isoformat(), point,
        ],
        env=os.environ | {"XIAOJIA_SMS_FOLDER": "/nowhere"},
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "here\n"
        assert _rungs(stage) == committed, "killed where it was meant to be"
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert _climb(stage, at) == 3
    assert _rungs(stage) == [50, 80, 100, 150]
    assert len(_messages(stage)) == 5, "handler, officer and head, secretary twice"


def test_negative_control_without_its_unique_row_a_rung_is_told_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _dispatched(stage)
    monkeypatch.setattr(climbing, "insert_together", lambda *rows: [True for _row in rows])
    assert [_climb(stage, DUE), _climb(stage, DUE)] == [3, 3]


def test_a_rung_of_a_case_that_moved_meanwhile_is_not_told(stage: Stage) -> None:
    case = _dispatched(stage)
    with stage.inside():
        due = ladder(viewer=stage.officer, at=DUE, calendar=calendar_for(stage.officer, DUE))
        assert [r.percent for r in due.reached] == [50, 80, 100]
        stage.closed(case, DUE - timedelta(minutes=5))
        assert not climbing.tell_rung(by=stage.secretary, at=DUE, case_id=case.pk, percent=50)
    assert _rungs(stage) == []


def test_a_reopened_case_climbs_anew(stage: Stage) -> None:
    case = _dispatched(stage)
    _climb(stage, DUE - HOUR)
    with stage.inside():
        stage.closed(case, DUE - timedelta(minutes=30))
    assert _climb(stage, DUE + timedelta(days=5)) == 0
    with stage.inside():
        stage.move(case, "reopen", DUE + timedelta(days=5))
    assert _climb(stage, DUE + timedelta(days=5)) == 4
    assert _rungs(stage) == [50, 80, 50, 80, 100, 150]


def test_pauses_hold_the_ladder_and_end_at_the_planned_moment(stage: Stage) -> None:
    case = _dispatched(stage)
    resume = datetime(2026, 3, 16, 1, tzinfo=UTC)
    with stage.inside():
        case = stage.move(case, "shelve", MONDAY + HOUR, reason="weather", resume_at=resume)
    promised = case.due_at
    assert _climb(stage, resume - timedelta(seconds=1)) == 0
    assert _climb(stage, resume + timedelta(days=1)) == 0
    with stage.inside():
        case.refresh_from_db()
        assert (case.state, case.resume_at, case.due_at) == (State.HANDLING, None, promised)
        step = case.steps.latest("at", "pk")
        assert (step.action, step.account_id, step.at) == ("resume", 0, resume)
        assert checks.findings(stage.community_id) == []
    assert _climb(stage, promised) == 3


def test_a_missing_year_stops_only_the_cases_that_need_it(stage: Stage) -> None:
    with stage.inside():
        slow = stage.report()
        quick = stage.report("L0103")  # 24 hours, no working time
        Case.objects.filter(pk=slow.pk).update(reported_at=datetime(2098, 3, 2, tzinfo=UTC))
        due = ladder(
            viewer=stage.officer,
            at=datetime(2098, 3, 3, tzinfo=UTC),
            calendar=calendar_for(stage.officer, datetime(2098, 3, 3, tzinfo=UTC)),
        )
    assert due.missing_years == {2098}
    assert [(r.case_id, r.percent) for r in due.reached] == [(quick.pk, p) for p in RUNGS]


def test_the_subdistrict_hears_of_what_is_open_and_half_over_again(stage: Stage) -> None:
    first, second = _dispatched(stage), _dispatched(stage)
    _climb(stage, DUE + timedelta(days=60))
    with stage.inside():
        assert {c.pk for c in for_subdistrict(viewer=stage.officer)} == {first.pk, second.pk}
        stage.closed(first, DUE + timedelta(days=61))
        assert {c.pk for c in for_subdistrict(viewer=stage.officer)} == {second.pk}


def test_one_message_a_morning_for_each_who_has_something_due(stage: Stage) -> None:
    for _number in range(2):
        _dispatched(stage)
    with stage.inside():
        stage.report()
        by = clockwork(stage.community_id)
        morning = datetime(2026, 3, 9, 0, 30, tzinfo=UTC)
        assert climbing.tell_mornings(by=by, at=morning - timedelta(days=3)) == 0, "nothing is due yet"
        assert climbing.tell_mornings(by=by, at=morning + timedelta(days=5)) == 0, "a Saturday"
        climbing.tell_mornings(by=by, at=morning)
        climbing.tell_mornings(by=by, at=morning)
    told = _messages(stage)
    assert [(who, "今天要办 2 件" in text) for who, text in told] == [("head", True), ("officer", False)]
    with stage.inside():
        assert climbing.tell_mornings(by=by, at=morning + timedelta(days=1)) == 2
    assert sum("其中超时 2 件" in text for _who, text in _messages(stage)) == 1


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ({"due_at": DUE + HOUR}, "due_at is"),
        ({"due_original_at": DUE + HOUR}, "due_original_at is"),
        ({"state": 20}, "state is 20"),
        ({"state": 60, "result": 1}, "receipt says"),
        ({"first_closed_at": DUE}, "first_closed_at is"),
    ],
)
def test_verify_finds_a_row_that_is_not_what_its_steps_say(
    stage: Stage, lie: dict[str, object], said: str
) -> None:
    case = _dispatched(stage)
    with stage.inside():
        assert checks.findings(stage.community_id) == []
        Case.objects.filter(pk=case.pk).update(**lie)
        found = checks.findings(stage.community_id)
    assert any(said in line and str(case.pk) in line for line in found), found


def test_verify_looks_again_at_a_case_that_moves_while_it_reads(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _dispatched(stage)
    seen: list[int] = []
    real = standings_of

    def moving(*words: Any) -> Any:
        seen.append(1)
        return real(*words) if len(seen) > 1 else {case.pk: (True, None)}

    monkeypatch.setattr(checks, "standings_of", moving)
    with stage.inside():
        assert checks.findings(stage.community_id) == []
    assert len(seen) == 2


def test_a_stranger_and_the_job_of_another_community_see_nothing(stage: Stage) -> None:
    _dispatched(stage)
    stranger = clockwork(stage.cast.elsewhere.community.pk)
    with entered(stranger.scope):
        assert ladder(viewer=stranger, at=DUE, calendar=calendar_for(stranger, DUE)).reached == ()
        assert not Casekind.objects.filter(community_id=stage.community_id).exists()
    assert date(2026, 3, 9) == DUE.date()
