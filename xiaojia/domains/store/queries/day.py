from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F, OuterRef, Q, Sum

from xiaojia.domains.people.queries import account_name
from xiaojia.domains.store.access import (
    MAY,
    visible_closes,
    visible_goods,
    visible_moves,
    visible_redemptions,
    visible_sheets,
)
from xiaojia.domains.store.queries.sight import opened
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DayLine:
    """One thing on one day, in pieces.

    `gone`: left with somebody or was set aside; `back`: not fetched, cancelled or returned; `corrected`: what
    counting and spoiling changed, with its sign; `kept` lies aside.
    """

    number: int
    name: str
    unit: str
    opening: int
    received: int = 0
    gone: int = 0
    back: int = 0
    corrected: int = 0
    kept: int = 0

    @property
    def closing(self) -> int:
        """What may be given to whoever comes."""
        return self.opening + self.received - self.gone + self.back + self.corrected

    @property
    def on_hand(self) -> int:
        """What a hand should count in the room: the shelf, and what lies aside."""
        return self.closing + self.kept


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the store: redemptions and points of what was handed out that day, and each thing's pieces."""

    redemption_count: int = 0
    piece_count: int = 0
    points: int = 0
    returned_count: int = 0
    returned_points: int = 0
    paper_count: int = 0
    delivery_count: int = 0
    lines: list[DayLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Closed:
    """A day as somebody closed it, or corrected it: `number` 1 is the close."""

    number: int
    day: Day
    reason: str
    at: datetime
    by_name: str


def figures(day: Day) -> dict[str, object]:
    """A day as it is kept."""
    return asdict(day)


def _day(kept: dict[str, Any]) -> Day:
    return replace(Day(**kept), lines=[DayLine(**line) for line in kept["lines"]])


def day(on: date, *, viewer: Actor) -> Day:
    """A day as it is reckoned now (three queries). A sheet typed later belongs to the day it was written."""
    require(MAY, "see_day", viewer, viewer.community_id)
    before: dict[int, int] = {}
    moved: dict[int, dict[str, int]] = {}
    mine = visible_moves(viewer).filter(happened_on__lte=on).order_by()
    for goods_id, reason, is_today, total in (
        mine.annotate(is_today=Q(happened_on=on)).values_list("goods_id", "reason", "is_today")
        .annotate(n=Sum("delta"))
    ):  # fmt: skip
        if is_today:
            moved.setdefault(goods_id, {})[reason] = total
        else:
            before[goods_id] = before.get(goods_id, 0) + total
    told = _redemptions(on, viewer)
    lines = [
        _line((g.number, g.name, g.unit), before.get(g.pk, 0), moved.get(g.pk, {}), told[g.pk]["kept"])
        for g in visible_goods(viewer).order_by("number")
        if g.is_on_sale or g.stock or g.pk in moved
    ]
    sums = {name: sum(row[name] for row in told.values()) for name in _COUNTED}
    return Day(**sums, lines=lines)


_COUNTED: Final = (
    "redemption_count", "piece_count", "points", "returned_count", "returned_points", "paper_count",
    "delivery_count",
)  # fmt: skip
_TOLD: Final = (*_COUNTED, "kept")


class _Told(dict[int, dict[str, int]]):
    """Counts by goods; nothing was handed out of a thing that is missing."""

    def __missing__(self, goods_id: int) -> dict[str, int]:
        return dict.fromkeys(_TOLD, 0)


def _redemptions(on: date, viewer: Actor) -> _Told:
    """What redemptions of a day come to, by goods (one query: all of one moment)."""
    handed = Q(collected_on=on)
    back = Q(state="returned", ended_at__date=on)
    aside = Q(created_at__date__lte=on) & (
        Q(state="reserved")
        | Q(ended_at__date__gt=on, hold_id__isnull=False, collected_on__isnull=True)
        | Q(collected_on__gt=on, hold_id__isnull=False)
    )
    with opened(viewer):
        rows = visible_redemptions(viewer).filter(handed | back | aside).order_by().values("goods_id")
        rows = rows.annotate(
            redemption_count=Count("pk", filter=handed), total=Sum("points", filter=handed, default=0),
            piece_count=Sum("quantity", filter=handed, default=0), returned_count=Count("pk", filter=back),
            returned_points=Sum("points", filter=back, default=0),
            paper_count=Count("pk", filter=handed & ~Q(paper_line="")),
            delivery_count=Count("pk", filter=handed & Q(way="delivery")),
            kept=Sum("quantity", filter=aside, default=0),
        )  # fmt: skip
        columns = ["total" if name == "points" else name for name in _TOLD]
        return _Told(
            (goods_id, dict(zip(_TOLD, counts, strict=True)))
            for goods_id, *counts in rows.values_list("goods_id", *columns)
        )


def _line(words: tuple[int, str, str], opening: int, moved: dict[str, int], kept: int) -> DayLine:
    def of(*reasons: str) -> int:
        return sum(moved.get(reason, 0) for reason in reasons)

    return DayLine(
        *words, opening, of("received"), -of("taken", "kept"), of("given_back", "returned"),
        of("counted", "spoiled"), kept,
    )  # fmt: skip


def closes(on: date, *, viewer: Actor) -> list[Closed]:
    """The close of a day and its corrections, in their order; empty while it is open (one query)."""
    require(MAY, "see_day", viewer, viewer.community_id)
    rows = visible_closes(viewer).filter(day_on=on).annotate(by_name=account_name(OuterRef("closed_by_id")))
    return [
        Closed(row.number, _day(row.figures), row.reason, row.closed_at, row.by_name or "")
        for row in rows.order_by("number")
    ]


def unclosed_on(*, viewer: Actor, on: date) -> date | None:
    """The last day of the week before `on` on which something moved and that nobody closed (one query)."""
    require(MAY, "see_day", viewer, viewer.community_id)
    closed = visible_closes(viewer).filter(day_on__gte=on - WEEK).values("day_on")
    moves = visible_moves(viewer).filter(happened_on__gte=on - WEEK, happened_on__lt=on)
    return moves.exclude(happened_on__in=closed).order_by("-happened_on").values_list(
        "happened_on", flat=True
    ).first()  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper sheet that waits: `refused_count` lines of it, or all of it when that is 0."""

    day_on: date
    number: int
    refused_count: int


def open_sheets(*, viewer: Actor) -> list[Sheet]:
    """Paper sheets that were not typed in, or not to the last line, by day (one query)."""
    require(MAY, "serve", viewer, viewer.community_id)
    rows = visible_sheets(viewer).filter(Q(typed_at__isnull=True) | Q(refused_count__gt=0))
    words = rows.order_by("day_on", "number").values_list("day_on", "number", "refused_count")
    return [Sheet(*row) for row in words[:20]]


@dataclass(frozen=True, slots=True)
class Low:
    """Something that runs out: what is left, and what a week took."""

    goods_id: int
    number: int
    name: str
    unit: str
    stock: int
    gone_in_week: int


def low(*, viewer: Actor, on: date) -> list[Low]:
    """Goods on sale of which less is left than the last seven days took, the scarcest first (one query)."""
    require(MAY, "see_shelf", viewer, viewer.community_id)
    is_out = Q(moves__happened_on__gt=on - WEEK, moves__redemption__isnull=False)
    rows = visible_goods(viewer).filter(is_on_sale=True)
    rows = rows.annotate(gone=-Sum("moves__delta", filter=is_out, default=0)).filter(stock__lt=F("gone"))
    return [
        Low(g.pk, g.number, g.name, g.unit, g.stock, g.gone) for g in rows.order_by("stock", "number")[:10]
    ]
