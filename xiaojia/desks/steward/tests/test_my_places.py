from __future__ import annotations

import pytest
from django.test import Client

from tests import cast
from tests.sharing import Once


@pytest.fixture
def people(once: Once, monkeypatch: pytest.MonkeyPatch) -> cast.Cast:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: cast.NOW)
    return once(cast.build)


def test_a_steward_sees_stairs_and_heads_but_no_neighbour(people: cast.Cast) -> None:
    client = Client()
    client.force_login(people.here.accounts["steward"])
    page = client.get("/").content.decode()
    assert "您管着 1 个小家，4 户" in page
    assert "刘家院子 1 栋 1 单元" in page
    assert "邓明礼" in page
    assert "刘家院子 2 栋" not in page
    own = people.here.microgrids[0].pk
    for path in (
        f"/microgrids/{own}/?names=1",
        f"/households/{people.here.household_ids[0]}/",
        "/neighbours/",
    ):
        answer = client.get(path, follow=True)
        assert "住户" not in answer.content.decode().replace("住户表", ""), path
    assert client.get(f"/teams/{own}/").status_code == 200
    found = client.get("/find/", {"q": "刘家院子1栋"}, follow=True)
    assert found.redirect_chain[0][0].startswith("/teams/who/?q=")
    assert "邓明礼" in found.content.decode()


def test_negative_control_the_head_sees_the_neighbours(people: cast.Cast) -> None:
    client = Client()
    client.force_login(people.here.accounts["head"])
    assert "住＊＊" in client.get("/neighbours/").content.decode()
