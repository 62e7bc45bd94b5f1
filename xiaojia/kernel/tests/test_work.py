"""Long work: done whole or not at all, stoppable, and safe to repeat after a crash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection

from tests.cast import NOW
from xiaojia.kernel import jobs, work
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.models import AuditEntry, Work
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.work import Progress

pytestmark = pytest.mark.django_db(transaction=True)

BY = Actor(account_id=1, role="officer", community_id=7, scope=Scope((7,), is_wide=True))


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A kind of work whose behaviour the test sets: it writes one audit row, then does `then`."""
    behaviour: dict[str, Any] = {"then": None}

    def function(actor: Actor, payload: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        from xiaojia.kernel import audit

        audit.record(by=actor, at=NOW, verb="test", kind="test", ids=[1])
        progress.say("数户", 1, 2)
        if behaviour["then"]:
            behaviour["then"]()
        progress.say("数户", 2, 2)
        return {"count": payload["count"], "sentence": "好了。", "where_url": "/"}

    monkeypatch.setitem(work.FUNCTIONS, "test", function)
    return behaviour


def _start() -> Work:
    return jobs.start_work("test", by=BY, at=NOW, payload={"count": 3})


def _rows() -> int:
    from xiaojia.kernel.tenancy import entered

    with entered(BY.scope):
        return AuditEntry.objects.count()


def test_work_is_done_with_its_result(kind: dict[str, Any]) -> None:
    row = _start()
    work.perform(row.pk)
    row.refresh_from_db()
    assert (row.state, row.result, row.sentence, row.percent) == ("done", {"count": 3}, "好了。", 100)
    assert _rows() == 1


def test_work_done_twice_is_done_once(kind: dict[str, Any]) -> None:
    row = _start()
    work.perform(row.pk)
    work.perform(row.pk)
    row.refresh_from_db()
    assert row.state == "done"
    assert _rows() == 1


def test_stop_rolls_everything_back(kind: dict[str, Any]) -> None:
    row = _start()
    kind["then"] = lambda: _on_another_connection(row)
    work.perform(row.pk)
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert "一点没动" in row.sentence
    assert _rows() == 0


def test_every_ending_without_a_result_leads_back_to_where_it_came_from(
    kind: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise Refused("不行。")

    def fail() -> None:
        raise OSError

    stopped, refused, failed, unplaced = (_start() for _n in range(4))
    monkeypatch.setitem(work.PAGES, "test", lambda payload: f"/things/{payload['count']}/")
    kind["then"] = lambda: _on_another_connection(stopped)
    work.perform(stopped.pk)
    kind["then"] = refuse
    work.perform(refused.pk)
    kind["then"] = fail
    work.perform(failed.pk)
    found = {w.pk: (w.state, w.where_url) for w in Work.objects.all()}
    assert found[stopped.pk] == ("cancelled", "/things/3/")
    assert found[refused.pk] == ("refused", "/things/3/")
    assert found[failed.pk] == ("failed", "/things/3/")
    monkeypatch.delitem(work.PAGES, "test")
    work.perform(unplaced.pk)
    unplaced.refresh_from_db()
    assert unplaced.where_url == "", "negative control: no page, no way back"


def test_running_work_is_seen_by_the_office_of_its_own_community(kind: dict[str, Any]) -> None:
    row = _start()
    assert [w.pk for w in work.running_works(BY)] == [row.pk]
    elsewhere = Actor(account_id=2, role="officer", community_id=8, scope=Scope((8,), is_wide=True))
    head = Actor(account_id=3, role="head", community_id=7, scope=Scope((7,), household_ids=(1,)))
    assert work.running_works(elsewhere) == []
    assert work.running_works(head) == []
    work.perform(row.pk)
    assert work.running_works(BY) == [], "negative control: what is over runs no more"


def test_a_refusal_becomes_its_sentence(kind: dict[str, Any]) -> None:
    def refuse() -> None:
        raise Refused("现在交不了，因为还没核对；先核对。", where_url="/x/")

    row = _start()
    kind["then"] = refuse
    work.perform(row.pk)
    row.refresh_from_db()
    assert (row.state, row.sentence, row.where_url) == (
        "refused",
        "现在交不了，因为还没核对；先核对。",
        "/x/",
    )
    assert _rows() == 0


def test_a_fault_is_ours_and_has_a_number(kind: dict[str, Any]) -> None:
    row = _start()
    kind["then"] = lambda: 1 / 0
    work.perform(row.pk)
    row.refresh_from_db()
    assert row.state == "failed"
    assert str(row.pk)[:8] in row.sentence
    assert _rows() == 0


def test_work_that_another_worker_holds_is_left_alone(kind: dict[str, Any]) -> None:
    row = _start()

    def second_runner() -> None:
        with pytest.raises(work.StillRunning):
            _perform_elsewhere(row)

    kind["then"] = second_runner
    work.perform(row.pk)
    row.refresh_from_db()
    assert row.state == "done"
    assert _rows() == 1


def test_work_is_tried_three_times_at_most(kind: dict[str, Any]) -> None:
    row = _start()
    Work.objects.filter(pk=row.pk).update(attempts=work.MOST_ATTEMPTS, state="running")
    work.perform(row.pk)
    row.refresh_from_db()
    assert row.state == "failed"
    assert _rows() == 0


def _on_another_connection(row: Work) -> None:
    progress = Progress(row.pk)
    progress._connection.execute("UPDATE kernel_work SET is_stop_asked = true WHERE id = %s", [row.pk])
    progress.close()


def _perform_elsewhere(row: Work) -> None:
    """Another worker is another thread: Django gives it a connection of its own."""
    from concurrent.futures import ThreadPoolExecutor

    def run() -> None:
        try:
            work.perform(row.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()
