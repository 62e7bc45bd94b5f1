"""What goes wrong at the counter of every bank: many tills at once, jobs run twice, rows that drift.

Threads commit for real, so these tests run outside a transaction, on one stage for the whole file.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from tests import cast
from xiaojia.domains.ledger import actions, checks
from xiaojia.domains.ledger.actions import Lack, OtherRequest, Over, Posting
from xiaojia.domains.ledger.models import Account, Entry, Expirynotice, Hold, Transaction
from xiaojia.domains.ledger.tests.stage import Stage, stage
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.tests.parallel import at_once

TILLS = 20
OLD = date(2024, 1, 10)
"""More than 24 months before the cast's day."""

AsOwner = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def here(transactional_db: None) -> Stage:
    """A stage that is committed."""
    return stage()


def _at_tills(here: Stage, act: Callable[[int], object]) -> Counter[str]:
    """The same wallet at twenty tills; how often it came off and how often it was refused."""
    scope = here.actor("officer").scope

    def till(number: int) -> str:
        with entered(scope):
            try:
                act(number)
            except Refused as refused:
                return type(refused).__name__
            return "done"

    return Counter(at_once(TILLS, till))


def _ways(name: str, here: Stage) -> dict[str, Callable[[int], object]]:
    """The ways in which points leave a wallet of 10, each of them all 10."""
    by, member, wallet = here.actor("officer"), here.member(name), here.wallet(name)

    def posting(number: int) -> Posting:
        return Posting("redeem", wallet, 10, "goods", f"{name} {number}", cast.TODAY)

    later = cast.NOW + timedelta(days=3)
    return {
        "redeem": lambda n: actions.redeem(by=by, at=cast.NOW, posting=posting(n)),
        "reserve": lambda n: actions.reserve(by=by, at=cast.NOW, posting=posting(n), expires_at=later),
        "donate": lambda n: actions.donate(
            by=by, at=cast.NOW, on=cast.TODAY, member_id=member, points=10, request_id=uuid.uuid4()
        ),
    }


def test_one_wallet_at_twenty_tills_pays_once_through_every_way_out(here: Stage) -> None:
    paths = {"volunteer": "redeem", "steward": "reserve", "住户甲": "donate", "住户丁": "mixed"}
    for name, path in paths.items():
        here.give(name, 10)
        ways = _ways(name, here)
        acts = list(ways.values()) if path == "mixed" else [ways[path]]
        came = _at_tills(here, lambda n, acts=acts: acts[n % len(acts)](n))  # type: ignore[misc]
        assert came == {"done": 1, "Lack": TILLS - 1}, path
        with here.office():
            row = Account.objects.get(pk=here.wallet(name))
            assert (row.balance, row.held) in {(0, 0), (10, 10)}
    with here.office() as officer:
        assert checks.findings(officer.community_id) == []


def test_negative_control_without_the_lock_the_tills_overspend(here: Stage, as_owner: AsOwner) -> None:
    """The same statement without FOR UPDATE: only the CHECK is left, and some tills end in an error."""
    here.give("volunteer", 10)
    wallet = here.wallet("volunteer")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('ledger_post'::regproc)")
        sound = cursor.fetchone()[0]
        cursor.execute(sound.replace(" FOR UPDATE;", "; PERFORM pg_sleep(0.05);"))
    try:
        by = here.actor("officer")

        def till(number: int) -> str:
            posting = Posting("redeem", wallet, 10, "goods", str(number), cast.TODAY)
            try:
                with entered(by.scope):
                    return actions.redeem(by=by, at=cast.NOW, posting=posting).outcome
            except Lack:
                return "lack"

        assert at_once(4, till).count("posted") > 1
        with here.office() as officer:
            assert any("wallet" in line for line in checks.findings(officer.community_id))
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(sound)


def test_the_same_request_twice_in_parallel_is_one_transaction(here: Stage) -> None:
    here.give("volunteer", 100)
    wallet, by = here.wallet("volunteer"), here.actor("officer")
    request = uuid.uuid4()

    def same(number: int) -> object:
        points = 10 if number % 2 else 11
        posting = Posting("redeem", wallet, points, "goods", "one", cast.TODAY, request)
        return actions.redeem(by=by, at=cast.NOW, posting=posting)

    answers = _at_tills(here, same)
    assert answers == {"done": TILLS // 2, "OtherRequest": TILLS // 2}
    assert OtherRequest("").status == 409
    with here.office():
        assert Transaction.objects.filter(kind="redeem").count() == 1


def test_a_hold_collected_and_expired_at_one_moment_ends_once(here: Stage) -> None:
    here.give("volunteer", 10)
    wallet, by = here.wallet("volunteer"), here.actor("officer")
    later = cast.NOW + timedelta(days=3)
    with here.office():
        posting = Posting("redeem", wallet, 10, "goods", "one", cast.TODAY)
        hold = actions.reserve(by=by, at=cast.NOW, posting=posting, expires_at=later)

    def end(number: int) -> object:
        if number % 2:
            return actions.void_hold(by=by, at=cast.NOW, hold_id=hold.pk)
        return actions.post_hold(by=by, at=cast.NOW, on=cast.TODAY, hold_id=hold.pk)

    ends = _at_tills(here, end)
    assert ends == {"done": TILLS // 2, Over.__name__: TILLS // 2}
    with here.office():
        state = Hold.objects.get().state
        row = Account.objects.get(pk=wallet)
        assert (row.balance, row.held) == ((0, 0) if state == "posted" else (10, 0))
        assert checks.findings(by.community_id) == []


def _announced(here: Stage) -> Expirynotice:
    """An old award, its notice handed over, 60 days gone."""
    here.give("volunteer", 10, on=OLD)
    here.give("volunteer", 3, on=cast.TODAY)
    with here.office() as officer:
        assert actions.notice_expiry(by=officer, at=cast.NOW, on=cast.TODAY) == 1
        assert actions.notice_expiry(by=officer, at=cast.NOW, on=cast.TODAY) == 0
        notice = Expirynotice.objects.get()
        assert notice.points == 10
        return notice


def test_points_end_only_after_a_paper_and_sixty_days_and_only_once(here: Stage) -> None:
    notice = _announced(here)
    late = notice.expires_on + timedelta(days=200)
    with here.office() as officer:
        assert actions.expire_due(by=officer, at=cast.NOW, on=late) == 0, "the paper was never handed over"
        handed = notice.expires_on - timedelta(days=10)
        row = actions.hand_notice(by=officer, at=cast.NOW, on=handed, notice_id=notice.pk)
        assert row.expires_on == handed + timedelta(days=60), "the 60 days are whole"
        assert actions.expire_due(by=officer, at=cast.NOW, on=row.expires_on - timedelta(days=1)) == 0
    by = here.actor("officer")

    def job(_number: int) -> int:
        with entered(by.scope):
            return actions.expire_due(by=by, at=cast.NOW, on=late)

    assert sorted(at_once(4, job)) == [0, 0, 0, 10]
    assert job(0) == 0
    assert here.balance("volunteer") == 3


def test_the_expiry_job_and_the_counter_never_take_the_same_points(here: Stage) -> None:
    notice = _announced(here)
    by, wallet = here.actor("officer"), here.wallet("volunteer")
    with here.office():
        actions.hand_notice(by=by, at=cast.NOW, on=cast.TODAY, notice_id=notice.pk)
    late = notice.expires_on

    def rush(number: int) -> object:
        if number % 2:
            return actions.expire_due(by=by, at=cast.NOW, on=late)
        posting = Posting("redeem", wallet, 7, "goods", str(number), cast.TODAY)
        return actions.redeem(by=by, at=cast.NOW, posting=posting)

    _at_tills(here, rush)
    with here.office() as officer:
        actions.expire_due(by=officer, at=cast.NOW, on=late + timedelta(days=1))
        kinds = Counter(Transaction.objects.filter(refusal="").values_list("kind", flat=True))
        assert kinds["expiry"] <= 1
        assert 0 <= here.balance("volunteer") <= 6
        assert checks.findings(officer.community_id) == []


@pytest.mark.parametrize(("point", "outcome"), [("inside", "posted"), ("after", "again")])
def test_a_till_killed_in_the_middle_loses_nothing_and_doubles_nothing(
    here: Stage, point: str, outcome: str
) -> None:
    here.give("volunteer", 30)
    by, wallet, request = here.actor("officer"), here.wallet("volunteer"), uuid.uuid4()
    words = [str(by.community_id), str(wallet), str(request), point]
    child = subprocess.Popen(
        [sys.executable, "-m", "xiaojia.domains.ledger.tests.dying", *words],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "here\n"
        child.kill()
        child.wait()
    posting = Posting("redeem", wallet, 10, "goods", "one", cast.TODAY, request)
    with here.office():
        # The wallet's row waits until PostgreSQL has noticed the death: then the retry is answered.
        assert actions.redeem(by=by, at=cast.NOW, posting=posting).outcome == outcome
        assert checks.findings(by.community_id) == []
    assert here.balance("volunteer") == 20


CORRUPTIONS = {
    "UPDATE ledger_entry SET amount = amount + 1 WHERE balance_after IS NULL": "do not sum to zero",
    "UPDATE ledger_account SET balance = balance + 1 WHERE balance > 0": "does not hold the sum",
    "UPDATE ledger_entry SET balance_after = balance_after + 1": "does not follow",
    "UPDATE ledger_account SET held = 1 WHERE balance > 0": "other than its living holds",
    "UPDATE ledger_transaction SET points = points + 1 WHERE kind = 'award'": "other than its points",
    "UPDATE ledger_entry SET account_id = 0 WHERE balance_after IS NULL": "no account of this community",
    "UPDATE ledger_hold SET points = points - 1 WHERE state = 'posted'": "different stories",
    "UPDATE ledger_deed SET points = points + 1": "paid other than it says",
}


def test_verify_names_every_planted_drift(here: Stage, as_owner: AsOwner) -> None:
    by = here.actor("officer")
    with here.office():
        roster = actions.Roster("shift", "1", "canteen_shift", cast.TODAY)
        actions.attend_roster(by=by, at=cast.NOW, roster=roster, member_ids=[here.member("volunteer")])
        posting = Posting("redeem", here.wallet("volunteer"), 4, "goods", "1", cast.TODAY)
        hold = actions.reserve(by=by, at=cast.NOW, posting=posting, expires_at=cast.NOW + timedelta(days=3))
        actions.post_hold(by=by, at=cast.NOW, on=cast.TODAY, hold_id=hold.pk)
        assert checks.findings(by.community_id) == []
    for statement, sentence in CORRUPTIONS.items():
        with as_owner(), transaction.atomic(), connection.cursor() as cursor:
            for table in ("entry", "transaction"):
                cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER unchanging")
            cursor.execute(statement)
            found = checks.findings(by.community_id)
            assert any(sentence in line for line in found), (statement, found)
            transaction.set_rollback(True)
    with here.office():
        assert checks.findings(by.community_id) == []


def test_what_was_written_is_refused_to_the_owner_too(here: Stage, as_owner: AsOwner) -> None:
    here.give("volunteer", 10)
    for statement in ("UPDATE ledger_entry SET amount = 1", "DELETE FROM ledger_transaction"):
        with as_owner(), pytest.raises(DatabaseError, match="correct it by a reversal"):
            connection.cursor().execute(statement)
    with here.office():
        assert Entry.objects.count() == 2
