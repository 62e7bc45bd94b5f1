"""Tills with keys of their own: what they may, what they are refused, and what each guard holds off."""

from __future__ import annotations

import uuid
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import psycopg
import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from tests import cast
from xiaojia.domains.cases.actions.keys import add_apikey, end_apikey
from xiaojia.domains.cases.models import Apikey
from xiaojia.domains.ledger import access as ledger_access
from xiaojia.domains.ledger import checks as ledger_checks
from xiaojia.domains.ledger.models import Account, Passbook, Transaction
from xiaojia.domains.store import access
from xiaojia.domains.store.actions import set_price, tills
from xiaojia.domains.store.models import Redemption, Stockmove
from xiaojia.domains.store.tests.counter import Counter, counter
from xiaojia.kernel import alone, clock
from xiaojia.kernel.limits import is_spent
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.tests.parallel import at_once

REDEMPTIONS: Final = "/api/v1/till/redemptions/"
DONATIONS: Final = "/api/v1/till/donations/"
RICE, SOAP, KETTLE = 1, 2, 3
AsOwner = Callable[[], AbstractContextManager[None]]


@dataclass(slots=True)
class Till:
    """One key at the counter of `here`."""

    here: Counter
    key: str

    def redeem(
        self, name: str, goods: int, quantity: int = 1, *, request: uuid.UUID | None = None, **more: Any
    ) -> HttpResponse:
        """As the device sends it."""
        said = {"passbook": self.book(name), "goods": goods, "quantity": quantity}
        answer: HttpResponse = self.send(REDEMPTIONS, said, request=request, **more)
        return answer

    def donate(self, name: str, points: int, *, request: uuid.UUID | None = None) -> HttpResponse:
        """The same for a gift."""
        said = {"passbook": self.book(name), "points": points}
        answer: HttpResponse = self.send(DONATIONS, said, request=request)
        return answer

    def send(
        self, path: str, said: Any, *, request: uuid.UUID | None = None, client: Client | None = None
    ) -> Any:
        """A body as JSON; a new number of the slip unless one is given."""
        headers = {"X-API-Key": self.key, "Idempotency-Key": str(request or uuid.uuid4())}
        return (client or Client()).post(path, said, content_type="application/json", headers=headers)

    def book(self, name: str) -> str:
        """The passbook of a member."""
        with self.here.stage.office():
            return Passbook.objects.get(member_id=self.here.stage.member(name)).number


@pytest.fixture
def till(transactional_db: None) -> Iterator[Till]:
    """A counter that is committed, and a till of it."""
    here = counter()
    yield Till(here, _key(here, "clerk"))
    alone.forget()


def _key(here: Counter, role: str, name: str = "柜台一（模拟）") -> str:
    secretary = here.stage.actor("secretary")
    with entered(secretary.scope):
        return add_apikey(by=secretary, at=cast.NOW, name=name, role=role)[1]


def _row_of_tills(here: Counter, count: int) -> list[Till]:
    """So many tills, each with a key of its own: the counter of one key would let them in one by one."""
    return [Till(here, _key(here, "clerk", f"第 {number} 台（模拟）")) for number in range(count)]


def _hands(count: int, act: Callable[[int], HttpResponse]) -> Tally[int]:
    """How often each status was answered to so many tills at one moment."""

    def hand(number: int) -> int:
        try:
            return act(number).status_code
        finally:
            alone.forget()

    return Tally(at_once(count, hand))


@contextmanager
def _otherwise(as_owner: AsOwner, function: str, old: str, new: str) -> Iterator[None]:
    """A function of the database with one guard taken out; put back at the end."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_get_functiondef('{function}'::regproc)")
        sound = cursor.fetchone()[0]
        assert old in sound
        cursor.execute(sound.replace(old, new))
    alone.forget()
    try:
        yield
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(sound)
        alone.forget()


def _drift(here: Counter) -> list[str]:
    with here.stage.office() as officer:
        return here.drift() + ledger_checks.findings(officer.community_id)


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
    assert _drift(here) == []


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
    assert _drift(till.here) == []


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
    assert _drift(here) == []


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
    assert _drift(here) == []


def test_negative_control_a_refusal_that_is_not_written_down_is_forgotten(
    till: Till, as_owner: AsOwner
) -> None:
    gift = uuid.uuid4()
    with _otherwise(
        as_owner, "store_till_donate", "o_outcome := v_post.o_outcome;",
        "IF v_post.o_outcome = 'lack' THEN RAISE no_data_found; END IF; o_outcome := v_post.o_outcome;",
    ):  # fmt: skip
        with pytest.raises(psycopg.Error):
            till.donate("住户甲", 31, request=gift)
        till.here.stage.give("住户甲", 100)
        assert till.donate("住户甲", 31, request=gift).status_code == 201


def test_only_a_living_key_of_a_till_opens_a_till_and_it_opens_nothing_else(till: Till) -> None:
    here = till.here
    officer_key, says = _key(here, "officer", "区平台（模拟）"), _key(here, "resident", "热线（模拟）")
    for key in (officer_key, says, "", "xj_" + "x" * 43):
        assert Till(here, key).donate("住户甲", 1).status_code == 401, key
    officer = Client()
    officer.force_login(here.stage.here.here.accounts["officer"])
    body = {"passbook": till.book("住户甲"), "points": 1}
    assert Till(here, "").send(DONATIONS, body, client=officer).status_code == 401
    for path in ("/api/v1/cases/", "/api/v1/rates/", "/api/v1/casekinds/"):
        assert Client(headers={"X-API-Key": till.key}).get(path).status_code == 401
        assert Client(headers={"X-API-Key": officer_key}).get(path).status_code in {200, 422}
    assert till.donate("住户甲", 1).status_code == 201
    secretary = here.stage.actor("secretary")
    with entered(secretary.scope):
        end_apikey(by=secretary, at=cast.NOW, name="柜台一（模拟）")
    assert till.donate("住户甲", 1).status_code == 401
    assert here.stage.balance("住户甲") == 29


def test_negative_control_a_key_that_nobody_asks_for_its_role_may_sell(till: Till, as_owner: AsOwner) -> None:
    says = Till(till.here, _key(till.here, "resident", "热线（模拟）"))
    with _otherwise(as_owner, "cases_enter_by_key", "AND role = p_role", ""):
        assert says.donate("住户甲", 1).status_code == 201


def test_the_role_of_a_till_may_what_a_till_does() -> None:
    assert access.MAY["serve"].roles >= {"clerk"}
    assert ledger_access.MAY["spend"].roles >= {"clerk"}


@pytest.fixture
def elsewhere(till: Till) -> Till:
    """A key of another community."""
    stranger = till.here.stage.here.actor("stranger")
    with entered(stranger.scope):
        _row, key = add_apikey(by=stranger, at=cast.NOW, name="别处的柜台（模拟）", role="clerk")
    return Till(till.here, key)


def test_the_fence_of_the_database_holds_inside_the_statement(elsewhere: Till, as_owner: AsOwner) -> None:
    """A till of elsewhere finds no passbook of ours, also when the function forgets to look whose it is."""
    assert elsewhere.donate("住户甲", 1).status_code == 404
    assert elsewhere.redeem("住户甲", SOAP).status_code == 404
    old, new = "b.community_id = p_community AND", ""
    with _otherwise(as_owner, "store_till_wallet", old, new):
        assert elsewhere.donate("住户甲", 1).status_code == 404


def test_negative_control_with_the_owners_rights_a_forgotten_filter_shows_another_community(
    elsewhere: Till, as_owner: AsOwner
) -> None:
    """Why these functions are SECURITY INVOKER: here a wallet is found, and the ledger alone refuses."""
    number = elsewhere.book("住户甲")
    ask = "SELECT o_wallet FROM store_till_wallet(%s, %s)"
    with entered(elsewhere.here.stage.here.actor("stranger").scope), connection.cursor() as cursor:
        cursor.execute(ask, [0, number])
        assert cursor.fetchone() == (None,)
    with (
        _careless(as_owner),
        entered(elsewhere.here.stage.here.actor("stranger").scope),
        connection.cursor() as cursor,
    ):
        cursor.execute(ask, [0, number])
        assert cursor.fetchone() != (None,)


@contextmanager
def _careless(as_owner: AsOwner) -> Iterator[None]:
    """The look for a wallet with the owner's rights and without its filters."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('store_till_wallet'::regproc)")
        sound = cursor.fetchone()[0]
        careless = sound.replace("b.community_id = p_community AND", "")
        careless = careless.replace("a.community_id = p_community AND", "")
        cursor.execute(careless.replace("STABLE", "STABLE SECURITY DEFINER"))
    try:
        yield
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(sound)


def test_a_tills_functions_have_no_rights_of_their_own(till: Till) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND"
            " (proname LIKE 'store\\_till%%' OR proname = 'cases_enter_by_key')"
        )
        assert cursor.fetchall() == []


def test_the_scope_ends_with_the_statement(till: Till, as_owner: AsOwner) -> None:
    look = "SELECT count(*), app_wide(), app_communities()::text FROM ledger_account WHERE $1::int = 1"
    assert till.donate("住户甲", 1).status_code == 201
    assert alone.say_alone(look, [1]) == (0, False, "{}")
    # Negative control: a scope that is not the transaction's stays, and shows every wallet to who comes next.
    with _otherwise(as_owner, "cases_enter_by_key", "true)", "false)"):
        assert till.donate("住户甲", 1).status_code == 201
        count, is_wide, _communities = alone.say_alone(look, [1])
        assert (count > 0, is_wide) == (True, True)


def test_a_till_does_not_post_inside_somebody_elses_transaction(till: Till) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        till.donate("住户甲", 1)
    assert till.here.stage.balance("住户甲") == 30


def test_a_connection_that_died_is_replaced_and_the_slip_counts_once(till: Till) -> None:
    def kill() -> None:
        (pid,) = alone.say_alone("SELECT pg_backend_pid()", [])
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    gift = uuid.uuid4()
    kill()
    assert till.donate("住户甲", 2, request=gift).status_code == 201
    kill()
    assert till.donate("住户甲", 2, request=gift).status_code == 201
    assert till.here.stage.balance("住户甲") == 28
    # Negative control: what does not look whether the connection died, fails.
    kill()
    with pytest.raises(psycopg.OperationalError):
        alone._said(alone._kept(), "SELECT 1", [])


def test_a_till_that_asks_too_much_waits_and_shares_its_count_with_the_other_door(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tills, "TILL_REQUESTS_A_MINUTE", 3)
    account, at = f"api:-{Apikey.objects.get().pk}", clock.now()
    assert not is_spent(account, most=3, seconds=60, at=at)
    assert [till.donate("住户甲", 1).status_code for _time in range(4)] == [201, 201, 429, 429]
    assert is_spent(account, most=3, seconds=60, at=at)
    other = Till(till.here, _key(till.here, "clerk", "柜台二（模拟）"))
    assert other.donate("住户甲", 1).status_code == 201
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(seconds=61))
    assert till.donate("住户甲", 1).status_code == 201
    # Negative control: without a limit worth the name nobody waits.
    monkeypatch.setattr(tills, "TILL_REQUESTS_A_MINUTE", 10**6)
    assert [till.donate("住户甲", 1).status_code for _time in range(5)] == [201] * 5


def test_twenty_tills_sell_the_last_kettle_once_and_empty_a_wallet_once(till: Till) -> None:
    names, row = list(till.here.stage.members), _row_of_tills(till.here, 20)
    assert _hands(20, lambda n: row[n].redeem(names[n % len(names)], KETTLE)) == {201: 1, 409: 19}
    rich = next(name for name in names if till.here.stage.balance(name) == 30)
    ways = (lambda t: t.donate(rich, 30), lambda t: t.redeem(rich, SOAP, 10))
    assert _hands(20, lambda n: ways[n % 2](row[n])) == {201: 1, 409: 19}
    assert till.here.stage.balance(rich) == 0
    assert _drift(till.here) == []


def test_negative_control_without_the_lock_on_the_goods_several_walk_away_with_the_kettle(
    till: Till, as_owner: AsOwner
) -> None:
    """The look at the shelf takes no lock, and stock is written from what was read."""
    names, row = list(till.here.stage.members), _row_of_tills(till.here, 6)
    careless = "pg_sleep(1); UPDATE store_goods SET stock = 0 WHERE"
    with (
        _otherwise(as_owner, "store_till_redeem", "FOR UPDATE", ""),
        _otherwise(
            as_owner, "store_move_stock", "UPDATE store_goods SET stock = stock + NEW.delta WHERE",
            f"PERFORM {careless}",
        ),
    ):  # fmt: skip
        assert _hands(6, lambda n: row[n].redeem(names[n], KETTLE))[201] > 1
    assert any("not the sum of its moves" in line for line in till.here.drift())


def test_a_page_and_a_till_sell_from_one_shelf(till: Till) -> None:
    """Both take the same locks in the same order: ten of each, thirty pieces of soap at most."""
    here, names = till.here, list(till.here.stage.members)
    row = _row_of_tills(here, 20)

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
    assert _drift(here) == []


def test_one_slip_from_many_tills_is_one_sale(till: Till) -> None:
    sale, gift, row = uuid.uuid4(), uuid.uuid4(), _row_of_tills(till.here, 12)
    answers: set[bytes] = set()

    def ask(number: int) -> HttpResponse:
        if number % 2:
            answer = row[number].redeem("住户甲", SOAP, 1, request=sale)
        else:
            answer = row[number].donate("住户甲", 2, request=gift)
        answers.add(answer.content)
        return answer

    assert _hands(12, ask) == {201: 12}
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
