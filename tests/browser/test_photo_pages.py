"""The pages of photos and of drafts measure well; the walk of every page sees no drafts."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import FilePayload, Page

from tests.browser.conftest import PageAs
from tests.browser.looking import audit_looks, axe_findings, words
from tests.busy import Busy

LOOKS = [(1280, "standard"), (390, "standard"), (360, "large"), (390, "xlarge")]


def _look_at(page: Page, name: str, axe: str) -> list[str]:
    return axe_findings(page, axe) + words(page) + audit_looks(page, LOOKS, name)


def test_photos_and_drafts_measure_well(
    page_as: PageAs, stage: Busy, axe: str, settings: Any, live_server: Any
) -> None:
    settings.XIAOJIA_PUBLIC_URL = live_server.url
    page = page_as("officer")
    found = []
    case = f"/cases/{stage.ids['case_id']}/"
    for name, path in (("photos", f"{case}photos/"), ("case", case), ("drafts", "/cases/drafts/")):
        page.goto(path)
        if name == "drafts":
            page.wait_for_selector("form:not([hidden])")
        found += [f"{name}: {line}" for line in _look_at(page, name, axe)]
    assert found == []


def test_a_photo_goes_in_by_the_form(page_as: PageAs, stage: Busy, settings: Any) -> None:
    page = page_as("officer", width=390, javascript=False)
    page.goto(f"/cases/{stage.ids['case_id']}/photos/")
    before = page.locator(".photos img").count()
    file: FilePayload = {"name": "x.txt", "mimeType": "text/plain", "buffer": b"no photo"}
    page.set_input_files("#id_photos", file)
    page.click("button.btn-main")
    assert "它不是 JPEG" in page.inner_text("main")
    assert page.locator(".photos img").count() == before == 1
    assert "放的" in (page.locator(".photos img").get_attribute("alt") or "")
    assert page.locator(".photos a").inner_text() == "", "nothing of the picture's words spills out"
    page.locator(".photos img").scroll_into_view_if_needed()  # a photo is only loaded where somebody looks
    page.wait_for_load_state("networkidle")
    assert page.evaluate("[...document.images].every((one) => one.complete && one.naturalWidth > 0)")
