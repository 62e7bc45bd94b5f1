"""Desks in a real browser: one A4 of morning sheet, slips with and without a script, keys, lists to print."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PageAs
from tests.browser.looking import press_until, printed_pages, shot
from tests.busy import Busy
from xiaojia.domains.microgrids.tests import yards
from xiaojia.kernel.tenancy import entered


@pytest.mark.parametrize("width", [390, 1280])
def test_a_number_opens_its_slip_without_a_script(page_as: PageAs, width: int) -> None:
    page = page_as("secretary", width=width, javascript=False)
    page.goto("/")
    page.locator("#n-microgrids").click()
    page.wait_for_url("**/?open=microgrids#records")
    slip = page.locator("#records")
    assert slip.is_visible()
    assert slip.locator(".row").count() == int(page.locator("#n-microgrids").inner_text())
    assert page.locator("#n-microgrids").get_attribute("aria-expanded") == "true"
    slip.locator(".row").first.click()
    page.wait_for_url("**/microgrids/*/")


def test_with_a_script_the_slip_changes_in_place_and_keys_close_it(page_as: PageAs) -> None:
    page = page_as("secretary")
    page.goto("/")
    page.evaluate("window.stayed = true")
    press_until(page, "Tab", "#n-microgrids")
    page.keyboard.press("Enter")
    page.wait_for_selector("#n-microgrids[aria-expanded=true]")
    assert page.evaluate("window.stayed"), "no new page"
    assert page.evaluate("document.activeElement.id") == "n-microgrids", "the focus stays where it was"
    page.keyboard.press("Escape")
    page.wait_for_selector("#records", state="detached")
    assert page.evaluate("window.stayed")
    assert page.evaluate("document.activeElement.id") == "n-microgrids"


def test_the_slip_stands_beside_the_sheet_on_a_desk_and_under_its_sentence_on_a_phone(
    page_as: PageAs,
) -> None:
    wide, narrow = page_as("secretary"), page_as("secretary", width=390)
    for page, name in ((wide, "morning-1280"), (narrow, "morning-390")):
        page.goto("/?open=homes")
        shot(page, name)
    sheet, slip = wide.locator(".sheet").bounding_box(), wide.locator("#records").bounding_box()
    assert sheet is not None
    assert slip is not None
    assert slip["x"] >= sheet["x"] + sheet["width"]
    lead, slip = narrow.locator(".lead").bounding_box(), narrow.locator("#records").bounding_box()
    question = narrow.locator(".decision").first.bounding_box()
    assert lead is not None
    assert slip is not None
    assert question is not None
    assert lead["y"] < slip["y"] < question["y"]
    narrow.goto("/")
    assert not narrow.locator("#records").is_visible(), "nobody asked for it"


@pytest.mark.parametrize("text_size", ["standard", "xlarge"])
def test_the_morning_sheet_prints_on_one_page(page_as: PageAs, text_size: str) -> None:
    page = page_as("secretary", text_size=text_size)
    page.goto("/?open=microgrids")
    assert printed_pages(page) == 1
    page.emulate_media(media="print")
    assert page.locator(".tickbox").first.is_visible()
    assert page.locator(".sign").is_visible()
    assert not page.locator("#records").is_visible()


def test_negative_control_a_longer_sheet_would_need_more_paper(page_as: PageAs) -> None:
    page = page_as("secretary")
    page.goto("/")
    page.evaluate("document.querySelector('.lead').textContent = '一户人家。'.repeat(2000)")
    assert printed_pages(page) > 1


def test_keys_reach_tabs_search_and_the_main_button(page_as: PageAs) -> None:
    page = page_as("officer")
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("2")
    page.wait_for_url("**/cases/new/")
    page.goto("/microgrids/")
    page.keyboard.press("n")
    page.keyboard.press("g")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/new/")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.wait_for_url("**/find/")
    page.wait_for_function("document.activeElement.id === 'q'")
    page.keyboard.type("住户 g2/")
    assert page.locator("#q").input_value() == "住户 g2/", "keys are letters inside a text field"
    page.locator("#q").fill("住户")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/find/?q=*")
    page.locator("a.row").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement === document.querySelectorAll('a.row')[1]")
    page.keyboard.press("?")
    page.wait_for_url("**/keys/")


def test_single_keys_can_be_switched_off(page_as: PageAs) -> None:
    page = page_as("officer")
    page.goto("/keys/")
    page.locator("[data-single-keys]").click()
    page.goto("/desks/")
    page.keyboard.press("/")
    page.keyboard.press("g")
    page.keyboard.press("1")
    assert page.url.endswith("/desks/")
    page.goto("/keys/")
    page.locator("[data-single-keys]").click()
    page.keyboard.press("/")
    page.wait_for_url("**/find/")


def test_a_yes_is_recorded_by_keyboard_alone(page_as: PageAs, stage: Busy) -> None:
    page = page_as("head", width=390)
    page.goto(f"/households/{stage.ids['household_id']}/")
    assert "住＊＊" in page.locator("main").inner_text()
    press_until(page, "Tab", "button[value=yes]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".confirm")
    assert "住户0" in page.locator("main").inner_text()


def test_the_list_of_neighbours_prints_door_by_door(page_as: PageAs, stage: Busy) -> None:
    page = page_as("head")
    page.goto("/neighbours/")
    doors = page.locator(".doors > li").count()
    assert doors > 40
    assert printed_pages(page) <= 3
    page.emulate_media(media="print")
    assert not page.locator(".btn").first.is_visible()
    assert page.locator(".doors > li").last.is_visible()


def test_the_sheet_has_no_more_than_one_question_open(page_as: PageAs, stage: Busy) -> None:
    with entered(stage.place.secretary.scope):
        yards.settle(stage.place.secretary, [yards.Yard("刘家院子", "9", "1", 7, x=360.0, y=0.0)])
    page = page_as("secretary")
    page.goto("/")
    assert page.locator(".decision.open").count() == 1
    assert page.locator(".btn-main").count() == 1
