"""The pages of signing in, through the whole house: middleware, sessions, limits and outbox included."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, override_settings

from tests import cast
from xiaojia.domains.people.accounts import codes, rules, second_step
from xiaojia.domains.people.models import Account, SignIn
from xiaojia.domains.people.tests.test_accounts import PHONE, Phones
from xiaojia.kernel import clock, outbox, outbox_delivery
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db(transaction=True)

EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36 Edg/120.0"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> Phones:
    found = Phones()
    for module in (outbox, outbox_delivery):
        monkeypatch.setattr(module, "sender_of", lambda _channel: found)
    return found


@pytest.fixture
def people(phones: Phones) -> cast.Cast:
    return cast.build()


@pytest.fixture
def officer(people: cast.Cast) -> Account:
    by = people.actor("secretary")
    with entered(by.scope):
        codes.keep_phone(by=by, account=people.here.accounts["officer"], phone=PHONE, at=clock.now())
    return people.here.accounts["officer"]


def _client(**more: Any) -> Client:
    return Client(headers={"user-agent": EDGE}, **more)


def _with_password(client: Client, account: Account, password: str = cast.PASSWORD) -> Any:
    return client.post("/sign-in/", {"username": account.username, "password": password})


def _is_in(client: Client) -> bool:
    return bool(client.get("/security/").status_code == 200)


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def _deliver(people: cast.Cast) -> None:
    outbox_delivery.deliver_due(community_id=people.here.community.pk, at=clock.now())


def _app_code(secret: str) -> str:
    return rules.one_time_password(secret, int(clock.now().timestamp()) // 30)


def test_a_phone_and_its_code_open_the_desk(people: cast.Cast, phones: Phones, officer: Account) -> None:
    client = _client()
    answer = client.post("/sign-in/phone/?next=/find/", {"phone": "138 0000 7001", "next": "/find/"})
    assert answer["Location"] == "/sign-in/code/"
    assert "138＊＊＊＊＊＊01" in _text(client.get("/sign-in/code/"))
    _deliver(people)
    wrong = client.post("/sign-in/code/", {"code": f"{(int(phones.code()) + 1) % 1000000:06d}"})
    assert wrong.status_code == 422
    assert "还可以试 4 次" in _text(wrong)
    assert client.post("/sign-in/code/", {"code": phones.code()})["Location"] == "/find/"
    assert _is_in(client)


def test_the_page_says_the_same_for_a_number_that_nobody_has(
    people: cast.Cast, phones: Phones, officer: Account
) -> None:
    pages = []
    for phone in (PHONE, "13800009901"):
        client = _client()
        sent = client.post("/sign-in/phone/", {"phone": phone})
        shown = client.get("/sign-in/code/")
        tried = [client.post("/sign-in/code/", {"code": "no"}) for _try in range(6)]
        pages.append(
            [
                (a.status_code, re.sub(r'value="\w{64}"', "", _text(a)).replace(phone[-2:], ""))
                for a in (sent, shown, *tried)
            ]
        )
    assert pages[0] == pages[1]
    _deliver(people)
    assert len(phones.got) <= 1


def test_a_code_belongs_to_the_browser_that_asked(
    people: cast.Cast, phones: Phones, officer: Account
) -> None:
    asking, other = _client(), _client()
    asking.post("/sign-in/phone/", {"phone": PHONE})
    _deliver(people)
    assert other.post("/sign-in/code/", {"code": phones.code()})["Location"] == "/sign-in/phone/"
    assert not _is_in(other)


def test_without_a_way_for_short_messages_nothing_is_offered() -> None:
    client = _client()
    with override_settings(XIAOJIA_DEMO=False, XIAOJIA_SMS_FOLDER=""):
        assert "用手机号登录" not in _text(client.get("/sign-in/"))
        assert "还没有接短信" in _text(client.get("/sign-in/phone/"))
        assert client.post("/sign-in/phone/", {"phone": PHONE}).status_code == 200
    assert "用手机号登录" in _text(client.get("/sign-in/")), "negative control: a demo has its terminal"


def _enrol(client: Client, account: Account) -> tuple[str, list[str]]:
    page = _text(client.get("/security/second-step/"))
    assert "<svg" in page
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert found
    secret = found.group(1).replace(" ", "")
    done = client.post("/security/second-step/", {"code": _app_code(secret)})
    recovery = re.findall(r'class="secret">(\d{4} \d{4})<', _text(done))
    assert len(recovery) == 10
    return secret, recovery


def _later(monkeypatch: pytest.MonkeyPatch, **ago: float) -> None:
    """Move the clock on: a one-time password is taken once."""
    moment = clock.now() + timedelta(**ago)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_a_second_step_stands_between_the_password_and_the_desk(
    people: cast.Cast, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _client()
    _with_password(first, officer)
    secret, _recovery = _enrol(first, officer)
    _later(monkeypatch, minutes=2)
    client = _client()
    assert _with_password(client, officer)["Location"] == "/sign-in/second/"
    assert not _is_in(client), "half is not in"
    assert client.get("/find/").status_code == 403
    assert client.post("/sign-in/second/", {"code": "12"}).status_code == 422
    assert client.post("/sign-in/second/", {"code": _app_code(secret)})["Location"] == "/"
    assert _is_in(client)
    again = _client()
    _with_password(again, officer)
    assert again.post("/sign-in/second/", {"code": _app_code(secret)}).status_code == 422, "taken once"


def test_a_phones_code_does_not_go_round_the_second_step(
    people: cast.Cast, phones: Phones, officer: Account
) -> None:
    first = _client()
    _with_password(first, officer)
    _secret, recovery = _enrol(first, officer)
    client = _client()
    client.post("/sign-in/phone/", {"phone": PHONE})
    _deliver(people)
    assert client.post("/sign-in/code/", {"code": phones.code()})["Location"] == "/sign-in/second/"
    assert not _is_in(client)
    assert client.post("/sign-in/second/", {"code": recovery[0]})["Location"] == "/"
    assert _is_in(client)


def test_a_first_step_is_good_for_ten_minutes(
    people: cast.Cast, officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _client()
    _with_password(first, officer)
    _secret, recovery = _enrol(first, officer)
    client = _client()
    _with_password(client, officer)
    _later(monkeypatch, minutes=10, seconds=1)
    assert client.post("/sign-in/second/", {"code": recovery[0]})["Location"] == "/sign-in/"
    assert not _is_in(client)


def test_negative_control_without_a_second_step_the_password_is_enough(
    people: cast.Cast, officer: Account
) -> None:
    client = _client()
    assert _with_password(client, officer)["Location"] == "/"
    assert _is_in(client)


def test_the_second_step_is_ended_only_with_its_code(people: cast.Cast, officer: Account) -> None:
    client = _client()
    _with_password(client, officer)
    _secret, recovery = _enrol(client, officer)
    client.post("/security/second-step/", {"code": "000000", "do": "end"})
    assert second_step.is_on(officer)
    renewed = client.post("/security/second-step/", {"code": recovery[0], "do": "renew"})
    fresh = re.findall(r'class="secret">(\d{4} \d{4})<', _text(renewed))
    assert not set(fresh) & set(recovery)
    client.post("/security/second-step/", {"code": fresh[0], "do": "end"})
    assert not second_step.is_on(officer)


def test_eight_wrong_passwords_and_the_right_one_waits_too(people: cast.Cast, officer: Account) -> None:
    client = _client()
    for _try in range(8):
        assert "不对" in _text(_with_password(client, officer, "wrong"))
    assert "歇 15 分钟" in _text(_with_password(client, officer))
    assert _with_password(client, people.here.accounts["secretary"])["Location"] == "/"


def test_a_name_that_nobody_has_is_answered_alike(people: cast.Cast, officer: Account) -> None:
    client = _client()
    answers = {}
    for username in (officer.username, "nobody-at-all"):
        said = []
        for _try in range(9):
            answer = client.post("/sign-in/", {"username": username, "password": "wrong"})
            said.append((answer.status_code, re.findall(r'role="alert".*?</ul>', _text(answer))))
        answers[username] = said
    assert len(set(map(str, answers.values()))) == 1


def test_one_address_may_try_sixty_times_whatever_the_names(people: cast.Cast, officer: Account) -> None:
    client = _client()
    for number in range(60):
        client.post("/sign-in/", {"username": f"name{number}", "password": "wrong"})
    assert "歇 15 分钟" in _text(_with_password(client, officer))
    elsewhere = _client(REMOTE_ADDR="192.168.1.7")
    assert _with_password(elsewhere, officer)["Location"] == "/", "negative control: other addresses may"


@pytest.mark.parametrize(("public_url", "is_believed"), [("", False), ("https://x.example", True)])
def test_a_named_address_is_believed_only_behind_a_proxy(
    people: cast.Cast, officer: Account, public_url: str, is_believed: bool
) -> None:
    with override_settings(XIAOJIA_PUBLIC_URL=public_url):
        for number in range(60):
            client = Client(headers={"x-forwarded-for": f"10.0.0.{number}"})
            client.post("/sign-in/", {"username": f"name{number}", "password": "wrong"})
        answer = _with_password(Client(headers={"x-forwarded-for": "10.0.0.99"}), officer)
    assert (answer.status_code == 302) is is_believed


def test_the_list_names_device_and_place_and_the_others_can_be_ended(
    people: cast.Cast, officer: Account
) -> None:
    here, there = _client(), Client(headers={"user-agent": "Mozilla/5.0 (Linux; Android 13) Chrome/1 Mobile"})
    _with_password(here, officer)
    there.defaults["REMOTE_ADDR"] = "192.168.1.7"
    _with_password(there, officer)
    page = _text(here.get("/security/"))
    assert "Windows 电脑，Edge" in page
    assert "安卓手机，Chrome" in page
    assert "办公室的网络（192.168.＊.＊）" in page
    assert page.count("就是这里") == 1
    other = SignIn.objects.get(device__startswith="安卓")
    assert here.post(f"/security/sign-ins/{other.pk}/end/").status_code == 302
    assert not _is_in(there)
    assert _is_in(here)


def test_signing_out_everywhere_ends_every_other_session_with_its_next_request(
    people: cast.Cast, officer: Account
) -> None:
    here, others = _client(), [_client() for _n in range(3)]
    unlisted = Client()
    unlisted.force_login(officer)  # a session from before there were lists
    for client in (here, *others):
        _with_password(client, officer)
    assert all(_is_in(c) for c in (here, unlisted, *others)), "negative control: before, all are in"
    here.post("/security/sign-ins/end-others/")
    assert [_is_in(c) for c in (here, unlisted, *others)] == [True, False, False, False, False]
    assert SignIn.objects.filter(account=officer).count() == 1
    neighbour = _client()
    _with_password(neighbour, people.here.accounts["secretary"])
    here.post("/security/sign-ins/end-others/")
    assert _is_in(neighbour), "only one's own"


def test_nobody_ends_somebody_elses_sign_in(people: cast.Cast, officer: Account) -> None:
    mine, theirs = _client(), _client()
    _with_password(mine, officer)
    _with_password(theirs, people.here.accounts["secretary"])
    foreign = SignIn.objects.get(account=people.here.accounts["secretary"])
    assert mine.post(f"/security/sign-ins/{foreign.pk}/end/").status_code == 404
    assert _is_in(theirs)


def test_a_new_password_ends_every_session(people: cast.Cast, officer: Account) -> None:
    from xiaojia.domains.people.actions import set_password

    client = _client()
    _with_password(client, officer)
    officer.refresh_from_db()
    set_password(officer, "另一句好记的话 2027")
    assert not _is_in(client)


def test_leaving_forgets_the_browser(people: cast.Cast, officer: Account) -> None:
    client = _client()
    _with_password(client, officer)
    assert SignIn.objects.count() == 1
    client.post("/sign-out/")
    assert (SignIn.objects.count(), Session.objects.count()) == (0, 0)


def test_a_session_from_before_the_sign_in_is_worth_nothing_after_it(
    people: cast.Cast, phones: Phones, officer: Account
) -> None:
    client = _client()
    client.post("/sign-in/phone/", {"phone": PHONE})
    before = client.cookies["sessionid"].value
    _deliver(people)
    client.post("/sign-in/code/", {"code": phones.code()})
    assert client.cookies["sessionid"].value != before
    thief = Client()
    thief.cookies["sessionid"] = before
    assert not _is_in(thief)


def test_ones_own_phone_is_proved_by_a_code(people: cast.Cast, phones: Phones) -> None:
    head, client = people.here.accounts["head"], _client()
    _with_password(client, head)
    client.post("/security/phone/", {"phone": "13900001111"})
    _deliver(people)
    assert codes.phone_of(head) == ""
    client.post("/security/phone/code/", {"code": phones.code()})
    assert codes.phone_of(head) == "13900001111"
    assert "139＊＊＊＊＊＊11" in _text(client.get("/security/"))
    client.post("/security/phone/", {"do": "drop"})
    assert codes.phone_of(head) == ""


def test_a_phone_of_somebody_else_is_said_in_one_sentence(
    people: cast.Cast, phones: Phones, officer: Account
) -> None:
    client = _client()
    _with_password(client, people.here.accounts["head"])
    client.post("/security/phone/", {"phone": PHONE})
    _deliver(people)
    client.post("/security/phone/code/", {"code": phones.code()})
    assert "另一个登录名" in _text(client.get("/security/"))
    assert codes.phone_of(officer) == PHONE


def test_a_visit_is_noted_once_in_five_minutes(
    people: cast.Cast, officer: Account, monkeypatch: pytest.MonkeyPatch, count: Callable[[Any], int]
) -> None:
    client = _client()
    _with_password(client, officer)
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
