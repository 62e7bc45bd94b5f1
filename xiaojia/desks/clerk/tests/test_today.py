"""A clerk's first page: whoever is next first, then one thing to do with its reason, then the rest."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from tests import cast
from xiaojia.desks.clerk.next_things import CLOSING_HOUR, Desk, next_things
from xiaojia.domains.store import actions
from xiaojia.domains.store.queries import Low, Sheet
from xiaojia.domains.store.tests.counter import Counter
from xiaojia.kernel.tenancy import entered

DAY = timedelta(days=1)
NOTHING = Desk(date(2026, 3, 2), 9, 0, None, False, (), ())


def _page(here: Counter, monkeypatch: pytest.MonkeyPatch, at: datetime = cast.NOW) -> str:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: at)
    client = Client()
    client.force_login(here.stage.here.here.accounts["clerk"])
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def _close(here: Counter, on: date) -> None:
    with entered(here.clerk.scope):
        actions.close_day(by=here.clerk, at=cast.NOW, on=on, day_on=on)


def test_things_stand_in_the_order_in_which_they_would_be_missed() -> None:
    on = NOTHING.on
    desk = Desk(
        on, CLOSING_HOUR, 2, on - DAY, True, (Sheet(on - DAY, 2, 0), Sheet(on - DAY, 1, 3)),
        (Low(7, 3, "盐", "袋", 1, 4),),
    )  # fmt: skip
    told = [(thing.title, thing.why) for thing in next_things(desk)]
    assert told == [
        ("2 份留着的今天到期，打电话问一声", "没人来领，东西回货架，分回存折"),
        ("3月1日第 2 张纸单要补录", "断网的时候写的"),
        ("3月1日第 1 张纸单要补录", "有 3 行没记上"),
        ("3月1日的账还没结", "照着数一遍货架，对上了就结"),
        ("3月2日的账还没结", "照着数一遍货架，对上了就结"),
        ("盐只剩 1 袋，该进货了", "这七天换走了 4 袋"),
    ]


@pytest.mark.parametrize(
    ("hour", "is_open", "count"), [(CLOSING_HOUR, True, 1), (CLOSING_HOUR - 1, True, 0), (20, False, 0)]
)
def test_today_is_closed_in_the_evening_and_only_if_something_happened(
    hour: int, is_open: bool, count: int
) -> None:
    assert len(next_things(Desk(NOTHING.on, hour, 0, None, is_open, (), ()))) == count


def test_an_empty_day_says_so(here: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    page = _page(here, monkeypatch)
    for words in ("今天还没有人来换", "没有要补办的，这样就好", "没有等着领的"):
        assert words in page
    assert page.count("btn-main") == 1, "one red button: find whoever is next"
    assert 'action="/store/"' in page


def test_the_page_tells_today_what_ends_today_and_what_to_do(
    here: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.redeem("住户甲", "热水壶")
    here.reserve("住户乙", "肥皂", 2, way="delivery", note="1 栋 1-1")
    page = _page(here, monkeypatch)
    assert "单 1 件，用了 10 分。" in page
    assert "热水壶只剩 0 个，该进货了" in page
    assert "送到 1 栋 1-1" in page
    assert "今天到期" not in page
    last = _page(here, monkeypatch, cast.NOW + 3 * DAY)
    assert "1 份留着的今天到期" in last
    assert "今天到期" in last
    assert "3月2日的账还没结" in last
    _close(here, cast.TODAY)
    assert "3月2日的账还没结" not in _page(here, monkeypatch, cast.NOW + 3 * DAY)
    assert "今天的账结好了" in _page(here, monkeypatch)


def test_it_asks_the_same_for_one_waiting_and_for_thirty(
    here: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for quantity in (1, 29):
        for _more in range(quantity):
            here.reserve("住户丁", "肥皂")
            here.stage.give("住户丁", 3)
        with CaptureQueriesContext(connection) as seen:
            _page(here, monkeypatch)
        counts.append(len(seen))
    assert counts[0] == counts[1]
