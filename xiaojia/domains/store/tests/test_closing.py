"""A day is closed once and kept as it was; what changes later stands beside it. Sheets are not forgotten."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from tests import cast
from xiaojia.domains.ledger.models import Passbook
from xiaojia.domains.store import actions, queries
from xiaojia.domains.store.actions import Row
from xiaojia.domains.store.models import Dayclose, Papersheet
from xiaojia.domains.store.queries.day import figures
from xiaojia.domains.store.tests.counter import Counter, counter
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.tests.parallel import at_once

DAY = timedelta(days=1)
AsOwner = Callable[[], AbstractContextManager[None]]


def _close(here: Counter, day_on: date = cast.TODAY) -> Dayclose:
    with entered(here.clerk.scope):
        return actions.close_day(by=here.clerk, at=cast.NOW, on=cast.TODAY, day_on=day_on)


def _correct(here: Counter, reason: str) -> Dayclose:
    with entered(here.clerk.scope):
        return actions.correct_close(by=here.clerk, at=cast.NOW + DAY, day_on=cast.TODAY, reason=reason)


def _closes(here: Counter) -> list[queries.Closed]:
    with entered(here.clerk.scope):
        return queries.closes(cast.TODAY, viewer=here.clerk)


def _points(here: Counter) -> list[int]:
    return [row.day.points for row in _closes(here)]


def test_a_close_keeps_its_figures_whatever_comes_later(here: Counter) -> None:
    here.redeem("住户甲", "肥皂", 4)
    _close(here)
    (closed,) = _closes(here)
    with entered(here.clerk.scope):
        assert closed.day == queries.day(cast.TODAY, viewer=here.clerk)
    assert (closed.number, closed.day.points, closed.by_name, closed.at) == (1, 12, "何桂芳", cast.NOW)
    here.redeem("住户乙", "大米")
    assert _points(here) == [12]
    _correct(here, "关门以后又来了一位")
    assert _points(here) == [12, 37]
    assert [row.reason for row in _closes(here)] == ["", "关门以后又来了一位"]


def test_a_second_close_and_a_correction_of_nothing_are_refused(here: Counter) -> None:
    with pytest.raises(Refused, match="还没结账"):
        _correct(here, "看看")
    _close(here)
    with pytest.raises(Refused, match="已经结过了"):
        _close(here)
    with pytest.raises(Refused, match="没有变动"):
        _correct(here, "看看")
    here.redeem("住户甲", "肥皂")
    with pytest.raises(Refused, match="还没写为什么"):
        _correct(here, "  ")
    assert len(_closes(here)) == 1


@pytest.mark.parametrize("day_on", [cast.TODAY + DAY, cast.TODAY - 15 * DAY])
def test_only_today_and_two_weeks_back_are_closed(here: Counter, day_on: date) -> None:
    with pytest.raises(Refused, match="只能结"):
        _close(here, day_on)


def test_only_the_counter_and_the_office_close(here: Counter) -> None:
    head = here.stage.actor("head")
    with entered(head.scope), pytest.raises(NotAllowed):
        actions.close_day(by=head, at=cast.NOW, on=cast.TODAY, day_on=cast.TODAY)


def test_the_database_refuses_to_change_a_close(here: Counter) -> None:
    row = _close(here)
    mine = Dayclose.objects.filter(pk=row.pk)
    with entered(here.clerk.scope):
        for act in (lambda: mine.update(figures={}), lambda: mine.delete()):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                act()
        with pytest.raises(IntegrityError, match="says_why"), transaction.atomic():
            Dayclose.objects.create(
                community_id=here.clerk.community_id, day_on=cast.TODAY, number=2, figures={},
                closed_at=cast.NOW, closed_by_id=1,
            )  # fmt: skip
        assert mine.count() == 1


def test_the_elsewhere_store_sees_no_close(here: Counter) -> None:
    _close(here)
    stranger = here.stage.actor("stranger")
    with entered(stranger.scope):
        assert (queries.closes(cast.TODAY, viewer=stranger), Dayclose.objects.count()) == ([], 0)


def test_the_page_closes_once_shows_what_changed_and_keeps_what_was(
    here: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: cast.NOW)
    client = Client()
    client.force_login(here.stage.here.here.accounts["clerk"])
    here.redeem("住户甲", "肥皂", 4)
    assert "还没结账" in client.get("/store/day/").content.decode()
    assert "结好了" in client.post("/store/day/", {"do": "close"}, follow=True).content.decode()
    again = client.post("/store/day/", {"do": "close"})
    assert (again.status_code, "已经结过了" in again.content.decode()) == (409, True)
    here.redeem("住户乙", "肥皂", 1)
    page = client.get("/store/day/").content.decode()
    assert "用了 <b>12</b> 分" in page, "the close stands as it was"
    assert "肥皂原来该有 96 块，现在 95 块。" in page
    assert client.post("/store/day/", {"do": "correct", "reason": ""}).status_code == 422
    said = client.post("/store/day/", {"do": "correct", "reason": "又来了一位"}, follow=True).content.decode()
    assert "又来了一位" in said
    assert "用了 <b>12</b> 分" in said
    assert "结账以后又变了" not in said


def test_paper_sheets_wait_until_their_last_line_is_typed(here: Counter) -> None:
    by = here.clerk
    more: dict[str, Any] = {"by": by, "at": cast.NOW, "on": cast.TODAY, "day": cast.TODAY - DAY}
    with here.stage.office():
        book = Passbook.objects.get(member_id=here.stage.member("住户甲")).number

    def waiting() -> list[tuple[int, int]]:
        return [(s.number, s.refused_count) for s in queries.open_sheets(viewer=by)]

    with entered(by.scope):
        assert [actions.note_sheets(**more, count=n) for n in (3, 3, 2)] == [3, 3, 2]
        actions.type_sheet(**more, sheet=1, rows=[Row(1, book, 2, 1)])
        actions.type_sheet(**more, sheet=2, rows=[Row(1, book, 99, 1)])
        assert waiting() == [(2, 1)]
        with pytest.raises(Refused, match="第 2 张已经补录了"):
            actions.note_sheets(**more, count=1)
        actions.type_sheet(**more, sheet=2, rows=[Row(1, book, 2, 1)])
        assert waiting() == []
        for count in (-1, 21):
            with pytest.raises(Refused, match="最多 20 张"):
                actions.note_sheets(**more, count=count)
        with pytest.raises(Refused, match="两个星期"):
            actions.note_sheets(**{**more, "day": cast.TODAY + DAY}, count=1)
        assert Papersheet.objects.count() == 2


def test_what_runs_out_is_told_with_its_reason(here: Counter) -> None:
    here.redeem("住户甲", "热水壶")
    here.reserve("住户乙", "肥皂", 3)
    with entered(here.clerk.scope):
        low = queries.low(viewer=here.clerk, on=cast.TODAY)
        assert [(one.name, one.stock, one.gone_in_week) for one in low] == [("热水壶", 0, 1)]
        assert queries.low(viewer=here.clerk, on=cast.TODAY + 8 * DAY) == []


def test_a_day_that_nobody_closed_is_told_until_it_is(here: Counter) -> None:
    def told(on: date) -> date | None:
        with entered(here.clerk.scope):
            return queries.unclosed_on(viewer=here.clerk, on=on)

    assert told(cast.TODAY) is None
    here.redeem("住户甲", "肥皂")
    assert (told(cast.TODAY), told(cast.TODAY + DAY)) == (None, cast.TODAY)
    _close(here)
    assert told(cast.TODAY + DAY) is None


@pytest.fixture
def committed(transactional_db: None) -> Counter:
    """A counter that is committed."""
    return counter()


def _at_once(here: Counter, count: int) -> list[str]:
    def desk(_number: int) -> str:
        try:
            _close(here)
        except Refused:
            return "refused"
        except IntegrityError:
            return "error"
        return "closed"

    return sorted(at_once(count, desk))


def test_eight_desks_close_a_day_once(committed: Counter) -> None:
    committed.redeem("住户甲", "肥皂")
    assert _at_once(committed, 8) == ["closed"] + ["refused"] * 7
    assert len(_closes(committed)) == 1


def test_negative_control_without_lock_and_constraint_a_day_is_closed_more_than_once(
    committed: Counter, as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xiaojia.domains.store.actions import closing

    def unlocked(day_on: date, *, by: Any) -> dict[str, object]:
        return figures(queries.day(day_on, viewer=by))

    kept = closing._kept

    def slowly(*words: Any, **more: Any) -> Dayclose:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")
        return kept(*words, **more)

    monkeypatch.setattr(closing, "_reckoned", unlocked)
    monkeypatch.setattr(closing, "_kept", slowly)
    drop = "ALTER TABLE store_dayclose DROP CONSTRAINT one_close_a_day"
    add = "ALTER TABLE store_dayclose ADD CONSTRAINT one_close_a_day UNIQUE (community_id, day_on, number)"
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(drop)
    try:
        assert _at_once(committed, 4).count("closed") > 1
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM store_dayclose")
            cursor.execute(add)


def _sell_and_close(here: Counter, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Pieces by the shelf and by redemptions in a close that was slow between both, while five were sold."""
    reads = import_module("xiaojia.domains.store.queries.day")  # a function of the package has its name
    sound = reads._redemptions

    def slowly(*words: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.5)")
        return sound(*words)

    monkeypatch.setattr(reads, "_redemptions", slowly)
    names = list(here.stage.members)
    acts: list[Callable[[], object]] = [
        lambda: _close(here),
        *(lambda n=n: here.redeem(names[n], "肥皂") for n in range(5)),
    ]
    at_once(6, lambda number: acts[number]())
    (closed,) = _closes(here)
    return sum(line.gone for line in closed.day.lines), closed.day.piece_count


def test_a_close_in_the_middle_of_selling_is_of_one_moment(
    committed: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, handed = _sell_and_close(committed, monkeypatch)
    assert gone == handed


def test_negative_control_without_the_lock_pieces_and_redemptions_differ(
    committed: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xiaojia.domains.store.actions import closing

    def unlocked(day_on: date, *, by: Any) -> dict[str, object]:
        return figures(queries.day(day_on, viewer=by))

    monkeypatch.setattr(closing, "_reckoned", unlocked)
    gone, handed = _sell_and_close(committed, monkeypatch)
    assert gone < handed
