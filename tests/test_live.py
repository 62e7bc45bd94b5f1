"""The live desk: who may hear of a case hears of it, nobody else does, and no killing ends it for good."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from django.core import signing
from django.test import Client

from tests import cast
from tests.cast import Cast
from tests.listening import Ears, listening
from tests.running import eventually, is_alive, prepared_home, serving
from xiaojia.domains.cases import actions
from xiaojia.domains.cases.access import visible_cases
from xiaojia.domains.cases.actions import Report
from xiaojia.domains.cases.models import Case, Casekind
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.live import CHANNEL, Notice, Ticket, hears, read_notice, read_ticket, ticket_for
from xiaojia.kernel.tenancy import entered
from xiaojia.project.processes.postgres import Cluster
from xiaojia.project.processes.tree import free_port, live

NOW: Final = datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = cast.build()
    for home in (people.here, people.elsewhere):
        by = home.actor("officer")
        with entered(by.scope):
            actions.open_casekinds(by=by, at=NOW, on=NOW.date())
    return people


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    """The stream process of this test's database."""
    port = free_port(8700 + os.getpid() % 200, "127.0.0.1")
    child = live(port, "127.0.0.1", dict(os.environ))
    child.start()
    try:
        eventually("the stream answers", lambda: _answers(port))
        yield port
    finally:
        child.stop()
        child.wait(0)


def _answers(port: int) -> bool:
    try:
        with listening(port, "nobody's") as ears:
            eventually("an answer", lambda: ears.has_ended or ears.status > 0)
            return ears.status == 403
    except OSError:
        return False


def _ticket(by: Actor) -> str:
    return ticket_for(by.scope, at=datetime.now(UTC))


def _report(by: Actor, *, microgrid_ids: list[int], is_confidential: bool = False) -> Case:
    with entered(by.scope):
        kind = Casekind.objects.get(code="L0201", community_id=by.community_id).pk
        case = actions.report_case(by=by, at=NOW, report=Report(kind, "三楼过道在漏水（模拟）"))
        if microgrid_ids or is_confidential:
            Case.objects.filter(pk=case.pk).update(
                microgrid_ids=microgrid_ids, is_confidential=is_confidential
            )
    return case


def _open(stack: ExitStack, port: int, by: Actor) -> Ears:
    ears = stack.enter_context(listening(port, _ticket(by)))
    eventually("the stream opens", lambda: ears.status == 200)
    return ears


def _listens(port: int, by: Actor, ears: Ears) -> None:
    """Until one notice came through: the connection to PostgreSQL may be younger than the answer."""

    def is_heard() -> bool:
        _tell(by, "ready")
        return "ready" in ears.data_of("changed")

    eventually("a first notice", is_heard)


def _tell(by: Actor, what: str, *, more: str = '"m": [], "s": false') -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        body = f'{{"id": "{what}", "c": {by.community_id}, {more}}}'
        connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, body])


@pytest.mark.django_db(transaction=True)
def test_who_sees_a_case_hears_of_it_and_nobody_else(people: Cast, port: int) -> None:
    officer, head, neighbour = (people.actor(who) for who in ("officer", "head", "neighbour"))
    stranger = people.actor("stranger")
    with ExitStack() as stack:
        ears = {by.account_id: _open(stack, port, by) for by in (officer, head, neighbour, stranger)}
        _listens(port, officer, ears[officer.account_id])
        first, _second = (m.pk for m in people.here.microgrids)
        theirs = _report(officer, microgrid_ids=[first])
        secret = _report(officer, microgrid_ids=[], is_confidential=True)
        _report(stranger, microgrid_ids=[])
        last = _report(officer, microgrid_ids=[m.pk for m in people.here.microgrids])
        for by in (officer, head, neighbour):
            eventually(f"{by.role} hears the last", partial(_has_heard, ears[by.account_id], last))
        heard = {account_id: set(one.data_of("changed")) for account_id, one in ears.items()}
        assert {str(theirs.pk), str(secret.pk), str(last.pk)} <= heard[officer.account_id]
        assert heard[head.account_id] == {str(theirs.pk), str(last.pk)}
        assert heard[neighbour.account_id] == {str(last.pk)}
        assert not heard[stranger.account_id] & {str(theirs.pk), str(secret.pk), str(last.pk)}


def _has_heard(ears: Ears, case: Case) -> bool:
    return str(case.pk) in ears.data_of("changed")


def test_hearing_is_seeing(db: None) -> None:
    """The rule of the stream is the rule of `visible_cases`, over every kind of viewer and case."""
    people = cast.build()
    officer = people.actor("officer")
    microgrids = [m.pk for m in people.here.microgrids]
    with entered(officer.scope):
        actions.open_casekinds(by=officer, at=NOW, on=NOW.date())
    cases = [
        _report(officer, microgrid_ids=mine, is_confidential=secret)
        for mine in ([], microgrids[:1], microgrids)
        for secret in (False, True)
    ]
    for who in ("secretary", "officer", "head", "steward", "neighbour", "stranger"):
        by = people.actor(who)
        ticket = read_ticket(ticket_for(by.scope, at=NOW), at=NOW)
        assert ticket is not None
        with entered(by.scope):
            seen = set(visible_cases(by).values_list("pk", flat=True))
        with entered(officer.scope):
            for case in cases:
                case.refresh_from_db()
        heard = {
            c.pk
            for c in cases
            if hears(ticket, Notice(str(c.pk), c.community_id, frozenset(c.microgrid_ids), c.is_confidential))
        }
        assert heard == seen, who


def test_negative_control_a_wide_ticket_hears_more() -> None:
    narrow = Ticket(frozenset({1}), is_wide=False, microgrid_ids=frozenset({5}), until=0)
    notice = Notice("x", 1, frozenset({6}), is_confidential=False)
    assert not hears(narrow, notice)
    assert hears(replace(narrow, is_wide=True), notice)


def test_a_ticket_ends_and_cannot_be_made_up() -> None:
    text = ticket_for(Scope((1,), is_wide=True), at=NOW)
    assert read_ticket(text, at=NOW) is not None
    assert read_ticket(text, at=NOW + timedelta(minutes=5)) is None
    assert read_ticket(text[:-2], at=NOW) is None
    assert read_ticket("", at=NOW) is None


@pytest.mark.parametrize(
    "payload", ["", "x", "{}", '{"id": 1, "c": "x", "m": [], "s": 0}', "[1]", '{"id": 1}']
)
def test_strange_notices_are_passed_over(payload: str) -> None:
    assert read_notice(payload) is None


@pytest.mark.django_db(transaction=True)
def test_the_page_names_the_stream_only_where_one_runs(people: Cast, settings: Any) -> None:
    client = Client()
    assert client.get("/cases/live/").status_code == 403
    client.force_login(people.here.accounts["officer"])
    assert client.get("/cases/live/").json() == {"url": ""}
    settings.XIAOJIA_LIVE_PORT = "8320"
    answer = client.get("/cases/live/")
    assert answer.json()["url"].startswith("http://testserver:8320/live/?ticket=")
    assert "http://testserver:8320;" in answer["Content-Security-Policy"]
    settings.XIAOJIA_PUBLIC_URL = "https://xiaojia.example"
    answer = client.get("/cases/live/")
    assert answer.json()["url"].startswith("/live/?ticket=")
    assert "8320" not in answer["Content-Security-Policy"]


def _ticket_of(home: Path) -> str:
    """A wide ticket for community 1, signed as that home signs."""
    until = int((datetime.now(UTC) + timedelta(minutes=5)).timestamp())
    key = (home / "keys" / "session.key").read_text()
    return signing.dumps([[1], True, [], until], key=key, salt="xiaojia.live", compress=True)


def _notify(home: Path) -> None:
    with psycopg.connect(Cluster(home).urls().serving, autocommit=True) as connection:
        connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, '{"id": "a", "c": 1, "m": [], "s": false}'])


def _live_port(pid: int) -> int:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return int(words[words.index("--port") + 1])


def test_the_stream_outlives_postgres_and_itself_and_never_delays_the_end() -> None:
    with prepared_home() as home, serving(home, "--port", "8750") as running, ExitStack() as stack:
        eventually("the stream process", lambda: running.live_pid > 0)
        port = _live_port(running.live_pid)
        eventually("the stream answers", lambda: _answers(port))
        ears = stack.enter_context(listening(port, _ticket_of(home)))

        def is_heard(ears: Ears = ears) -> bool:
            with suppress(psycopg.OperationalError):
                _notify(home)
            return bool(ears.data_of("changed"))

        eventually("a notice", is_heard)
        os.kill(running.postgres_pid, signal.SIGKILL)
        eventually("the same stream says that it missed something", lambda: bool(ears.data_of("again")))
        assert not ears.has_ended
        first = running.live_pid
        os.kill(first, signal.SIGKILL)
        eventually("another stream process", lambda: running.live_pid not in {0, first})
        eventually("the stream answers again", lambda: _answers(port))
        second = stack.enter_context(listening(port, _ticket_of(home)))
        eventually("a notice", lambda: is_heard(second))
        assert not second.has_ended
        running.process.send_signal(signal.SIGTERM)
        eventually("everything ends, stream open or not", lambda: not is_alive(running.process.pid))
        assert running.process.wait() == 0
