"""What keeps a month whole while it is closed twice and slips still come, and what happens without it."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from xiaojia.domains.ledger.models import Transaction
from xiaojia.domains.ledger.tests.bare import AsOwner, without_constraints
from xiaojia.domains.recognition.actions import closing, sealing
from xiaojia.domains.recognition.models import Ballot, Envelope, Month, Monthvalue
from xiaojia.domains.recognition.rules import Answers
from xiaojia.domains.recognition.tests.stage import Circle, circle
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tests.parallel import at_once

HANDS = 2


@pytest.fixture
def here(transactional_db: None) -> Circle:
    """A circle that threads see."""
    return circle()


def _closed_at_once(here: Circle, month: Month, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Closed by two who take no lock and have both read that it is open."""
    barrier, sound = Barrier(HANDS), QuerySet.first

    def read_first(rows: QuerySet[Any]) -> Any:
        row = sound(rows)
        if rows.model is Month:
            barrier.wait(30)
        return row

    def close(_number: int) -> str:
        try:
            return str(here.close(month).state)
        except IntegrityError as error:
            return str(error).split('constraint "')[1].split('"')[0]

    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "select_for_update", lambda rows, **_more: rows.all())
        patch.setattr(QuerySet, "first", read_first)
        return Counter(at_once(HANDS, close))


def test_without_the_lock_two_more_guards_hold_and_without_all_a_month_is_written_twice(
    here: Circle, as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = here.open()
    here.fill(month)
    here.do_good(here.ids[0], here.ids[1])

    def values() -> tuple[Counter[str], int]:
        """What two closes of the open month are told, and how many values there are."""
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE recognition_monthvalue")
            cursor.execute("UPDATE recognition_month SET state = 'open', closed_at = NULL")
        came = _closed_at_once(here, month, monkeypatch)
        with here.office():
            return came, Monthvalue.objects.filter(month=month).count()

    guards = (
        ("recognition_month", "a_closed_month_has_its_moment"),
        ("recognition_monthvalue", "one_value_per_month"),
    )
    with ExitStack() as stack:
        for table, name in guards:
            assert values() == ({"closed": 1, name: HANDS - 1}, len(here.ids))
            stack.enter_context(without_constraints(as_owner, table, name))
        assert values() == ({"closed": HANDS}, HANDS * len(here.ids))
        with here.office():
            paid = Transaction.objects.filter(source_type="recognition", refusal="")
            assert paid.count() == 2, "points are paid by their source, once all the same"


def test_without_source_and_request_a_second_close_pays_again(here: Circle, as_owner: AsOwner) -> None:
    month = here.open()
    here.fill(month)
    here.do_good(here.ids[0], here.ids[1])
    here.close(month)
    points = {here.ids[0]: 4, here.ids[1]: 4}

    def pay_again() -> int:
        with here.office() as officer:
            return closing.pay_month(by=officer, at=month.opened_at, month_on=month.month_on, points=points)

    assert pay_again() == 0
    with ExitStack() as stack:
        for name in ("one_transaction_per_source", "one_transaction_per_request"):
            stack.enter_context(without_constraints(as_owner, "ledger_transaction", name))
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_functiondef('ledger_said'::regproc)")
            sound = cursor.fetchone()[0]
            cursor.execute(sound.replace("AND request_id = p_request;", "AND false;"))
        try:
            assert pay_again() == 2
        finally:
            with as_owner(), connection.cursor() as cursor:
                cursor.execute(sound)


def test_without_the_seal_of_the_close_a_late_slip_lies_among_the_others(
    here: Circle, as_owner: AsOwner
) -> None:
    month = here.open()
    here.fill(month, without=here.ids[:1])
    here.close(month)
    with here.office():
        ballot = Ballot.objects.get(month=month, member_id=here.ids[0])
    late = Answers((1,) * len(ballot.asked_ids))

    def put_in() -> int:
        with here.office():
            sealing.put_in(ballot, late)
            return Envelope.objects.filter(month=month).count()

    with pytest.raises(Refused, match="已经截止"):
        put_in()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE recognition_envelope DISABLE TRIGGER only_open")
    try:
        assert put_in() == len(here.ids)
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE recognition_envelope ENABLE TRIGGER only_open")


def test_a_slip_that_comes_while_the_month_closes_counts_or_is_refused(here: Circle) -> None:
    """It waits for the close and is told; or it was in before, and the values know of it."""
    month = here.open()
    here.fill(month, without=here.ids[:1])
    with here.office():
        ballot = Ballot.objects.get(month=month, member_id=here.ids[0])

    def act(number: int) -> str:
        if number:
            return str(here.close(month).state)
        try:
            with here.office():
                sealing.put_in(ballot, Answers((5,) * len(ballot.asked_ids)))
        except Refused:
            return "refused"
        return "in"

    said, closed = at_once(2, act)
    assert closed == "closed"
    with here.office():
        answers = sum(Monthvalue.objects.filter(month=month).values_list("answers", flat=True))
        others = Ballot.objects.filter(month=month).exclude(pk=ballot.pk)
        asked = sum(len(row.asked_ids) for row in others)
        assert answers == asked + (len(ballot.asked_ids) if said == "in" else 0)
