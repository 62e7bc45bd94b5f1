"""Signing in, the second step and the list of browsers in a real one: keyboard, phone, large print, paper."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import Page

from tests.browser.conftest import PageAs
from tests.browser.looking import audit_looks, axe_findings, press_until, printed_pages, shot, words
from tests.busy import Busy
from xiaojia.domains.people.accounts import codes, rules
from xiaojia.domains.people.tests.signing import PHONE, Phones
from xiaojia.kernel import clock, outbox, outbox_delivery
from xiaojia.kernel.tenancy import entered

LOOKS = [(1280, "standard"), (390, "standard"), (320, "standard"), (390, "xlarge"), (1280, "large")]


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> Phones:
    found = Phones()
    for module in (outbox, outbox_delivery):
        monkeypatch.setattr(module, "sender_of", lambda _channel: found)
    return found


def _looks_well(page: Page, axe: str, name: str) -> None:
    found = axe_findings(page, axe) + words(page) + audit_looks(page, LOOKS, name)
    assert found == [], name


def _own_phone(stage: Busy) -> None:
    by = stage.place.officer
    with entered(by.scope):
        codes.keep_phone(by=by, account=stage.accounts["officer"], phone=PHONE, at=clock.now())


def _deliver(stage: Busy) -> None:
    outbox_delivery.deliver_due(community_id=stage.place.officer.community_id, at=clock.now())


def test_by_phone_with_the_keyboard_alone(page_as: PageAs, stage: Busy, phones: Phones, axe: str) -> None:
    _own_phone(stage)
    page = page_as("")
    page.goto("/sign-in/")
    press_until(page, "Tab", "a[href^='/sign-in/phone/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/phone/**")
    _looks_well(page, axe, "sign-in-phone")
    press_until(page, "Tab", "[name=phone]")
    page.keyboard.type("138 0000 7001")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/code/")
    _looks_well(page, axe, "sign-in-code")
    page.locator("[name=code]").fill("1")
    page.keyboard.press("Enter")
    page.wait_for_selector(".errbox")
    _looks_well(page, axe, "sign-in-code-wrong")
    _deliver(stage)
    page.locator("[name=code]").fill(phones.code())
    page.keyboard.press("Enter")
    page.wait_for_url("/")
    assert "秦晓兰" in page.locator("header").inner_text()


def test_a_second_step_is_begun_printed_and_used_without_a_script(
    page_as: PageAs, stage: Busy, axe: str
) -> None:
    page = page_as("officer")
    page.goto("/security/")
    page.locator("a[href='/security/second-step/']").click()
    picture = page.locator(".enrol svg").bounding_box()
    assert picture is not None
    assert picture["width"] == pytest.approx(picture["height"], abs=1)
    assert picture["width"] >= 200, "a phone reads it from the screen"
    _looks_well(page, axe, "second-step")
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.locator("[name=code]").fill(rules.one_time_password(secret, int(clock.now().timestamp()) // 30))
    page.keyboard.press("Enter")
    page.wait_for_selector(".secrets")
    _looks_well(page, axe, "recovery-codes")
    assert printed_pages(page) == 1
    recovery = page.locator(".secrets li").all_inner_texts()
    assert len(recovery) == 10
    page.goto("/security/")
    _looks_well(page, axe, "security")
    page.goto("/security/second-step/")
    _looks_well(page, axe, "second-step-on")
    plain = page_as("", width=390, javascript=False)
    plain.goto("/sign-in/")
    plain.locator("[name=username]").fill(stage.accounts["officer"].username)
    plain.locator("[name=password]").fill(_password())
    plain.locator("[name=password]").press("Enter")
    plain.wait_for_url("**/sign-in/second/")
    shot(plain, "sign-in-second-390")
    plain.locator("[name=code]").fill(recovery[0])
    plain.locator("[name=code]").press("Enter")
    plain.wait_for_url("/")


def _password() -> str:
    from xiaojia.domains.microgrids.tests.yards import PASSWORD

    return PASSWORD


def test_another_browser_is_ended_from_the_list(page_as: PageAs, stage: Busy, axe: str) -> None:
    pages = []
    for width in (1280, 390):
        page = page_as("", width=width)
        page.goto("/sign-in/")
        page.locator("[name=username]").fill(stage.accounts["officer"].username)
        page.locator("[name=password]").fill(_password())
        page.locator("[name=password]").press("Enter")
        page.wait_for_url("/")
        pages.append(page)
    here, there = pages
    here.goto("/security/")
    assert here.locator(".rows > li").count() == 2
    _looks_well(here, axe, "security-two")
    here.get_by_role("button", name="别的地方都退出").click()
    here.wait_for_selector(".confirm")
    assert here.locator(".rows > li").count() == 1
    there.goto("/")
    there.wait_for_url(re.compile("/sign-in/"))


def test_the_pages_of_the_office_look_well(page_as: PageAs, stage: Busy, axe: str) -> None:
    page = page_as("secretary")
    for path, name in (
        ("/messages/", "messages"),
        ("/accounts/", "accounts"),
        (f"/accounts/{stage.accounts['head'].pk}/", "account"),
        ("/security/phone/", "own-phone"),
        ("/security/password/", "own-password"),
    ):
        page.goto(path)
        _looks_well(page, axe, name)
    page.goto("/messages/")
    page.get_by_role("button", name="再发一次").first.click()
    page.wait_for_selector(".confirm")
