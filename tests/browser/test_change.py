"""有变化 in the browser: from what no longer fits to a chosen way, and the letters on paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PageAs
from tests.browser.looking import Told, audit_looks, axe_findings, printed_pages, words
from tests.busy import Busy
from xiaojia.domains.microgrids import actions
from xiaojia.domains.microgrids.tests import yards
from xiaojia.kernel.tenancy import entered

NEW = yards.Yard("刘家院子", "4", "1", 36, x=160.0, y=0.0)
LOOKS = [(1280, "standard"), (390, "standard"), (320, "standard"), (390, "xlarge"), (1280, "large")]


@pytest.fixture
def came(stage: Busy) -> Busy:
    """A building of 36 came to a community that was divided."""
    with entered(stage.place.secretary.scope):
        yards.settle(stage.place.secretary, [NEW])
    return stage


@pytest.fixture
def settled(came: Busy) -> Busy:
    """And both ways were worked out."""
    with entered(came.place.secretary.scope):
        drafts = actions.propose_change(by=came.place.officer, at=yards.NOW)
    came.ids["partition_id"] = drafts[0].pk
    return came


@pytest.mark.usefixtures("came")
def test_an_officer_goes_from_today_to_two_ways(page_as: PageAs, do_queued_work: Callable[[], int]) -> None:
    page = page_as("officer")
    page.goto("/")
    page.get_by_role("link", name="有变化").click()
    expect(page.get_by_text("36 户还没有小家。")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="算一算怎么办").click()
    assert do_queued_work() >= 1
    page.goto("/microgrids/change/")
    expect(page.get_by_role("heading", name="两个办法，放在一起看")).to_be_visible()
    assert page.locator(".duo > li").count() == 2
    expect(page.locator(".duo > li").first).to_contain_text("户要换小家")
    page.locator(".duo > li").first.get_by_role("link", name="哪几户").click()
    expect(page.get_by_role("listitem").filter(has_text="新来的")).to_contain_text("刘家院子 4 栋 1 单元")
    assert Told.by(page) == []


def test_the_pages_hold_at_every_width_and_letter_size(page_as: PageAs, settled: Busy, axe: str) -> None:
    page = page_as("officer")
    plan = f"plans/{settled.ids['partition_id']}"
    faults = []
    for path in ("change", f"{plan}/moves", f"{plan}/letters"):
        page.goto(f"/microgrids/{path}/")
        looked = audit_looks(page, LOOKS, f"change-{path.rpartition('/')[2]}")
        faults += [f"{path} {line}" for line in looked]
        faults += [f"{path}: {line}" for line in [*axe_findings(page, axe), *words(page), *Told.by(page)]]
    assert faults == []


def test_there_is_one_sheet_of_paper_a_letter(page_as: PageAs, settled: Busy) -> None:
    page = page_as("officer")
    page.goto(f"/microgrids/plans/{settled.ids['partition_id']}/letters/")
    count = page.locator(".card5").count()
    assert count >= 2
    assert printed_pages(page) == count
    page.locator(".card5").first.evaluate("card => { card.style.height = '90em'; }")
    assert printed_pages(page) > count, "negative control: a letter that does not fit is seen"
