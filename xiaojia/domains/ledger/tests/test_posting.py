"""Points move as money does: once, never below zero, never changed afterwards."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from tests import cast
from xiaojia.domains.ledger import actions
from xiaojia.domains.ledger.actions import Lack, OtherRequest, Over, Posting
from xiaojia.domains.ledger.actions.posting import post
from xiaojia.domains.ledger.models import Account, Entry, Hold, Transaction
from xiaojia.domains.ledger.tests.stage import Stage
from xiaojia.kernel.tenancy import entered

LATER = cast.NOW + timedelta(days=3)


def _redeem(here: Stage, points: int, source: str = "r1", request: uuid.UUID | None = None) -> Posting:
    return Posting("redeem", here.wallet("volunteer"), points, "goods", source, cast.TODAY, request)


def test_an_award_and_a_redemption_sum_to_zero(here: Stage) -> None:
    here.give("volunteer", 30)
    with here.office() as officer:
        answer = actions.redeem(by=officer, at=cast.NOW, posting=_redeem(here, 12))
        assert (answer.outcome, answer.balance) == ("posted", 18)
        for done in Transaction.objects.all():
            assert sum(entry.amount for entry in done.entries.all()) == 0
        assert set(Account.objects.filter(member=None).values_list("balance", flat=True)) == {None}, (
            "no row that everybody writes"
        )


def test_a_retry_is_safe_and_another_body_is_refused(here: Stage) -> None:
    here.give("volunteer", 30)
    request = uuid.uuid4()
    with here.office() as officer:
        first = actions.redeem(by=officer, at=cast.NOW, posting=_redeem(here, 12, request=request))
        second = actions.redeem(by=officer, at=LATER, posting=_redeem(here, 12, request=request))
        assert (second.outcome, second.row_id, second.balance) == ("again", first.row_id, first.balance)
        with pytest.raises(OtherRequest):
            actions.redeem(by=officer, at=cast.NOW, posting=_redeem(here, 13, request=request))
        assert OtherRequest("").status == 409
    assert here.balance("volunteer") == 18


def test_what_was_refused_for_lack_stays_refused(here: Stage) -> None:
    request = uuid.uuid4()
    with here.office() as officer, pytest.raises(Lack, match="只剩 0 分"):
        actions.redeem(by=officer, at=cast.NOW, posting=_redeem(here, 12, request=request))
    here.give("volunteer", 100)
    with here.office() as officer:
        with pytest.raises(Lack):
            actions.redeem(by=officer, at=cast.NOW, posting=_redeem(here, 12, request=request))
        assert Entry.objects.filter(transaction__kind="redeem").count() == 0
        assert actions.redeem(by=officer, at=cast.NOW, posting=_redeem(here, 12)).outcome == "posted"


def test_one_source_pays_one_wallet_once(here: Stage) -> None:
    here.give("volunteer", 5, source="quarter 1")
    here.give("volunteer", 5, source="quarter 1")
    with here.office() as officer:
        other = Posting("award", here.wallet("volunteer"), 5, "test", "quarter 1", cast.TODAY, uuid.uuid4())
        assert actions.pay_recognition(by=officer, at=cast.NOW, posting=other).outcome == "paid"
    assert here.balance("volunteer") == 5


def test_a_hold_is_posted_or_given_back_exactly_once(here: Stage) -> None:
    here.give("volunteer", 30)
    with here.office() as officer:
        hold = actions.reserve(by=officer, at=cast.NOW, posting=_redeem(here, 20), expires_at=LATER)
        again = actions.reserve(by=officer, at=cast.NOW, posting=_redeem(here, 20), expires_at=LATER)
        assert (hold.state, again.pk) == ("held", hold.pk)
        with pytest.raises(Lack, match="只剩 10 分"):
            actions.redeem(by=officer, at=cast.NOW, posting=_redeem(here, 11, "r2"))
        done = actions.post_hold(by=officer, at=cast.NOW, on=cast.TODAY, hold_id=hold.pk)
        twice = actions.post_hold(by=officer, at=cast.NOW, on=cast.TODAY, hold_id=hold.pk)
        assert (done.outcome, done.balance, twice.outcome, twice.row_id) == (
            "posted", 10, "again", done.row_id,
        )  # fmt: skip
        with pytest.raises(Over):
            actions.void_hold(by=officer, at=cast.NOW, hold_id=hold.pk)
        second = actions.reserve(by=officer, at=cast.NOW, posting=_redeem(here, 10, "r3"), expires_at=LATER)
        assert actions.void_hold(by=officer, at=cast.NOW, hold_id=second.pk).outcome == "void"
        assert actions.void_hold(by=officer, at=cast.NOW, hold_id=second.pk).outcome == "again"
        with pytest.raises(Over):
            actions.post_hold(by=officer, at=cast.NOW, on=cast.TODAY, hold_id=second.pk)
        wallet = Account.objects.get(pk=here.wallet("volunteer"))
        assert (wallet.balance, wallet.held) == (10, 0)


def test_a_hold_past_its_end_is_given_back_instead_of_spent(here: Stage) -> None:
    here.give("volunteer", 30)
    with here.office() as officer:
        hold = actions.reserve(by=officer, at=cast.NOW, posting=_redeem(here, 20), expires_at=LATER)
        with pytest.raises(Over, match="过期"):
            actions.post_hold(by=officer, at=LATER, on=cast.TODAY, hold_id=hold.pk)
        assert Hold.objects.get().state == "void"
        assert Account.objects.get(pk=here.wallet("volunteer")).held == 0


def test_returned_goods_give_their_points_back_once(here: Stage) -> None:
    here.give("volunteer", 30)
    with here.office() as officer:
        spent = actions.redeem(by=officer, at=cast.NOW, posting=_redeem(here, 20))
        back = Posting(
            "reversal", here.wallet("volunteer"), 20, "return", "r1", cast.TODAY, reverses_id=spent.row_id
        )
        assert actions.take_back(by=officer, at=cast.NOW, posting=back).balance == 30
        assert actions.take_back(by=officer, at=cast.NOW, posting=back).outcome == "again"
        other = Posting(
            "reversal", here.wallet("volunteer"), 20, "return", "r9", cast.TODAY, reverses_id=spent.row_id
        )
        assert actions.take_back(by=officer, at=cast.NOW, posting=other).outcome == "paid"
    assert here.balance("volunteer") == 30


WRITES = (
    "UPDATE ledger_entry SET amount = 99",
    "DELETE FROM ledger_entry",
    "UPDATE ledger_transaction SET points = 99",
    "DELETE FROM ledger_transaction",
    "UPDATE ledger_account SET balance = 99",
    "DELETE FROM ledger_account",
    "UPDATE ledger_hold SET state = 'held'",
    "INSERT INTO ledger_account (community_id, kind, balance, held) VALUES (1, 'fund', NULL, 0)",
    "UPDATE ledger_ruleversion SET points = 99",
    "TRUNCATE ledger_entry CASCADE",
)


def test_the_serving_role_may_write_no_money(here: Stage) -> None:
    here.give("volunteer", 30)
    for statement in WRITES:
        with here.office(), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)


def test_a_community_outside_the_scope_is_refused_by_postgresql(here: Stage) -> None:
    wallet = here.wallet("volunteer")
    stranger = here.actor("stranger")
    posting = Posting("award", wallet, 5, "test", "x", cast.TODAY)
    with entered(stranger.scope):
        with pytest.raises(DatabaseError, match="no such wallet"), transaction.atomic():
            post(posting, by=stranger, at=cast.NOW)
        with pytest.raises(DatabaseError, match="outside the scope"), transaction.atomic():
            post(posting, by=here.actor("officer"), at=cast.NOW)
    assert here.balance("volunteer") == 0


def test_a_head_does_not_see_wallets_even_past_access(here: Stage) -> None:
    here.give("volunteer", 30)
    with entered(here.actor("head").scope):
        assert not Account.objects.exists()
        assert not Entry.objects.exists()
    with here.office():
        assert Entry.objects.exists(), "negative control: the office sees them"


def test_only_the_five_kinds_exist(here: Stage) -> None:
    """P12: no kind for a violation, an absence or a dispute, in the schema itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'no_kind_punishes'"
        )
        text = cursor.fetchone()[0]
    kinds = {word for word in text.split("'") if word.isalpha() and word.islower() and len(word) > 5}
    assert kinds & {"award", "redeem", "donate", "expiry", "reversal"} == {
        "redeem", "donate", "expiry", "reversal",
    }  # fmt: skip
    assert text.count("::character varying") == 5
    here.give("volunteer", 30)
    bad = Posting("penalty", here.wallet("volunteer"), 5, "test", "x", cast.TODAY)
    with (
        here.office() as officer,
        pytest.raises(DatabaseError, match="no_kind_punishes"),
        transaction.atomic(),
    ):
        post(bad, by=officer, at=cast.NOW)
