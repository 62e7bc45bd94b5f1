"""谁看过我 on paper: one line a day, person and reason, in words; asking is written down as well."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from tests import cast
from tests.sharing import Once
from xiaojia.desks.finding import looked
from xiaojia.domains.people import actions
from xiaojia.domains.people.models import Resident, Viewlog
from xiaojia.domains.people.queries import View
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

PACKAGE = Path(looked.__file__).resolve().parents[2]
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def _view(minutes: int, name: str = "邓明礼", screen: str = "household") -> View:
    return View(AT - timedelta(minutes=minutes), name, "head", "look_up", screen)


def test_a_day_of_one_person_is_one_line_with_its_newest_times() -> None:
    sheet = looked.sheet([_view(n) for n in range(5)] + [_view(9, "秦晓兰"), _view(9, screen="find")])
    [(month, lines)] = sheet.months
    assert (month.year, month.month) == (2026, 3)
    assert [(line.name, line.count, len(line.times), line.more) for line in lines] == [
        ("邓明礼", 5, 3, 2),
        ("秦晓兰", 1, 1, 0),
        ("邓明礼", 1, 1, 0),
    ]
    assert f"{lines[0].times[0]:%H:%M}" == "12:00", "the community's own time"
    assert (sheet.person_count, sheet.view_count) == (2, 7)


def test_days_and_months_do_not_run_together() -> None:
    sheet = looked.sheet([_view(0), _view(24 * 60), _view(24 * 60 * 40)])
    assert [len(lines) for _month, lines in sheet.months] == [2, 1]


def _words_used(text: str) -> set[tuple[str, str]]:
    return set(re.findall(r'reason="([a-z_ ]+)",\s*screen="([a-z_ ]+)"', text))


def test_every_reason_and_screen_has_a_word() -> None:
    used = set()
    for path in PACKAGE.rglob("*.py"):
        if "tests" not in path.parts:
            used |= _words_used(path.read_text(encoding="utf-8"))
    assert len(used) >= 6, "the search works"
    assert {reason for reason, _screen in used} <= set(looked.REASONS)
    assert {screen for _reason, screen in used} <= set(looked.SCREENS)
    assert _words_used('log_view(reason="nosy",\n  screen="ghost")') == {("nosy", "ghost")}


@pytest.fixture
def people(once: Once, monkeypatch: pytest.MonkeyPatch) -> cast.Cast:
    monkeypatch.setattr("xiaojia.kernel.clock.today", lambda at=None: cast.TODAY)
    return once(cast.build)


def _client(people: cast.Cast, role: str) -> Client:
    client = Client()
    client.force_login(people.here.accounts[role])
    return client


def test_asking_stands_on_the_sheet_itself(people: cast.Cast) -> None:
    household_id = people.here.household_ids[0]
    page = _client(people, "officer").get(f"/households/{household_id}/views/").content.decode()
    assert "住户本人来问：谁看过的单子" in page
    assert "秦晓兰" in page
    with entered(people.actor("secretary").scope):
        [log] = Viewlog.objects.all()
        assert (log.reason, log.screen, log.household_ids) == ("asked", "views", [household_id])


def test_the_sheet_tells_of_twelve_months(people: cast.Cast) -> None:
    head, household_id = people.actor("head"), people.here.household_ids[0]
    now = clock.now()
    with entered(head.scope):
        for days, screen in ((300, "neighbours"), (400, "handover")):
            actions.log_view(
                viewer=head, at=now - timedelta(days=days), reason="look_up", screen=screen,
                household_ids=people.here.household_ids,
            )  # fmt: skip
    page = _client(people, "officer").get(f"/households/{household_id}/views/").content.decode()
    assert "邻居名单" in page
    assert "交接本" not in page
    assert "2 个人一共看过 2 次" in re.sub(r"<[^>]+>", "", page)


def test_a_yes_is_taken_back_with_two_clicks_and_hides_the_name_at_once(people: cast.Cast) -> None:
    """From the line that finds the household: its page, and the button on it. No question in between."""
    household_id = people.here.household_ids[0]
    officer = people.actor("officer")
    with entered(officer.scope):
        resident = Resident.objects.get(household_id=household_id)
        actions.give_consent(by=officer, at=cast.NOW, resident_id=resident.pk, purpose="contact_card")
    head, client = _client(people, "head"), _client(people, "officer")
    assert "住户0" in head.get(f"/households/{household_id}/").content.decode()
    found = client.get("/find/", {"q": "住户0 1栋"}).content.decode()
    [first] = re.findall(r'<a class="row" href="([^"]+)"', found)
    page = unescape(client.get(first).content.decode())
    [form] = re.findall(
        r'<form method="post" action="([^"]+consent/)".*?name="says" value="(\w+)"', page, re.S
    )
    assert form[1] == "no"
    done = client.post(form[0], {"resident": str(resident.pk), "says": form[1]})
    assert done.status_code == 302, "no page that asks again"
    assert "住户0" not in head.get(f"/households/{household_id}/").content.decode()
