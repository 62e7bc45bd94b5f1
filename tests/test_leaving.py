"""Whoever leaves is hidden, and keeps every service: each page of the product is opened before and after.

Pages that have nothing to do with points must say the very same, to the one who left, to the head and to the
office. The own wallet can be spent to the last point, and what was set aside is still handed out.
"""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

import pytest
from django.test import Client

from tests.addresses import addresses
from tests.busy import Busy, busy
from tests.kept import made_once
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger import queries
from xiaojia.domains.ledger.models import Member
from xiaojia.domains.store import actions as store
from xiaojia.domains.store.actions import Basket
from xiaojia.domains.store.models import Redemption
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db(transaction=True)

OF_POINTS: Final = ("ledger:", "recognition:", "store:")
CHANGING: Final = {"sign_out", "demo_as", "health", "household_views"}
"""What signs out or takes another seat, and what tells the time or each look at a household."""

_MOVING: Final = re.compile(r"[0-9A-Za-z_:-]{20,}|\d+ 秒|\d{1,2}:\d{2}")
"""Tokens, keys and the time: what differs between two answers of one page anyway."""

Pages = dict[str, tuple[int, str]]


@pytest.fixture
def stage() -> Busy:
    return made_once(busy)


def _pages(stage: Busy, role: str) -> Pages:
    """Route -> status and text of every page that has nothing to do with points."""
    client = Client()
    client.force_login(stage.accounts[role])
    found: Pages = {}
    for address in addresses():
        if address.name.startswith(OF_POINTS) or address.name in CHANGING:
            continue
        answer = client.get(address.path(stage.ids))
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        text = _MOVING.sub("", answer.content.decode()) if is_page else ""
        found[address.name] = (answer.status_code, text)
    return found


def _leave(stage: Busy, member: Member) -> None:
    by, now = stage.place.officer, clock.now()
    with entered(by.scope):
        ledger.leave(by=by, at=now, on=clock.today(now), member_id=member.pk)


def _members(stage: Busy) -> tuple[Member, Member]:
    """The head who takes part, and a neighbour with points and something set aside."""
    with entered(stage.place.officer.scope):
        head = Member.objects.get(account=stage.accounts["head"])
        return head, Member.objects.get(pk=stage.ids["member_id"])


@pytest.mark.parametrize("role", ["head", "officer"])
def test_no_service_knows_that_somebody_left(stage: Busy, role: str) -> None:
    before = _pages(stage, role)
    assert sum(status == 200 for status, _text in before.values()) > 15
    again = _pages(stage, role)
    assert {name for name in before if before[name] != again[name]} == set(), "tokens are taken out"
    for member in _members(stage):
        _leave(stage, member)
    after = _pages(stage, role)
    assert {name for name in before if before[name] != after[name]} == set()


def test_negative_control_a_page_that_reads_membership_would_differ(stage: Busy) -> None:
    """The list of members is such a page."""
    client = Client()
    client.force_login(stage.accounts["officer"])
    texts = []
    for step in range(2):
        if step:
            _leave(stage, _members(stage)[1])
        texts.append(_MOVING.sub("", client.get("/points/members/").content.decode()))
    assert texts[0] != texts[1]


def test_whoever_left_is_hidden_and_spends_to_the_last_point(stage: Busy) -> None:
    _head, neighbour = _members(stage)
    by, now = stage.place.officer, clock.now()
    _leave(stage, neighbour)
    client = Client()
    client.force_login(stage.accounts["officer"])
    for path in ("/points/members/", "/points/record/"):
        assert neighbour.name not in client.get(path).content.decode(), path
    with entered(by.scope):
        more = {"by": by, "at": now, "on": clock.today(now)}
        (kept,) = Redemption.objects.filter(member=neighbour, state="reserved")
        assert store.collect_goods(**more, redemption_id=kept.pk).state == "collected"  # type: ignore[arg-type]  # plain words
        wallet = queries.balance(neighbour.pk, viewer=by)
        assert wallet is not None
        soap = kept.goods_id
        pieces, rest = divmod(wallet.available, 3)
        row = store.redeem_goods(**more, basket=Basket(neighbour.pk, soap, pieces, UUID(int=99)))  # type: ignore[arg-type]  # plain words
        assert row.points == pieces * 3
        left = queries.balance(neighbour.pk, viewer=by)
        assert left is not None
        assert (left.available, left.held) == (rest, 0)


def test_whoever_left_may_come_back_and_finds_the_way(stage: Busy) -> None:
    head, _neighbour = _members(stage)
    _leave(stage, head)
    client = Client()
    client.force_login(stage.accounts["head"])
    assert "我愿意加入" in client.get("/points/mine/").content.decode()
    assert client.post("/points/mine/join/", follow=True).status_code == 200
    assert "您的存折" in client.get("/points/mine/").content.decode()
