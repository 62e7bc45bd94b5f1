"""Codes, second steps and sign-ins: what opens the door, how often one may try, and what nobody can tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people.accounts import codes, rules, second_step, sign_ins
from xiaojia.domains.people.models import Account, AccountPhone, SecondStep, SignInCode
from xiaojia.domains.people.tests.signing import PHONE, Phones
from xiaojia.kernel import outbox, outbox_delivery
from xiaojia.kernel.models import Message
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.tests.parallel import at_once

COMMITS = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
"""Late in the evening in Shanghai: a code that was asked for comes all the same."""
NOBODYS = "13900007002"
HERE = "127.0.0.1"


@pytest.fixture
def people(once: Once, phones: Phones) -> cast.Cast:
    return once(_with_a_phone)


def _with_a_phone() -> cast.Cast:
    built = cast.build()
    with entered(built.actor("secretary").scope):
        codes.keep_phone(
            by=built.actor("secretary"), account=built.here.accounts["officer"], phone=PHONE, at=NOW
        )
    return built


def _deliver(people: cast.Cast, at: datetime = NOW) -> None:
    outbox_delivery.deliver_due(community_id=people.here.community.pk, at=at)


def _ask(phone: str = PHONE, *, at: datetime = NOW, address: str = HERE) -> Any:
    return codes.ask_to_sign_in(phone=phone, address=address, at=at)


def _check(code_id: Any, typed: str, *, at: datetime = NOW) -> codes.Checked:
    return codes.check(code_id=code_id, purpose=SignInCode.Purpose.SIGN_IN, typed=typed, at=at)


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_of_six_digits_opens_the_door_once(people: cast.Cast, phones: Phones) -> None:
    code_id = _ask()
    _deliver(people)
    assert [e.address for e in phones.got] == [PHONE]
    checked = _check(code_id, f" {phones.code()[:3]} {phones.code()[3:]}")
    assert checked.account == people.here.accounts["officer"]
    assert _check(code_id, phones.code()).is_over, "used is used"


def test_a_code_lives_five_minutes(people: cast.Cast, phones: Phones) -> None:
    code_id = _ask()
    _deliver(people)
    late = _check(code_id, phones.code(), at=NOW + timedelta(minutes=5))
    assert (late.account, late.is_over) == (None, True)
    assert _check(code_id, phones.code(), at=NOW + timedelta(minutes=4, seconds=59)).account is not None


def test_five_tries_and_then_the_right_code_is_too_late(people: cast.Cast, phones: Phones) -> None:
    code_id = _ask()
    _deliver(people)
    for left in (4, 3, 2, 1):
        assert f"还可以试 {left} 次" in _check(code_id, _wrong(phones.code())).sentence
    assert _check(code_id, _wrong(phones.code())).is_over
    assert _check(code_id, phones.code()).account is None
    with pytest.raises(IntegrityError, match="five_tries_a_code"):
        SignInCode.objects.filter(pk=code_id).update(tries=6)


def test_negative_control_the_fifth_try_is_still_a_try(people: cast.Cast, phones: Phones) -> None:
    code_id = _ask()
    _deliver(people)
    for _try in range(4):
        _check(code_id, _wrong(phones.code()))
    assert _check(code_id, phones.code()).account is not None


@COMMITS
def test_parallel_guesses_are_counted_one_by_one(people: cast.Cast, phones: Phones) -> None:
    code_id = _ask()
    _deliver(people)
    wrong = _wrong(phones.code())
    answers = at_once(8, lambda _n: _check(code_id, wrong).sentence)
    assert sum("还可以试" in a for a in answers) == 4
    assert SignInCode.objects.get(pk=code_id).tries == 5


def test_a_newer_code_ends_the_older_one(people: cast.Cast, phones: Phones) -> None:
    first = _ask()
    _deliver(people)
    old = phones.code()
    second = _ask(at=NOW + timedelta(seconds=1))
    _deliver(people, NOW + timedelta(seconds=1))
    assert _check(first, old, at=NOW + timedelta(seconds=2)).is_over
    assert _check(second, phones.code(), at=NOW + timedelta(seconds=2)).account is not None


def _statements(act: Callable[[], Any]) -> list[str]:
    """What the database was asked, without the values."""
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(re.sub(r'"?s[0-9_]+_x\d+"?', "savepoint", sql if isinstance(sql, str) else str(sql)))
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        act()
    return seen


def _queued() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'xiaojia.deliver'")
        return int(cursor.fetchone()[0])


def test_a_number_that_nobody_has_gets_the_same_answer_and_no_message(
    people: cast.Cast, phones: Phones
) -> None:
    before = _queued()
    known, unknown = _statements(_ask), _statements(lambda: _ask(NOBODYS, address="192.168.1.7"))
    assert [s[:60] for s in known if "SAVEPOINT" not in s] == [
        s[:60] for s in unknown if "SAVEPOINT" not in s
    ], "the same work for both"
    code_id = _ask(NOBODYS)
    _deliver(people)
    assert {e.address for e in phones.got} == {PHONE}
    assert _queued() == before + 1, "nothing was queued for the unknown number either"
    assert [_check(code_id, "000000").sentence[:3] for _try in range(5)] == ["码不对"] * 5
    assert "用不了" in _check(code_id, "000000").sentence


def test_negative_control_another_way_of_asking_would_be_told_apart(people: cast.Cast) -> None:
    assert _statements(_ask) != _statements(lambda: AccountPhone.objects.filter(phone_index=b"x").first())


def test_a_stopped_account_gets_no_code(people: cast.Cast, phones: Phones) -> None:
    Account.objects.filter(pk=people.here.accounts["officer"].pk).update(is_active=False)
    _ask()
    _deliver(people)
    assert phones.got == []


def test_three_codes_a_quarter_of_an_hour_and_the_answer_stays_the_same(
    people: cast.Cast, phones: Phones
) -> None:
    for second in range(5):
        assert _ask(at=NOW + timedelta(seconds=second)) is not None
        _deliver(people, NOW + timedelta(seconds=second))
    assert len(phones.got) == 3
    later = NOW + timedelta(minutes=15)
    _ask(at=later)
    _deliver(people, later)
    assert len(phones.got) == 4, "negative control: the window ends"


def test_one_address_gets_twenty_codes_however_many_numbers_it_tries(
    people: cast.Cast, phones: Phones
) -> None:
    for number in range(20):
        _ask(f"139{number:08d}")
    _ask()
    _deliver(people)
    assert phones.got == []
    _ask(address="192.168.1.7")
    _deliver(people)
    assert len(phones.got) == 1, "negative control: another address still may"


def test_no_code_stands_in_the_database_or_on_the_page_of_the_office(
    people: cast.Cast, phones: Phones
) -> None:
    code_id = _ask()
    with entered(people.actor("secretary").scope):
        message = Message.objects.get()
        code = re.findall(r"\d{6}", outbox_delivery.opened(message)[2])[0]
        raw = bytes(message.text_sealed) + bytes(message.to_sealed)
        [line] = outbox.lines([message])
    row = SignInCode.objects.get(pk=code_id)
    assert code.encode() not in raw + bytes(row.code_hash) + bytes(row.phone_sealed)
    assert code not in str(line)
    assert PHONE not in str(line)


@pytest.mark.parametrize("event", ["another phone", "no phone", "signed out everywhere"])
def test_a_code_on_its_way_to_a_lost_phone_opens_nothing(
    people: cast.Cast, phones: Phones, event: str
) -> None:
    code_id = _ask()
    _deliver(people)
    by, account = people.actor("secretary"), people.here.accounts["officer"]
    with entered(by.scope):
        if event == "another phone":
            codes.keep_phone(by=by, account=account, phone=NOBODYS, at=NOW)
        elif event == "no phone":
            codes.drop_phone(by=by, account=account, at=NOW)
        else:
            sign_ins.end_others(by=by, account=account, keep="", at=NOW)
    assert _check(code_id, phones.code()).account is None


def test_one_phone_opens_one_account(people: cast.Cast) -> None:
    secretary = people.actor("secretary")
    with entered(secretary.scope), pytest.raises(Refused, match="另一个登录名"):
        codes.keep_phone(by=secretary, account=people.here.accounts["head"], phone=PHONE, at=NOW)
    assert codes.phone_of(people.here.accounts["officer"]) == PHONE


# --- the second step ---------------------------------------------------------------------------------

_RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""RFC 6238, appendix B: the ASCII text 12345678901234567890."""


@pytest.mark.parametrize(
    ("seconds", "password"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_one_time_passwords_are_those_of_the_standard(seconds: int, password: str) -> None:
    assert rules.one_time_password(_RFC_SECRET, seconds // 30) == password
    assert rules.matching_counter(_RFC_SECRET, password, seconds=seconds, after=0) == seconds // 30


@pytest.mark.parametrize(("shift", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(shift: int, fits: bool) -> None:
    password = rules.one_time_password(_RFC_SECRET, (900 + shift) // 30)
    assert (rules.matching_counter(_RFC_SECRET, password, seconds=900, after=0) is not None) is fits


def _enrolled(people: cast.Cast, at: datetime = NOW) -> tuple[Account, str, list[str]]:
    account, by = people.here.accounts["officer"], people.actor("officer")
    with entered(by.scope):
        secret = second_step.begin(account=account, at=at)
        typed = rules.one_time_password(secret, int(at.timestamp()) // 30)
        found = second_step.confirm(by=by, account=account, typed=typed, at=at)
    assert found is not None
    return account, secret, found


def test_a_second_step_is_in_force_only_after_its_first_right_code(people: cast.Cast) -> None:
    account, by = people.here.accounts["officer"], people.actor("officer")
    with entered(by.scope):
        secret = second_step.begin(account=account, at=NOW)
        assert second_step.begin(account=account, at=NOW) == secret
        assert second_step.confirm(by=by, account=account, typed="abc", at=NOW) is None
    assert not second_step.is_on(account)
    account, secret, found = _enrolled(people)
    assert second_step.is_on(account)
    assert len(set(found)) == 10
    row = SecondStep.objects.get()
    assert secret.encode() not in bytes(row.secret_sealed)
    assert found[0].encode() not in bytes(row.recovery_sealed)
    with pytest.raises(Refused, match="已经开着"):
        second_step.begin(account=account, at=NOW)


def test_each_code_is_taken_once(people: cast.Cast) -> None:
    account, secret, found = _enrolled(people)
    at = NOW + timedelta(minutes=1)
    typed = rules.one_time_password(secret, int(at.timestamp()) // 30)
    assert second_step.passes(account=account, typed=typed, at=at)
    assert not second_step.passes(account=account, typed=typed, at=at)
    assert second_step.passes(account=account, typed=f"{found[0][:4]} {found[0][4:]}", at=at)
    assert not second_step.passes(account=account, typed=found[0], at=at)
    assert second_step.recovery_count(account) == 9


@COMMITS
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_the_same_code_in_eight_requests_at_once_opens_one_door(
    people: cast.Cast, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(rules, "SECOND_STEPS_A_WINDOW", 100)
    account, secret, found = _enrolled(people)
    at = NOW + timedelta(minutes=1)
    typed = found[0] if kind == "recovery" else rules.one_time_password(secret, int(at.timestamp()) // 30)
    opened = at_once(8, lambda _n: second_step.passes(account=account, typed=typed, at=at))
    assert sum(opened) == 1


def test_five_wrong_second_steps_rest_a_quarter_of_an_hour(people: cast.Cast) -> None:
    account, _secret, found = _enrolled(people)
    for _try in range(5):
        assert not second_step.passes(account=account, typed="000", at=NOW)
    with pytest.raises(second_step.TooManyTries):
        second_step.passes(account=account, typed=found[0], at=NOW)
    assert second_step.passes(account=account, typed=found[0], at=NOW + timedelta(minutes=15))


def test_taking_the_second_step_away_takes_its_codes_along(people: cast.Cast) -> None:
    account, _secret, found = _enrolled(people)
    by = people.actor("officer")
    with entered(by.scope):
        second_step.end(by=by, account=account, at=NOW)
    assert not second_step.is_on(account)
    assert not second_step.passes(account=account, typed=found[1], at=NOW)


# --- words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/120.0 Safari/537.36 Edg/120.0", "Windows 电脑，Edge"),
        ("Mozilla/5.0 (Linux; Android 13) Chrome/116.0 Mobile MicroMessenger/8.0", "安卓手机，微信"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/115.0", "Linux 或麒麟电脑，火狐"),
        ("curl/8", "没认出来的设备"),
    ],
)  # fmt: skip
def test_a_device_is_named_in_words(agent: str, words: str) -> None:
    assert rules.device_of(agent) == words


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1", "小家所在的这台电脑"),
        ("192.168.31.7", "办公室的网络（192.168.＊.＊）"),
        ("183.230.12.9", "外面的网络（183.230.＊.＊）"),
        ("2409:8a62::1", "外面的网络（2409:＊）"),
        ("unknown", "不知道的地方"),
    ],
)
def test_a_place_says_no_more_than_helps(address: str, words: str) -> None:
    assert rules.place_of(address) == words


def test_an_ipv6_line_is_one_address() -> None:
    assert rules.network_of("2409:8a62:1:2::1") == rules.network_of("2409:8a62:1:2:ffff::9")
    assert rules.network_of("2409:8a62:1:2::1") != rules.network_of("2409:8a62:1:3::1")


def test_full_width_digits_and_spaces_are_digits() -> None:
    assert rules.digits_of("１３８ 0000-7001") == "13800007001"
    assert rules.is_mobile("13800007001")
    assert not rules.is_mobile("1380000700")
