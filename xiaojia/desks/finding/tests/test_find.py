"""Finding a household, its page, consent on it, and the list of who looked."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people.models import Consent, Resident, Viewlog
from xiaojia.kernel.tenancy import entered


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaojia.kernel.clock.today", lambda at=None: cast.TODAY)


@pytest.fixture
def people(once: Once) -> cast.Cast:
    return once(cast.build)


def _client(people: cast.Cast, role: str) -> Client:
    client = Client()
    homes = people.elsewhere if role == "stranger" else people.here
    client.force_login(homes.accounts["secretary" if role == "stranger" else role])
    return client


def _find(people: cast.Cast, role: str, text: str) -> str:
    answer = _client(people, role).get("/find/", {"q": text})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("住户3 1栋", 1), ("刘家院子1栋住户", 4), ("住户 刘家院子2栋", 4), ("住户3 2栋", 0), ("向波 1栋", 0),
        ("住户", 8), ("住户3", 1), ("刘家院子1栋1单元2-1", 1), ("刘家院子1栋", 4), ("老粮站院1栋", 0),
        ("", 0),
    ],
)  # fmt: skip
def test_the_office_finds_by_name_and_address(people: cast.Cast, text: str, count: int) -> None:
    page = _find(people, "officer", text)
    assert page.count('class="row"') == count
    assert ("您这一片没有找到" in page) == (bool(text) and not count)


def test_the_office_finds_by_phone_and_the_look_is_logged(people: cast.Cast) -> None:
    phone = f"1380000{people.here.community.pk % 10}003"
    page = _find(people, "officer", phone)
    assert page.count('class="row"') == 1
    assert "住户3" in page
    with entered(people.actor("secretary").scope):
        [log] = Viewlog.objects.all()
        assert (log.role, log.screen, log.household_ids) == (
            "officer",
            "find",
            [people.here.household_ids[3]],
        )


def test_nobody_finds_what_is_not_theirs(people: cast.Cast) -> None:
    assert _find(people, "stranger", f"1380000{people.here.community.pk % 10}003").count('class="row"') == 0
    assert _find(people, "head", "刘家院子2栋").count('class="row"') == 0
    assert _find(people, "head", "刘家院子1栋").count('class="row"') == 4, "negative control"
    assert _client(people, "cook").get("/find/", {"q": "住户"}).status_code == 403
    assert Client().get("/find/", {"q": "住户"}).status_code == 403


def test_a_household_of_somebody_else_is_no_page(people: cast.Cast) -> None:
    household_id = people.here.household_ids[5]
    for role in ("stranger", "head"):
        client = _client(people, role)
        assert client.get(f"/households/{household_id}/").status_code == 404
    assert _client(people, "officer").get(f"/households/{household_id}/").status_code == 200


def test_a_yes_is_written_down_and_taken_back_on_the_page_of_the_household(people: cast.Cast) -> None:
    client, household_id = _client(people, "head"), people.here.household_ids[0]
    address = f"/households/{household_id}/"
    assert "住户0" not in client.get(address).content.decode()
    with entered(people.actor("secretary").scope):
        resident = Resident.objects.get(household_id=household_id)
    form = {"resident": str(resident.pk), "says": "yes"}
    page = client.post(f"{address}consent/", form, follow=True).content.decode()
    assert "记下了" in page
    assert "住户0" in page
    page = client.post(f"{address}consent/", {**form, "says": "no"}, follow=True).content.decode()
    assert "收回了" in page
    assert "住户0" not in page
    with entered(people.actor("secretary").scope):
        assert Consent.objects.get().withdrawn_at is not None


def test_nonsense_and_strangers_change_no_consent(people: cast.Cast) -> None:
    household_id = people.here.household_ids[0]
    with entered(people.actor("secretary").scope):
        resident = Resident.objects.get(household_id=household_id)
    form = {"resident": str(resident.pk), "says": "yes"}
    address = f"/households/{household_id}/consent/"
    assert _client(people, "head").get(address).status_code == 405
    assert _client(people, "head").post(address, {"resident": "1", "says": "yes"}).status_code == 404
    assert _client(people, "stranger").post(address, form).status_code == 409
    assert _client(people, "cook").post(address, form).status_code == 403
    with entered(people.actor("secretary").scope):
        assert not Consent.objects.exists()


def test_who_looked_is_a_list_for_the_office_to_print(people: cast.Cast) -> None:
    household_id = people.here.household_ids[0]
    _client(people, "head").get(f"/households/{household_id}/")
    address = f"/households/{household_id}/views/"
    page = _client(people, "officer").get(address).content.decode()
    assert "邓明礼" in page
    assert "家长" in page
    assert "这一户的页面" in page
    assert _client(people, "head").get(address).status_code == 403
    assert _client(people, "stranger").get(address).status_code == 404
    other = _client(people, "officer").get(f"/households/{people.here.household_ids[1]}/views/")
    assert "邓明礼" not in other.content.decode(), "negative control"
