"""Staged rows hold plain names: a register that nobody goes on with lets go of them after a month."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

from tests import cast
from xiaojia.domains.registers import actions, jobs
from xiaojia.domains.registers.actions.receiving import file_path
from xiaojia.domains.registers.models import Register, Registerrow
from xiaojia.domains.registers.rules import ABANDONED_DAYS
from xiaojia.domains.registers.tests.test_flow import a_csv, cast_rows, checked, committed, people, received
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import AuditEntry, Work
from xiaojia.kernel.tenancy import entered

__all__ = ["people"]

A_MONTH_LATER = cast.NOW + timedelta(days=ABANDONED_DAYS, seconds=1)


@pytest.fixture
def officer(people: cast.Cast) -> Actor:
    return people.actor("officer")


@pytest.fixture
def doubtful(officer: Actor) -> UUID:
    """A checked register with a row that somebody has to decide about."""
    pk = checked(officer, a_csv(*cast_rows()[:-1]))
    Work.objects.update(started_at=cast.NOW)
    return pk


def test_an_abandoned_register_is_put_away_and_says_why(officer: Actor, doubtful: UUID) -> None:
    assert Registerrow.objects.filter(register_id=doubtful).exists()
    assert actions.forget_abandoned(by=officer, at=A_MONTH_LATER) == 1
    register = Register.objects.get(pk=doubtful)
    assert register.state == "dropped"
    assert "30 天没有人接着看" in register.sentence
    assert not Registerrow.objects.exists()
    assert AuditEntry.objects.get(verb="drop_register").object_ids == [str(doubtful)]
    assert actions.forget_abandoned(by=officer, at=A_MONTH_LATER) == 0


def test_negative_control_a_register_of_less_than_a_month_keeps_its_rows(
    officer: Actor, doubtful: UUID
) -> None:
    assert actions.forget_abandoned(by=officer, at=cast.NOW + timedelta(days=ABANDONED_DAYS)) == 0
    assert Registerrow.objects.filter(register_id=doubtful).exists()


def test_whoever_decided_or_checked_again_meanwhile_has_not_abandoned_it(
    officer: Actor, doubtful: UUID
) -> None:
    later = cast.NOW + timedelta(days=20)
    actions.decide_rows(by=officer, at=later, register_id=doubtful, verdict="gone", decision="leave")
    assert actions.forget_abandoned(by=officer, at=A_MONTH_LATER) == 0
    assert actions.forget_abandoned(by=officer, at=later + timedelta(days=ABANDONED_DAYS, seconds=1)) == 1


def test_a_work_that_runs_or_began_lately_keeps_it(officer: Actor, doubtful: UUID) -> None:
    Work.objects.update(state="running")
    assert actions.forget_abandoned(by=officer, at=A_MONTH_LATER) == 0
    Work.objects.update(state="done", started_at=A_MONTH_LATER - timedelta(days=1))
    assert actions.forget_abandoned(by=officer, at=A_MONTH_LATER) == 0
    Work.objects.update(started_at=cast.NOW)
    assert actions.forget_abandoned(by=officer, at=A_MONTH_LATER) == 1, "negative control"


def test_what_was_taken_over_stays(officer: Actor) -> None:
    pk = checked(officer, a_csv(*cast_rows()))
    committed(officer, pk)
    Work.objects.update(started_at=cast.NOW)
    assert actions.forget_abandoned(by=officer, at=A_MONTH_LATER) == 0
    assert Register.objects.get(pk=pk).state == "committed"


def test_a_file_that_was_never_read_goes_too(
    officer: Actor, django_capture_on_commit_callbacks: object
) -> None:
    register = actions.receive_register(
        by=officer, at=cast.NOW, file_name="a.csv", stream=[a_csv(*cast_rows())], as_of_on=cast.TODAY
    )
    Work.objects.update(state="cancelled", started_at=cast.NOW)
    assert file_path(register.pk).exists()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # pytest-django's
        assert actions.forget_abandoned(by=officer, at=A_MONTH_LATER) == 1
    assert not file_path(register.pk).exists()


def test_the_night_walks_every_community_and_the_page_tells(
    people: cast.Cast, doubtful: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with entered(people.actor("stranger").scope):
        other = received(people.actor("stranger"), a_csv(*cast_rows()))
        Work.objects.update(started_at=cast.NOW)
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: A_MONTH_LATER)
    jobs.forget_staged_rows()
    with entered(people.actor("stranger").scope):
        assert Register.objects.get(pk=other).state == "dropped"
    client = Client()
    client.force_login(people.here.accounts["officer"])
    page = client.get(f"/registers/{doubtful}/").content.decode()
    assert "30 天没有人接着看" in page
    assert "放下了" in client.get("/registers/").content.decode()
