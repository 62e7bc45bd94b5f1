"""消息: what the office sees of the outbox, and what it may do."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests import cast
from tests.sharing import Once
from xiaojia.kernel import clock, outbox, outbox_delivery
from xiaojia.kernel.models import Message
from xiaojia.kernel.outbox import Letter, Recipient
from xiaojia.kernel.outbox_rules import Urgency
from xiaojia.kernel.outbox_senders import Envelope
from xiaojia.kernel.tenancy import entered

KIND = outbox.kind("desk", "门牌卡印好了")
PHONE = "13800001234"
SECRET = "只给本人看的话"


class Silent:
    """Never answers, until told otherwise."""

    deduplicates = False
    answers = False

    def send(self, _envelope: Envelope) -> None:
        if not self.answers:
            raise TimeoutError


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> Silent:
    found = Silent()
    for module in (outbox, outbox_delivery):
        monkeypatch.setattr(module, "sender_of", lambda _channel: found)
    return found


@pytest.fixture
def people(once: Once, sender: Silent) -> cast.Cast:
    return once(cast.build)


def _post(people: cast.Cast) -> Any:
    community_id = people.here.community.pk
    with entered(people.actor("officer").scope):
        letter = Letter(KIND, SECRET, Urgency.ANSWER)
        return outbox.post(
            letter, to=Recipient("sms", PHONE, "邓明礼"), community_id=community_id, at=clock.now()
        )


def _deliver(people: cast.Cast) -> None:
    outbox_delivery.deliver_due(community_id=people.here.community.pk, at=clock.now())


def _as(people: cast.Cast, role: str) -> Client:
    client = Client()
    home = people.elsewhere if role == "stranger" else people.here
    client.force_login(home.accounts["secretary" if role == "stranger" else role])
    return client


def _page(client: Client) -> str:
    return str(client.get("/messages/").content.decode())


def test_the_office_sees_whom_and_why_and_sends_again(people: cast.Cast, sender: Silent) -> None:
    pk = _post(people)
    client = _as(people, "officer")
    assert "等着" in _page(client)
    _deliver(people)
    page = _page(client)
    assert "邓＊＊" in page
    assert "138＊＊＊＊＊＊34" in page
    assert "不知道送到没有" in page
    assert SECRET not in page
    assert PHONE not in page
    assert "邓明礼" not in page.partition("<main")[2]
    assert client.post(f"/messages/{pk}/again/", follow=True).status_code == 200
    sender.answers = True
    _deliver(people)
    assert "送出去了" in _page(client)
    assert client.post(f"/messages/{pk}/again/").status_code == 409


def test_what_is_not_wanted_any_more_is_dropped(people: cast.Cast) -> None:
    pk = _post(people)
    _deliver(people)
    client = _as(people, "secretary")
    client.post(f"/messages/{pk}/drop/")
    assert "不发了" in _page(client)
    with entered(people.actor("officer").scope):
        assert bytes(Message.objects.get(pk=pk).text_sealed) == b""


@pytest.mark.parametrize("role", ["head", "cook"])
def test_others_are_sent_to_the_office(people: cast.Cast, role: str) -> None:
    pk = _post(people)
    _deliver(people)
    client = _as(people, role)
    assert client.get("/messages/").status_code == 403
    assert client.post(f"/messages/{pk}/again/").status_code == 403


def test_another_community_sees_nothing(people: cast.Cast) -> None:
    pk = _post(people)
    _deliver(people)
    client = _as(people, "stranger")
    assert "门牌卡" not in _page(client)
    assert client.post(f"/messages/{pk}/again/").status_code == 409
    assert client.post(f"/messages/{pk}/drop/").status_code == 409


def test_what_was_sent_is_paged_by_twenty_five(people: cast.Cast, sender: Silent) -> None:
    sender.answers = True
    for _n in range(26):
        _post(people)
    _deliver(people)
    client = _as(people, "officer")
    assert _page(client).count("送出去了") == 25
    assert client.get("/messages/?page=2").content.decode().count("送出去了") == 1
