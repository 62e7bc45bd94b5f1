"""The pages of signing in, through the whole house: middleware, sessions, limits and outbox included."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client, override_settings

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people.accounts import codes, second_step
from xiaojia.domains.people.models import Account
from xiaojia.domains.people.tests.signing import (
    PHONE,
    Phones,
    app_code,
    browser,
    deliver,
    enrol,
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


def test_a_phone_and_its_code_open_the_desk(people: cast.Cast, phones: Phones, officer: Account) -> None:
    client = browser()
    answer = client.post("/sign-in/phone/?next=/find/", {"phone": "138 0000 7001", "next": "/find/"})
    assert answer["Location"] == "/sign-in/code/"
    assert "138＊＊＊＊＊＊01" in text(client.get("/sign-in/code/"))
    deliver(people)
    wrong = client.post("/sign-in/code/", {"code": f"{(int(phones.code()) + 1) % 1000000:06d}"})
    assert wrong.status_code == 422
    assert "还可以试 4 次" in text(wrong)
    assert client.post("/sign-in/code/", {"code": phones.code()})["Location"] == "/find/"
    assert is_in(client)


def test_the_page_says_the_same_for_a_number_that_nobody_has(
    people: cast.Cast, phones: Phones, officer: Account
) -> None:
    pages = []
    for phone in (PHONE, "13800009901"):
        client = browser()
        sent = client.post("/sign-in/phone/", {"phone": phone})
        shown = client.get("/sign-in/code/")
        tried = [client.post("/sign-in/code/", {"code": "no"}) for _try in range(6)]
        pages.append(
            [
                (a.status_code, re.sub(r'value="\w{64}"', "", text(a)).replace(phone[-2:], ""))
                for a in (sent, shown, *tried)
            ]
        )
    assert pages[0] == pages[1]
    deliver(people)
    assert len(phones.got) <= 1


def test_a_code_belongs_to_the_browser_that_asked(
    people: cast.Cast, phones: Phones, officer: Account
) -> None:
    asking, other = browser(), browser()
    asking.post("/sign-in/phone/", {"phone": PHONE})
    deliver(people)
    assert other.post("/sign-in/code/", {"code": phones.code()})["Location"] == "/sign-in/phone/"
    assert not is_in(other)


@pytest.mark.django_db
def test_without_a_way_for_short_messages_nothing_is_offered() -> None:
    client = browser()
    with override_settings(XIAOJIA_DEMO=False, XIAOJIA_SMS_FOLDER=""):
        assert "用手机号登录" not in text(client.get("/sign-in/"))
        assert "还没有接短信" in text(client.get("/sign-in/phone/"))
        assert client.post("/sign-in/phone/", {"phone": PHONE}).status_code == 200
    assert "用手机号登录" in text(client.get("/sign-in/")), "negative control: a demo has its terminal"


def _later(monkeypatch: pytest.MonkeyPatch, **ago: float) -> None:
    """Move the clock on: a one-time password is taken once."""
    moment = clock.now() + timedelta(**ago)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_a_second_step_stands_between_the_password_and_the_desk(
    people: cast.Cast, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = browser()
    with_password(first, officer)
    secret, _recovery = enrol(first, officer)
    _later(monkeypatch, minutes=2)
    client = browser()
    assert with_password(client, officer)["Location"] == "/sign-in/second/"
    assert not is_in(client), "half is not in"
    assert client.get("/find/").status_code == 403
    assert client.post("/sign-in/second/", {"code": "12"}).status_code == 422
    assert client.post("/sign-in/second/", {"code": app_code(secret)})["Location"] == "/"
    assert is_in(client)
    again = browser()
    with_password(again, officer)
    assert again.post("/sign-in/second/", {"code": app_code(secret)}).status_code == 422, "taken once"


def test_a_phones_code_does_not_go_round_the_second_step(
    people: cast.Cast, phones: Phones, officer: Account
) -> None:
    first = browser()
    with_password(first, officer)
    _secret, recovery = enrol(first, officer)
    client = browser()
    client.post("/sign-in/phone/", {"phone": PHONE})
    deliver(people)
    assert client.post("/sign-in/code/", {"code": phones.code()})["Location"] == "/sign-in/second/"
    assert not is_in(client)
    assert client.post("/sign-in/second/", {"code": recovery[0]})["Location"] == "/"
    assert is_in(client)


def test_a_first_step_with_an_old_password_is_worth_nothing(people: cast.Cast, officer: Account) -> None:
    first = browser()
    with_password(first, officer)
    _secret, recovery = enrol(first, officer)
    client = browser()
    with_password(client, officer)
    first.post("/security/sign-ins/end-others/")
    assert client.post("/sign-in/second/", {"code": recovery[0]})["Location"] == "/sign-in/"
    assert not is_in(client)
    with_password(client, officer)
    client.post("/sign-in/second/", {"code": recovery[0]})
    assert is_in(client), "negative control: the code was good, and is not used up"


def test_a_first_step_is_good_for_ten_minutes(
    people: cast.Cast, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = browser()
    with_password(first, officer)
    _secret, recovery = enrol(first, officer)
    client = browser()
    with_password(client, officer)
    _later(monkeypatch, minutes=10, seconds=1)
    assert client.post("/sign-in/second/", {"code": recovery[0]})["Location"] == "/sign-in/"
    assert not is_in(client)


def test_negative_control_without_a_second_step_the_password_is_enough(
    people: cast.Cast, officer: Account
) -> None:
    client = browser()
    assert with_password(client, officer)["Location"] == "/"
    assert is_in(client)


def test_the_second_step_is_ended_only_with_its_code(people: cast.Cast, officer: Account) -> None:
    client = browser()
    with_password(client, officer)
    _secret, recovery = enrol(client, officer)
    client.post("/security/second-step/", {"code": "000000", "do": "end"})
    assert second_step.is_on(officer)
    renewed = client.post("/security/second-step/", {"code": recovery[0], "do": "renew"})
    fresh = re.findall(r'class="secret">(\d{4} \d{4})<', text(renewed))
    assert not set(fresh) & set(recovery)
    client.post("/security/second-step/", {"code": fresh[0], "do": "end"})
    assert not second_step.is_on(officer)


def test_eight_wrong_passwords_and_the_right_one_waits_too(people: cast.Cast, officer: Account) -> None:
    client = browser()
    for _try in range(8):
        assert "不对" in text(with_password(client, officer, "wrong"))
    assert "歇 15 分钟" in text(with_password(client, officer))
    assert with_password(client, people.here.accounts["secretary"])["Location"] == "/"


def test_a_name_that_nobody_has_is_answered_alike(people: cast.Cast, officer: Account) -> None:
    client = browser()
    answers = {}
    for username in (officer.username, "nobody-at-all"):
        said = []
        for _try in range(9):
            answer = client.post("/sign-in/", {"username": username, "password": "wrong"})
            said.append((answer.status_code, re.findall(r'role="alert".*?</ul>', text(answer))))
        answers[username] = said
    assert len(set(map(str, answers.values()))) == 1


def test_one_address_may_try_sixty_times_whatever_the_names(people: cast.Cast, officer: Account) -> None:
    client = browser()
    for number in range(60):
        client.post("/sign-in/", {"username": f"name{number}", "password": "wrong"})
    assert "歇 15 分钟" in text(with_password(client, officer))
    elsewhere = browser(REMOTE_ADDR="192.168.1.7")
    assert with_password(elsewhere, officer)["Location"] == "/", "negative control: other addresses may"


@pytest.mark.parametrize(("public_url", "is_believed"), [("", False), ("https://x.example", True)])
def test_a_named_address_is_believed_only_behind_a_proxy(
    people: cast.Cast, officer: Account, public_url: str, is_believed: bool
) -> None:
    with override_settings(XIAOJIA_PUBLIC_URL=public_url):
        for number in range(60):
            client = Client(headers={"x-forwarded-for": f"10.0.0.{number}"})
            client.post("/sign-in/", {"username": f"name{number}", "password": "wrong"})
        answer = with_password(Client(headers={"x-forwarded-for": "10.0.0.99"}), officer)
    assert (answer.status_code == 302) is is_believed
