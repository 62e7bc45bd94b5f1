"""Many hands at one shelf, a counter that dies, a clock at the wrong moment. Threads commit for real."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections import Counter as Tally
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import connection

from tests import cast
from xiaojia.domains.ledger.models import Transaction
from xiaojia.domains.store import actions
from xiaojia.domains.store.models import Redemption
from xiaojia.domains.store.tests.counter import Counter, counter
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tests.parallel import at_once

HANDS = 50
AsOwner = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def here(transactional_db: None) -> Counter:
    """A counter that is committed."""
    return counter()


def _hands(here: Counter, count: int, act: Callable[[int], object]) -> Tally[str]:
    def hand(number: int) -> str:
        try:
            act(number)
        except Refused as refused:
            return type(refused).__name__
        return "done"

    return Tally(at_once(count, hand))


def _take_kettle(here: Counter) -> Callable[[int], object]:
    """Members in turn, at once or set aside in turn."""
    names = list(here.stage.members)
    ways = (here.redeem, here.reserve)
    return lambda number: ways[number % 2](names[number % len(names)], "热水壶")


def test_fifty_hands_on_the_last_kettle_are_one(here: Counter) -> None:
    assert _hands(here, HANDS, _take_kettle(here)) == {"done": 1, "Refused": HANDS - 1}
    assert here.stock("热水壶") == 0
    with here.stage.office():
        assert Redemption.objects.count() == 1
    assert here.drift() == []


def test_negative_control_without_the_locks_the_kettle_is_sold_again_and_again(
    here: Counter, as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The action looks without a lock, and stock is written from what was read: several walk away with it."""
    from xiaojia.domains.store.actions import serving
    from xiaojia.domains.store.models import Goods

    monkeypatch.setattr(serving, "lock_goods", lambda pk, **_more: Goods.objects.get(pk=pk))
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('store_move_stock'::regproc)")
        sound = cursor.fetchone()[0]
        careless = (
            "PERFORM pg_sleep(0.05); UPDATE store_goods SET stock = greatest(0, stock + NEW.delta) WHERE"
        )
        cursor.execute(sound.replace("UPDATE store_goods SET stock = stock + NEW.delta WHERE", careless))
    try:
        assert _hands(here, 6, _take_kettle(here))["done"] > 1
        assert any("not the sum of its moves" in line for line in here.drift())
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(sound)


def test_the_second_lock_alone_holds_when_the_action_forgets_its_own(
    here: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import IntegrityError

    from xiaojia.domains.store.actions import serving
    from xiaojia.domains.store.models import Goods

    monkeypatch.setattr(serving, "lock_goods", lambda pk, **_more: Goods.objects.get(pk=pk))
    take = _take_kettle(here)

    def careless(number: int) -> object:
        try:
            return take(number)
        except IntegrityError as error:
            assert "stock_not_below_zero" in str(error)  # noqa: PT017  # one way out of two
            raise Refused("") from error

    assert _hands(here, 10, careless)["done"] == 1
    assert here.drift() == []


def test_one_request_from_many_tills_is_one_redemption(here: Counter) -> None:
    request = uuid.uuid4()
    came = _hands(here, 10, lambda n: here.redeem("住户甲", "肥皂", 1 + n % 2, request_id=request))
    assert came == {"done": 5, "OtherRequest": 5}
    with here.stage.office():
        assert Redemption.objects.count() == 1
    assert here.drift() == []


def test_counter_cancelling_and_the_clock_end_what_is_kept_once(here: Counter) -> None:
    """Twelve kept things; each is fetched, dropped and found late at one moment."""
    kept = [here.reserve(name, "肥皂") for name in list(here.stage.members)[:6] for _twice in range(2)]
    by, late = here.clerk, cast.NOW + timedelta(days=4)

    def end(number: int) -> object:
        pk = kept[number % len(kept)].pk
        if number % 3 == 0:
            return actions.expire_due(by=by, at=late, on=cast.TODAY)
        if number % 2:
            return actions.collect_goods(by=by, at=cast.NOW, on=cast.TODAY, redemption_id=pk)
        return actions.cancel_redemption(by=by, at=cast.NOW, on=cast.TODAY, redemption_id=pk)

    _hands(here, 24, end)
    actions.expire_due(by=by, at=late, on=cast.TODAY)
    with here.stage.office():
        states = Tally(Redemption.objects.values_list("state", flat=True))
        assert states["reserved"] == 0
        assert Transaction.objects.filter(kind="redeem", refusal="").count() == states["collected"]
    assert here.stock("肥皂") == 100 - states["collected"]
    assert here.drift() == []


@pytest.mark.parametrize(("point", "balance"), [("inside", 27), ("after", 27)])
def test_a_counter_killed_in_the_middle_loses_nothing_and_doubles_nothing(
    here: Counter, point: str, balance: int
) -> None:
    request, by = uuid.uuid4(), here.clerk
    member, soap = here.stage.member("住户甲"), here.goods["肥皂"].pk
    words = [str(w) for w in (by.community_id, by.account_id, member, soap, request, point)]
    child = subprocess.Popen(
        [sys.executable, "-m", "xiaojia.domains.store.tests.dying", *words],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "here\n"
        child.kill()
        child.wait()
    # The row of the goods waits until PostgreSQL has noticed the death: then the retry is answered.
    row = here.redeem("住户甲", "肥皂", request_id=request)
    assert row.state == "collected"
    assert (here.stock("肥皂"), here.stage.balance("住户甲")) == (99, balance)
    assert here.drift() == []


CORRUPTIONS = {
    "UPDATE store_goods SET stock = stock + 1": "not the sum of its moves",
    "UPDATE store_stockmove SET delta = delta - 1 WHERE reason = 'taken'": "moved other stock",
    "UPDATE store_redemption SET points = points + 1 WHERE state = 'collected'": "points than its price",
    "UPDATE store_redemption SET state = 'returned' WHERE state = 'collected'": "tell different stories",
    "UPDATE store_redemption SET state = 'cancelled' WHERE state = 'reserved'": "tell different stories",
    "DELETE FROM store_stockmove WHERE reason = 'taken';"
    "DELETE FROM store_redemption WHERE state = 'collected'": "nobody wrote",
}


def test_verify_names_every_planted_drift(here: Counter, as_owner: AsOwner) -> None:
    here.redeem("住户甲", "肥皂")
    here.reserve("住户乙", "肥皂")
    assert here.drift() == []
    for corruption, words in CORRUPTIONS.items():
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(corruption)
            assert any(words in line for line in _found(here)), corruption
            cursor.execute("ROLLBACK")
    assert here.drift() == []


def _found(here: Counter) -> list[str]:
    from xiaojia.domains.store import checks

    return checks.findings(here.clerk.community_id)
