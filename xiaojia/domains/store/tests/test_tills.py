"""What a till sells and is refused, once and at once with others; each guard taken away once."""

from __future__ import annotations

import uuid
from collections import Counter as Tally
from datetime import timedelta
from typing import Any, Final

import psycopg
import pytest
from django.http import HttpResponse
from django.test import Client

from xiaojia.domains.cases.models import Apikey
from xiaojia.domains.ledger.models import Account, Transaction
from xiaojia.domains.store.actions import set_price, tills
from xiaojia.domains.store.models import Redemption, Stockmove
from xiaojia.domains.store.tests.till import (
    DONATIONS,
    KETTLE,
    REDEMPTIONS,
    RICE,
    SOAP,
    AsOwner,
    Till,
    drift,
    hands,
    key_of,
    otherwise,
    row_of_tills,
)
from xiaojia.kernel import alone, clock
from xiaojia.kernel.limits import is_spent
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.tests.parallel import at_once


def test_a_till_sells_and_leaves_what_a_page_leaves(till: Till) -> None:
    here = till.here
    by_page = here.redeem("住户甲", "肥皂", 2)
    answer: Any = till.redeem("住户乙", SOAP, 2)
    assert answer.status_code == 201, answer.content
    with here.stage.office():
        row = Redemption.objects.get(pk=answer.json()["id"])
        key = Apikey.objects.get()
        moves = list(Stockmove.objects.filter(redemption=row).values_list("delta", "reason", "actor_id"))
        left = [_audit(pk) for pk in (by_page, row)]
    assert answer.json() == {"id": row.pk, "transaction_id": row.transaction_id, "points": 6}
    assert moves == [(-2, "taken", -key.pk)]
    assert (row.state, row.way, row.served_by_id, row.points) == ("collected", "counter", -key.pk, 6)
    assert left[0] == left[1]
    assert key.last_used_on == clock.today()
    assert (here.stock("肥皂"), here.stage.balance("住户乙")) == (96, 24)
    assert drift(here) == []


def _audit(row: Redemption) -> list[tuple[Any, ...]]:
    """The two rows of the trail, with what depends on ids reckoned by the one who writes them elsewhere."""
    from xiaojia.kernel.audit import _digest

    found = []
    for kind, pk in (("transaction", row.transaction_id), ("redemption", row.pk)):
        entry = AuditEntry.objects.get(kind=kind, object_ids=[str(pk)])
        assert bytes(entry.object_hash) == _digest([str(pk)])
        found.append((entry.role, entry.verb, entry.kind, entry.object_count, bytes(entry.detail_hash)))
    return found


def test_a_till_takes_a_gift_and_keeps_every_header_of_a_page(till: Till) -> None:
    answer: Any = till.donate("住户甲", 5)
    assert (answer.status_code, answer.json()["points"]) == (201, 5)
    assert till.here.stage.balance("住户甲") == 25
    with till.here.stage.office():
        entry = AuditEntry.objects.get(verb="donate")
        assert entry.object_ids == [str(answer.json()["id"])]
    page = Client().get("/sign-in/")
    for name in (
        "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy",
        "Permissions-Policy", "Cache-Control",
    ):  # fmt: skip
        assert answer[name], name
    assert answer["Content-Security-Policy"] == page["Content-Security-Policy"]
    assert not answer.cookies
    assert drift(till.here) == []


def test_a_slip_that_comes_again_gets_its_answer_and_another_under_its_number_none(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on another day, and after the thing has become dearer."""
    sale, gift, here = uuid.uuid4(), uuid.uuid4(), till.here
    first = [till.redeem("住户甲", SOAP, 2, request=sale), till.donate("住户甲", 4, request=gift)]
    later = clock.now() + timedelta(days=30)
    with here.stage.office() as officer:
        set_price(
            by=officer, at=clock.now(), on=clock.today(), goods_id=here.goods["肥皂"].pk, points=5,
            from_on=clock.today() + timedelta(days=8),
        )  # fmt: skip
    monkeypatch.setattr(clock, "now", lambda: later)
    again = [till.redeem("住户甲", SOAP, 2, request=sale), till.donate("住户甲", 4, request=gift)]
    assert [a.status_code for a in first + again] == [201] * 4
    assert [a.content for a in first] == [a.content for a in again]
    others = [
        till.redeem("住户甲", SOAP, 1, request=sale), till.redeem("住户乙", SOAP, 2, request=sale),
        till.donate("住户甲", 3, request=gift), till.donate("住户乙", 4, request=gift),
        till.donate("住户甲", 6, request=sale), till.redeem("住户甲", SOAP, 1, request=gift),
    ]  # fmt: skip
    assert [a.status_code for a in others] == [409] * 6
    assert others[0]["Content-Type"].startswith("application/problem+json")
    assert (here.stage.balance("住户甲"), here.stock("肥皂")) == (20, 98)
    assert drift(here) == []


def test_what_was_refused_for_lack_stays_refused(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    sale, gift, here = uuid.uuid4(), uuid.uuid4(), till.here

    def ask() -> list[int]:
        both = (till.redeem("住户甲", RICE, 2, request=sale), till.donate("住户甲", 31, request=gift))
        return [answer.status_code for answer in both]

    assert ask() == [409, 409]
    here.stage.give("住户甲", 100)
    later = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert ask() == [409, 409]
    assert (here.stage.balance("住户甲"), here.stock("大米")) == (130, 40)
    assert till.redeem("住户甲", RICE, 2).status_code == 201
    with here.stage.office():
        assert Transaction.objects.filter(refusal="lack").count() == 2
    assert drift(here) == []


def test_negative_control_a_refusal_that_is_not_written_down_is_forgotten(
    till: Till, as_owner: AsOwner
) -> None:
    gift = uuid.uuid4()
    with otherwise(
        as_owner, "store_till_donate", "o_outcome := v_post.o_outcome;",
        "IF v_post.o_outcome = 'lack' THEN RAISE no_data_found; END IF; o_outcome := v_post.o_outcome;",
    ):  # fmt: skip
        with pytest.raises(psycopg.Error):
            till.donate("住户甲", 31, request=gift)
        till.here.stage.give("住户甲", 100)
        assert till.donate("住户甲", 31, request=gift).status_code == 201


def test_a_till_that_asks_too_much_waits_and_shares_its_count_with_the_other_door(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tills, "TILL_REQUESTS_A_MINUTE", 3)
    account, at = f"api:-{Apikey.objects.get().pk}", clock.now()
    assert not is_spent(account, most=3, seconds=60, at=at)
    assert [till.donate("住户甲", 1).status_code for _time in range(4)] == [201, 201, 429, 429]
    assert is_spent(account, most=3, seconds=60, at=at)
    other = Till(till.here, key_of(till.here, "clerk", "柜台二（模拟）"))
    assert other.donate("住户甲", 1).status_code == 201
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(seconds=61))
    assert till.donate("住户甲", 1).status_code == 201
    # Negative control: without a limit worth the name nobody waits.
    monkeypatch.setattr(tills, "TILL_REQUESTS_A_MINUTE", 10**6)
    assert [till.donate("住户甲", 1).status_code for _time in range(5)] == [201] * 5


def test_twenty_tills_sell_the_last_kettle_once_and_empty_a_wallet_once(till: Till) -> None:
    names, row = list(till.here.stage.members), row_of_tills(till.here, 20)
    assert hands(20, lambda n: row[n].redeem(names[n % len(names)], KETTLE)) == {201: 1, 409: 19}
    rich = next(name for name in names if till.here.stage.balance(name) == 30)
    ways = (lambda t: t.donate(rich, 30), lambda t: t.redeem(rich, SOAP, 10))
    assert hands(20, lambda n: ways[n % 2](row[n])) == {201: 1, 409: 19}
    assert till.here.stage.balance(rich) == 0
    assert drift(till.here) == []


def test_negative_control_without_the_lock_on_the_goods_several_walk_away_with_the_kettle(
    till: Till, as_owner: AsOwner
) -> None:
    """The look at the shelf takes no lock, and stock is written from what was read."""
    names, row = list(till.here.stage.members), row_of_tills(till.here, 6)
    careless = "pg_sleep(1); UPDATE store_goods SET stock = 0 WHERE"
    with (
        otherwise(as_owner, "store_till_redeem", "FOR UPDATE", ""),
        otherwise(
            as_owner, "store_move_stock", "UPDATE store_goods SET stock = stock + NEW.delta WHERE",
            f"PERFORM {careless}",
        ),
    ):  # fmt: skip
        assert hands(6, lambda n: row[n].redeem(names[n], KETTLE))[201] > 1
    assert any("not the sum of its moves" in line for line in till.here.drift())


def test_a_page_and_a_till_sell_from_one_shelf(till: Till) -> None:
    """Both take the same locks in the same order: ten of each, thirty pieces of soap at most."""
    here, names = till.here, list(till.here.stage.members)
    row = row_of_tills(here, 20)

    def sell(number: int) -> int:
        name = names[number % len(names)]
        if number % 2:
            here.redeem(name, "肥皂")
            return 201
        try:
            return row[number].redeem(name, SOAP).status_code
        finally:
            alone.forget()

    assert Tally(at_once(20, sell)) == {201: 20}
    assert here.stock("肥皂") == 80
    assert drift(here) == []


def test_one_slip_from_many_tills_is_one_sale(till: Till) -> None:
    sale, gift, row = uuid.uuid4(), uuid.uuid4(), row_of_tills(till.here, 12)
    answers: set[bytes] = set()

    def ask(number: int) -> HttpResponse:
        if number % 2:
            answer = row[number].redeem("住户甲", SOAP, 1, request=sale)
        else:
            answer = row[number].donate("住户甲", 2, request=gift)
        answers.add(answer.content)
        return answer

    assert hands(12, ask) == {201: 12}
    assert len(answers) == 2
    assert till.here.stage.balance("住户甲") == 25


BAD: Final[list[Any]] = [
    [], {}, {"passbook": 7, "points": 1}, {"passbook": "0001"}, {"passbook": "0001", "points": "1"},
    {"passbook": "0001", "points": True}, {"passbook": "0001", "points": -1}, {"passbook": "", "points": 1},
    {"passbook": "1' OR 1=1", "points": 1}, {"passbook": "0001", "points": 2**70}, {"passbook": "9" * 9},
    {"passbook": "0001", "points": 1, "more": "x" * 1100},
]  # fmt: skip


def test_what_cannot_be_read_is_a_problem_with_a_sentence(till: Till) -> None:
    for said in BAD:
        answer = till.send(DONATIONS, said)
        assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (
            422, "application/problem+json",
        ), said  # fmt: skip
    for body in (b"", b"{", b"\xff\xfe", b'{"passbook": "0001", "points": NaN}'):
        assert till.send(DONATIONS, body).status_code == 422
    no_number = Client(headers={"X-API-Key": till.key}).post(DONATIONS, {}, content_type="application/json")
    assert no_number.status_code == 422
    assert (Client().get(DONATIONS).status_code, Client().get(REDEMPTIONS)["Allow"]) == (405, "POST")
    assert till.redeem("住户甲", 99).status_code == 404
    assert till.redeem("住户甲", SOAP, 21).status_code == 409
    assert till.redeem("住户甲", KETTLE, 2).status_code == 409
    assert till.donate("住户甲", 10_001).status_code == 409
    with till.here.stage.office():
        assert Account.objects.filter(balance=30).count() == len(till.here.stage.members)
