"""A real chromium on a live server: `page = page_as("secretary", width=390)`.

The server runs in threads of this process as the serving role, through the product's own middleware. Without
chromium these tests skip and say so; in CI (`CI=true`) they fail instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.looking import CHROMIUM, FLAGS, Told, axe_source, built_assets

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

    from tests.busy import Busy

PageAs = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker("browser")
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One chromium a file: while Playwright's loop runs in this thread, nobody else can start one."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium, and CI=true: the gate does not skip browser tests")
        pytest.skip("no chromium: install it (make setup names the command) to run the browser tests")
    if not built_assets().exists():
        pytest.fail("the pages' styles are not built: run make setup")
    # Django would take the running loop for an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def axe(browser: Browser) -> str:
    """axe-core, as the text that a page evaluates."""
    return axe_source()


@pytest.fixture
def stage() -> Busy:
    """A community in the middle of its work."""
    from tests.busy import busy  # models: this file is read before Django is set up
    from tests.kept import made_once

    return made_once(busy)


@pytest.fixture
def page_as(browser: Browser, live_server: LiveServer, stage: Busy) -> Iterator[PageAs]:
    """`page_as(role, width=1280, text_size="standard", javascript=True)`: a page of its own, signed in.

    `role` is one of `stage.accounts`, or "" for somebody who is not signed in. Paths are relative:
    `page.goto("/microgrids/")`. What the browser complained about stands in `told(page)`.
    """
    with ExitStack() as contexts:

        def open_page(
            role: str, *, width: int = 1280, text_size: str = "standard", javascript: bool = True
        ) -> Page:
            context = browser.new_context(
                base_url=live_server.url,
                viewport={"width": width, "height": 900},
                java_script_enabled=javascript,
                locale="zh-CN",
                reduced_motion="reduce",
            )
            contexts.callback(context.close)
            cookies = {"text_size": text_size}
            if role:
                client = Client()
                client.force_login(stage.accounts[role])
                cookies["sessionid"] = client.cookies["sessionid"].value
            for name, value in cookies.items():
                context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
            page = context.new_page()
            Told.listen(page)
            return page

        yield open_page


@pytest.fixture
def do_queued_work() -> Callable[[], int]:
    """Do what pages have queued, here and now, as the worker would; returns how many."""
    from xiaojia.kernel import work
    from xiaojia.kernel.models import Work

    def do() -> int:
        # In their order: a plan asked for later lets go of the drafts before it.
        queued = Work.objects.filter(state="queued").order_by("started_at")
        waiting = list(queued.values_list("pk", flat=True))
        for pk in waiting:
            work.perform(pk)
        return len(waiting)

    return do
