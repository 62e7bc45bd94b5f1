"""The store of the busy community: a full shelf, a day's redemptions, something kept, wishes (模拟)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from xiaojia.domains.store import actions
from xiaojia.domains.store.actions import Basket
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor

GOODS = (
    ("大米（5 斤）", "袋", 25), ("肥皂", "块", 3), ("洗衣粉", "袋", 8), ("酱油", "瓶", 7), ("卷纸", "提", 12),
    ("牙膏", "支", 6), ("毛巾", "条", 9), ("热水壶", "个", 40), ("挂面", "把", 5),
    ("菜籽油（2 升）", "桶", 35),
)  # fmt: skip


def stocked(officer: Actor, member_id: int) -> dict[str, Any]:
    """Ids for the pages of the store."""
    now, on = clock.now(), clock.today()
    more: dict[str, Any] = {"by": officer, "at": now, "on": on}
    goods = []
    for number, (name, unit, points) in enumerate(GOODS):
        goods.append(actions.add_goods(**more, name=name, unit=unit, points=points))
        actions.move_stock(
            **{**more, "on": on - timedelta(days=1)}, goods_id=goods[-1].pk, delta=20 + number,
            reason="received", request_id=uuid.UUID(int=100 + number),
        )  # fmt: skip
    for number in range(8):
        basket = Basket(member_id, goods[1].pk, 1, uuid.UUID(int=200 + number))
        actions.redeem_goods(**more, basket=basket)
    kept = Basket(member_id, goods[1].pk, 1, uuid.UUID(int=300), "delivery", note="2 栋 3-1")
    row = actions.reserve_goods(**more, basket=kept)
    for number in range(30):
        at = now - timedelta(minutes=number)
        actions.ask_for(**{**more, "at": at}, text=("电饭锅", "盐", "抽纸")[number % 3])
    return {"goods_id": goods[1].pk, "redemption_id": row.pk}
