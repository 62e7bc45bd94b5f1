"""The office's page 对外: the duty phone on every danger card, keys shown once, the public service."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from tests.sharing import Once
from xiaojia.domains.cases.actions.keys import change_duty_phone, use_key
from xiaojia.domains.cases.models import Apikey, DutyPhone, PublicService
from xiaojia.domains.cases.queries.published import duty_phone
from xiaojia.domains.cases.rules import read_duty_phone
from xiaojia.domains.cases.tests.stage import MONDAY, Stage, build
from xiaojia.kernel.refusals import NotAllowed

PAGE = reverse("cases:outside")
PHONE = "023-00000000"


@pytest.fixture
def stage(once: Once) -> Stage:
    return once(build)


def _client(stage: Stage, role: str) -> Client:
    client = Client()
    client.force_login(stage.cast.here.accounts[role])
    return client


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""), (" 023 0000 0000 ", "023-0000-0000"), ("０２３-00000000", PHONE),
        ("+86 23000000", "+86-23000000"),
        ("找老王", None), ("1", None), ("0" * 21, None), ("110<b>", None),
    ],
)  # fmt: skip
def test_what_is_a_phone(text: str, said: str | None) -> None:
    assert read_duty_phone(text) == said


def test_the_duty_phone_stands_on_the_danger_card_and_goes_again(stage: Stage) -> None:
    officer = _client(stage, "officer")
    with stage.inside():
        case = stage.report("L0101", text="楼道里有燃气味（模拟）")
    page = reverse("cases:one", args=[case.pk])
    assert PHONE not in officer.get(page).text, "negative control"
    assert officer.post(PAGE, {"does": "phone", "phone": PHONE}).status_code == 302
    assert f'href="tel:{PHONE}"' in officer.get(page).text
    refused = officer.post(PAGE, {"does": "phone", "phone": "找老王"})
    assert (refused.status_code, DutyPhone.objects.get().phone) == (409, PHONE)
    officer.post(PAGE, {"does": "phone", "phone": ""})
    assert duty_phone(stage.community_id) == ""
    with stage.inside(), pytest.raises(NotAllowed):
        change_duty_phone(by=stage.cast.actor("head"), at=MONDAY, phone=PHONE)


def test_a_key_is_shown_once_used_and_taken_back(stage: Stage) -> None:
    secretary = _client(stage, "secretary")
    said = secretary.post(PAGE, {"does": "key", "name": "热线平台（模拟）", "role": "resident"})
    [plain] = re.findall(r"xj_[\w-]{43}", said.text)
    assert said["Cache-Control"] == "no-store"
    again = secretary.get(PAGE).text
    assert plain not in again
    assert "还没有用过" in again
    on = date(2026, 3, 2)
    assert use_key(plain, on=on) is not None
    assert (Apikey.objects.get().last_used_on, use_key("xj_other", on=on)) == (on, None)
    assert "还没有用过" not in secretary.get(PAGE).text
    twice = secretary.post(PAGE, {"does": "key", "name": "热线平台（模拟）", "role": "resident"})
    assert (twice.status_code, Apikey.objects.count()) == (409, 1)
    secretary.post(reverse("cases:end_key"), {"name": "热线平台（模拟）"})
    assert use_key(plain, on=on) is None


def test_the_public_service_opens_and_closes_here(stage: Stage) -> None:
    secretary = _client(stage, "secretary")
    assert secretary.post(PAGE, {"does": "open", "contact": ""}).status_code == 422
    assert not PublicService.objects.exists()
    secretary.post(PAGE, {"does": "open", "contact": PHONE})
    assert PublicService.objects.get().contact == PHONE
    assert "jurisdiction_id" in secretary.get(PAGE).text
    secretary.post(reverse("cases:close_service"))
    assert not PublicService.objects.exists()


def test_the_officer_has_no_keys_and_a_head_no_page(stage: Stage) -> None:
    officer = _client(stage, "officer")
    assert "钥匙" not in re.sub(r"<title>.*?</title>|<h1>.*?</h1>", "", officer.get(PAGE).text)
    assert officer.post(PAGE, {"does": "key", "name": "x", "role": "officer"}).status_code == 403
    assert officer.post(reverse("cases:end_key"), {"name": "x"}).status_code == 403
    assert officer.post(PAGE, {"does": "open", "contact": PHONE}).status_code == 403
    assert _client(stage, "head").get(PAGE).status_code == 403
    assert not Apikey.objects.exists()
