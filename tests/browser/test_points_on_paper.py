"""The slip as a neighbour of seventy holds it: one A4, also with a full month."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta
from pathlib import Path

from tests.browser.conftest import PageAs
from tests.browser.looking import audit, printed_pages, set_look, shot
from tests.busy import Busy
from xiaojia.domains.ledger import actions
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered


def _a_full_month(stage: Busy) -> str:
    """A deed by the hour, gifts, rosters, goods, a correction within the month."""
    by, now, on = stage.place.officer, clock.now(), clock.today()
    member = stage.ids["member_id"]
    with entered(by.scope):
        for number in range(4):
            roster = actions.Roster("evening", str(number), "class_attended", on - timedelta(days=number))
            actions.attend_roster(by=by, at=now, roster=roster, member_ids=[member])
        actions.confirm_deed(by=by, at=now, deed_id=stage.ids["deed_id"])
        actions.donate(by=by, at=now, on=on, member_id=member, points=3, request_id=uuid.UUID(int=8))
        actions.settle_members(by=by, at=now, on=on)
        secretary = stage.place.secretary
        actions.reverse_award(by=secretary, at=now, on=on, correction_id=stage.ids["correction_id"])
    return f"/points/members/{member}/{on.year}/{on.month}/"


def test_a_slip_is_one_sheet_and_adds_up(page_as: PageAs, stage: Busy) -> None:
    page = page_as("officer")
    page.goto(_a_full_month(stage))
    assert page.inner_text("h1") == "为什么是这个分"
    month = page.locator("table").nth(0)
    numbers = [int(cell) for cell in month.locator("td.r").all_inner_texts()]
    assert numbers[0] + sum(numbers[1:-1]) == numbers[-1], "the column, as it stands on the sheet"
    assert len(numbers) > 10
    quarter = page.locator("table").nth(1)
    totals = [int(row.locator("td.r").last.inner_text()) for row in quarter.locator("tbody tr").all()]
    assert sum(totals[:3]) == totals[3]
    assert "零头不算" in month.inner_text()
    for width, size in ((1280, "standard"), (390, "standard"), (390, "xlarge")):
        set_look(page, width=width, text_size=size)
        assert audit(page, text_size=size) == []
        shot(page, f"slip-{width}-{size}")
    set_look(page, width=1280, text_size="standard")
    page.emulate_media(media="print")
    assert not page.is_visible(".noprint")
    page.set_viewport_size({"width": 665, "height": 1000})
    shot(page, "slip-print")
    if folder := os.environ.get("XIAOJIA_SCREENSHOTS"):
        Path(folder, "slip.pdf").write_bytes(page.pdf(prefer_css_page_size=True))
    assert printed_pages(page) == 1
    page.evaluate(
        "document.querySelectorAll('td').forEach(td => td.style.setProperty('height', '24mm', 'important'))"
    )
    assert printed_pages(page) > 1, "negative control: what is too long would be counted"
