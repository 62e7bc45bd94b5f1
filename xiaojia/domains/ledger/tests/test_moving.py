"""Members move, die, serve elsewhere, are divided anew: who sees them then, who is asked about whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from tests import cast
from xiaojia.domains.ledger import actions, queries
from xiaojia.domains.ledger.access import visible_deeds, visible_members
from xiaojia.domains.ledger.actions import Done, Joining
from xiaojia.domains.ledger.models import Deed, Member
from xiaojia.domains.ledger.tests.stage import JOINED, Stage
from xiaojia.domains.microgrids.models import Membership, MicroGrid
from xiaojia.domains.microgrids.queries.places import microgrid_ids_at
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people import actions as people
from xiaojia.domains.people.models import Resident
from xiaojia.domains.teams import actions as teams
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

TOMORROW = cast.TODAY + timedelta(days=1)


def _settle(here: Stage, on: date = TOMORROW) -> int:
    with here.office() as officer:
        return actions.settle_members(by=officer, at=cast.NOW, on=on)


def _move_door(here: Stage, number: int, grid: int) -> None:
    """From today on a door belongs to the other micro-grid."""
    home = here.here.here
    with here.office():
        rows = Membership.objects.filter(household_id=home.household_ids[number])
        rows.update(until_on=cast.TODAY)
        old = rows.get()
        Membership.objects.create(
            community_id=old.community_id, household_id=old.household_id, partition_id=old.partition_id,
            microgrid=home.microgrids[grid], from_on=cast.TODAY,
        )  # fmt: skip


def _sees(here: Stage, role: str, name: str) -> bool:
    by = here.actor(role)
    with entered(by.scope):
        return visible_members(by).filter(pk=here.member(name)).exists()


def _grids(here: Stage, name: str) -> list[int]:
    with here.office():
        return Member.objects.get(pk=here.member(name)).microgrid_ids


def test_a_household_that_goes_to_another_micro_grid_takes_its_members_along(here: Stage) -> None:
    """Its new head sees them from the next night on, with deeds that wait; the old one no more."""
    with here.office() as officer:
        done = Done(here.member("住户甲"), "visit", cast.TODAY)
        deed = actions.record_deed(by=officer, at=cast.NOW, on=cast.TODAY, done=done)
    assert (_sees(here, "head", "住户甲"), _sees(here, "neighbour", "住户甲")) == (True, False)
    _move_door(here, 0, grid=1)
    assert _settle(here) == 2, "both who live behind that door"
    assert _settle(here) == 0
    assert (_sees(here, "head", "住户甲"), _sees(here, "neighbour", "住户甲")) == (False, True)
    head, neighbour = here.actor("head"), here.actor("neighbour")
    with entered(head.scope):
        assert not visible_deeds(head).filter(pk=deed.pk).exists()
    with entered(neighbour.scope):
        assert [row.pk for row in queries.waiting(viewer=neighbour)] == [deed.pk]
        paid = actions.confirm_deed(by=neighbour, at=cast.NOW, deed_id=deed.pk)
    assert paid.state == Deed.State.CONFIRMED
    assert here.balance("住户甲") == 2


def test_negative_control_without_the_nightly_look_the_new_head_sees_nobody(here: Stage) -> None:
    _move_door(here, 0, grid=1)
    assert (_sees(here, "head", "住户甲"), _sees(here, "neighbour", "住户甲")) == (True, False)


def test_whoever_serves_elsewhere_belongs_to_where_they_serve(here: Stage) -> None:
    """The volunteer ends here and begins there: no household tells, the tenure does."""
    secretary, home = here.actor("secretary"), here.here.here
    other = home.microgrids[1].pk
    with entered(secretary.scope):
        teams.end_tenure(
            by=secretary, at=cast.NOW, tenure_id=home.tenures["volunteer"].pk, on=cast.TODAY,
            reason="moved",
        )  # fmt: skip
        assert actions.settle_members(by=secretary, at=cast.NOW, on=TOMORROW) == 0, "stays as before"
        teams.begin_tenure(
            by=secretary, at=cast.NOW, account_id=home.accounts["volunteer"].pk, role="volunteer",
            from_on=cast.TODAY, microgrid_id=other,
        )  # fmt: skip
    assert _settle(here) == 1
    assert _grids(here, "volunteer") == [other]
    assert _sees(here, "neighbour", "volunteer")


def test_a_name_alone_follows_the_doors_of_its_micro_grid(here: Stage) -> None:
    """Somebody without a door, an account or a line in the register, in a micro-grid that is no more."""
    home = here.here.here
    old, new = home.microgrids
    with here.office() as officer:
        joining = Joining("volunteer", "走街串巷的老周（模拟）", (old.pk,))
        here.members["老周"] = actions.join(by=officer, at=cast.NOW, on=JOINED, joining=joining)
    for number in range(4):
        _move_door(here, number, grid=1)
    assert _grids(here, "老周") == [old.pk]
    with here.office():
        MicroGrid.objects.filter(pk=old.pk).update(until_on=cast.TODAY)
    _settle(here)
    assert _grids(here, "老周") == [new.pk]
    assert _sees(here, "neighbour", "老周")
    del here.members["老周"]


@pytest.mark.parametrize("what", ["household", "person"])
def test_whoever_moved_away_or_died_is_put_before_a_person_and_loses_nothing(here: Stage, what: str) -> None:
    """The register says so; the office is told, and ends the membership by hand or lets it be."""
    home, gone = here.here.here, "住户丁"
    here.give(gone, 7)
    secretary = here.actor("secretary")
    with entered(secretary.scope):
        if what == "household":
            people.end_households(
                by=secretary, at=cast.NOW, on=cast.TODAY, household_ids=[home.household_ids[5]]
            )
        else:
            resident = Resident.objects.get(household_id=home.household_ids[5])
            Member.objects.filter(pk=here.member(gone)).update(resident=resident)
            Resident.objects.filter(pk=resident.pk).update(until_on=cast.TODAY)
        present = queries.present_members(viewer=secretary, on=TOMORROW)
        assert not present.filter(pk=here.member(gone)).exists()
        assert present.count() == visible_members(secretary).count() - 1
        assert actions.settle_members(by=secretary, at=cast.NOW, on=TOMORROW) == 0
        assert Member.objects.get(pk=here.member(gone)).left_on is None, "nobody is put out by a table"
    client = Client()
    client.force_login(home.accounts["officer"])
    page = client.get("/points/members/?only=gone").content.decode()
    assert gone in page
    assert "住户甲" not in page
    client.post(f"/points/members/{here.member(gone)}/leave/", follow=True)
    assert gone not in client.get("/points/members/?only=gone").content.decode()
    assert here.balance(gone) == 7


def test_a_member_at_a_new_door_keeps_wallet_and_membership(here: Stage) -> None:
    """From the household's own page: whoever the register lost is offered, and a person says who it is."""
    home, name = here.here.here, "住户丁"
    here.give(name, 7)
    secretary = here.actor("secretary")
    new_door = home.household_ids[2]
    with entered(secretary.scope):
        with pytest.raises(Refused, match="还在住户表里"):  # nobody who lives where they lived
            actions.move_in(
                by=secretary, at=cast.NOW, on=cast.TODAY, member_id=here.member(name), household_id=new_door
            )
        people.end_households(by=secretary, at=cast.NOW, on=cast.TODAY, household_ids=[home.household_ids[5]])
    office = Client()
    office.force_login(home.accounts["officer"])
    link = f"/points/members/join/?household={new_door}"
    assert link in office.get(f"/households/{new_door}/").content.decode()
    page = office.get(link).content.decode()
    assert f'<option value="{here.member(name)}">{name}' in page
    assert "住户甲" not in page
    typed = {
        "household": new_door,
        "moved": here.member(name),
        "category": "volunteer",
        "name": "",
        "kin": "",
    }
    assert "存折和积分都跟着" in office.post(link, typed, follow=True).content.decode()
    with here.office():
        member = Member.objects.get(pk=here.member(name))
    assert (member.household_id, member.microgrid_ids) == (new_door, [home.microgrids[0].pk])
    assert here.balance(name) == 7
    assert office.post(link, {**typed, "moved": here.member("住户甲")}).status_code == 422
    assert office.post(link, {**typed, "moved": ""}).status_code == 422, "nobody was named"


def test_before_its_day_nobody_is_gone(here: Stage) -> None:
    """The negative control of the list: the same end, a day later, is not yet one."""
    home, secretary = here.here.here, here.actor("secretary")
    with entered(secretary.scope):
        people.end_households(by=secretary, at=cast.NOW, on=TOMORROW, household_ids=[home.household_ids[5]])
        present = queries.present_members(viewer=secretary, on=cast.TODAY)
        assert present.filter(pk=here.member("住户丁")).exists()


@pytest.mark.django_db(transaction=True)
def test_a_community_that_is_divided_anew_keeps_every_member_beside_their_door() -> None:
    place = yards.settled_office()
    later = yards.TODAY + timedelta(days=40)
    with entered(place.secretary.scope):
        by = place.secretary
        yards.adopted(place, scenario="inside")
        doors = list(Membership.objects.order_by("household_id").values_list("household_id", flat=True))[::7]
        actions.open_rules(by=by, at=yards.NOW, on=yards.TODAY)
        for number, household_id in enumerate(doors):
            joining = Joining("volunteer", f"邻居{number}（模拟）", household_id=household_id)
            actions.join(by=by, at=yards.NOW, on=yards.TODAY, joining=joining)
        before = dict(Member.objects.values_list("household_id", "microgrid_ids"))
        yards.adopted(place, scenario="cross", from_on=later)
        assert actions.settle_members(by=by, at=yards.NOW, on=later - timedelta(days=1)) == 0
        moved = actions.settle_members(by=by, at=datetime(2026, 4, 11, 1, 0, tzinfo=UTC), on=later)
        after = dict(Member.objects.values_list("household_id", "microgrid_ids"))
        assert moved == sum(before[pk] != after[pk] for pk in doors) > 0
        for household_id, ids in after.items():
            assert tuple(ids) == microgrid_ids_at(viewer=by, on=later, household_id=household_id)
