from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.queries import merit
from xiaojia.domains.recognition import actions, checks, queries
from xiaojia.domains.recognition.models import Month, Monthvalue, Quartervalue, Yearvalue
from xiaojia.domains.recognition.tests.stage import Circle
from xiaojia.kernel.refusals import NotAllowed, Refused

AFTER = datetime(2026, 4, 20, 2, 0, tzinfo=UTC)
QUARTER = (date(2026, 1, 1), date(2026, 3, 31))


def _month(here: Circle, number: int, level: int = 4, *, without: tuple[int, ...] = ()) -> Month:
    at = datetime(2026, number, 26, 2, 0, tzinfo=UTC)
    month = here.open(date(2026, number, 1), at=at, seed=number)
    here.fill(month, lambda _rater, ratee: level if ratee != here.ids[3] else None, without=without)
    return here.close(month)


def test_a_quarter_pays_what_its_slips_say_and_fills_what_is_missing(here: Circle) -> None:
    here.do_good(here.ids[0], here.ids[3], on=date(2026, 2, 3))
    for number in (1, 2, 3):
        _month(here, number)
    here.do_good(here.ids[1], here.ids[2], here.ids[4], on=date(2026, 3, 5))  # seen after the close
    with here.office() as officer:
        for _run in range(2):
            quarter = actions.close_quarter(by=officer, at=AFTER, year=2026, number=1)
        rows = {row.member_id: row for row in Quartervalue.objects.filter(quarter=quarter)}
        assert set(rows) == set(here.ids)
        nobody_knows = rows[here.ids[3]]
        assert nobody_knows.origins == ["category"] * 3
        assert nobody_knows.monthly[0] == nobody_knows.monthly[2] == 0
        assert nobody_knows.monthly[1] > 0
        # Computed twice, from two sides: what the slips say, and what the ledger holds (R09).
        paid = merit(QUARTER, viewer=officer)
        assert {pk: row.points for pk, row in rows.items() if row.points} == paid
        assert checks.findings(officer.community_id) == []
    told = here.own("head", lambda head: queries.own_sums(viewer=head).quarters)
    assert told[0][0] == "2026Q1"
    assert told[0][1][-1][2] == str(rows[here.ids[2]].points)


def test_whoever_left_before_anybody_was_asked_keeps_the_points_of_their_deeds(here: Circle) -> None:
    """No ballot of the quarter names them, so no opinion is paid or filled in; the deeds stand on a slip."""
    gone = here.ids[6]
    here.do_good(gone, here.ids[0], on=date(2026, 1, 5))
    with here.office() as officer:
        ledger.leave(by=officer, at=AFTER, on=date(2026, 1, 11), member_id=gone)
    _month(here, 1)
    with here.office() as officer:
        quarter = actions.close_quarter(by=officer, at=AFTER, year=2026, number=1)
        rows = {row.member_id: row for row in Quartervalue.objects.filter(quarter=quarter)}
        told = rows[gone]
        assert (told.deed_points, told.points, told.monthly, told.origins) == (1, 1, [0] * 3, ["none"] * 3)
        assert {pk: row.points for pk, row in rows.items() if row.points} == merit(QUARTER, viewer=officer)
        assert checks.findings(officer.community_id) == []


def test_negative_control_a_slip_that_does_not_add_up_is_found(here: Circle) -> None:
    here.do_good(here.ids[0], on=date(2026, 1, 3))
    _month(here, 1)
    with here.office() as officer:
        quarter = actions.close_quarter(by=officer, at=AFTER, year=2026, number=1)
        row = Quartervalue.objects.get(quarter=quarter, member_id=here.ids[0])
        Quartervalue.objects.filter(pk=row.pk).delete()
        row.pk, row.monthly = None, [7, 0, 0]
        row.save()
        assert len(checks.findings(officer.community_id)) == 1


def test_a_quarter_waits_for_its_end_and_its_months(here: Circle) -> None:
    here.open(date(2026, 3, 1), at=datetime(2026, 3, 30, 2, 0, tzinfo=UTC))
    with here.office() as officer:
        with pytest.raises(Refused):
            actions.close_quarter(by=officer, at=datetime(2026, 3, 31, 2, 0, tzinfo=UTC), year=2026, number=1)
        with pytest.raises(Refused):
            actions.close_quarter(by=officer, at=AFTER, year=2026, number=1)


def _year(here: Circle) -> None:
    here.do_good(here.ids[2], here.ids[0], on=date(2026, 1, 3))
    _month(here, 1)
    _month(here, 2, level=5)
    with here.office() as officer:
        actions.tell_story(
            by=officer, at=AFTER, year=2026, member_id=here.ids[2], text="谁家灯坏了都找他，雨天也来"
        )
        for number in (1, 2, 3, 4):
            actions.close_quarter(
                by=officer, at=datetime(2027, 1, 20, 2, 0, tzinfo=UTC), year=2026, number=number
            )


def test_the_year_awards_by_bar_and_story_and_the_list_has_no_figures(here: Circle) -> None:
    _year(here)
    at = datetime(2027, 1, 21, 2, 0, tzinfo=UTC)
    with here.office() as officer, pytest.raises(NotAllowed):
        actions.close_year(by=officer, at=at, year=2026)
    with here.office("secretary") as secretary:
        bars = dict.fromkeys(("head", "volunteer", "household"), 100)
        for _run in range(2):
            appraisal = actions.close_year(by=secretary, at=at, year=2026, bars=bars)
        rows = {row.member_id: row for row in Yearvalue.objects.filter(appraisal=appraisal)}
        assert set(rows) == set(here.ids)
        # Without a story nobody is awarded, whatever the figures.
        assert [pk for pk, row in rows.items() if row.is_awarded] == [here.ids[2]]
        mine = Monthvalue.objects.filter(member_id=here.ids[2], value__gt=0)
        means = [row.value or 0 for row in mine]
        assert rows[here.ids[2]].mean == pytest.approx(sum(means) / len(means), abs=1)
        with pytest.raises(Refused):
            actions.tell_story(
                by=secretary, at=at, year=2026, member_id=here.ids[0], text="说得太晚了的一句话"
            )
    listed = queries.awards(2026, viewer=here.actor("volunteer"))
    text = str(listed)
    assert "雨天也来" in text
    assert not any(
        letter.isdigit() for letter in "".join(row.name + row.story for _c, r in listed for row in r)
    )
    (own,) = here.own("head", lambda head: queries.own_sums(viewer=head).years)
    assert own.is_awarded
    assert len(own.lines) <= 8


def test_a_story_has_no_figures(here: Circle) -> None:
    with here.office() as officer, pytest.raises(Refused):
        actions.tell_story(by=officer, at=AFTER, year=2026, member_id=here.ids[2], text="得了 86 分，第 1 名")
