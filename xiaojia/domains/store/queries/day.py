from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, Sum

from xiaojia.domains.store.access import MAY, visible_goods, visible_moves, visible_redemptions
from xiaojia.domains.store.models import Goods
from xiaojia.domains.store.queries.sight import opened
from xiaojia.domains.store.rules import REASONS
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class DayLine:
    """One thing on one day, in pieces: `opening` plus all `moved` is `closing`; `kept` lies aside."""

    goods: Goods
    opening: int
    moved: dict[str, int]
    kept: int

    @property
    def closing(self) -> int:
        """What may be given to whoever comes."""
        return self.opening + sum(self.moved.values())

    @property
    def received(self) -> int:
        """What came in."""
        return self.moved.get("received", 0)

    @property
    def gone(self) -> int:
        """What left with somebody or was set aside, as a positive number."""
        return -self.moved.get("taken", 0) - self.moved.get("kept", 0)

    @property
    def back(self) -> int:
        """What came back: not fetched, cancelled or returned."""
        return self.moved.get("given_back", 0) + self.moved.get("returned", 0)

    @property
    def corrected(self) -> int:
        """What counting and spoiling changed."""
        return self.moved.get("counted", 0) + self.moved.get("spoiled", 0)

    @property
    def on_hand(self) -> int:
        """What a hand should count in the room: the shelf, and what lies aside."""
        return self.closing + self.kept


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the store: redemptions and points of what was handed out that day, and each thing's pieces."""

    on: date
    redemption_count: int
    piece_count: int
    points: int
    returned_count: int
    returned_points: int
    paper_count: int
    delivery_count: int
    lines: list[DayLine] = field(default_factory=list)


def day(on: date, *, viewer: Actor) -> Day:
    """The close of one day (four queries). A sheet typed in later belongs to the day it was written."""
    require(MAY, "see_day", viewer, viewer.community_id)
    before: dict[int, int] = {}
    moved: dict[int, dict[str, int]] = {}
    mine = visible_moves(viewer).filter(happened_on__lte=on).order_by()
    for goods_id, reason, is_today, total in (
        mine.annotate(is_today=Q(happened_on=on)).values_list("goods_id", "reason", "is_today")
        .annotate(n=Sum("delta"))
    ):  # fmt: skip
        if is_today:
            moved.setdefault(goods_id, dict.fromkeys(REASONS, 0))[reason] = total
        else:
            before[goods_id] = before.get(goods_id, 0) + total
    with opened(viewer):
        rows = visible_redemptions(viewer)
        told = rows.filter(collected_on=on).aggregate(
            n=Count("pk"), pieces=Sum("quantity"), points=Sum("points"),
            paper=Count("pk", filter=~Q(paper_line="")), delivery=Count("pk", filter=Q(way="delivery")),
        )  # fmt: skip
        back = rows.filter(state="returned", ended_at__date=on).aggregate(n=Count("pk"), points=Sum("points"))
        aside = rows.filter(created_at__date__lte=on).filter(
            Q(state="reserved") | Q(ended_at__date__gt=on, hold_id__isnull=False, collected_on__isnull=True)
            | Q(collected_on__gt=on, hold_id__isnull=False)
        )  # fmt: skip
        kept = dict(aside.order_by().values_list("goods_id").annotate(n=Sum("quantity")))
    lines = [
        DayLine(g, before.get(g.pk, 0), moved.get(g.pk, {}), kept.get(g.pk, 0))
        for g in visible_goods(viewer).order_by("number")
        if g.is_on_sale or g.stock or g.pk in moved
    ]
    return Day(
        on, told["n"], told["pieces"] or 0, told["points"] or 0, back["n"], back["points"] or 0,
        told["paper"], told["delivery"], lines,
    )  # fmt: skip
