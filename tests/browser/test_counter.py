"""The counter with a queue: by keyboard alone at a desk, by thumb in the largest print, and on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.browser.conftest import PageAs
from tests.browser.looking import (
    WIDTHS,
    Told,
    audit,
    axe_findings,
    press_until,
    printed_pages,
    set_look,
    shot,
    words,
)
from tests.busy import SINCE, Busy
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger import queries as ledger_queries
from xiaojia.domains.ledger.models import Member, Passbook
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people import actions as people
from xiaojia.domains.people import queries as people_queries
from xiaojia.domains.store import actions
from xiaojia.domains.store.models import Dayclose, Goods, Redemption
from xiaojia.domains.teams import actions as teams
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOOKS = [(width, "standard") for width in WIDTHS] + [(390, "xlarge"), (1280, "large")]


@pytest.fixture
def counter(stage: Busy) -> Busy:
    """The busy community with a clerk at the counter, and a neighbour with a passbook and points."""
    by, now = stage.place.secretary, clock.now()
    account = people.add_account(
        username="lx7-clerk", name="何桂芳（模拟）", password=yards.PASSWORD, is_simulated=True
    )
    with entered(by.scope):
        teams.begin_tenure(by=by, at=yards.NOW, account_id=account.pk, role="clerk", from_on=SINCE)
        more: dict[str, Any] = {"by": stage.place.officer, "at": now}
        ledger.issue_passbook(**more, on=clock.today(now), member_id=_member(3).pk)
    stage.accounts["clerk"] = account
    return stage


def _member(number: int) -> Member:
    return Member.objects.get(name=f"住户{number}")


def _office(stage: Busy) -> Any:
    return entered(stage.place.officer.scope)


def _balance(stage: Busy, number: int) -> int:
    with _office(stage):
        found = ledger_queries.balance(_member(number).pk, viewer=stage.place.officer)
    assert found is not None
    return found.available


def _building(stage: Busy, member: Member) -> str:
    """Where a member lives, as the clerk types it: "12栋"."""
    household = people_queries.household(member.household_id or 0, viewer=stage.place.officer)
    assert household is not None
    return f"{household.unit.building.name}栋"


class Eye:
    """Looks at each page that is passed: axe, words, and the ruler at one look or at all."""

    def __init__(self, page: Page, axe: str, looks: list[tuple[int, str]]) -> None:
        self.page, self.found, self._axe, self._looks = page, list[str](), axe, looks

    def look(self, name: str) -> None:
        """Everything that can be measured on the page as it stands."""
        add = self.found.extend
        add(f"{name}: {line}" for line in axe_findings(self.page, self._axe))
        add(f"{name}: says {word}" for word in words(self.page))
        for width, text_size in self._looks:
            set_look(self.page, width=width, text_size=text_size)
            lines = audit(self.page, text_size=text_size)
            add(f"{name} {width} {text_size}: {line}" for line in lines)
            shot(self.page, f"counter-{name}-{width}-{text_size}")
        add(f"{name}: {line}" for line in Told.by(self.page))


def _enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _focused(page: Page, selector: str) -> bool:
    """True as soon as it has the focus: keys before that go nowhere on a busy machine."""
    page.wait_for_function("s => document.hasFocus() && document.activeElement.matches(s)", arg=selector)
    return True


def test_a_queue_is_served_by_keyboard_alone(page_as: PageAs, counter: Busy) -> None:
    """Name and building, goods, pieces, done, next; passbook, set aside, code, handed out."""
    page = page_as("clerk")
    page.goto("/")
    page.bring_to_front()
    with _office(counter):
        member, book = _member(3), Passbook.objects.get(member=_member(3))
        soap = Goods.objects.get(name="肥皂")
        home = _building(counter, member)
    assert _focused(page, "#q"), "the field for whoever is next has the focus"
    before = _balance(counter, 3)
    page.keyboard.insert_text(f"住户3 {home}")
    _enter(page)
    assert "住户3" in page.locator("h1").inner_text()
    assert _focused(page, "#id_goods"), "what they take comes next"
    page.keyboard.type("2 号")
    press_until(page, "Tab", "#id_quantity", most=1)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("2")
    _enter(page)
    assert "肥皂 × 2" in page.locator("h1").inner_text()
    assert _balance(counter, 3) == before - 6
    assert _focused(page, "a.btn-main"), "下一位"
    _enter(page)
    assert _focused(page, "#q")
    page.keyboard.insert_text(book.number)
    _enter(page)
    assert _focused(page, "#id_goods")
    page.keyboard.type("2 号")
    press_until(page, "Tab", "button[value=keep]", most=5)
    _enter(page)
    code = page.locator(".bigno").inner_text()
    press_until(page, "Shift+Tab", ".back a", most=30)
    _enter(page)
    assert _focused(page, "#q")
    page.keyboard.insert_text(code)
    _enter(page)
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert "领走了" in page.locator("main").inner_text()
    with _office(counter):
        rows = Redemption.objects.filter(member=member).order_by("pk")
        assert [(r.goods_id, r.quantity, r.state) for r in rows] == [
            (soap.pk, 2, "collected"), (soap.pk, 1, "collected"),
        ]  # fmt: skip


def test_several_of_one_name_are_chosen_by_arrows(page_as: PageAs, counter: Busy) -> None:
    page = page_as("clerk")
    page.goto("/")
    page.bring_to_front()
    page.keyboard.insert_text("住户")
    _enter(page)
    rows = page.locator(".rows a.row")
    assert rows.count() > 3
    assert _focused(page, ".rows li:first-child a.row"), "the first found is under the hand"
    page.keyboard.press("ArrowDown")
    second = rows.nth(1).locator(".t").inner_text()
    _enter(page)
    assert page.locator("h1").inner_text().split("\n")[0].strip() == second.strip()


def test_a_second_press_on_a_slow_line_takes_nothing_twice(page_as: PageAs, counter: Busy) -> None:
    page = page_as("clerk")
    with _office(counter):
        member = _member(3)
    before = _balance(counter, 3)
    page.goto(f"/store/members/{member.pk}/")
    page.select_option("#id_goods", label=page.locator("#id_goods option").nth(2).inner_text())
    page.locator("button[value=take]").dblclick()
    page.wait_for_url("**/store/redemptions/*/")
    assert _balance(counter, 3) == before - 3
    page.go_back()
    page.locator("button[value=take]").click()
    assert "选一样东西" in page.locator(".errbox").inner_text(), "the page of before comes back empty"
    assert _balance(counter, 3) == before - 3


@pytest.fixture
def by_thumb(page_as: PageAs, counter: Busy) -> Page:
    """A clerk's phone in the largest print."""
    return page_as("clerk", width=390, text_size="xlarge")


def test_a_neighbour_is_served_by_thumb_in_the_largest_print(by_thumb: Page, axe: str, counter: Busy) -> None:
    page, eye = by_thumb, Eye(by_thumb, axe, [(390, "xlarge")])
    page.goto("/")
    eye.look("today")
    page.fill("#q", "住户")
    page.locator("form.find button").click()
    eye.look("found")
    page.locator(".rows a.row", has_text="住户3").first.click()
    eye.look("serve")
    page.locator("button[value=take]").click()
    assert "选一样东西" in page.locator(".errbox").inner_text()
    eye.look("nothing-chosen")
    page.select_option("#id_goods", index=8)
    page.fill("#id_quantity", "20")
    page.locator("button[value=take]").click()
    assert page.locator(".refuse").count() == 1, "too few points is one sentence"
    eye.look("too-few")
    page.fill("#id_quantity", "1")
    page.select_option("#id_goods", index=2)
    page.locator("details.more summary").first.click()
    page.select_option("#id_way", "delivery")
    page.fill("#id_note", "2 栋 3-1")
    eye.look("delivery")
    page.locator("button[value=keep]").click()
    eye.look("kept")
    page.locator("button[value=collect]").click()
    eye.look("handed-out")
    page.goto("/store/?q=没有这个人")
    eye.look("nobody")
    assert eye.found == []


PAPERS = {
    "/store/day/": 1,
    "/store/sheet/": 1,
    "/store/shelf/": 1,
}


def test_each_page_of_the_counter_at_every_look_and_on_paper(
    page_as: PageAs, axe: str, counter: Busy
) -> None:
    page = page_as("clerk")
    eye = Eye(page, axe, LOOKS)
    by, now = counter.place.officer, clock.now()
    with _office(counter):
        day: dict[str, Any] = {"by": by, "at": now, "on": clock.today(now), "day": clock.today(now)}
        actions.note_sheets(**day, count=2)
    for name, path in (
        ("home", "/"), ("counter", "/store/"), ("day-open", "/store/day/"), ("sheet", "/store/sheet/"),
        ("typed", "/store/sheet/typed/"), ("shelf", "/store/shelf/"), ("wanted", "/store/wanted/"),
    ):  # fmt: skip
        page.goto(path)
        eye.look(name)
        set_look(page, width=1280, text_size="standard")
    page.goto("/store/day/")
    page.locator("button[value=close]").click()
    eye.look("day-closed")
    with _office(counter):
        assert Dayclose.objects.count() == 1
        basket = actions.Basket(_member(3).pk, Goods.objects.get(name="肥皂").pk, 1, UUID(int=4711))
        actions.redeem_goods(by=by, at=now, on=clock.today(now), basket=basket)
    page.goto("/store/day/")
    set_look(page, width=1280, text_size="standard")
    eye.look("day-changed")
    set_look(page, width=1280, text_size="standard")
    page.fill("#id_reason", "关门以后又来了一位")
    page.locator("button[value=correct]").click()
    eye.look("day-corrected")
    assert eye.found == []
    for path, count in PAPERS.items():
        page.goto(path)
        assert printed_pages(page) == count, path


def test_the_passbook_is_one_page_whose_last_line_is_what_is_in_the_book(
    page_as: PageAs, axe: str, counter: Busy
) -> None:
    page = page_as("officer")
    eye = Eye(page, axe, LOOKS)
    page.goto(f"/points/members/{counter.ids['member_id']}/")
    eye.look("passbook")
    assert eye.found == []
    after = [int(cell) for cell in page.locator("table td.on").all_inner_texts()]
    moved = [int(cell) for cell in page.locator("table td.r:not(.on)").all_inner_texts()]
    assert len(moved) > 10
    assert [after[0] + sum(moved[:n]) for n in range(len(moved) + 1)] == after
    set_look(page, width=1280, text_size="standard")
    assert printed_pages(page) == 1


def test_each_page_about_kin_measures_well(page_as: PageAs, axe: str, counter: Busy) -> None:
    page = page_as("officer")
    eye = Eye(page, axe, LOOKS)
    page.goto(f"/points/members/{counter.ids['member_id']}/kin/")
    page.fill("#id_named", "住户4")
    page.locator("main .btn-main").click()
    assert "住户4" in page.locator(".rows").first.inner_text()
    eye.look("kin")
    page.locator("button[value=withdraw]").click()
    assert "还没有报过" in page.locator("main").inner_text()
    assert eye.found == []
