"""What stands on the shelf: goods, prices, and stock that came, went bad or was counted."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from xiaojia.domains.places.rules import sort_key
from xiaojia.domains.store.access import MAY, visible_goods, visible_moves
from xiaojia.domains.store.models import Goods, Price, Stockmove
from xiaojia.domains.store.rules import BY_REDEMPTION, MOST_POINTS, earliest_on
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


@transaction.atomic
def add_goods(*, by: Actor, at: datetime, on: date, name: str, unit: str, points: int) -> Goods:
    """Something new with its first price; the next free number. Refused when the name is there already."""
    require(MAY, "add_goods", by, by.community_id)
    name = name.strip()
    if visible_goods(by).filter(name=name).exists():
        raise Refused(_("没有加上，因为“%(name)s”货架上已经有了；要改标价，在那一样里改。") % {"name": name})
    last = visible_goods(by).aggregate(Max("number"))["number__max"] or 0
    goods = Goods.objects.create(
        community_id=by.community_id, number=last + 1, name=name, sort_key=sort_key(name)[:120],
        unit=unit.strip(), added_at=at,
    )  # fmt: skip
    _decide(goods, points, on, by=by, at=at)
    audit.record(by=by, at=at, verb="add_goods", kind="goods", ids=[goods.pk], detail={"points": points})
    return goods


@transaction.atomic
def set_price(*, by: Actor, at: datetime, on: date, goods_id: int, points: int, from_on: date) -> Price:
    """Another price from a day on. Refused when a dearer one begins within seven days."""
    require(MAY, "set_price", by, by.community_id)
    goods = lock_goods(goods_id, by=by)
    # Against what holds then, and against whatever is dearest until then: two small steps are one rise.
    holds = price_on(goods, from_on) or price_on(goods, on)
    earliest = earliest_on(on=on, old=holds.points if holds else None, new=points)
    if from_on < earliest:
        raise Refused(
            _("标价没有改，因为涨价要提前七天贴出来，最早从%(day)s起；改一下日子再记。")
            % {"day": date_format(earliest, "n月j日")}
        )
    if Price.objects.filter(goods=goods, valid_from_on__gte=from_on).exists():
        raise Refused(_("标价没有改，因为那天或者那天以后已经定了标价；换一个更晚的日子。"))
    price = _decide(goods, points, from_on, by=by, at=at)
    audit.record(by=by, at=at, verb="set_price", kind="goods", ids=[goods.pk], detail={"points": points})
    return price


def _decide(goods: Goods, points: int, from_on: date, *, by: Actor, at: datetime) -> Price:
    if not 1 <= points <= MOST_POINTS:
        raise Refused(_("标价没有记，因为要在 1 到 %(most)d 分之间；改了再记。") % {"most": MOST_POINTS})
    return Price.objects.create(
        community_id=goods.community_id, goods=goods, points=points, valid_from_on=from_on,
        decided_at=at, decided_by_id=by.account_id,
    )  # fmt: skip


@transaction.atomic
def set_on_sale(*, by: Actor, at: datetime, goods_id: int, is_on_sale: bool) -> Goods:
    """Put something on the shelf or take it down; what is kept for somebody stays kept."""
    require(MAY, "add_goods", by, by.community_id)
    goods = lock_goods(goods_id, by=by)
    if goods.is_on_sale != is_on_sale:
        goods.is_on_sale = is_on_sale
        goods.save(update_fields=["is_on_sale"])
        audit.record(by=by, at=at, verb="set_on_sale", kind="goods", ids=[goods.pk])
    return goods


@transaction.atomic
def move_stock(
    *, by: Actor, at: datetime, on: date, goods_id: int, delta: int, reason: str, request_id: uuid.UUID
) -> Goods:
    """Pieces came ('received', > 0) or went bad ('spoiled', < 0); the same request moves once."""
    require(MAY, "move_stock", by, by.community_id)
    if reason in BY_REDEMPTION or (delta > 0) != (reason == "received"):
        raise ValueError(f"{reason} does not move {delta}")
    goods = lock_goods(goods_id, by=by)
    if visible_moves(by).filter(request_id=request_id).exists():
        return goods
    if goods.stock + delta < 0:
        raise Refused(
            _("没有记，因为货架上只有 %(n)d %(unit)s；数一数，再记一次。")
            % {"n": goods.stock, "unit": goods.unit}
        )
    move = Stockmove.objects.create(
        community_id=by.community_id, goods=goods, delta=delta, reason=reason, happened_on=on, at=at,
        actor_id=by.account_id, request_id=request_id,
    )  # fmt: skip
    audit.record(by=by, at=at, verb="move_stock", kind="stockmove", ids=[move.pk])
    goods.refresh_from_db()
    return goods


@transaction.atomic
def count_stock(*, by: Actor, at: datetime, on: date, goods_id: int, counted: int, note: str) -> int:
    """What lies there by hand count, without what is kept for somebody; returns how far the book was off."""
    require(MAY, "move_stock", by, by.community_id)
    goods = lock_goods(goods_id, by=by)
    if counted < 0:
        raise ValueError("nothing less than nothing is counted")
    delta = counted - goods.stock
    if delta:
        move = Stockmove.objects.create(
            community_id=by.community_id, goods=goods, delta=delta, reason="counted", happened_on=on, at=at,
            actor_id=by.account_id, note=note[:60],
        )  # fmt: skip
        audit.record(by=by, at=at, verb="count_stock", kind="stockmove", ids=[move.pk])
    return delta


def lock_goods(goods_id: int, *, by: Actor) -> Goods:
    """One thing on the shelf, its row held until the transaction ends; Refused when there is none."""
    goods = visible_goods(by).select_for_update().filter(pk=goods_id, community_id=by.community_id).first()
    if goods is None:
        raise Refused(_("没有找到这样东西，可能号写错了；照货架上的号再写一次。"))
    return goods


def price_on(goods: Goods, on: date) -> Price | None:
    """The price that holds on that day; None before the first."""
    return Price.objects.filter(goods=goods, valid_from_on__lte=on).order_by("-valid_from_on").first()
