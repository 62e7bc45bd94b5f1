"""A community gives compounds to another by date: nothing before, everything after, once, and no leak."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from tests.sharing import Once
from xiaojia.domains.borders import actions, jobs
from xiaojia.domains.borders.models import Borderchange, Bordercompound
from xiaojia.domains.cases import actions as cases
from xiaojia.domains.cases import checks as case_checks
from xiaojia.domains.cases.models import Case, Casekind
from xiaojia.domains.microgrids import queries as microgrids
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people import actions as people
from xiaojia.domains.people.models import Account, Consent, Household, Resident
from xiaojia.domains.people.queries import contact_cards
from xiaojia.domains.places.models import Compound
from xiaojia.domains.places.queries import unit_places
from xiaojia.domains.receipts.models import Receipt
from xiaojia.domains.teams import actions as team_actions
from xiaojia.domains.teams import checks as team_checks
from xiaojia.domains.teams import queries as teams
from xiaojia.domains.teams.models import BuildingPage
from xiaojia.domains.teams.tests import stage
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

COMMITS = pytest.mark.django_db(transaction=True)
DAY = date(2026, 4, 1)
THAT_MORNING = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
BEFORE = date(2026, 3, 31)


class Stage:
    """柳溪 with a head in a micro-grid that leaves whole, a case, a yes, pages; 新桥 beside it. 模拟."""

    def __init__(self) -> None:
        self.old = yards.settled_office()
        self.new = yards.office("999999001079", "新桥社区（模拟）", "xq9")
        here = self.old.secretary
        with entered(here.scope):
            yards.adopted(self.old, scenario="inside")
            self.compounds = dict(Compound.objects.values_list("name", "pk"))
            sides = microgrids.sides(
                viewer=here, community_id=here.community_id, on=yards.TODAY,
                compound_ids=[self.compounds["南园小区"]],
            )  # fmt: skip
            assert not any(side.is_cut for side in sides)
            self.moving = sides[0].microgrid_id
            self.head = stage.account("邓明礼", "lx7-head")
            stage.designate(here, self.head, self.moving, at=yards.NOW)
            team_actions.give_listing(by=here, at=yards.NOW, account_id=self.head, phone="02300000101")
            team_actions.settle_seats(by=here, at=yards.NOW)
            team_actions.publish_pages(by=here, at=yards.NOW)
            self.home = microgrids.door_ids(self.moving, on=yards.TODAY)[0]
            home = Household.objects.select_related("unit").get(pk=self.home)
            row = people.HouseholdRow(
                home.unit_id, home.door, home.floor, 3, contacts=(("冉小满（模拟）", "13800000001"),)
            )
            people.settle_households(by=here, at=yards.NOW, as_of_on=yards.TODAY, rows=[row])
            resident = Resident.objects.get(household_id=self.home)
            people.give_consent(by=here, at=yards.NOW, resident_id=resident.pk, purpose="door_card")
            cases.open_casekinds(by=here, at=yards.NOW, on=yards.TODAY)
            kind = Casekind.objects.get(code="L0201")
            report = cases.Report(
                kind.pk, "楼道灯坏了（模拟）", building_id=home.unit.building_id, reporter_name="冉小满",
                reporter_phone="13800000001",
            )  # fmt: skip
            self.case = cases.report_case(by=here, at=yards.NOW, report=report)
            for move in (
                cases.Move("accept"),
                cases.Move(
                    "assign", handler_id=self.head, handler="邓明礼", handler_role="head",
                    microgrid_ids=(self.moving,),
                ),
            ):  # fmt: skip
                cases.move_case(by=here, at=yards.NOW, case_id=self.case.pk, move=move)
            self.case.refresh_from_db()

    def plan(self, *names: str, by: Actor | None = None, **more: Any) -> Borderchange:
        """A plan of the old side's secretary."""
        secretary = by or self.old.secretary
        with entered(secretary.scope):
            ids = tuple(self.compounds[n] for n in names)
            values: dict[str, Any] = {"from_on": DAY, "reason": "街道调整界线（模拟）"} | more
            border = actions.Border(ids, self.new.community.pk, **values)
            return actions.plan_change(by=secretary, at=yards.NOW, border=border)

    def agree(self, change: Borderchange, at: datetime = yards.NOW) -> None:
        """The new side's secretary says yes."""
        with entered(self.new.secretary.scope):
            actions.agree_to_change(by=self.new.secretary, at=at, change_id=change.pk)


@pytest.fixture
def two(once: Once) -> Stage:
    return once(Stage)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: yards.NOW)


def the_day_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the whole installation stands on the morning of the day, and the worker's job runs."""
    monkeypatch.setattr(clock, "now", lambda: THAT_MORNING)
    jobs.carry_out_border_changes()


def _on(actor: Actor, on: date) -> dict[int, int]:
    """Number -> households of the micro-grids that this desk is answered for a day."""
    with entered(actor.scope):
        return {m.number: m.household_count for m in microgrids.microgrids_on(viewer=actor, on=on)}


def test_before_the_day_all_is_the_old_ones_and_from_the_day_all_is_the_new_ones(
    two: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = two.old.secretary, two.new.secretary
    change = two.plan("南园小区")
    two.agree(change)
    jobs.carry_out_border_changes()
    before = _on(old, yards.TODAY)
    assert sum(before.values()) == 412
    assert _on(new, yards.TODAY) == {}
    the_day_comes(monkeypatch)
    assert _on(old, BEFORE) == before
    assert sum(_on(old, DAY).values()) == 412 - 216
    assert sum(_on(new, DAY).values()) == 216
    assert _on(new, BEFORE) == {}
    with entered(old.scope):
        assert "南园小区" not in {u.compound for u in unit_places(viewer=old)}
        past = microgrids.partition_in_force(viewer=old, on=BEFORE)
        assert past is not None
        assert "南园小区" in {p.unit.compound for p in microgrids.plan_of(past, viewer=old).parts}
        assert Household.objects.filter(until_on__isnull=True).count() == 412 - 216
        assert team_checks.findings(old.community_id) + case_checks.findings(old.community_id) == []
    with entered(new.scope):
        assert {u.compound for u in unit_places(viewer=new)} == {"南园小区"}
        held = microgrids.partition_in_force(viewer=new, on=DAY)
        assert held is not None
        assert microgrids.plan_of(held, viewer=new).parts
        assert team_checks.findings(new.community_id) + case_checks.findings(new.community_id) == []


def test_people_yeses_seats_and_cases_go_along_and_nobody_sees_across(
    two: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = two.old.secretary, two.new.secretary
    code = two.case.receipt_code
    two.agree(two.plan("南园小区"))
    the_day_comes(monkeypatch)
    head = teams.actor_of(two.head, None, on=DAY)
    assert head is not None
    assert head.community_id == new.community_id
    assert len(head.scope.household_ids) == len(microgrids.door_ids(two.moving, on=BEFORE))
    yesterday = teams.actor_of(two.head, None, on=BEFORE)
    assert yesterday is not None
    assert (yesterday.community_id, two.home in yesterday.scope.household_ids) == (old.community_id, True)
    with entered(old.scope):  # what is new is not shown to the old side by any table, unfiltered
        assert not set(Household.objects.values_list("community_id", flat=True)) - {old.community_id}
        assert bytes(Resident.objects.get(household_id=two.home).phone_sealed) == b""
        assert not Consent.objects.filter(withdrawn_at__isnull=True).exists()
        handed = Case.objects.get()
        assert (handed.state, handed.handler) == (70, "新桥社区（模拟）")
        assert AuditEntry.objects.filter(verb="carry_out_change").count() == 1
    with entered(new.scope):
        card = next(c for c in contact_cards(viewer=new) if c.name)
        assert (card.name, card.phone) == ("冉小满（模拟）", "13800000001")
        assert Consent.objects.get().given_at == yards.NOW
        case = Case.objects.get()
        assert (case.receipt_code, case.handler_id, case.due_at) == (code, two.head, two.case.due_at)
        assert set(head.scope.microgrid_ids) <= set(case.microgrid_ids)
        assert [s.action for s in case.steps.order_by("pk")] == ["report", "accept", "assign", "note"]
        assert AuditEntry.objects.filter(verb="carry_out_change").count() == 1
        pages = BuildingPage.objects.filter(community_id=new.community_id)
        assert {p.building.compound.name for p in pages} == {"南园小区"}
    assert Receipt.objects.get(code=code).community_id == new.community_id
    with entered(head.scope):
        assert Case.objects.get().pk == case.pk
        cases.move_case(by=head, at=THAT_MORNING, case_id=case.pk, move=cases.Move("start"))


@COMMITS
def test_a_day_is_done_once_whoever_runs_it_and_a_dead_run_leaves_nothing(
    two: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = two.plan("南园小区")
    two.agree(change)
    with monkeypatch.context() as patch:
        patch.setattr(cases, "cross_cases", lambda **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            the_day_comes(patch)
    with entered(two.old.secretary.scope):
        assert Household.objects.filter(until_on__isnull=True).count() == 412
    monkeypatch.setattr(clock, "now", lambda: THAT_MORNING)
    done = stage.at_once(jobs.carry_out_border_changes, jobs.carry_out_border_changes)
    assert done == [None, None]
    jobs.carry_out_border_changes()
    with entered(two.new.secretary.scope):
        assert Household.objects.count() == 216
        assert Borderchange.objects.get().state == "done"


def test_a_micro_grid_that_the_border_cuts_ends_and_both_sides_are_told(
    two: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = two.old.secretary, two.new.secretary
    with entered(old.scope):
        yards.adopted(two.old, scenario="cross")
        cut = [
            s
            for s in microgrids.sides(
                viewer=old, community_id=old.community_id, on=yards.TODAY,
                compound_ids=[two.compounds["和平路"]],
            )
            if s.is_cut
        ]  # fmt: skip
    assert cut, "和平路 has 30 households: no micro-grid of its own"
    change = two.plan("和平路")
    assert change.told["cut"] == [s.number for s in cut]
    two.agree(change)
    the_day_comes(monkeypatch)
    with entered(old.scope):
        assert microgrids.homeless_count(viewer=old, on=DAY) == sum(s.outside_count for s in cut)
        assert team_checks.findings(old.community_id) == []
    with entered(new.scope):
        assert microgrids.homeless_count(viewer=new, on=DAY) == 30


def test_a_whole_community_goes_into_another(two: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = two.old.secretary, two.new.secretary
    with entered(new.scope):
        yards.settle(new, yards.YARDS[:6])
    change = two.plan(*two.compounds)
    assert change.told["is_everything"]
    two.agree(change)
    the_day_comes(monkeypatch)
    two.old.community.refresh_from_db()
    assert two.old.community.valid_until_on == DAY
    with entered(new.scope):
        assert Household.objects.filter(until_on__isnull=True).count() == 412 + 126
        names = {u.compound for u in unit_places(viewer=new)}
        assert {"刘家院子", "刘家院子（原柳溪社区（模拟））"} <= names
    with entered(old.scope):
        assert unit_places(viewer=old) == []
        assert _on(old, DAY) == {}


@COMMITS
def test_two_people_of_two_sides_say_yes_and_a_compound_waits_once(two: Stage) -> None:
    old, new = two.old, two.new
    change = two.plan("南园小区")
    for actor in (old.secretary, new.officer, old.officer):
        with pytest.raises(Refused), entered(actor.scope):
            actions.agree_to_change(by=actor, at=yards.NOW, change_id=change.pk)
    same_person = replace(new.secretary, account_id=old.secretary.account_id)
    with pytest.raises(Refused, match="另一个人"), entered(same_person.scope):
        actions.agree_to_change(by=same_person, at=yards.NOW, change_id=change.pk)
    with pytest.raises(IntegrityError, match="two_people"), entered(new.secretary.scope):
        Borderchange.objects.update(agreed_by_id=old.secretary.account_id)  # past the action, PostgreSQL
    with pytest.raises(IntegrityError, match="second_yes"), entered(new.secretary.scope):
        Borderchange.objects.update(state="agreed")
    with pytest.raises(Refused, match="另一份计划"):
        two.plan("南园小区", "和平路")
    stranger = yards.office("999999001080", "远山社区（模拟）", "ys8").secretary
    with entered(stranger.scope):
        assert (Borderchange.objects.count(), Bordercompound.objects.count()) == (0, 0)
        with pytest.raises(Refused, match="没找到"):
            actions.cancel_change(by=stranger, at=yards.NOW, change_id=change.pk)
    first, second = stage.at_once(lambda: two.plan("和平路"), lambda: two.plan("和平路", "老粮站院"))
    assert sorted(type(x).__name__ for x in (first, second)) == ["Borderchange", "Refused"]


@COMMITS
def test_negative_control_without_the_constraint_a_compound_would_wait_twice(
    two: Stage, as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    two.plan("南园小区")
    drop = "DROP INDEX a_compound_waits_once"
    again = (
        "CREATE UNIQUE INDEX a_compound_waits_once ON borders_bordercompound (compound_id) WHERE is_waiting"
    )
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(drop)
    try:
        two.plan("南园小区")
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("UPDATE borders_bordercompound SET is_waiting = false")
            cursor.execute(again)


def test_a_plan_called_off_or_never_agreed_moves_nothing(two: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    called_off = two.plan("南园小区")
    two.agree(called_off)
    with entered(two.new.secretary.scope):
        actions.cancel_change(by=two.new.secretary, at=yards.NOW, change_id=called_off.pk)
    again = two.plan("南园小区")  # free again, and nobody says yes
    the_day_comes(monkeypatch)
    assert sum(_on(two.old.secretary, DAY).values()) == 412
    with pytest.raises(Refused, match="已经过去"):
        two.agree(again, at=THAT_MORNING + timedelta(days=1))
    two.agree(again, at=THAT_MORNING)
    jobs.carry_out_border_changes()
    assert sum(_on(two.new.secretary, DAY).values()) == 216
    with pytest.raises(Refused, match="停不了"), entered(two.old.secretary.scope):
        actions.cancel_change(by=two.old.secretary, at=THAT_MORNING, change_id=again.pk)


def test_a_division_adopted_for_a_later_day_never_begins(two: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    old = two.old.secretary
    with entered(old.scope):
        yards.adopted(two.old, scenario="cross", from_on=DAY + timedelta(days=7))
    two.agree(two.plan("南园小区"))
    the_day_comes(monkeypatch)
    later = DAY + timedelta(days=8)
    assert _on(old, later) == _on(old, DAY)
    with entered(old.scope):
        assert team_checks.findings(old.community_id) == []


def test_pages_plan_look_and_agree(two: Stage, client: Client) -> None:
    client.force_login(Account.objects.get(pk=two.old.secretary.account_id))
    form = {
        "compound_ids": [two.compounds["南园小区"]], "to_community_id": two.new.community.pk,
        "from_on": DAY.isoformat(), "reason": "街道调整界线（模拟）",
    }  # fmt: skip
    looked = client.post("/borders/new/", form).content.decode()
    assert "跟不过去的" in looked
    assert not Borderchange.objects.exists()
    wrong = client.post("/borders/new/", form | {"from_on": yards.TODAY.isoformat(), "write": "1"})
    assert wrong.status_code == 409
    where = client.post("/borders/new/", form | {"write": "1"})["Location"]
    assert "同意，接过来" not in client.get(where).content.decode()
    assert client.post(f"{where}agree/").status_code == 403
    other = Client()
    other.force_login(Account.objects.get(pk=two.new.secretary.account_id))
    assert "同意，接过来" in other.get(where).content.decode()
    assert where in other.get("/borders/waiting/", headers={"HX-Request": "true"}).content.decode()
    assert where not in client.get("/borders/waiting/", headers={"HX-Request": "true"}).content.decode()
    other.post(f"{where}agree/")
    assert where not in other.get("/borders/waiting/", headers={"HX-Request": "true"}).content.decode()
    assert "两边都说好了" in client.get("/borders/").content.decode()
