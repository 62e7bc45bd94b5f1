"""What is printed so that people can trust: 谁看过我 in a minute, and the recovery sheet on one page."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.browser.conftest import PageAs
from tests.browser.looking import audit_looks, printed_pages, shot
from tests.busy import Busy
from xiaojia.domains.people import actions
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered
from xiaojia.project.safekeeping import sheet_page


def _a_year_of_views(stage: Busy) -> None:
    """Somebody looks every fourth day, up to five times; the newest yesterday at noon."""
    noon = clock.now().replace(hour=4)
    household_id = stage.ids["household_id"]
    head = stage.accounts["head"]
    with entered(stage.place.officer.scope):
        for n in range(90):
            by = stage.place.officer if n % 3 else stage.place.secretary
            by = Actor(head.pk, "head", by.community_id, by.scope) if n % 7 == 0 else by
            for minutes in (0, 40, 55, 70, 90)[: n % 5 + 1]:
                actions.log_view(
                    viewer=by, at=noon - timedelta(days=4 * n + 1, minutes=minutes),
                    reason=("look_up", "hand_over", "designate", "register")[n % 4],
                    screen=("household", "handover", "designate", "register rows")[n % 4],
                    household_ids=[household_id],
                )  # fmt: skip


def test_who_looked_is_on_paper_three_clicks_after_the_resident_asked(page_as: PageAs, stage: Busy) -> None:
    _a_year_of_views(stage)
    page = page_as("officer")
    page.goto("/find/")
    page.fill("main input[name=q]", "住户0")
    page.keyboard.press("Enter")
    page.click("main a.row >> nth=0")
    page.click("main >> text=谁看过这一户")
    assert page.inner_text("h1") == "谁看过这一户"
    assert page.is_visible("button[data-print]")
    assert page.locator(".looked li").count() == 93, "90 days, and the three pages of this asking"
    text = page.inner_text("main")
    assert "住户本人来问：谁看过的单子" in text
    assert "还有 2 次" in text, "five times on one day are three times and two more"
    assert "look_up" not in text
    looks = [(1280, "standard"), (390, "standard"), (390, "xlarge")]
    assert audit_looks(page, looks, "who-looked") == []
    assert printed_pages(page) <= 4
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 665, "height": 1000})
    shot(page, "who-looked-print")
    _keep_pdf(page.pdf(prefer_css_page_size=True), "who-looked")


def test_the_recovery_sheet_is_one_page_of_a4(page_as: PageAs, tmp_path: Path) -> None:
    page = page_as("", width=820)
    paper = tmp_path / "sheet.html"
    paper.write_text(
        sheet_page.as_html(bytes(range(32)), at=datetime(2026, 3, 2, tzinfo=UTC)), encoding="utf-8"
    )
    page.goto(paper.as_uri())
    assert page.locator("li b").count() == 17
    assert printed_pages(page) == 1
    for group in page.locator("li b").all():
        box = group.bounding_box()
        assert box is not None
        assert box["height"] < 60, "a group stands on one line"
    shot(page, "recovery-sheet")
    _keep_pdf(page.pdf(prefer_css_page_size=True), "recovery-sheet")
    page.add_style_tag(content="li b { font-size: 90pt !important; line-height: 2 !important }")
    assert printed_pages(page) > 1, "negative control: what is too large would be counted"


def _keep_pdf(pdf: bytes, name: str) -> None:
    """The paper itself, for a person to look at."""
    folder = os.environ.get("XIAOJIA_SCREENSHOTS")
    if folder:
        Path(folder, f"{name}.pdf").write_bytes(pdf)
