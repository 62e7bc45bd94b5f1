"""Every page for every role, at every width and text size: nothing scrolls aside, shrinks or is cut off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Page

from tests.addresses import addresses
from tests.browser.conftest import PageAs
from tests.browser.looking import (
    BASE_PX,
    WIDTHS,
    Told,
    audit_looks,
    axe_findings,
    press_until,
    words,
)
from tests.busy import Busy

LOOKS = [(width, "standard") for width in WIDTHS] + [
    (390, "large"), (1280, "large"), (390, "xlarge"), (1280, "xlarge"),
]  # fmt: skip
QUOTED = {("registers:columns", "重点人员")}
"""The workbook's own heading beside the sentence that refuses it."""
MAIN = re.compile(r"<main.*</main>", re.DOTALL)
UNLIKE = re.compile(r'value="[^"]*"|nonce="[^"]*"|[0-9a-f-]{8,}|\d+')
"""What differs between two people who see the same."""

_measured: set[str] = set()
"""Skeletons of pages measured already: what is the same for the next role is not looked at again."""


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


def _skeleton(body: str) -> str:
    """A page's own part without what differs between two people who see the same."""
    main = MAIN.search(body)
    return UNLIKE.sub("", main[0] if main else body)


def _pages(page: Page, stage: Busy, found: Findings) -> Iterator[tuple[str, bool]]:
    """Each page's name, and whether it is one to look at: it is open then, and unlike all before.

    Files and addresses that only take POST are passed over, and all refusals but the first.
    """
    has_refusal = False
    asking = Client(raise_request_exception=False)
    for cookie in page.context.cookies():
        asking.cookies[cookie["name"]] = cookie["value"]
    for address in addresses():
        path = address.path(stage.ids)
        answer = asking.get(path)
        if answer.status_code >= 500:
            found.add(path, [f"answers {answer.status_code}"])
        is_refusal = answer.status_code in {403, 409}
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        if is_page and (answer.status_code == 200 or (is_refusal and not has_refusal)):
            has_refusal |= is_refusal
            if is_new := (skeleton := _skeleton(answer.content.decode())) not in _measured:
                _measured.add(skeleton)
                page.goto(path)
            yield address.name, is_new
        answer.close()


@pytest.mark.parametrize("role", ["secretary", "officer", "head", ""])
def test_every_page_measures_well(role: str, page_as: PageAs, stage: Busy, axe: str) -> None:
    page = page_as(role)
    page.add_init_script(axe)
    found = Findings()
    seen, looked_at = 0, 0
    for name, is_new in _pages(page, stage, found):
        seen += 1
        if not is_new:
            continue
        looked_at += 1
        found.add(name, axe_findings(page, axe))
        found.add(name, [f"says {word}" for word in words(page) if (name, word) not in QUOTED])
        found.add(name, audit_looks(page, LOOKS, f"{name.replace(':', '-')}-{role or 'nobody'}"))
        found.add(name, Told.by(page))
    assert seen >= 3
    assert looked_at >= 1, "the frame of this role"
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
