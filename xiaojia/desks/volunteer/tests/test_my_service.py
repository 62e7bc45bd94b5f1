"""A volunteer's first page: whom to call, the own stairs and dates, and no neighbour."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people.models import Resident
from xiaojia.domains.teams import actions as teams
from xiaojia.kernel.tenancy import entered


@pytest.fixture
def people(once: Once, monkeypatch: pytest.MonkeyPatch) -> cast.Cast:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: cast.NOW)
    return once(cast.build)


def _page(people: cast.Cast) -> str:
    client = Client()
    client.force_login(people.here.accounts["volunteer"])
    return client.get("/").content.decode()


def test_a_volunteer_sees_whom_to_call_and_stairs_but_no_neighbour(people: cast.Cast) -> None:
    secretary, head = people.actor("secretary"), people.here.accounts["head"]
    assert "他还没有把电话写给邻居" in _page(people)
    with entered(secretary.scope):
        teams.give_listing(by=secretary, at=cast.NOW, account_id=head.pk, phone="02300000101")
    page = _page(people)
    assert 'href="tel:02300000101"' in page
    assert "邓明礼" in page
    assert "刘家院子 1 栋 1 单元" in page
    assert "刘家院子 2 栋" not in page
    with entered(secretary.scope):
        names = set(Resident.objects.values_list("name", flat=True))
        doors = {r.household.door for r in Resident.objects.select_related("household")}
    assert names
    assert not [word for word in names | doors if f">{word}<" in page]


def test_negative_control_the_phone_goes_with_the_yes(people: cast.Cast) -> None:
    secretary, head = people.actor("secretary"), people.here.accounts["head"]
    with entered(secretary.scope):
        teams.give_listing(by=secretary, at=cast.NOW, account_id=head.pk, phone="02300000101")
        teams.withdraw_listing(by=secretary, at=cast.NOW, account_id=head.pk)
    assert "02300000101" not in _page(people)
