"""Each guard of the counter taken away: what it keeps off then happens."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from tests import cast
from xiaojia.domains.store import actions
from xiaojia.domains.store.actions import shelf
from xiaojia.domains.store.models import Redemption
from xiaojia.domains.store.tests.counter import Counter
from xiaojia.kernel.refusals import Refused


def test_the_page_of_the_last_piece_sent_again_is_answered_as_before(here: Counter) -> None:
    """The answer got lost: the shelf is empty by that very redemption, and the clerk sends the page again."""
    clerk, kettle = Client(), here.goods["热水壶"].pk
    clerk.force_login(here.stage.here.here.accounts["clerk"])
    path = f"/store/members/{here.stage.member('住户丁')}/"
    typed = {"request": str(uuid.uuid4()), "goods": kettle, "quantity": 1, "way": "counter", "do": "take"}
    first, again = (clerk.post(path, typed) for _time in range(2))
    assert first.status_code == again.status_code == 302
    assert first.headers["Location"] == again.headers["Location"]
    another = clerk.post(path, {**typed, "request": str(uuid.uuid4())})
    assert "只剩 0 个" in another.content.decode()
    assert f'value="{kettle}"' not in another.content.decode(), "it is offered to nobody"
    with here.stage.office():
        assert Redemption.objects.count() == 1
    assert here.drift() == []


def test_without_the_notice_a_dearer_price_holds_today(
    here: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    soap = here.goods["肥皂"].pk

    def dearer() -> object:
        with here.stage.office() as officer:
            return actions.set_price(
                by=officer, at=cast.NOW, on=cast.TODAY, goods_id=soap, points=9, from_on=cast.TODAY
            )

    with pytest.raises(Refused, match="提前七天"):
        dearer()
    assert here.redeem("住户甲", "肥皂").points == 3
    monkeypatch.setattr(shelf, "earliest_on", lambda *, on, **_more: on)
    dearer()
    assert here.redeem("住户甲", "肥皂").points == 9
