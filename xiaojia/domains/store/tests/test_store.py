"""The counter in peace: who pays what, what is kept and comes back, prices, the day, paper sheets."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from tests import cast
from xiaojia.domains.ledger.actions import Lack, OtherRequest, Over
from xiaojia.domains.ledger.models import Account, Passbook
from xiaojia.domains.store import actions, queries
from xiaojia.domains.store.actions import Row
from xiaojia.domains.store.models import Goods, Price, Redemption, Stockmove
from xiaojia.domains.store.queries.counter import _is_at
from xiaojia.domains.store.tests.counter import Counter
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered

DAY = timedelta(days=1)


def test_goods_and_points_move_together_and_a_retry_moves_nothing(here: Counter) -> None:
    request = uuid.uuid4()
    first = here.redeem("住户甲", "肥皂", 4, request_id=request)
    again = here.redeem("住户甲", "肥皂", 4, request_id=request)
    assert (first.pk, first.points, first.state) == (again.pk, 12, "collected")
    with pytest.raises(OtherRequest):
        here.redeem("住户甲", "肥皂", 5, request_id=request)
    assert (here.stock("肥皂"), here.stage.balance("住户甲")) == (96, 18)
    assert here.drift() == []


def test_too_few_points_or_pieces_leave_both_as_they_are(here: Counter) -> None:
    request = uuid.uuid4()
    with pytest.raises(Lack, match="只剩 30 分"):
        here.redeem("住户甲", "大米", 2, request_id=request)
    for name in ("住户甲", "住户乙"):
        here.stage.give(name, 100)
    with pytest.raises(Lack, match="重新开一笔"):
        here.redeem("住户甲", "大米", 2, request_id=request)
    with pytest.raises(Refused, match="只剩 1 个"):
        here.redeem("住户乙", "热水壶", 2)
    with pytest.raises(Refused, match="1 到 20 件"):
        here.redeem("住户乙", "肥皂", 0)
    assert (here.stock("大米"), here.stock("热水壶"), here.stage.balance("住户甲")) == (40, 1, 130)
    assert here.drift() == []


def test_what_is_kept_is_collected_once_or_goes_back(here: Counter) -> None:
    kept, dropped, late = (here.reserve("住户甲", "肥皂", n) for n in (1, 2, 3))
    assert (here.stock("肥皂"), len(kept.pickup_code)) == (94, 6)
    more: dict[str, Any] = {"by": here.clerk, "on": cast.TODAY}
    with entered(here.clerk.scope):
        found = queries.redemption_by_code(
            f"{kept.pickup_code[:3]} {kept.pickup_code[3:]}", viewer=here.clerk
        )
        assert found == kept
        for _twice in range(2):
            done = actions.collect_goods(**more, at=cast.NOW, redemption_id=kept.pk)
            assert done.state == "collected"
            actions.cancel_redemption(**more, at=cast.NOW, redemption_id=dropped.pk)
        with pytest.raises(Over):
            actions.cancel_redemption(**more, at=cast.NOW, redemption_id=kept.pk)
        with pytest.raises(Over):
            actions.collect_goods(**more, at=cast.NOW, redemption_id=dropped.pk)
        assert actions.expire_due(**more, at=cast.NOW) == 0
        after = cast.NOW + 4 * DAY
        with pytest.raises(Over):
            actions.collect_goods(**more, at=after, redemption_id=late.pk)
        assert [actions.expire_due(**more, at=after) for _twice in range(2)] == [1, 0]
    with here.stage.office():
        row = Account.objects.get(pk=here.stage.wallet("住户甲"))
        assert (row.balance, row.held) == (27, 0)
    assert here.stock("肥皂") == 99
    assert here.drift() == []


def test_a_code_is_never_the_number_of_a_passbook(here: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """One field takes both: the smallest code is larger than the passbooks of any community."""
    monkeypatch.setattr("secrets.randbelow", lambda _n: 0)
    code = here.reserve("住户甲", "肥皂").pickup_code
    assert code == "100000"
    with here.stage.office():
        assert max(Passbook.objects.values_list("number", flat=True)) < code
    with entered(here.clerk.scope):
        assert queries.customers(code, viewer=here.clerk, on=cast.TODAY) == []


def test_a_passbook_is_found_without_its_leading_zeros(here: Counter) -> None:
    with here.stage.office():
        number = Passbook.objects.get(member_id=here.stage.member("住户甲")).number
    assert number.startswith("0000")
    with entered(here.clerk.scope):
        found = queries.customers(number.lstrip("0"), viewer=here.clerk, on=cast.TODAY)
        assert [c.name for c in found] == ["住户甲"]
        row = Row(1, number.lstrip("0"), 2, 1)
        (typed,) = actions.type_sheet(
            by=here.clerk, at=cast.NOW, on=cast.TODAY, day=cast.TODAY, sheet=1, rows=[row]
        )
        assert typed.redemption is not None


def test_a_return_within_seven_days_gives_back_once_and_spoilt_goods_not_to_the_shelf(here: Counter) -> None:
    whole, spoilt = here.redeem("住户甲", "肥皂", 2), here.redeem("住户甲", "肥皂", 1)
    by = here.clerk
    with entered(by.scope):
        late = cast.TODAY + 8 * DAY
        with pytest.raises(Refused, match="超过七天"):
            actions.take_goods_back(by=by, at=cast.NOW, on=late, redemption_id=whole.pk, is_whole=True)
        for row, is_whole in ((whole, True), (whole, True), (spoilt, False)):
            actions.take_goods_back(
                by=by, at=cast.NOW, on=cast.TODAY + 7 * DAY, redemption_id=row.pk, is_whole=is_whole
            )
    assert (here.stock("肥皂"), here.stage.balance("住户甲")) == (99, 30)
    assert here.drift() == []


def test_a_proxy_gives_a_name_and_a_delivery_a_place(here: Counter) -> None:
    with pytest.raises(Refused, match="来人的名字"):
        here.redeem("住户甲", "肥皂", way="proxy")
    with pytest.raises(Refused, match="送到哪里"):
        here.reserve("住户甲", "肥皂", way="delivery")
    assert here.redeem("住户甲", "肥皂", way="proxy", proxy_name="女儿（模拟）").way == "proxy"


def test_a_dearer_price_waits_seven_days_and_a_cheaper_one_none(here: Counter) -> None:
    soap = here.goods["肥皂"].pk
    with here.stage.office() as officer:

        def price(points: int, days: int) -> Price:
            return actions.set_price(
                by=officer, at=cast.NOW, on=cast.TODAY, goods_id=soap, points=points,
                from_on=cast.TODAY + days * DAY,
            )  # fmt: skip

        with pytest.raises(Refused, match="提前七天"):
            price(4, 6)
        price(2, 0)
        with pytest.raises(Refused, match="提前七天"):
            price(3, 1)
        price(5, 7)
        item = queries.item(soap, viewer=officer, on=cast.TODAY)
        assert item is not None
        assert (item.points, item.next_points, item.next_on) == (2, 5, cast.TODAY + 7 * DAY)
    assert here.redeem("住户甲", "肥皂").points == 2
    with entered(here.clerk.scope), pytest.raises(NotAllowed):
        actions.set_price(
            by=here.clerk, at=cast.NOW, on=cast.TODAY, goods_id=soap, points=1, from_on=cast.TODAY + 9 * DAY
        )


def test_the_database_refuses_to_write_stock_or_to_change_a_move(here: Counter) -> None:
    soap = here.goods["肥皂"].pk
    with here.stage.office() as officer:
        acts: list[Callable[[], object]] = [
            lambda: Goods.objects.filter(pk=soap).update(stock=5),
            lambda: Stockmove.objects.update(delta=5),
            lambda: Stockmove.objects.all().delete(),
            lambda: Price.objects.update(points=1),
        ]
        for act in acts:
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                act()
        with pytest.raises(IntegrityError, match="stock_not_below_zero"), transaction.atomic():
            Stockmove.objects.create(
                community_id=officer.community_id, goods_id=soap, delta=-101, reason="spoiled",
                happened_on=cast.TODAY, at=cast.NOW, actor_id=1,
            )  # fmt: skip
        # The control: what may be written is.
        assert Goods.objects.filter(pk=soap).update(unit="盒") == 1


def test_counting_and_stock_that_comes(here: Counter) -> None:
    by, soap = here.clerk, here.goods["肥皂"].pk
    with entered(by.scope):
        for _twice in range(2):
            actions.move_stock(
                by=by, at=cast.NOW, on=cast.TODAY, goods_id=soap, delta=20, reason="received",
                request_id=uuid.UUID(int=99),
            )  # fmt: skip
        count: dict[str, Any] = {"by": by, "at": cast.NOW, "on": cast.TODAY, "goods_id": soap, "note": ""}
        assert actions.count_stock(**count, counted=118) == -2
        assert actions.count_stock(**count, counted=118) == 0
    assert here.stock("肥皂") == 118


def test_the_day_on_one_page_adds_up(here: Counter) -> None:
    here.redeem("住户甲", "肥皂", 4)
    here.reserve("住户丙", "肥皂", 1)
    returned = here.redeem("住户乙", "大米")
    by = here.clerk
    with entered(by.scope):
        actions.take_goods_back(by=by, at=cast.NOW, on=cast.TODAY, redemption_id=returned.pk, is_whole=True)
        day = queries.day(cast.TODAY, viewer=by)
        soap = next(line for line in day.lines if line.name == "肥皂")
        assert (soap.opening, soap.gone, soap.back, soap.closing, soap.kept, soap.on_hand) == (
            100, 5, 0, 95, 1, 96,
        )  # fmt: skip
        assert (day.redemption_count, day.points, day.returned_count, day.returned_points) == (2, 37, 1, 25)
        for line in day.lines:
            assert line.closing == here.stock(line.name.partition("（")[0])
        assert queries.day(cast.TODAY - DAY, viewer=by).points == 0


def test_a_paper_sheet_is_typed_line_by_line_and_twice_counts_once(here: Counter) -> None:
    with here.stage.office():
        number = Passbook.objects.get(member_id=here.stage.member("住户甲")).number
    by = here.clerk
    rows = [Row(1, number, 2, 3), Row(2, number, 1, 2), Row(3, "没有", 2, 1), Row(4, number, 9, 1)]
    sheet: dict[str, Any] = {"by": by, "at": cast.NOW, "on": cast.TODAY, "day": cast.TODAY - DAY, "sheet": 1}
    with entered(by.scope):
        for was_there in (False, True):
            typed = actions.type_sheet(**sheet, rows=rows)
            assert [(t.redemption is not None, t.was_there) for t in typed] == [
                (True, was_there), (False, False), (False, False), (False, False),
            ]  # fmt: skip
        assert ["积分不够" in typed[1].refusal, "这本存折" in typed[2].refusal] == [True, True]
        # A refused line may be typed anew, corrected; a written one may not become another.
        better = actions.type_sheet(**sheet, rows=[Row(1, number, 2, 5), Row(2, number, 2, 2)])
        assert "先前记的是另一样" in better[0].refusal
        assert better[1].redemption is not None
        with pytest.raises(Refused, match="两个星期"):
            actions.type_sheet(**{**sheet, "day": cast.TODAY - 15 * DAY}, rows=rows)
        assert queries.day(cast.TODAY - DAY, viewer=by).paper_count == 2
    assert here.stage.balance("住户甲") == 15
    assert here.drift() == []


def test_somebody_is_found_by_name_and_building_or_by_passbook(here: Counter) -> None:
    with entered(here.clerk.scope):
        everybody = queries.customers("住户", viewer=here.clerk, on=cast.TODAY)
        assert [c.name for c in everybody] == ["住户丙", "住户丁", "住户甲", "住户乙"]
        assert {c.available for c in everybody} == {0}
        near = queries.customers("住户 2栋", viewer=here.clerk, on=cast.TODAY)
        assert [c.name for c in near] == ["住户丁"]
        assert "刘家院子 2 栋" in near[0].place
        one = queries.customer(here.stage.member("住户甲"), viewer=here.clerk, on=cast.TODAY)
        assert one is not None
        assert one.available == 30
    head = here.stage.actor("head")
    with entered(head.scope):
        with pytest.raises(NotAllowed):
            queries.customers("住户", viewer=head, on=cast.TODAY)
        assert Redemption.objects.count() == 0


@pytest.mark.parametrize(
    ("word", "is_meant"), [("2", False), ("12", True), ("刘家", True), ("1", False), ("老粮", False)]
)
def test_a_building_is_a_whole_number(word: str, is_meant: bool) -> None:
    assert _is_at(word, "刘家院子 12 栋") is is_meant


def test_what_people_ask_for_is_counted_and_answered_once(here: Counter) -> None:
    with entered(here.clerk.scope):
        for second, text in enumerate(("酱油", "洗衣粉", " 酱油 ")):
            at = cast.NOW + timedelta(seconds=10 * second)
            actions.ask_for(by=here.clerk, at=at, on=cast.TODAY, text=text)
        assert [(w.text, w.count) for w in queries.wanted(viewer=here.clerk)] == [("酱油", 2), ("洗衣粉", 1)]
    with here.stage.office() as officer:
        answer: dict[str, Any] = {
            "by": officer,
            "at": cast.NOW,
            "on": cast.TODAY,
            "text": "酱油",
            "answer": "下周进货",
        }
        assert [actions.answer_wanted(**answer) for _twice in range(2)] == [2, 0]
        assert [w.text for w in queries.wanted(viewer=officer)] == ["洗衣粉"]
