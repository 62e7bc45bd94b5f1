"""The neighbourhood moves: what no longer fits is named, two ways settle it, and adoption follows as ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.sharing import Once
from xiaojia.domains.microgrids import actions, queries
from xiaojia.domains.microgrids.models import Membership, Partition, PlanException
from xiaojia.domains.microgrids.queries.change import Way, change_now, moves_of, ways
from xiaojia.domains.microgrids.tests.yards import (
    NOW,
    TODAY,
    Office,
    Yard,
    adopted,
    approve_all,
    office,
    settle,
    settled_office,
)
from xiaojia.domains.people.actions import end_households
from xiaojia.domains.people.models import Account, Household
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

TOMORROW = TODAY + timedelta(1)
NEW = Yard("刘家院子", "4", "1", 36, x=160.0, y=0.0)


@pytest.fixture
def place(once: Once) -> Office:
    return once(settled_office)


def _belongs() -> dict[int, int]:
    rows = Membership.objects.filter(until_on__isnull=True)
    return dict(rows.values_list("household_id", "microgrid_id"))


def _leave(place: Office, compound: str, count: int) -> None:
    homes = Household.objects.filter(unit__building__compound__name=compound, until_on__isnull=True)
    ids = list(homes.order_by("pk").values_list("pk", flat=True)[:count])
    end_households(by=place.officer, at=NOW, on=TODAY, household_ids=ids)


def _ways(place: Office) -> list[Way]:
    return ways(change_now(viewer=place.officer, on=TODAY), viewer=place.officer)


def test_nothing_is_asked_while_everything_fits(place: Office) -> None:
    with entered(place.officer.scope):
        assert change_now(viewer=place.officer, on=TODAY).partition is None
        with pytest.raises(actions.NothingHolds, match="还没有采用过"):
            actions.propose_change(by=place.officer, at=NOW)
        adopted(place)
        found = change_now(viewer=place.officer, on=TODAY)
        assert found.partition is not None
        assert found.occasions == ()
        day = queries.microgrids_on(viewer=place.officer, on=TODAY)
        assert queries.unfit(day, viewer=place.officer, on=TODAY) == []


def test_a_new_building_is_settled_by_few_moves_and_adopted_like_any_plan(place: Office) -> None:
    with entered(place.secretary.scope):
        adopted(place)
        before = _belongs()
        settle(place.secretary, [NEW])
        found = change_now(viewer=place.secretary, on=TODAY)
        assert [(o.number, o.household_count) for o in found.occasions if not o.number] == [(0, 36)]
        assert "刘家院子 4 栋" in found.occasions[-1].title
        drafts = actions.propose_change(by=place.officer, at=NOW)
        assert {d.scenario for d in drafts} <= {"fewest", "no_join"}
        one = drafts[0]
        assert one.totals["changing"] == one.proof["change"]["moved"]
        figures = one.proof["change"]
        assert len(figures["altered"]) + len(figures["opened"]) + len(figures["ended"]) <= 3
        approve_all(place.secretary, one)
        actions.adopt_partition(by=place.secretary, at=NOW, partition_id=one.pk, from_on=TOMORROW)
        after = _belongs()
        moved = [pk for pk, microgrid in before.items() if after[pk] != microgrid]
        assert len(moved) == figures["moved"]
        assert len(after) == len(before) + 36
        assert change_now(viewer=place.secretary, on=TODAY + timedelta(1)).occasions == ()


def test_reasons_are_not_asked_again_where_nothing_happens(place: Office) -> None:
    with entered(place.secretary.scope):
        first = adopted(place)
        written = PlanException.objects.filter(partition=first).count()
        assert written
        settle(place.secretary, [NEW])
        draft = actions.propose_change(by=place.officer, at=NOW)[0]
        altered = set(draft.proof["change"]["altered"]) | set(draft.proof["change"]["opened"])
        fresh = PlanException.objects.filter(partition=draft).select_related("cluster")
        for e in fresh:
            if e.cluster.number not in altered:
                assert e.approved_reason == "和两边邻居都说好了"
                assert e.approved_by_id == place.secretary.account_id
            else:
                assert e.approved_reason == "", "negative control: what changes is asked"


@pytest.mark.django_db
def test_a_short_micro_grid_is_broken_until_somebody_accepts_it() -> None:
    place = office()
    with entered(place.secretary.scope):
        settle(
            place.secretary, [Yard("甲院", "1", "1", 40, x=0, y=0), Yard("乙院", "1", "1", 60, x=500, y=0)]
        )
        adopted(place)
        assert change_now(viewer=place.secretary, on=TODAY).occasions == (), "40 were accepted with a reason"
        _leave(place, "甲院", 1)
        (occasion,) = change_now(viewer=place.secretary, on=TODAY).occasions
        assert (occasion.household_count, occasion.sentence[:6]) == (39, "少 11 户")
        day = queries.microgrids_on(viewer=place.secretary, on=TODAY)
        assert [m.household_count for m in queries.unfit(day, viewer=place.secretary, on=TODAY)] == [39]
        (only,) = actions.propose_change(by=place.officer, at=NOW)
        (way,) = _ways(place)
        assert way.figures["is_only"]
        assert way.moving == 0
        assert any("一共差 11 户" in line for line in way.words)
        with pytest.raises(actions.ExceptionsOpen):
            actions.adopt_partition(by=place.secretary, at=NOW, partition_id=only.pk, from_on=TODAY)


def test_newcomers_follow_their_unit_and_nobody_moves(place: Office) -> None:
    with entered(place.secretary.scope):
        adopted(place)
        before = _belongs()
        settle(place.secretary, [Yard("刘家院子", "1", "1", 23, x=40.0, y=0.0)])
        came = Household.objects.filter(until_on__isnull=True).count() - len(before)
        (occasion,) = change_now(viewer=place.secretary, on=TODAY).occasions
        assert (occasion.number, occasion.household_count) == (0, came)
        assert "老邻居" in occasion.sentence
        (only,) = actions.propose_change(by=place.officer, at=NOW)
        assert only.totals["changing"] == 0
        approve_all(place.secretary, only)
        actions.adopt_partition(by=place.secretary, at=NOW, partition_id=only.pk, from_on=TODAY)
        after = _belongs()
        assert {pk: after[pk] for pk in before} == before
        assert len(after) == len(before) + came


def test_the_list_and_letters_name_who_moves_before_and_after_adoption(place: Office) -> None:
    with entered(place.secretary.scope):
        adopted(place)
        settle(place.secretary, [NEW])
        draft = actions.propose_change(by=place.officer, at=NOW)[0]
        plan = queries.plan(draft.pk, viewer=place.officer)
        assert plan is not None
        rows = moves_of(plan, viewer=place.officer, on=TODAY)
        assert sum(m.household_count for m in rows if m.from_number) == draft.totals["changing"]
        assert sum(m.household_count for m in rows if not m.from_number) == 36
        approve_all(place.secretary, draft)
        actions.adopt_partition(
            by=place.secretary, at=NOW, partition_id=draft.pk, from_on=TODAY + timedelta(1)
        )
        plan = queries.plan(draft.pk, viewer=place.officer)
        assert plan is not None
        assert moves_of(plan, viewer=place.officer, on=TODAY + timedelta(9)) == rows


def test_a_draft_is_old_when_the_register_moves_on_and_makes_room(place: Office) -> None:
    with entered(place.secretary.scope):
        adopted(place)
        settle(place.secretary, [NEW])
        first = actions.propose_change(by=place.officer, at=NOW)
        assert not any(
            w.is_stale for w in ways(change_now(viewer=place.officer, on=TODAY), viewer=place.officer)
        )
        _leave(place, "老粮站院", 3)
        assert [w.is_stale for w in _ways(place)] == [True] * len(first)
        actions.propose_change(by=place.officer, at=NOW)
        assert set(
            Partition.objects.filter(pk__in=[p.pk for p in first]).values_list("state", flat=True)
        ) == {"dropped"}


def test_who_may_ask_and_whose_it_is(place: Office) -> None:
    stranger = office("999999001078", "临溪社区（模拟）", "lx8").officer
    with entered(place.secretary.scope):
        adopted(place)
        settle(place.secretary, [NEW])
    with entered(stranger.scope):
        assert change_now(viewer=stranger, on=TODAY).partition is None
        with pytest.raises(Refused):
            actions.propose_change(by=stranger, at=NOW)


def test_whole_buildings_are_shown_with_what_they_cost(place: Office) -> None:
    with entered(place.secretary.scope):
        whole = actions.propose_partition(by=place.officer, at=NOW, scenario="whole")
        assert whole.totals["split"] == 0
        assert whole.totals["over"] == 1, "南园小区 1 has 150 households"
        over = PlanException.objects.get(partition=whole, code="over_80")
        with pytest.raises(Refused, match="写理由也不行"):
            actions.approve_exception(by=place.officer, at=NOW, exception_id=over.pk, reason="整栋不拆开吧")
        cross = actions.propose_partition(by=place.officer, at=NOW, scenario="cross")
        assert cross.totals["over"] == 0, "negative control: cutting helps"


def test_the_pages_lead_from_today_to_the_letters(place: Office) -> None:
    with entered(place.secretary.scope):
        adopted(place)
        settle(place.secretary, [NEW])
        drafts = actions.propose_change(by=place.officer, at=NOW)
    client = Client()
    client.force_login(Account.objects.get(pk=place.officer.account_id))
    assert "/microgrids/change/" in client.get("/").content.decode()
    assert "/microgrids/change/" in client.get("/microgrids/").content.decode()
    page = client.get("/microgrids/change/").content.decode()
    assert "36 户还没有小家" in page
    assert f"/microgrids/plans/{drafts[0].pk}/moves/" in page
    listed = client.get(f"/microgrids/plans/{drafts[0].pk}/moves/").content.decode()
    assert "新来的" in listed
    letters = client.get(f"/microgrids/plans/{drafts[0].pk}/letters/").content.decode()
    assert "刘家院子 4 栋 1 单元的邻居" in letters
    assert "草稿" in letters
    assert client.post("/microgrids/change/propose/").status_code == 302
    assert client.post("/microgrids/plans/whole/").status_code == 302


@pytest.mark.django_db(transaction=True)  # a savepoint would be two statements more
def test_no_page_of_a_change_asks_more_than_twelve_queries(place: Office) -> None:
    with entered(place.secretary.scope):
        adopted(place)
        settle(place.secretary, [NEW])
        drafts = actions.propose_change(by=place.officer, at=NOW)
    client = Client()
    client.force_login(Account.objects.get(pk=place.officer.account_id))
    plan = f"/microgrids/plans/{drafts[0].pk}"
    counts = {}
    for path in ("/", "/microgrids/", "/microgrids/change/", f"{plan}/moves/", f"{plan}/letters/"):
        asked: list[str] = []

        def note(execute: Callable[..., Any], sql: str, *rest: Any, asked: list[str] = asked) -> Any:
            asked.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            assert client.get(path).status_code == 200
        counts[path] = len(asked)
    assert {path: n for path, n in counts.items() if n > 12} == {}
    assert min(counts.values()) > 5
