"""What goes wrong on the way in: two people at once, a closed browser, 停下, a crash in the middle."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
from django.db import connection, connections
from django.test import Client

from tests import cast
from xiaojia.domains.people.models import Household, Resident
from xiaojia.domains.registers import actions
from xiaojia.domains.registers.models import Register, Registerrow
from xiaojia.domains.registers.tests.test_flow import HEAD, a_csv, checked, over
from xiaojia.kernel import work
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.jobs import run_worker
from xiaojia.kernel.models import AuditEntry, Work
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.work import Progress, SilentProgress

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 30


@pytest.fixture
def people() -> cast.Cast:
    return cast.build()


@pytest.fixture
def officer(people: cast.Cast) -> Actor:
    return people.actor("officer")


def table(*, size: int) -> bytes:
    """Three households of a compound of their own, each with so many people (模拟)."""
    rows = [["新院", 1, 1, f"{n}-1", f"赵{'甲乙丙'[n - 1]}", f"1380000200{n}", size] for n in (1, 2, 3)]
    return a_csv(*rows, head=HEAD)


def _checked(by: Actor, *, size: int) -> UUID:
    with entered(by.scope):
        pk = checked(by, table(size=size))
        over(pk)
    return pk


def _sizes(by: Actor) -> list[int]:
    with entered(by.scope):
        homes = Household.objects.filter(unit__building__compound__name="新院", until_on__isnull=True)
        return sorted(size or 0 for size in homes.values_list("size", flat=True))


class Held(SilentProgress):
    """Stops at its second word, when the commit holds the register and has written, until let go."""

    def __init__(self) -> None:
        self.is_inside, self.let_go = threading.Event(), threading.Event()

    def say(self, step: str, done: int, total: int) -> None:
        if done:
            self.is_inside.set()
            assert self.let_go.wait(PATIENCE_SECONDS)


def _commit_in_thread(by: Actor, pk: UUID, progress: Progress, said: list[str]) -> threading.Thread:
    def run() -> None:
        try:
            with entered(by.scope):
                actions.commit_register(by=by, at=cast.NOW, register_id=pk, progress=progress)
            said.append("done")
        except Refused as refused:
            said.append(refused.sentence)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _both_commit(by: Actor) -> tuple[str, str]:
    """Two people take over two tables of the same doors: the second begins while the first is inside."""
    first, second = _checked(by, size=2), _checked(by, size=5)
    held, said_first, said_second = Held(), list[str](), list[str]()
    one = _commit_in_thread(by, first, held, said_first)
    assert held.is_inside.wait(PATIENCE_SECONDS)
    other = _commit_in_thread(by, second, SilentProgress(), said_second)
    other.join(timeout=1)
    assert said_second == [], "the second waits, with the lock or at the first row"
    held.let_go.set()
    one.join(PATIENCE_SECONDS)
    other.join(PATIENCE_SECONDS)
    return said_first[0], said_second[0]


def test_of_two_at_once_the_second_is_asked_to_look_again(officer: Actor) -> None:
    first, second = _both_commit(officer)
    assert first == "done"
    assert "再核对一遍" in second
    assert _sizes(officer) == [2, 2, 2]


def test_negative_control_without_the_lock_the_second_writes_over_the_first(
    officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "xiaojia.domains.registers.actions.committing.lock_register", lambda community_id: None
    )
    assert _both_commit(officer) == ("done", "done")
    assert _sizes(officer) == [5, 5, 5]


def test_the_browser_may_close_while_the_worker_goes_on(people: cast.Cast, officer: Actor) -> None:
    pk = _checked(officer, size=3)
    browser = Client()
    browser.force_login(people.here.accounts["officer"])
    assert browser.post(f"/registers/{pk}/commit/").status_code == 302
    browser.logout()
    del browser
    assert _sizes(officer) == [], "negative control: nobody has done it yet"
    connection.close()
    worker = threading.Thread(target=lambda: run_worker(one_shot=True))
    worker.start()
    worker.join(PATIENCE_SECONDS)
    assert _sizes(officer) == [3, 3, 3]
    with entered(officer.scope):
        assert Register.objects.get(pk=pk).state == "committed"


def _started(by: Actor, pk: UUID) -> UUID:
    with entered(by.scope):
        return actions.start_commit(by=by, at=cast.NOW, register_id=pk)


def test_stop_leaves_everything_as_it_was_and_it_can_be_taken_over_later(
    officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = _checked(officer, size=3)
    work_id = _started(officer, pk)
    say = Progress.say

    def stopped(self: Progress, step: str, done: int, total: int) -> None:
        if done:
            _ask_on_another_connection(work_id)
        say(self, step, done, total)

    monkeypatch.setattr(Progress, "say", stopped)
    work.perform(work_id)
    stopped_work = Work.objects.get(pk=work_id)
    assert (stopped_work.state, stopped_work.sentence) == ("cancelled", "停下了。已有的数据一点没动。")
    assert stopped_work.where_url == f"/registers/{pk}/", "the page of work leads back to the register"
    assert _sizes(officer) == []
    with entered(officer.scope):
        assert Registerrow.objects.filter(register_id=pk).count() == 3
        assert not AuditEntry.objects.filter(verb="commit_register").exists()
    monkeypatch.setattr(Progress, "say", say)
    work.perform(_started(officer, pk))
    assert _sizes(officer) == [3, 3, 3]


def _ask_on_another_connection(work_id: UUID) -> None:
    """As the browser does: visible to the worker although its own transaction is open."""

    def ask() -> None:
        Work.objects.filter(pk=work_id).update(is_stop_asked=True)
        connections.close_all()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(PATIENCE_SECONDS)


class Crash(BaseException):
    """Stands for a process that dies: nothing catches it."""


def test_a_crash_in_the_middle_leaves_nothing_half_and_the_next_try_does_it_once(
    officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = _checked(officer, size=3)
    work_id = _started(officer, pk)
    written: list[int] = []

    def dies(self: Progress, step: str, done: int, total: int) -> None:
        if done:
            written.append(Household.objects.filter(unit__building__compound__name="新院").count())
            raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(Progress, "say", dies)
        with pytest.raises(Crash):
            work.perform(work_id)
    assert written == [3], "negative control: it had written them all"
    assert _sizes(officer) == []
    work.perform(work_id)
    work.perform(work_id)
    assert _sizes(officer) == [3, 3, 3]
    with entered(officer.scope):
        assert AuditEntry.objects.filter(verb="commit_register").count() == 1
        assert Resident.objects.filter(household__unit__building__compound__name="新院").count() == 3


def test_a_crash_while_reading_keeps_the_file_for_the_next_try(
    officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with entered(officer.scope):
        register = actions.receive_register(
            by=officer, at=cast.NOW, file_name="a.csv", stream=[table(size=1)], as_of_on=cast.TODAY
        )
    assert register.work_id is not None

    def dies(self: Progress, step: str, done: int, total: int) -> None:
        if total and done == total:
            raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(Progress, "say", dies)
        with pytest.raises(Crash):
            work.perform(register.work_id)
    with entered(officer.scope):
        assert not Registerrow.objects.exists()
    work.perform(register.work_id)
    with entered(officer.scope):
        assert Registerrow.objects.count() == 3
        assert Register.objects.get().state == "read"
