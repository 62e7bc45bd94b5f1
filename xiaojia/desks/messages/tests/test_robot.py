"""The group's robot: its key is kept sealed, shown masked, tried by a message, and the secretary's alone."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from tests import cast
from tests.sharing import Once
from xiaojia.kernel import outbox_delivery
from xiaojia.kernel.models import Grouprobot, Message
from xiaojia.kernel.tenancy import entered

KEY = "693a91f6-7a0c-4bc4-97a0-0ec251fa5aaa"
ADDRESS = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"


@pytest.fixture
def people(once: Once) -> cast.Cast:
    return once(cast.build)


def _client(people: cast.Cast, role: str) -> Client:
    client = Client()
    client.force_login(people.here.accounts[role])
    return client


@override_settings(XIAOJIA_WECOM_HOST="http://127.0.0.1:9")
def test_a_key_is_kept_sealed_shown_masked_and_tried(people: cast.Cast) -> None:
    client = _client(people, "secretary")
    assert client.post("/messages/robot/test/").status_code == 409, "nothing to try yet"
    assert client.post("/messages/robot/", {"key": ADDRESS}).status_code == 302
    page = client.get("/messages/robot/").content.decode()
    assert "＊＊＊＊5aaa" in page
    assert KEY[:8] not in page
    assert client.post("/messages/robot/test/").status_code == 302
    with entered(people.actor("secretary").scope):
        assert KEY.encode() not in bytes(Grouprobot.objects.get().key_sealed)
        _name, address, text = outbox_delivery.opened(Message.objects.get(kind="robot_test"))
        assert (address, "试一试" in text) == (KEY, True)
    assert client.post("/messages/robot/", {"key": "不是钥匙"}).status_code == 409
    assert "＊＊＊＊5aaa" in client.get("/messages/robot/").content.decode(), "a mistake forgets nothing"
    client.post("/messages/robot/", {"key": ""})
    assert "还没有记下钥匙" in client.get("/messages/robot/").content.decode()


@override_settings(XIAOJIA_WECOM_HOST="")
def test_nobody_else_sees_it_and_a_closed_way_says_so(people: cast.Cast) -> None:
    client = _client(people, "secretary")
    client.post("/messages/robot/", {"key": KEY})
    assert client.post("/messages/robot/test/").status_code == 409
    for role in ("officer", "head"):
        assert _client(people, role).get("/messages/robot/").status_code == 403
    stranger = Client()
    stranger.force_login(people.elsewhere.accounts["secretary"])
    assert "5aaa" not in stranger.get("/messages/robot/").content.decode()
    with entered(people.actor("stranger").scope):
        assert not Grouprobot.objects.exists()
