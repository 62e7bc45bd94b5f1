"""The head's pages: the own 小家 and its neighbours, as far as they agreed."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people import actions as people
from xiaojia.domains.people.models import Resident, Viewlog
from xiaojia.domains.teams import actions as teams
from xiaojia.kernel.tenancy import entered


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaojia.kernel.clock.today", lambda at=None: cast.TODAY)


@pytest.fixture
def people_here(once: Once) -> cast.Cast:
    return once(cast.build)


def _page(people_here: cast.Cast, address: str, **cookies: str) -> str:
    client = Client()
    client.force_login(people_here.here.accounts["head"])
    client.cookies.load(cookies)
    return client.get(address).content.decode()


def test_the_first_page_is_the_own_micro_grid_with_its_number_size_and_addresses(
    people_here: cast.Cast,
) -> None:
    page = _page(people_here, "/")
    assert "1 号小家" in page
    assert 'href="/neighbours/">4</a>' in page
    assert "刘家院子 1 栋 1 单元" in page
    assert "刘家院子 2 栋" not in page, "another micro-grid"
    assert "住户0" not in page


def test_neighbours_are_masked_until_they_agree_and_looking_is_logged(people_here: cast.Cast) -> None:
    scope = people_here.actor("secretary").scope
    page = _page(people_here, "/neighbours/")
    assert page.count("住＊＊") == 4
    assert "住户0" not in page
    assert "tel:" not in page
    with entered(scope):
        [log] = Viewlog.objects.all()
        assert (log.role, log.screen) == ("head", "neighbours")
        assert log.household_ids == sorted(people_here.here.household_ids[:4])
        resident = Resident.objects.get(household_id=people_here.here.household_ids[0])
        people.give_consent(
            by=people_here.actor("secretary"), at=cast.NOW, resident_id=resident.pk, purpose="contact_card"
        )
    page = _page(people_here, "/neighbours/")
    assert page.count("住＊＊") == 3
    assert "住户0" in page
    assert "tel:1380000" in page
    assert "住户5" not in page, "another micro-grid, even after a yes"


def test_heads_read_large_print_until_they_choose_otherwise(people_here: cast.Cast) -> None:
    assert '<html lang="zh-Hans" class="large">' in _page(people_here, "/")
    assert '<html lang="zh-Hans">' in _page(people_here, "/", text_size="standard")
    assert 'class="xlarge"' in _page(people_here, "/", text_size="xlarge")


def test_a_head_whose_micro_grid_ended_is_told_so_in_peace(people_here: cast.Cast) -> None:
    secretary = people_here.actor("secretary")
    account = people.add_account(username="qh-late", name="周素珍", password=cast.PASSWORD, is_simulated=True)
    with entered(secretary.scope):
        teams.begin_tenure(
            by=secretary, at=cast.NOW, account_id=account.pk, role="cook", from_on=date(2026, 1, 1)
        )
    client = Client()
    client.force_login(account)
    answer = client.get("/")
    assert answer.status_code == 403
    assert "您还没有桌子" in answer.content.decode()


def test_whoever_sees_the_whole_community_looks_people_up_one_by_one(people_here: cast.Cast) -> None:
    client = Client()
    client.force_login(people_here.here.accounts["officer"])
    answer = client.get("/neighbours/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/find/")
    with entered(people_here.actor("secretary").scope):
        assert not Viewlog.objects.exists()
