"""A case that somebody else reports stands on an open page without a reload."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.browser.conftest import PageAs
from tests.busy import Busy
from tests.running import eventually
from xiaojia.domains.cases import actions
from xiaojia.domains.cases.actions import Report
from xiaojia.domains.cases.models import Casekind
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered
from xiaojia.project.processes.tree import free_port, live

WORDS = "老樟树下的井盖翘起来了（模拟）"


def _report(stage: Busy) -> None:
    by = stage.place.officer
    with entered(by.scope):
        kind = Casekind.objects.get(code="L0201", valid_until_on=None, community_id=by.community_id).pk
        actions.report_case(by=by, at=clock.now(), report=Report(kind, WORDS))


def test_the_officers_desk_counts_what_comes(page_as: PageAs, stage: Busy, settings: Any) -> None:
    """Today's clocks of the desk and of the box are the same part, asked again by the same sign."""
    for path in ("/", "/cases/new/"):
        page = page_as("officer")
        page.goto(path)
        page.evaluate("document.querySelector('#fresh').dataset.isOld = '1'")
        page.evaluate("htmx.trigger(document.body, 'live')")
        page.wait_for_selector("#fresh:not([data-is-old]) .panel", timeout=60_000)
        assert page.locator("#fresh").count() == 1


@pytest.mark.parametrize("has_stream", [True, False])
def test_a_new_case_comes_by_itself(
    page_as: PageAs, stage: Busy, settings: Any, has_stream: bool, live_server: Any
) -> None:
    """With the stream; and the negative control, that it is the stream that brings it."""
    port = free_port(8900 + os.getpid() % 200, "127.0.0.1")
    child = live(port, "127.0.0.1", dict(os.environ))
    child.start()
    try:
        if has_stream:
            settings.XIAOJIA_LIVE_PORT = str(port)
        page = page_as("officer")
        page.goto("/cases/?view=open&place=")
        page.evaluate("window.isSamePage = true")
        before = page.locator("#fresh").inner_text()
        assert WORDS not in before
        if has_stream:
            page.wait_for_selector("[data-live][data-state=open]", state="attached", timeout=60_000)
            page.wait_for_timeout(1000)
        _report(stage)
        count = page.locator("#fresh > p").first
        if has_stream:
            eventually("the list counts one more", lambda: count.inner_text() != before.split("\n")[0])
            assert page.evaluate("window.isSamePage")
        else:
            page.wait_for_timeout(3000)
            assert count.inner_text() == before.split("\n")[0]
            page.evaluate("htmx.trigger(document.body, 'live')")
            eventually("asked again, it comes", lambda: count.inner_text() != before.split("\n")[0])
    finally:
        child.stop()
        child.wait(0)
