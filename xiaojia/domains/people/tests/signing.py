"""What tests of signing in share: a phone that keeps its messages, a browser, a second step."""

from __future__ import annotations

import re
from typing import Any, Final

from django.test import Client

from tests import cast
from xiaojia.domains.people.accounts import rules
from xiaojia.domains.people.models import Account
from xiaojia.kernel import clock, outbox_delivery
from xiaojia.kernel.outbox_senders import Envelope

PHONE: Final = "13800007001"
EDGE: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36 Edg/120.0"


class Phones:
    """Every short message that went out, newest last."""

    deduplicates = True

    def __init__(self) -> None:
        self.got: list[Envelope] = []

    def send(self, envelope: Envelope) -> None:
        self.got.append(envelope)

    def code(self) -> str:
        found = re.search(r"\d{6}", self.got[-1].text)
        assert found
        return found.group()


def browser(**more: Any) -> Client:
    return Client(headers={"user-agent": EDGE}, **more)


def with_password(client: Client, account: Account, password: str = cast.PASSWORD) -> Any:
    return client.post("/sign-in/", {"username": account.username, "password": password})


def is_in(client: Client) -> bool:
    return bool(client.get("/security/").status_code == 200)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def deliver(people: cast.Cast) -> None:
    outbox_delivery.deliver_due(community_id=people.here.community.pk, at=clock.now())


def app_code(secret: str) -> str:
    return rules.one_time_password(secret, int(clock.now().timestamp()) // 30)


def enrol(client: Client, account: Account) -> tuple[str, list[str]]:
    page = text(client.get("/security/second-step/"))
    assert "<svg" in page
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert found
    secret = found.group(1).replace(" ", "")
    done = client.post("/security/second-step/", {"code": app_code(secret)})
    recovery = re.findall(r'class="secret">(\d{4} \d{4})<', text(done))
    assert len(recovery) == 10
    return secret, recovery
