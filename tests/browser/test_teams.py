"""Teams in a real browser: every page at every width, cards and packs on paper, the public page."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from tests.browser.conftest import PageAs
from tests.browser.looking import WIDTHS, Told, audit_looks, axe_findings, printed_pages, words
from tests.busy import Busy

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.fixtures import Settings

LOOKS = [(width, "standard") for width in WIDTHS] + [(390, "xlarge"), (1280, "large"), (1280, "xlarge")]


def _findings(page: Page, axe: str, name: str) -> list[str]:
    found = [*axe_findings(page, axe), *(f"says {word}" for word in words(page))]
    found += audit_looks(page, LOOKS, f"teams-{name}")
    return [f"{name}: {line}" for line in [*found, *Told.by(page)]]


def _paths(stage: Busy) -> dict[str, str]:
    ids = stage.ids
    grid, tenure = ids["microgrid_id"], ids["tenure_id"]
    return {
        "home": "/teams/", "one": f"/teams/{grid}/", "roster": "/teams/roster/", "wall": "/teams/wall/",
        "who": "/teams/who/?q=刘家院子1栋", "cards": "/teams/door-cards/", "pages": "/teams/pages/",
        "designate": f"/teams/{grid}/designate/head/?q=邻居", "tenure": f"/teams/tenures/{tenure}/",
        "end": f"/teams/tenures/{tenure}/end/", "handover": f"/teams/{grid}/handover/",
        "preview": f"/teams/pages/{ids['building_id']}/", "my-cards": f"/teams/{grid}/door-cards/",
    }  # fmt: skip


@pytest.mark.parametrize("role", ["secretary", "head", "steward"])
def test_every_page_of_teams_measures_well(role: str, page_as: PageAs, stage: Busy, axe: str) -> None:
    page, found, seen = page_as(role), [], 0
    for name, path in _paths(stage).items():
        if page.request.get(path, max_redirects=0).status == 200:
            seen += 1
            page.goto(path)
            found += _findings(page, axe, f"{name}-{role}")
    assert seen >= 3
    assert not found, "\n".join(found)


def test_cards_are_a5_and_nothing_runs_over(page_as: PageAs, stage: Busy) -> None:
    page = page_as("secretary")
    page.goto(f"/teams/{stage.ids['microgrid_id']}/door-cards/")
    cards = page.locator(".card5")
    assert cards.count() == 2, "a micro-grid in two buildings"
    paper = page.pdf(prefer_css_page_size=True)
    sizes = {
        (round(float(p.mediabox.width) / 72 * 25.4), round(float(p.mediabox.height) / 72 * 25.4))
        for p in PdfReader(io.BytesIO(paper)).pages
    }
    assert (sizes, printed_pages(page)) == ({(148, 210)}, 2)
    page.emulate_media(media="print")
    for card in cards.all():
        over = card.evaluate("e => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]")
        assert max(over) <= 1, over


def test_negative_control_a_long_name_would_run_over(page_as: PageAs, stage: Busy) -> None:
    page = page_as("secretary")
    page.goto(f"/teams/{stage.ids['microgrid_id']}/door-cards/")
    page.emulate_media(media="print")
    card = page.locator(".card5").first
    card.evaluate("e => { e.querySelector('.c-name').textContent = '很长'.repeat(60); }")
    assert card.evaluate("e => e.scrollHeight - e.clientHeight") > 1


def test_the_wall_is_a_sheet_of_a4_or_a3(page_as: PageAs) -> None:
    page = page_as("officer")
    for size, wide in (("a4", 210), ("a3", 297)):
        page.goto(f"/teams/wall/?size={size}")
        pages = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
        assert [round(float(p.mediabox.width) / 72 * 25.4) for p in pages] == [wide]


def test_the_handover_pack_is_two_sheets_at_most(page_as: PageAs, stage: Busy) -> None:
    page = page_as("head")
    page.goto(f"/teams/{stage.ids['microgrid_id']}/handover/")
    assert printed_pages(page) <= 2
    assert "住＊＊" in page.locator(".packdoors").nth(1).inner_text()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_neighbour_reads_the_page_of_the_building_without_an_account(
    page_as: PageAs, stage: Busy, axe: str, settings: Settings, javascript: bool
) -> None:
    settings.XIAOJIA_PUBLIC_URL = "https://xiaojia.example"
    page = page_as("", width=390, text_size="large", javascript=javascript)
    page.goto(f"/b/{stage.ids['code']}/")
    assert page.get_by_text("有事找谁").first.is_visible()
    assert page.locator("a[href^='tel:023']").count() == 2
    assert page.locator("form").count() == 0, "nothing to sign in to, nothing to fill in"
    if javascript:
        assert not (found := _findings(page, axe, "public")), "\n".join(found)


def test_a_seat_is_filled_by_keyboard_and_without_a_script(page_as: PageAs) -> None:
    page = page_as("secretary", javascript=False)
    page.goto("/teams/")
    page.get_by_role("link", name="请家长").first.click()
    page.get_by_label("新的一位叫什么").fill("简素芬")
    page.get_by_label("为什么请这位").fill("楼上楼下都找她")
    page.get_by_role("button", name="请这位当家长").press("Enter")
    page.wait_for_url("**/teams/*/")
    assert "简素芬" in page.locator("main").inner_text()
    assert "记好了" in page.locator(".said").inner_text()
