"""Nobody serves their own side: own wallet, own household, declared kin, and whoever fetches for others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests import cast
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.actions import Joining
from xiaojia.domains.ledger.models import Passbook
from xiaojia.domains.store import actions
from xiaojia.domains.store.actions import Row, serving
from xiaojia.domains.store.models import Redemption
from xiaojia.domains.store.rules import COLLEAGUE
from xiaojia.domains.store.tests.counter import Counter
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

SIDES = {"clerk": "own", "住户丁": "near", "住户丙": "near", "on paper": "namesake"}
"""Member -> why: the clerk's own book, one household, declared kin, a book on paper in the clerk's name."""


@pytest.fixture
def side(here: Counter) -> Iterator[Counter]:
    """The clerk is a member, lives with 住户丁 and declared 住户丙 as kin; everybody has 30 points."""
    stage = here.stage
    home, name = stage.here.here, cast.NAMES["clerk"]
    with stage.office() as officer:
        own = Joining(
            "volunteer", name, (home.microgrids[1].pk,), home.household_ids[5],
            account_id=home.accounts["clerk"].pk,
        )  # fmt: skip
        more: dict[str, Any] = {"by": officer, "at": cast.NOW}
        for key, joining in (("clerk", own), ("on paper", Joining("volunteer", f"{name}（模拟）"))):
            stage.members[key] = ledger.join(**more, on=cast.TODAY, joining=joining)
            ledger.issue_passbook(**more, on=cast.TODAY, member_id=stage.member(key))
        ledger.declare_kin(**more, member_id=stage.member("clerk"), other_id=stage.member("住户丙"))
    for key in ("clerk", "on paper"):
        stage.give(key, 30)
    yield here
    for key in ("clerk", "on paper"):
        del stage.members[key]


def _as_officer(here: Counter, act: Callable[..., Redemption], name: str, **more: Any) -> Redemption:
    with here.stage.office() as officer:
        return act(by=officer, at=cast.NOW, on=cast.TODAY, basket=here.basket(name, "肥皂", **more))


@pytest.mark.parametrize(("name", "why"), SIDES.items())
def test_the_clerk_leaves_their_own_side_to_a_colleague(side: Counter, name: str, why: str) -> None:
    for act in (side.redeem, side.reserve):
        with pytest.raises(Refused, match=str(COLLEAGUE[why])):
            act(name, "肥皂")
    assert (side.stock("肥皂"), side.stage.balance(name)) == (100, 30)
    assert _as_officer(side, actions.redeem_goods, name).state == "collected"
    assert side.redeem("住户甲", "肥皂").state == "collected", "neighbours are served"


def test_neither_does_the_clerk_hand_out_drop_or_take_back_for_their_own_side(side: Counter) -> None:
    kept = _as_officer(side, actions.reserve_goods, "clerk")
    gone = _as_officer(side, actions.redeem_goods, "住户丙")
    more: dict[str, Any] = {"by": side.clerk, "at": cast.NOW, "on": cast.TODAY}
    with entered(side.clerk.scope):
        for act, row in ((actions.collect_goods, kept), (actions.cancel_redemption, kept)):
            with pytest.raises(Refused, match="请同事来办"):
                act(**more, redemption_id=row.pk)
        with pytest.raises(Refused, match="请同事来办"):
            actions.take_goods_back(**more, redemption_id=gone.pk, is_whole=True)
    assert (side.stock("肥皂"), side.stage.balance("住户丙")) == (98, 27)
    assert side.drift() == []


@pytest.mark.parametrize(
    "name", [cast.NAMES["clerk"], f"{cast.NAMES['clerk']}（模拟）", "住户丙", " 住户 丁"]
)
def test_nobody_of_the_clerks_side_fetches_for_others_at_the_clerks_counter(side: Counter, name: str) -> None:
    with pytest.raises(Refused, match="来领的是您自己或者家里人"):
        side.redeem("住户甲", "肥皂", way="proxy", proxy_name=name)
    kept = _as_officer(side, actions.reserve_goods, "住户甲", way="proxy", proxy_name=name)
    with entered(side.clerk.scope), pytest.raises(Refused, match="来领的是"):
        actions.collect_goods(by=side.clerk, at=cast.NOW, on=cast.TODAY, redemption_id=kept.pk)
    assert side.redeem("住户甲", "肥皂", way="proxy", proxy_name="女儿（模拟）").state == "collected"


def test_a_paper_sheet_is_no_way_around(side: Counter) -> None:
    with side.stage.office():
        number = Passbook.objects.get(member_id=side.stage.member("clerk")).number
    with entered(side.clerk.scope):
        (typed,) = actions.type_sheet(
            by=side.clerk, at=cast.NOW, on=cast.TODAY, day=cast.TODAY, sheet=1, rows=[Row(1, number, 2, 1)]
        )
    assert (typed.redemption, typed.refusal) == (None, str(COLLEAGUE["own"]))


def test_whoever_is_no_member_serves_everybody(here: Counter) -> None:
    assert here.redeem("住户丁", "肥皂").state == "collected"


def test_the_page_says_so_before_anything_is_typed(side: Counter) -> None:
    client = Client()
    client.force_login(side.stage.here.here.accounts["clerk"])
    page = client.get(f"/store/members/{side.stage.member('clerk')}/").content.decode()
    assert str(COLLEAGUE["own"]) in page
    assert 'name="goods"' not in page


def test_negative_control_without_the_look_the_clerk_pays_themselves(
    side: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "leave_to_colleague", lambda *_words, **_more: None)
    kept = side.reserve("clerk", "肥皂", 3)
    with entered(side.clerk.scope):
        actions.collect_goods(by=side.clerk, at=cast.NOW, on=cast.TODAY, redemption_id=kept.pk)
    assert side.redeem("住户甲", "肥皂", way="proxy", proxy_name="住户丙").state == "collected"
    assert side.stage.balance("clerk") == 21
