"""The year (R10): even chances, ties all in, pinyin order, every award told in a few lines."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from django.test import Client

from xiaojia.domains.ledger.models import Member
from xiaojia.domains.recognition import actions, queries
from xiaojia.domains.recognition.forms import YearForm
from xiaojia.domains.recognition.models import Appraisal, Yearvalue
from xiaojia.domains.recognition.queries.own import appraised
from xiaojia.domains.recognition.tests.stage import Circle
from xiaojia.engines.scoring import appraisal_lines
from xiaojia.kernel import clock
from xiaojia.kernel.models import AuditDetail

AT = datetime(2027, 1, 21, 2, 0, tzinfo=UTC)
STORIES = {4: "楼上楼下的灯都是他换的", 5: "天天陪老人下楼走走", 12: "下雨先收邻居的衣服"}
"""Place in `Circle.ids` -> what neighbours tell; the last lives in the other micro-grid."""


@pytest.fixture
def year(here: Circle) -> Circle:
    """A year of four closed quarters in which three people did the same and are thought of the same."""
    doers = [here.ids[place] for place in STORIES]
    for number in (1, 2):
        here.do_good(*doers, on=date(2026, number, 3))
        month = here.open(date(2026, number, 1), at=datetime(2026, number, 26, 2, 0, tzinfo=UTC), seed=number)
        here.fill(month)
        here.close(month)
    with here.office() as officer:
        for place, text in STORIES.items():
            actions.tell_story(by=officer, at=AT, year=2026, member_id=here.ids[place], text=text)
        for number in (1, 2, 3, 4):
            actions.close_quarter(by=officer, at=AT, year=2026, number=number)
    return here


@pytest.fixture
def next_january(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda _at=AT: date(2027, 1, 21))


def _rows(year: Circle, bar: int) -> dict[int, Yearvalue]:
    with year.office("secretary") as secretary:
        appraisal = actions.close_year(
            by=secretary, at=AT, year=2026, bars=dict.fromkeys(("head", "volunteer", "household"), bar)
        )
        return {row.member_id: row for row in Yearvalue.objects.filter(appraisal=appraisal)}


def _totals(year: Circle) -> set[int]:
    """Totals of the doers who share a category, in a year that is taken back again."""
    with transaction.atomic():
        rows = _rows(year, 0)
        transaction.set_rollback(True)
    return {rows[year.ids[place]].total for place in (4, 5)}


def test_whoever_reaches_the_bar_is_in_and_ties_are_all_in(year: Circle) -> None:
    (total,) = _totals(year)
    rows = _rows(year, total)
    assert {rows[year.ids[place]].is_awarded for place in (4, 5)} == {True}, "exactly at the bar, both"
    listed = queries.awards(2026, viewer=year.actor("volunteer"))
    with year.office():
        order = list(Member.objects.order_by("sort_key", "pk").values_list("name", flat=True))
    for _category, awarded in listed:
        places = [order.index(one.name) for one in awarded]
        assert places == sorted(places), "in pinyin order"
    assert len([one for _category, awarded in listed for one in awarded]) >= 2


def test_negative_control_a_tenth_above_nobody_of_them_is_in(year: Circle) -> None:
    (total,) = _totals(year)
    rows = _rows(year, total + 1)
    assert {rows[year.ids[place]].is_awarded for place in (4, 5)} == {False}


def test_every_award_is_told_in_eight_lines_at_most(year: Circle) -> None:
    rows = _rows(year, 0)
    assert rows
    assert all(0 < len(appraisal_lines(appraised(row))) <= 8 for row in rows.values())


def test_the_hours_that_were_counted_make_chances_even(year: Circle, next_january: None) -> None:
    """The first micro-grid had 120 hours to help in, the second 40; by 4.2 within 80 and 125 percent."""
    secretary = Client()
    secretary.force_login(year.here.here.accounts["secretary"])
    answer = secretary.post("/recognition/years/close/", {"hours": "1 120\n\n2号 40"})
    assert answer.status_code == 302
    with year.office():
        rows = {row.member_id: row for row in Yearvalue.objects.all()}
    near, far = rows[year.ids[4]], rows[year.ids[12]]
    assert (near.chance_percent, far.chance_percent) == (80, 125)
    assert near.effort == near.best_points * 80
    with year.office():
        detail = AuditDetail.objects.get(entry__verb="close_year").detail
        grids = [str(grid.pk) for grid in year.here.here.microgrids]
    assert detail["hours_offered"] == {grids[0]: 120, grids[1]: 40}, "what it was reckoned from is kept"
    assert far.effort == far.best_points * 125


def test_without_counted_hours_all_are_alike(year: Circle, next_january: None) -> None:
    secretary = Client()
    secretary.force_login(year.here.here.accounts["secretary"])
    assert secretary.post("/recognition/years/close/", {"hours": ""}).status_code == 302
    with year.office():
        assert set(Yearvalue.objects.values_list("chance_percent", flat=True)) == {100}


def test_a_line_that_nobody_can_read_closes_nothing_and_stays_typed(year: Circle, next_january: None) -> None:
    secretary, officer = Client(), Client()
    secretary.force_login(year.here.here.accounts["secretary"])
    officer.force_login(year.here.here.accounts["officer"])
    answer = secretary.post("/recognition/years/close/", {"hours": "1 120\n77 40"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "77 40" in page
    assert "没看懂" in page
    assert officer.post("/recognition/years/close/", {"hours": ""}).status_code == 403
    with year.office():
        assert not Appraisal.objects.exists()


@pytest.mark.parametrize(
    ("typed", "found"),
    [("3 12", {30: 12}), ("3号 12\n4 0", {30: 12, 40: 0}), (" \n", {}), ("3", None), ("3 -1", None),
     ("3 1.5", None), ("3 20001", None), ("3 12 1", None), ("三 12", None), ("9 12", None)],
)  # fmt: skip
def test_how_a_line_of_hours_is_read(typed: str, found: dict[int, int] | None) -> None:
    form = YearForm({"hours": typed}, microgrids={3: 30, 4: 40})
    assert form.is_valid() == (found is not None)
    if found is not None:
        assert form.cleaned_data["hours"] == found
