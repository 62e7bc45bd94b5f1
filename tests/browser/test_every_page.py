"""Every page for every role, at every width and text size: nothing scrolls aside, shrinks or is cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from playwright.sync_api import Page

from tests.addresses import addresses
from tests.browser.conftest import PageAs
from tests.browser.looking import (
    BASE_PX,
    WIDTHS,
    Told,
    audit,
    axe_findings,
    press_until,
    set_look,
    shot,
    words,
)
from tests.busy import Busy

LOOKS = [(width, "standard") for width in WIDTHS] + [
    (390, "large"), (1280, "large"), (390, "xlarge"), (1280, "xlarge"),
]  # fmt: skip
QUOTED = {("registers:columns", "重点人员")}
"""The workbook's own heading beside the sentence that refuses it."""
SKELETON = """() => (document.querySelector("main") || document.body).outerHTML
  .replace(/value="[^"]*"|[0-9a-f-]{8,}|\\d+/g, "")"""
"""A page's own part without what differs between two people who see the same."""
PICTURES = {(1280, "standard"), (390, "standard"), (390, "xlarge")}


_measured: set[str] = set()
"""Pages measured already: what is the same for the next role is only listened to, not measured again."""


class Findings:
    """Which finding stands on which pages, so that one fault of the frame is one line."""

    def __init__(self) -> None:
        self._where: dict[str, list[str]] = {}

    def add(self, where: str, lines: Iterable[str]) -> None:
        """Findings at one place."""
        for line in lines:
            self._where.setdefault(line, []).append(where)

    def __str__(self) -> str:
        return "\n".join(f"{line}  [{len(w)}: {', '.join(w[:4])}]" for line, w in self._where.items())


def _pages(page: Page, stage: Busy, found: Findings) -> Iterator[str]:
    """Open one page after the other; files and addresses that only take POST are passed over.

    Of all the pages that are refused, one is enough.
    """
    has_refusal = False
    for address in addresses():
        path = address.path(stage.ids)
        answer = page.request.get(path, max_redirects=0)
        if answer.status >= 500:
            found.add(path, [f"answers {answer.status}"])
        is_refusal = answer.status in {403, 409}
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        if is_page and (answer.status == 200 or (is_refusal and not has_refusal)):
            has_refusal |= is_refusal
            page.goto(path)
            yield address.name


@pytest.mark.parametrize("role", ["secretary", "officer", "head", ""])
def test_every_page_measures_well(role: str, page_as: PageAs, stage: Busy, axe: str) -> None:
    page = page_as(role)
    found = Findings()
    seen = 0
    for name in _pages(page, stage, found):
        seen += 1
        if (skeleton := page.evaluate(SKELETON)) in _measured:
            found.add(name, Told.by(page))
            continue
        _measured.add(skeleton)
        found.add(name, axe_findings(page, axe))
        found.add(name, [f"says {word}" for word in words(page) if (name, word) not in QUOTED])
        for width, text_size in LOOKS:
            set_look(page, width=width, text_size=text_size)
            found.add(f"{name} {width} {text_size}", audit(page, text_size=text_size))
            if (width, text_size) in PICTURES:
                shot(page, f"{name.replace(':', '-')}-{role or 'nobody'}-{width}-{text_size}")
        set_look(page, width=1280, text_size="standard")
        found.add(name, Told.by(page))
    assert seen >= 3
    assert not str(found), str(found)


@pytest.mark.parametrize("text_size", BASE_PX)
def test_the_text_size_is_there_from_the_first_byte(text_size: str, page_as: PageAs) -> None:
    page = page_as("secretary", text_size=text_size, javascript=False)
    page.goto("/")
    letters = page.locator("main").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert letters == BASE_PX[text_size]


def test_the_first_tab_skips_to_the_text(page_as: PageAs) -> None:
    page = page_as("secretary")
    page.goto("/")
    press_until(page, "Tab", ".skip", most=1)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_somebody_signs_in_and_out_without_a_script(page_as: PageAs, stage: Busy) -> None:
    from xiaojia.domains.microgrids.tests.yards import PASSWORD

    page = page_as("", javascript=False)
    page.goto("/")
    page.locator("[name=username]").fill(stage.accounts["secretary"].username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("/")
    assert "唐国梁" in page.locator("header").inner_text()
