"""Signing in, changing desks, and the demo's personas, which exist under XIAOJIA_DEMO only."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import date

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import NoReverseMatch, clear_url_caches, reverse

from tests import cast
from xiaojia.domains.teams import actions as teams
from xiaojia.kernel.tenancy import entered
from xiaojia.project import urls

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaojia.kernel.clock.today", lambda at=None: cast.TODAY)


@pytest.fixture
def people() -> cast.Cast:
    return cast.build()


@pytest.fixture
def _without_demo() -> Iterator[None]:
    with override_settings(XIAOJIA_DEMO=False):
        importlib.reload(urls)
        clear_url_caches()
        yield
    importlib.reload(urls)
    clear_url_caches()


@pytest.mark.parametrize("role", ["secretary", "officer", "head"])
def test_one_sits_down_as_a_simulated_person_without_a_password(people: cast.Cast, role: str) -> None:
    client = Client()
    page = client.get(f"/demo/as/{role}/", follow=True).content.decode()
    assert cast.NAMES[role] in page
    assert "青禾社区（模拟）" in page
    assert "模拟数据" in page
    assert 'href="/demo/"' in page


def test_another_community_is_chosen_by_its_code(people: cast.Cast) -> None:
    client = Client()
    page = client.get("/demo/as/secretary/?in=999999001002", follow=True).content.decode()
    assert "临溪社区（模拟）" in page
    assert client.get("/demo/as/secretary/?in=999999001003").status_code == 404
    assert client.get("/demo/as/mayor/").status_code == 404


def test_the_menu_shows_one_person_of_each_desk_and_community(people: cast.Cast) -> None:
    page = Client().get("/demo/").content.decode()
    for code in ("999999001001", "999999001002"):
        for role in ("secretary", "officer", "head"):
            assert page.count(f'href="/demo/as/{role}/?in={code}"') == 1
    assert "/demo/as/cook/" not in page, "no desk yet"


def test_a_real_person_is_no_persona(people: cast.Cast) -> None:
    here = people.here
    here.accounts["officer"].is_simulated = False
    here.accounts["officer"].save()
    assert Client().get(f"/demo/as/officer/?in={here.community.code}").status_code == 404
    here.community.is_simulated = False
    here.community.save()
    assert Client().get(f"/demo/as/secretary/?in={here.community.code}").status_code == 404


@pytest.mark.usefixtures("_without_demo")
def test_without_the_demo_there_are_no_personas(people: cast.Cast) -> None:
    client = Client()
    assert client.get("/demo/as/secretary/").status_code == 404
    assert client.get("/demo/").status_code == 404
    with pytest.raises(NoReverseMatch):
        reverse("demo_personas")
    assert "/demo/" not in client.get("/sign-in/").content.decode()


def test_negative_control_the_demo_is_on_in_this_run(people: cast.Cast) -> None:
    assert settings.XIAOJIA_DEMO
    assert "/demo/" in Client().get("/sign-in/").content.decode()


def test_several_desks_are_changed_in_the_own_menu(people: cast.Cast) -> None:
    account = people.here.accounts["officer"]
    far = people.elsewhere.actor("secretary")
    with entered(far.scope):
        second = teams.begin_tenure(
            by=far, at=cast.NOW, account_id=account.pk, role="officer", from_on=date(2026, 1, 1)
        )
    client = Client()
    client.force_login(account)
    page = client.get("/desks/").content.decode()
    assert "青禾社区（模拟）" in page
    assert "临溪社区（模拟）" in page
    assert client.post("/desks/", {"tenure": second.pk}).status_code == 302
    assert "临溪社区（模拟）" in client.get("/").content.decode()
    stolen = people.here.tenures["secretary"].pk
    assert client.post("/desks/", {"tenure": stolen}).status_code == 404
    assert "专干的桌子" in client.get("/").content.decode()


def test_the_browser_s_own_language_decides_nothing(people: cast.Cast) -> None:
    client = Client(headers={"accept-language": "en-US,en;q=0.9"})
    assert '<html lang="zh-Hans"' in client.get("/sign-in/").content.decode()
    client.post("/language/", {"language": "en"})
    assert '<html lang="en"' in client.get("/sign-in/").content.decode()
    client.post("/language/", {"language": "tlh"})
    assert '<html lang="en"' in client.get("/sign-in/").content.decode()
