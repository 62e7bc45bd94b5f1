from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery

from xiaojia.domains.store.access import MAY, visible_goods, visible_moves, visible_wanted
from xiaojia.domains.store.models import Goods, Price, Stockmove
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Item:
    """A thing on the shelf: what one piece costs today in points (None: not yet), and from when what else."""

    goods: Goods
    points: int | None
    next_points: int | None
    next_on: date | None


def shelf(*, viewer: Actor, on: date, is_all: bool = False) -> list[Item]:
    """What can be had, by its number; with `is_all` also what was taken down (one query)."""
    require(MAY, "see_shelf", viewer, viewer.community_id)
    rows = visible_goods(viewer) if is_all else visible_goods(viewer).filter(is_on_sale=True)
    return [_item(goods) for goods in _priced(rows, on).order_by("-is_on_sale", "number")]


def item(goods_id: int, *, viewer: Actor, on: date) -> Item | None:
    """One thing of the shelf (one query)."""
    require(MAY, "see_shelf", viewer, viewer.community_id)
    goods = _priced(visible_goods(viewer), on).filter(pk=goods_id).first()
    return _item(goods) if goods else None


def _priced(rows: QuerySet[Goods], on: date) -> QuerySet[Goods]:
    prices = Price.objects.filter(goods=OuterRef("pk"))
    now = prices.filter(valid_from_on__lte=on).order_by("-valid_from_on")
    later = prices.filter(valid_from_on__gt=on).order_by("valid_from_on")
    return rows.annotate(
        points_now=Subquery(now.values("points")[:1]),
        points_next=Subquery(later.values("points")[:1]),
        next_on=Subquery(later.values("valid_from_on")[:1]),
    )


def _item(goods: Goods) -> Item:
    # Annotations of `_priced`.
    return Item(goods, *(getattr(goods, name) for name in ("points_now", "points_next", "next_on")))


def prices_of(goods_id: int, *, viewer: Actor) -> list[Price]:
    """All prices of one thing, the newest first (one query)."""
    require(MAY, "see_shelf", viewer, viewer.community_id)
    mine = Price.objects.filter(goods_id=goods_id, community_id__in=viewer.scope.community_ids)
    return list(mine.order_by("-valid_from_on"))


def moves_of(goods_id: int, *, viewer: Actor, limit: int = 30) -> list[Stockmove]:
    """The last moves of one thing, the newest first (one query)."""
    require(MAY, "see_shelf", viewer, viewer.community_id)
    return list(visible_moves(viewer).filter(goods_id=goods_id).order_by("-at", "-pk")[:limit])


@dataclass(frozen=True, slots=True)
class Want:
    """What people asked for, in the same words: how many, and since when."""

    text: str
    count: int
    since_on: date


def wanted(*, viewer: Actor, limit: int = 50) -> list[Want]:
    """What waits for an answer: what most people ask for first (one query)."""
    require(MAY, "ask_for", viewer, viewer.community_id)
    rows = visible_wanted(viewer).filter(answered_on__isnull=True).order_by().values("text")
    rows = rows.annotate(n=Count("pk"), since=Min("asked_on")).order_by("-n", "since", "text")
    return [Want(row["text"], row["n"], row["since"]) for row in rows[:limit]]
