"""Whom a till lets in, and how far its one statement sees; each fence taken away once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client

from tests import cast
from xiaojia.domains.cases.actions.keys import add_apikey, end_apikey
from xiaojia.domains.ledger import access as ledger_access
from xiaojia.domains.store import access
from xiaojia.domains.store.tests.till import DONATIONS, SOAP, AsOwner, Till, key_of, otherwise
from xiaojia.kernel import alone
from xiaojia.kernel.tenancy import entered


def test_only_a_living_key_of_a_till_opens_a_till_and_it_opens_nothing_else(till: Till) -> None:
    here = till.here
    officer_key, says = key_of(here, "officer", "区平台（模拟）"), key_of(here, "resident", "热线（模拟）")
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


def test_what_stands_before_a_till_holds_for_it_and_what_stands_behind_is_not_asked(
    till: Till, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A foreign host is refused, as for a page; session, account and transaction are not even touched."""
    said = {"passbook": till.book("住户甲"), "points": 1}
    assert till.send(DONATIONS, said, client=Client(SERVER_NAME="evil.example")).status_code == 400

    def touched(_self: object, _request: object) -> None:
        raise AssertionError("a till is no browser")

    monkeypatch.setattr("xiaojia.project.middleware.ScopeMiddleware.__call__", touched)
    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_request", touched)
    assert till.send(DONATIONS, said).status_code == 201
    # Negative control: the same without the short way.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("TillMiddleware")]
    with pytest.raises(AssertionError, match="no browser"):
        till.send(DONATIONS, said)


def test_an_address_below_tills_that_is_none_is_not_found(till: Till) -> None:
    assert Client().post("/api/v1/till/else/").status_code == 404
    assert till.donate("住户甲", 1).status_code == 201


def test_negative_control_a_key_that_nobody_asks_for_its_role_may_sell(till: Till, as_owner: AsOwner) -> None:
    says = Till(till.here, key_of(till.here, "resident", "热线（模拟）"))
    with otherwise(as_owner, "cases_enter_by_key", "AND role = p_role", ""):
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
    with otherwise(as_owner, "store_till_wallet", old, new):
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
    with otherwise(as_owner, "cases_enter_by_key", "true)", "false)"):
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
