"""A case from the box to its end, as people do it: by keyboard at a desk, by thumb in the largest print."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache

from tests.browser.conftest import PageAs
from tests.browser.looking import Told, audit, axe_findings, press_until, printed_pages, shot, words
from tests.busy import Busy
from xiaojia.domains.cases import actions
from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.sheets import link_token
from xiaojia.domains.cases.views.public import MOST_REPORTS
from xiaojia.domains.receipts.views import MOST_LOOKS
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

if TYPE_CHECKING:
    from playwright.sync_api import Page

HEARD = "和平路1栋三楼水管漏水，地上全是水（模拟）"
WILD = "<b>井盖</b>翘了 😀 \"'"


class Hand:
    """One person at one page, by keyboard alone or by thumb; every page they pass is measured."""

    def __init__(self, page: Page, axe: str, *, has_keyboard: bool, text_size: str = "standard") -> None:
        self.page, self.found = page, list[str]()
        if not has_keyboard:
            page.add_init_script(axe)
        self._axe, self._has_keyboard, self._text_size = axe, has_keyboard, text_size

    def go(self, path: str) -> None:
        """Open an address."""
        self.page.goto(path)
        self._measure()

    def press(self, selector: str) -> None:
        """Follow a link or press a button, and look at the page that comes."""
        if self._has_keyboard:
            press_until(self.page, "Tab", selector)
            with self.page.expect_navigation():
                self.page.keyboard.press("Enter")
        else:
            with self.page.expect_navigation():
                self.page.click(selector)
        self._measure()

    def type(self, selector: str, text: str) -> None:
        """Write into a field."""
        if self._has_keyboard:
            press_until(self.page, "Tab", selector)
            self.page.keyboard.insert_text(text)
        else:
            self.page.fill(selector, text)

    def choose(self, selector: str, value: str) -> None:
        """Choose one of a list."""
        if not self._has_keyboard:
            self.page.select_option(selector, value)
            return
        press_until(self.page, "Tab", selector)
        for _line in range(40):
            if self.page.input_value(selector) == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} is not reached in {selector}")

    def step(self, action: str, **fields: str) -> None:
        """One step of a case: its button, its form if it has one."""
        self.press(f"[href$='/{action}/'], form[action$='/{action}/'] button")
        if fields:
            for name, value in fields.items():
                control = self.page.locator(f"#id_{name}").evaluate("e => e.tagName")
                (self.choose if control == "SELECT" else self.type)(f"#id_{name}", value)
            self.press("main form .btn-main")

    def text(self) -> str:
        """What the page says."""
        return self.page.inner_text("main")

    def _measure(self) -> None:
        where = self.page.url.partition("//")[2].partition("/")[2]
        lines = [*audit(self.page, text_size=self._text_size), *words(self.page), *Told.by(self.page)]
        if not self._has_keyboard:  # the same pages, and axe takes its time
            lines += axe_findings(self.page, self._axe)
        self.found += [f"{where}: {line}" for line in lines]


@pytest.fixture(autouse=True)
def _fresh_limits(stage: Busy) -> None:
    cache.clear()


@pytest.fixture
def hand(page_as: PageAs, axe: str) -> Iterator[Any]:
    """`hand(role, **look)`; in the end none of the pages that were passed may have a finding."""
    hands: list[Hand] = []

    def make(role: str, *, has_keyboard: bool = False, width: int = 390, text_size: str = "standard") -> Hand:
        page = page_as(role, width=width, text_size=text_size)
        hands.append(Hand(page, axe, has_keyboard=has_keyboard, text_size=text_size))
        return hands[-1]

    yield make
    assert not (found := sorted({line for one in hands for line in one.found})), "\n".join(found)


@pytest.mark.parametrize("has_keyboard", [True, False])
def test_from_the_box_to_the_end(hand: Any, stage: Busy, has_keyboard: bool) -> None:
    look: dict[str, Any] = {"width": 1280} if has_keyboard else {"width": 390, "text_size": "xlarge"}
    officer = hand("officer", has_keyboard=has_keyboard, **look)
    officer.go("/cases/new/")
    officer.type("#id_text", HEARD)
    officer.press("[value=look]")
    assert "因为写了" in officer.text()
    assert officer.page.input_value("#id_text") == HEARD, "nothing typed is lost"
    officer.press("[value=keep]")
    case = officer.page.url
    assert "回执号" in officer.page.inner_text(".said")
    officer.step("accept")
    head = stage.accounts["head"]
    officer.step("assign", who=f"head:{head.pk}")
    assert head.name in officer.text()
    officer.press("[href$='/part/']")
    officer.type("#id_text", "物业来关总阀（模拟）")
    officer.choose("#id_casekind", str(stage.ids["casekind_id"]))
    officer.press("main form .btn-main")
    part = officer.page.url

    neighbour = hand("head", has_keyboard=has_keyboard, **look)
    neighbour.go(case)
    assert neighbour.page.locator(f"a[href$='{part.rstrip('/').rpartition('/')[2]}/']").count() == 1
    neighbour.step("start")
    neighbour.step("finish", text="关了阀，擦干了（模拟）")
    assert neighbour.page.locator("[href$='/verify/']").count() == 0, "nobody verifies their own work"

    officer.go(case)
    assert officer.page.locator("[href$='/verify/']").count() == 0, "a part is not done yet"
    officer.go(part)
    officer.step("withdraw", text="阀已经关了（模拟）")
    officer.go(case)
    officer.step("verify", result="1", text="去看了，不漏了（模拟）")
    assert "解决了" in officer.text()
    shot(officer.page, f"case-over-{look['width']}")
    with entered(stage.place.officer.scope):
        done = Case.objects.get(pk=case.rstrip("/").rpartition("/")[2])
    assert (done.state, done.result, done.verified_by_id) == (60, 1, stage.accounts["officer"].pk)
    assert printed_pages(officer.page) == 1, "a case and its history on one sheet"


def test_an_open_case_follows_what_others_do_and_a_form_keeps_what_is_typed(hand: Any, stage: Busy) -> None:
    """The sign of the stream is given by hand here; that the stream gives it stands in test_live_desk."""
    code = _reported(stage)
    with entered(stage.place.officer.scope):
        case_id = Case.objects.get(receipt_code=code).pk
    watcher, writer = hand("officer"), hand("officer")
    for one, path in ((watcher, ""), (writer, "answer/")):
        one.go(f"/cases/{case_id}/{path}")
        one.page.evaluate("window.isSamePage = true")
    writer.type("#id_text", "电话里说清楚了（模拟）")
    writer.choose("#id_result", "3")
    assert "刚报上来" in watcher.text()
    _move(stage, code, "accept")
    _move(stage, code, "decline", text="归水厂管", handler="水厂")
    for one in (watcher, writer):
        one.page.evaluate("window.htmx && htmx.trigger(document.body, 'live')")
    watcher.page.wait_for_selector("dd:has-text('转给别处办')", timeout=60_000)
    assert watcher.page.evaluate("window.isSamePage && !document.querySelector('[href$=\"/accept/\"]')")
    assert writer.page.input_value("#id_text") == "电话里说清楚了（模拟）"
    writer.press("main form .btn-main")
    assert "别人刚刚动过" in writer.text()
    assert writer.page.input_value("#id_text") == "电话里说清楚了（模拟）", "refused, and nothing is lost"


def test_a_report_without_an_account_and_what_its_holder_may_say(
    hand: Any, stage: Busy, settings: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.XIAOJIA_PUBLIC_URL = live_server.url
    nobody = hand("", text_size="large")
    nobody.go(f"/b/{stage.ids['code']}/")
    nobody.press("[href$='/say/']")
    shot(nobody.page, "say-390-large")
    nobody.type("#id_place_text", "门口（模拟）")
    nobody.press("main form .btn-main")
    assert "写一句出了什么事" in nobody.text()
    assert nobody.page.input_value("#id_place_text") == "门口（模拟）"
    nobody.type("#id_text", WILD)
    nobody.press("main form .btn-main")
    link = nobody.page.url
    assert "/r/link/" in link
    with entered(stage.place.officer.scope):
        case = Case.objects.order_by("-changed_at").first()
    assert case is not None
    assert (case.text, case.source, case.place_text) == (WILD, "page", "门口（模拟）")
    nobody.page.click("summary")
    nobody.type("#id_text", "盖回去了（模拟）")
    nobody.press("main form .btn-wide")
    assert "撤回" in nobody.text()
    assert nobody.page.locator("summary").count() == 0, "nothing more to say"

    officer = hand("officer", width=1280)
    officer.go(f"/cases/{case.pk}/")
    assert WILD in officer.text(), "as it was typed, never as a tag"

    code = _reported(stage)
    _move(stage, code, "answer", text="修了", result=1)
    answered = f"/r/link/{link_token(code)}/"
    nobody.go(answered)
    assert "没解决" in nobody.text()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=8))
    nobody.go(answered)
    assert nobody.page.locator("summary").count() == 0, "seven days are over"
    monkeypatch.setattr(clock, "now", lambda: now)
    nobody.go(answered)
    nobody.page.click("summary")
    nobody.type("#id_text", "还在漏（模拟）")
    nobody.press("main form .btn-wide")
    assert "再办" in nobody.text()


def test_too_many_reports_and_wrong_codes_get_a_sentence(
    hand: Any, stage: Busy, settings: Any, live_server: Any
) -> None:
    settings.XIAOJIA_PUBLIC_URL = live_server.url
    nobody = hand("")
    for number in range(MOST_REPORTS + 1):
        nobody.page.goto(f"/b/{stage.ids['code']}/say/")
        nobody.type("#id_text", f"路灯不亮，第{number + 1}回说（模拟）")
        nobody.page.click("main form .btn-main")
        assert ("/r/link/" in nobody.page.url) == (number < MOST_REPORTS), nobody.text()
    assert "歇一歇" in nobody.text()
    assert "路灯" in nobody.page.input_value("#id_text")
    nobody.go("/r/")
    nobody.type("#id_code", "12345678")
    nobody.press("main form .btn-main")
    assert "没找到" in nobody.text()
    right = f"/r/{stage.ids['receipt.code']}/"
    assert nobody.page.request.get(right).ok
    for _look in range(MOST_LOOKS):
        nobody.page.request.get("/r/12345678/")
    nobody.go(right)
    assert "没找到" in nobody.text(), "whoever guesses gets one answer, to the right code too"


def _reported(stage: Busy) -> str:
    """The receipt of a case that was reported just now."""
    by = stage.place.officer
    with entered(by.scope):
        report = actions.Report(stage.ids["casekind_id"], "过道漏水（模拟）")
        return actions.report_case(by=by, at=clock.now(), report=report).receipt_code


def _move(stage: Busy, code: str, action: str, **more: Any) -> None:
    by = stage.place.officer
    with entered(by.scope):
        case_id = Case.objects.get(receipt_code=code).pk
        actions.move_case(by=by, at=clock.now(), case_id=case_id, move=actions.Move(action, **more))
