"""登录与安全, through the whole house: browsers, password, phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people.accounts import codes
from xiaojia.domains.people.models import Account, SignIn
from xiaojia.domains.people.tests.signing import (
    PHONE,
    Phones,
    browser,
    deliver,
    is_in,
    text,
    with_password,
)
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered


@pytest.fixture
def people(once: Once, phones: Phones) -> cast.Cast:
    return once(cast.build)


@pytest.fixture
def officer(people: cast.Cast) -> Account:
    by = people.actor("secretary")
    with entered(by.scope):
        codes.keep_phone(by=by, account=people.here.accounts["officer"], phone=PHONE, at=clock.now())
    return people.here.accounts["officer"]


def test_the_list_names_device_and_place_and_the_others_can_be_ended(
    people: cast.Cast, officer: Account
) -> None:
    here, there = browser(), Client(headers={"user-agent": "Mozilla/5.0 (Linux; Android 13) Chrome/1 Mobile"})
    with_password(here, officer)
    there.defaults["REMOTE_ADDR"] = "192.168.1.7"
    with_password(there, officer)
    page = text(here.get("/security/"))
    assert "Windows 电脑，Edge" in page
    assert "安卓手机，Chrome" in page
    assert "办公室的网络（192.168.＊.＊）" in page
    assert page.count("就是这里") == 1
    other = SignIn.objects.get(device__startswith="安卓")
    assert here.post(f"/security/sign-ins/{other.pk}/end/").status_code == 302
    assert not is_in(there)
    assert is_in(here)


def test_signing_out_everywhere_ends_every_other_session_with_its_next_request(
    people: cast.Cast, officer: Account
) -> None:
    here, others = browser(), [browser() for _n in range(3)]
    unlisted = Client()
    unlisted.force_login(officer)  # a session from before there were lists
    for client in (here, *others):
        with_password(client, officer)
    assert all(is_in(c) for c in (here, unlisted, *others)), "negative control: before, all are in"
    here.post("/security/sign-ins/end-others/")
    assert [is_in(c) for c in (here, unlisted, *others)] == [True, False, False, False, False]
    assert SignIn.objects.filter(account=officer).count() == 1
    neighbour = browser()
    with_password(neighbour, people.here.accounts["secretary"])
    here.post("/security/sign-ins/end-others/")
    assert is_in(neighbour), "only one's own"


def test_two_people_at_one_browser_one_after_the_other(people: cast.Cast, officer: Account) -> None:
    client = browser()
    secretary = people.here.accounts["secretary"]
    for account in (officer, secretary, officer, officer):
        assert with_password(client, account)["Location"] == "/"
    assert list(SignIn.objects.values_list("account_id", flat=True)) == [officer.pk]
    assert text(client.get("/security/")).count("就是这里") == 1


def test_nobody_ends_somebody_elses_sign_in(people: cast.Cast, officer: Account) -> None:
    mine, theirs = browser(), browser()
    with_password(mine, officer)
    with_password(theirs, people.here.accounts["secretary"])
    foreign = SignIn.objects.get(account=people.here.accounts["secretary"])
    assert mine.post(f"/security/sign-ins/{foreign.pk}/end/").status_code == 404
    assert is_in(theirs)


def test_a_new_password_ends_every_session(people: cast.Cast, officer: Account) -> None:
    from xiaojia.domains.people.actions import set_password

    client = browser()
    with_password(client, officer)
    officer.refresh_from_db()
    set_password(officer, "另一句好记的话 2027")
    assert not is_in(client)


def test_ones_own_password_is_changed_with_the_old_one(people: cast.Cast, officer: Account) -> None:
    here, there = browser(), browser()
    for client in (here, there):
        with_password(client, officer)
    fresh = "另一句好记的话 2027"
    wrong = here.post("/security/password/", {"old": "no", "new": fresh})
    assert "现在的密码不对" in text(wrong)
    assert "10 位以上" in text(here.post("/security/password/", {"old": cast.PASSWORD, "new": "1234567890"}))
    assert with_password(browser(), officer).status_code == 302, "negative control: still the old one"
    assert here.post("/security/password/", {"old": cast.PASSWORD, "new": fresh}).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert with_password(browser(), officer, fresh).status_code == 302
    assert with_password(browser(), officer).status_code == 422


def test_the_old_password_cannot_be_guessed_from_an_open_desk(people: cast.Cast, officer: Account) -> None:
    client = browser()
    with_password(client, officer)
    words = {"old": "no", "new": "另一句好记的话 2027"}
    for _try in range(8):
        assert "不对" in text(client.post("/security/password/", words))
    assert "歇 15 分钟" in text(client.post("/security/password/", words | {"old": cast.PASSWORD}))


def test_leaving_forgets_the_browser(people: cast.Cast, officer: Account) -> None:
    client = browser()
    with_password(client, officer)
    assert SignIn.objects.count() == 1
    client.post("/sign-out/")
    assert (SignIn.objects.count(), Session.objects.count()) == (0, 0)


def test_a_session_from_before_the_sign_in_is_worth_nothing_after_it(
    people: cast.Cast, phones: Phones, officer: Account
) -> None:
    client = browser()
    client.post("/sign-in/phone/", {"phone": PHONE})
    before = client.cookies["sessionid"].value
    deliver(people)
    client.post("/sign-in/code/", {"code": phones.code()})
    assert client.cookies["sessionid"].value != before
    thief = Client()
    thief.cookies["sessionid"] = before
    assert not is_in(thief)


def test_ones_own_phone_is_proved_by_a_code(people: cast.Cast, phones: Phones) -> None:
    head, client = people.here.accounts["head"], browser()
    with_password(client, head)
    client.post("/security/phone/", {"phone": "13900001111"})
    deliver(people)
    assert codes.phone_of(head) == ""
    client.post("/security/phone/code/", {"code": phones.code()})
    assert codes.phone_of(head) == "13900001111"
    assert "139＊＊＊＊＊＊11" in text(client.get("/security/"))
    client.post("/security/phone/", {"do": "drop"})
    assert codes.phone_of(head) == ""


def test_a_phone_of_somebody_else_is_said_in_one_sentence(
    people: cast.Cast, phones: Phones, officer: Account
) -> None:
    client = browser()
    with_password(client, people.here.accounts["head"])
    client.post("/security/phone/", {"phone": PHONE})
    deliver(people)
    client.post("/security/phone/code/", {"code": phones.code()})
    assert "另一个登录名" in text(client.get("/security/"))
    assert codes.phone_of(officer) == PHONE


def test_a_visit_is_noted_once_in_five_minutes(
    people: cast.Cast, officer: Account, monkeypatch: pytest.MonkeyPatch, count: Callable[[Any], int]
) -> None:
    client = browser()
    with_password(client, officer)
    client.get("/security/")
    began = SignIn.objects.get().seen_at
    quiet = count(lambda: client.get("/security/"))
    assert SignIn.objects.get().seen_at == began
    monkeypatch.setattr("xiaojia.domains.people.accounts.sign_ins.NOTED_EVERY", timedelta(0))
    noted = count(lambda: client.get("/security/"))
    assert SignIn.objects.get().seen_at > began
    assert noted == quiet + 1


@pytest.fixture
def count() -> Callable[[Any], int]:
    """How many statements something takes."""
    from django.db import connection

    def counted(act: Any) -> int:
        seen: list[str] = []

        def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            seen.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            act()
        return len(seen)

    return counted
