"""The planner by keyboard, by mouse and without a script; two people at once; its sheets of paper."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PageAs
from tests.busy import Busy


def _sizes(page: Page) -> list[str]:
    found = page.locator(".m-plate .m-label").all_text_contents()
    assert found
    return found


def _open(page: Page, stage: Busy) -> None:
    page.goto(f"/microgrids/plans/{stage.ids['other_partition_id']}/")


def test_a_unit_moves_and_comes_back_by_keyboard_alone(page_as: PageAs, stage: Busy) -> None:
    page = page_as("officer")
    _open(page, stage)
    before = _sizes(page)
    page.locator("[data-cells] a.cell[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    first = page.evaluate("document.activeElement.dataset.pick")
    page.keyboard.press("m")
    expect(page.locator(f"a.cell[data-pick='{first}']")).to_have_class(re.compile("taken"))
    expect(page.locator("#said")).to_contain_text("→")
    page.keyboard.press("Enter")
    expect(page.locator("#main > .said")).to_contain_text("可以撤一步")
    assert _sizes(page) != before
    assert page.evaluate("document.activeElement.dataset.pick") == first
    page.keyboard.press("Control+z")
    expect(page.locator("#main > .said")).to_contain_text("撤了一步")
    assert _sizes(page) == before


def test_escape_puts_nothing_down(page_as: PageAs, stage: Busy) -> None:
    page = page_as("officer")
    _open(page, stage)
    before = _sizes(page)
    page.locator("[data-cells] a.cell[tabindex='0']").focus()
    page.keyboard.press("m")
    expect(page.locator("a.cell.taken")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("a.cell.taken")).to_have_count(0)
    page.reload()
    assert _sizes(page) == before


def test_dragging_says_the_sizes_before_it_moves(page_as: PageAs, stage: Busy) -> None:
    page = page_as("officer")
    page.set_viewport_size({"width": 1280, "height": 1600})
    _open(page, stage)
    cell = page.locator("a.cell").first
    source = cell.get_attribute("data-cluster")
    target = page.locator(f"a.cell:not([data-cluster='{source}'])").first
    start, end = cell.bounding_box(), target.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 20, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 20, steps=8)
    expect(page.locator(".hint-bar")).to_contain_text("→")
    page.mouse.up()
    expect(page.locator("#main > .said")).to_contain_text("可以撤一步")


def test_the_same_without_a_script(page_as: PageAs, stage: Busy) -> None:
    page = page_as("officer", javascript=False)
    _open(page, stage)
    before = _sizes(page)
    page.locator("a.cell").first.click()
    page.locator("[name=look]").click()
    expect(page.locator(".after")).to_contain_text("→")
    page.get_by_role("button", name="移过去").click()
    expect(page.locator("#main > .said")).to_contain_text("可以撤一步")
    assert _sizes(page) != before
    page.get_by_role("button", name="撤一步").click()
    assert _sizes(page) == before


def test_the_second_of_two_people_is_told(page_as: PageAs, stage: Busy) -> None:
    first, second = page_as("officer"), page_as("secretary", javascript=False)
    for page in (first, second):
        _open(page, stage)
    second.locator("a.cell").first.click()
    first.locator("a.cell").first.click()
    first.get_by_role("button", name="移过去").click()
    expect(first.locator("#main > .said")).to_contain_text("可以撤一步")
    second.get_by_role("button", name="移过去").click()
    expect(second.locator("#work .refuse")).to_contain_text("刚才有人也动了这个方案")
    assert _sizes(second) == _sizes(first)
