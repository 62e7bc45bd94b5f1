"""Workdays are data: the national table, a community's own years, and a missing year that is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.test import Client

from tests import cast
from xiaojia.domains.workdays import actions, queries
from xiaojia.domains.workdays.models import Workyear
from xiaojia.domains.workdays.rules import (
    Unreadable,
    national_table,
    read_days,
    read_hours,
    tell_days,
    tell_hours,
)
from xiaojia.engines.clocks import MissingYear
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered

HOURS = ((time(8, 30), time(12)), (time(14), time(17, 30)))


def test_the_national_table_is_what_was_announced_for_2026() -> None:
    table = national_table(2026)
    assert table is not None
    assert tell_days(table.days_off)[:3] == ["1月1日-1月2日", "2月16日-2月20日", "2月23日"]
    assert tell_days(table.make_up_days) == ["1月4日", "2月14日", "2月28日", "5月9日", "9月20日", "10月10日"]


def test_a_year_that_was_not_announced_is_unknown_not_guessed() -> None:
    assert national_table(2099) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2月16日-2月20日\n2月23日", ["2月16日-2月20日", "2月23日"]),
        ("2.16至2.18、4/6", ["2月16日-2月18日", "4月6日"]),
        ("2026年10月1日～10月3日；10-5", ["10月1日-10月3日", "10月5日"]),
        ("", []),
    ],
)
def test_days_as_people_type_them(text: str, told: list[str]) -> None:
    assert tell_days(read_days(text, year=2026)) == told


@pytest.mark.parametrize(
    "text", ["春节", "2月30日", "2月20日-2月16日", "2025年1月1日", "1月1日 1月2日 1月3日", "13.1"]
)
def test_days_that_nobody_can_read_are_named(text: str) -> None:
    with pytest.raises(Unreadable) as piece:
        read_days(f"4月6日\n{text}", year=2026)
    assert str(piece.value) == text


def test_hours_as_people_type_them() -> None:
    assert read_hours("8:30-12:00，14:00－17:30") == HOURS
    assert tell_hours(HOURS) == "8:30-12:00，14:00-17:30"
    for text in ("九点到五点", "25:00-26:00", "9-12"):
        with pytest.raises(Unreadable):
            read_hours(text)


@pytest.mark.django_db
def test_a_communitys_own_year_comes_before_the_national_one() -> None:
    here = cast.build()
    officer = here.actor("officer")
    with entered(officer.scope):
        assert queries.calendar(viewer=officer, on=date(2026, 3, 1)).is_workday(date(2026, 3, 9))
        actions.change_workyear(
            by=officer, at=cast.NOW, year=2026, days_off=[date(2026, 3, 9), date(2026, 3, 7)],
            make_up_days=[date(2026, 3, 14)], hours=HOURS,
        )  # fmt: skip
        calendar = queries.calendar(viewer=officer, on=date(2026, 3, 1))
        assert not calendar.is_workday(date(2026, 3, 9))
        assert calendar.is_workday(date(2026, 3, 14))
        assert calendar.worked(_at(2, 8), _at(2, 18)) == 7 * 3600
        assert Workyear.objects.get().days_off == [date(2026, 3, 9)], "a Saturday is free anyway"
        assert AuditEntry.objects.filter(verb="change_workyear").count() == 1


@pytest.mark.django_db
def test_another_communitys_year_changes_nothing_here() -> None:
    here = cast.build()
    officer, stranger = here.actor("officer"), here.elsewhere.actor("officer")
    with entered(stranger.scope):
        actions.change_workyear(
            by=stranger, at=cast.NOW, year=2026, days_off=[date(2026, 3, 9)], make_up_days=[], hours=HOURS
        )
    with entered(officer.scope):
        assert queries.calendar(viewer=officer, on=date(2026, 3, 1)).is_workday(date(2026, 3, 9))
        assert queries.own_years(viewer=officer) == set()


@pytest.mark.django_db
def test_a_missing_year_is_refused_and_from_november_the_next_one_is_asked_for() -> None:
    officer = cast.build().actor("officer")
    with entered(officer.scope):
        calendar = queries.calendar(viewer=officer, on=date(2098, 12, 30))
        with pytest.raises(MissingYear):
            calendar.workday_after(date(2098, 12, 30), 3)
        assert queries.missing_year(viewer=officer, on=date(2026, 10, 31)) is None
        assert queries.missing_year(viewer=officer, on=date(2098, 10, 31)) == 2098
        for year in (2097, 2098):
            actions.change_workyear(
                by=officer, at=cast.NOW, year=year, days_off=[], make_up_days=[], hours=HOURS
            )
        assert queries.missing_year(viewer=officer, on=date(2098, 10, 31)) is None
        assert queries.missing_year(viewer=officer, on=date(2098, 11, 1)) == 2099


@pytest.mark.django_db
def test_what_contradicts_itself_is_refused_with_a_sentence() -> None:
    officer = cast.build().actor("officer")
    more: dict[str, Any] = {"by": officer, "at": cast.NOW, "year": 2026, "make_up_days": [date(2026, 3, 14)]}
    with entered(officer.scope):
        with pytest.raises(Refused, match="又放假又上班"):
            actions.change_workyear(**more, days_off=[date(2026, 3, 14)], hours=HOURS)
        with pytest.raises(Refused, match="上班时间"):
            actions.change_workyear(**more, days_off=[], hours=HOURS[::-1])
        assert not Workyear.objects.exists()


@pytest.mark.django_db
def test_a_head_does_not_change_the_calendar() -> None:
    head = cast.build().actor("head")
    with entered(head.scope), pytest.raises(NotAllowed):
        actions.change_workyear(by=head, at=cast.NOW, year=2026, days_off=[], make_up_days=[], hours=HOURS)


@pytest.mark.django_db
def test_the_page_keeps_what_was_typed_and_says_what_it_did_not_understand() -> None:
    here = cast.build()
    client = Client()
    client.force_login(here.here.accounts["officer"])
    page = client.get("/workdays/").content.decode()
    assert "放假" in page
    year = datetime.now(UTC).year
    typed = {"days_off": "3月9日\n什么节", "make_up_days": "", "hours": "9:00-17:00"}
    answer = client.post(f"/workdays/{year}/", typed).content.decode()
    assert "“什么节”没看懂" in answer
    assert "什么节</textarea>" in answer
    typed["days_off"] = "3月9日"
    answer = client.post(f"/workdays/{year}/", typed, follow=True).content.decode()
    assert "3月9日" in answer
    assert "本社区自己写的" in answer
    assert client.get("/workdays/1999/").status_code == 404


def _at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour - 8, tzinfo=UTC)
