"""Each guard of the ledger taken away: what it keeps off then happens. Threads commit for real."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any, Final

import pytest
from django.db import DatabaseError, connection

from tests import cast
from xiaojia.domains.ledger import actions, checks
from xiaojia.domains.ledger.actions import Posting
from xiaojia.domains.ledger.actions.posting import call_collect, call_void
from xiaojia.domains.ledger.models import Account, Entry, Expirynotice, Transaction
from xiaojia.domains.ledger.tests.bare import (
    WAITING,
    AsOwner,
    all_read_first,
    without_constraints,
    written_anew,
)
from xiaojia.domains.ledger.tests.stage import Stage, stage
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

OLD: Final = date(2024, 1, 10)
TILLS: Final = 4
UNLOCKED: Final = (" FOR UPDATE;", WAITING)
TAKEN_OFF: Final = (
    "SET balance = o_balance",
    "SET balance = balance + CASE WHEN v_gives THEN v_part ELSE -v_part END",
)
"""Without the lock nobody knows what is there, so points are simply taken off."""
NEVER_SAID: Final = ("AND request_id = p_request;", "AND false;")


@pytest.fixture
def here(transactional_db: None) -> Stage:
    """A stage that is committed."""
    return stage()


def _tills(here: Stage, act: Callable[[int], object], times: int = TILLS) -> Counter[str]:
    """The same at so many tills, all of which read first; how often it came off, was refused or broke off."""
    scope = here.actor("officer").scope

    def till(number: int) -> str:
        try:
            with entered(scope):
                act(number)
        except (Refused, DatabaseError) as error:
            return type(error).__name__
        return "done"

    return Counter(all_read_first(times, till))


def _redeem(here: Stage, **more: Any) -> Callable[[int], object]:
    """All 10 points of the wallet, each time for something else."""
    by, wallet, fresh = here.actor("officer"), here.wallet("volunteer"), uuid.uuid4().hex[:6]

    def redeem(number: int) -> object:
        posting = Posting("redeem", wallet, 10, "goods", f"{fresh} {number}", cast.TODAY, **more)
        return actions.redeem(by=by, at=cast.NOW, posting=posting)

    return redeem


def _drift(here: Stage) -> list[str]:
    with here.office() as officer:
        return checks.findings(officer.community_id)


def test_without_the_lock_the_check_holds_and_without_both_a_wallet_falls_below_zero(
    here: Stage, as_owner: AsOwner
) -> None:
    here.give("volunteer", 10)
    checks_of_a_wallet = ("balance_not_below_zero", "held_within_balance")
    with written_anew(as_owner, "ledger_post", UNLOCKED, TAKEN_OFF):
        assert _tills(here, _redeem(here)) == {"done": 1, "IntegrityError": TILLS - 1}
        assert here.balance("volunteer") == 0
    here.give("volunteer", 10)
    with ExitStack() as stack:
        stack.enter_context(without_constraints(as_owner, "ledger_account", *checks_of_a_wallet))
        stack.enter_context(written_anew(as_owner, "ledger_post", UNLOCKED, TAKEN_OFF))
        assert _tills(here, _redeem(here)) == {"done": TILLS}
        assert here.balance("volunteer") == -10 * (TILLS - 1)


def test_without_its_lock_expiry_and_the_counter_take_the_same_points(here: Stage, as_owner: AsOwner) -> None:
    here.give("volunteer", 10, on=OLD)
    by, late = here.actor("officer"), cast.TODAY + timedelta(days=100)
    with here.office():
        actions.notice_expiry(by=by, at=cast.NOW, on=cast.TODAY)
        actions.hand_notice(by=by, at=cast.NOW, on=cast.TODAY, notice_id=Expirynotice.objects.get().pk)
    redeem = _redeem(here)

    def rush(number: int) -> object:
        return redeem(number) if number else actions.expire_due(by=by, at=cast.NOW, on=late)

    with written_anew(as_owner, "ledger_post", UNLOCKED):
        assert _tills(here, rush, 2) == {"done": 2}
    with here.office():
        done = Transaction.objects.filter(refusal="").exclude(kind="award")
        assert dict(done.values_list("kind", "points")) == {"expiry": 10, "redeem": 10}, "20 out of 10"
    assert any("does not hold the sum" in line for line in _drift(here))


def test_without_their_locks_a_hold_ends_twice(here: Stage, as_owner: AsOwner) -> None:
    """Collected and given back at once: what another hold had reserved is gone with it."""
    here.give("volunteer", 20)
    by, wallet, later = here.actor("officer"), here.wallet("volunteer"), cast.NOW + timedelta(days=3)
    with here.office():
        holds = [
            actions.reserve(
                by=by, at=cast.NOW, posting=Posting("redeem", wallet, 10, "goods", source, cast.TODAY),
                expires_at=later,
            )
            for source in ("one", "other")
        ]  # fmt: skip

    def end(number: int) -> object:
        if number:
            return call_void(holds[0].pk, by=by, at=cast.NOW)
        return call_collect(holds[0].pk, by=by, at=cast.NOW, on=cast.TODAY, reason="")

    with ExitStack() as stack:
        # A hold that was collected cannot become void beside its transaction: one more guard.
        check = "a_posted_hold_has_its_transaction"
        stack.enter_context(without_constraints(as_owner, "ledger_hold", check))
        for function in ("ledger_collect", "ledger_void"):
            read = ("id = p_hold FOR UPDATE;", f"id = p_hold{WAITING}")
            stack.enter_context(written_anew(as_owner, function, read, (" FOR UPDATE;", ";")))
        assert _tills(here, end, 2) == {"done": 2}
        with here.office():
            assert Account.objects.get(pk=wallet).held == 0, "the other hold's points are free to spend"
        assert any("other than its living holds" in line for line in _drift(here))


def test_without_the_body_another_request_under_the_same_id_is_told_that_it_is_done(
    here: Stage, as_owner: AsOwner
) -> None:
    here.give("volunteer", 100)
    by, wallet, request = here.actor("officer"), here.wallet("volunteer"), uuid.uuid4()

    def redeem(points: int) -> actions.Answer:
        posting = Posting("redeem", wallet, points, "goods", "one", cast.TODAY, request)
        with here.office():
            return actions.redeem(by=by, at=cast.NOW, posting=posting)

    redeem(10)
    with pytest.raises(actions.OtherRequest):
        redeem(50)
    with written_anew(as_owner, "ledger_said", ("v.body_hash <> p_hash", "false")):
        assert redeem(50).outcome == "again", "told that 50 points moved"
    assert here.balance("volunteer") == 90


def test_a_request_is_held_three_times_over_and_without_all_of_it_moves_again_and_again(
    here: Stage, as_owner: AsOwner
) -> None:
    """What was said is looked up; request and source are unique. The last that stands is enough."""
    here.give("volunteer", 100)
    request = uuid.uuid4()
    unique = ("one_transaction_per_request", "one_transaction_per_source")

    def once(_number: int) -> object:
        posting = Posting("redeem", here.wallet("volunteer"), 10, "goods", "one", cast.TODAY, request)
        return actions.redeem(by=here.actor("officer"), at=cast.NOW, posting=posting)

    with ExitStack() as stack:
        stack.enter_context(written_anew(as_owner, "ledger_said", NEVER_SAID))
        for _time in range(2):
            with here.office():
                once(0)
        assert here.balance("volunteer") == 90
        for left, name in enumerate(unique):
            stack.enter_context(without_constraints(as_owner, "ledger_transaction", name))
            for _time in range(2):
                with here.office():
                    once(0)
            assert here.balance("volunteer") == (70 if left else 90)


def test_without_its_source_an_announced_expiry_happens_again(here: Stage, as_owner: AsOwner) -> None:
    here.give("volunteer", 10, on=OLD)
    here.give("volunteer", 10, on=OLD)
    by, late = here.actor("officer"), cast.TODAY + timedelta(days=100)
    with here.office():
        actions.notice_expiry(by=by, at=cast.NOW, on=cast.TODAY)
        Expirynotice.objects.update(points=10, handed_on=cast.TODAY, handed_by_id=1)

    def night(number: int) -> int:
        """A night that forgot that it was done."""
        with here.office():
            Expirynotice.objects.update(settled_at=None)
            actions.expire_due(by=by, at=cast.NOW, on=late + timedelta(days=number))
        return here.balance("volunteer")

    assert [night(0), night(1)] == [10, 10]
    with without_constraints(as_owner, "ledger_transaction", "one_transaction_per_source"):
        assert night(2) == 0


def test_what_was_written_stays_until_rights_and_trigger_are_gone(here: Stage, as_owner: AsOwner) -> None:
    here.give("volunteer", 10)
    statement = "UPDATE ledger_entry SET amount = amount * 2"

    def said() -> str:
        try:
            with here.office():
                connection.cursor().execute(statement)
        except DatabaseError as error:
            return str(error).splitlines()[0]
        return ""

    assert "permission denied" in said()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("GRANT UPDATE ON ledger_entry TO xiaojia_app")
    try:
        assert "correct it by a reversal" in said()
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER unchanging")
        assert said() == ""
        with here.office():
            assert set(Entry.objects.values_list("amount", flat=True)) == {20, -20}
        assert any("does not hold the sum" in line for line in _drift(here))
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER unchanging")
            cursor.execute("REVOKE UPDATE ON ledger_entry FROM xiaojia_app")
