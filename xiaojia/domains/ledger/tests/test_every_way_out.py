"""Spent, set aside, given, ended and taken back at one moment: only one of them gets a wallet's points."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import pytest
from django.db.models import Sum

from tests import cast
from xiaojia.domains.ledger import actions, checks
from xiaojia.domains.ledger.actions import Posting
from xiaojia.domains.ledger.models import Account, Entry, Expirynotice, Transaction
from xiaojia.domains.ledger.tests.bare import WAITING, AsOwner, all_read_first, written_anew
from xiaojia.domains.ledger.tests.stage import Stage, stage
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.tests.parallel import at_once

POINTS: Final = 10
OLD: Final = date(2024, 1, 10)
LATER: Final = cast.NOW + timedelta(days=3)
LATE: Final = cast.TODAY + timedelta(days=100)


@pytest.fixture
def here(transactional_db: None) -> Stage:
    """A stage that is committed."""
    return stage()


def _ways(here: Stage) -> list[Callable[[], object]]:
    """Every way in which points leave a wallet, each with all that is in it; the second only sets aside."""
    here.give("volunteer", POINTS, on=OLD)
    wallet, member_id = here.wallet("volunteer"), here.member("volunteer")
    by, secretary = here.actor("officer"), here.actor("secretary")
    with here.office():
        award = Transaction.objects.get(account_id=wallet)
        asked = actions.ask_correction(
            by=secretary, at=cast.NOW, transaction_id=award.pk, reason="记在别人名下了"
        )
        actions.notice_expiry(by=by, at=cast.NOW, on=cast.TODAY)
        actions.hand_notice(by=by, at=cast.NOW, on=cast.TODAY, notice_id=Expirynotice.objects.get().pk)

    def posting() -> Posting:
        return Posting("redeem", wallet, POINTS, "goods", uuid.uuid4().hex[:8], cast.TODAY)

    return [
        lambda: actions.redeem(by=by, at=cast.NOW, posting=posting()),
        lambda: actions.reserve(by=by, at=cast.NOW, posting=posting(), expires_at=LATER),
        lambda: actions.donate(
            by=by, at=cast.NOW, on=cast.TODAY, member_id=member_id, points=POINTS, request_id=uuid.uuid4()
        ),
        lambda: actions.expire_due(by=by, at=cast.NOW, on=LATE),
        lambda: actions.reverse_award(by=by, at=cast.NOW, on=cast.TODAY, correction_id=asked.pk),
    ]  # fmt: skip


def _taken(here: Stage) -> Counter[str]:
    """By which ways how many points left the wallet, or are set aside."""
    with here.office():
        wallet = Account.objects.get(pk=here.wallet("volunteer"))
        out = Entry.objects.filter(account=wallet, amount__lt=0).values_list("transaction__kind")
        taken = Counter({kind: -total for kind, total in out.annotate(total=Sum("amount"))})
    taken["held"] = wallet.held
    return +taken


def _rush(here: Stage, act: Callable[[int], object]) -> Callable[[int], str]:
    scope = here.actor("officer").scope

    def rush(number: int) -> str:
        try:
            with entered(scope):
                act(number)
        except Refused as refused:
            return type(refused).__name__
        return "done"

    return rush


def test_one_wallet_at_twenty_tills_is_emptied_once_whatever_the_ways(here: Stage) -> None:
    ways = _ways(here)
    at_once(20, _rush(here, lambda number: ways[number % len(ways)]()))
    taken = _taken(here)
    assert sum(taken.values()) == POINTS
    assert len(taken) == 1, "one way got all of it"
    with here.office() as officer:
        assert checks.findings(officer.community_id) == []


def test_negative_control_without_the_lock_several_ways_take_the_same_points(
    here: Stage, as_owner: AsOwner
) -> None:
    ways = _ways(here)
    del ways[1]
    with written_anew(as_owner, "ledger_post", (" FOR UPDATE;", WAITING)):
        came = all_read_first(len(ways), _rush(here, lambda number: ways[number]()))
    assert came == ["done"] * len(ways)
    assert _taken(here) == dict.fromkeys(("redeem", "donate", "expiry", "reversal"), POINTS)
