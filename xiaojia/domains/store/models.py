from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from xiaojia.domains.store.rules import BY_REDEMPTION, REASONS, STATES, WAYS


class Goods(models.Model):
    """Something on the shelf (商品). `stock` is the sum of its moves: only their trigger writes it.

    `number` stands on the shelf and on paper sheets.
    """

    community_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=30)
    sort_key = models.CharField(max_length=120)
    unit = models.CharField(max_length=8)
    stock = models.IntegerField(default=0)
    is_on_sale = models.BooleanField(default=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stock__gte=0), name="stock_not_below_zero"),
            models.UniqueConstraint(fields=["community_id", "number"], name="one_goods_per_number"),
            models.UniqueConstraint(fields=["community_id", "name"], name="one_goods_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """What one piece costs from a day on, in points (标价). Never changed: a new one follows."""

    community_id = models.BigIntegerField()
    goods = models.ForeignKey(Goods, on_delete=models.PROTECT, related_name="prices")
    points = models.PositiveIntegerField()
    valid_from_on = models.DateField()
    decided_at = models.DateTimeField()
    decided_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["goods", "valid_from_on"], name="one_price_per_day"),
            models.CheckConstraint(condition=Q(points__gte=1), name="prices_cost_points"),
        ]

    def __str__(self) -> str:
        return f"{self.points} {self.valid_from_on}"


class Redemption(models.Model):
    """Goods for points (兑换): set aside and then collected, or collected at once; exactly one way out.

    `hold_id` and `transaction_id` name what the ledger did for it; `points` is the price of the day times
    `quantity`. `request_id` makes a retry safe, `body_hash` tells another request under its name.
    `paper_line`: day, sheet and line of a paper sheet that it was typed from.
    """

    personal: ClassVar = {"proxy_name": "points", "note": "points"}

    community_id = models.BigIntegerField()
    member = models.ForeignKey("ledger.Member", on_delete=models.PROTECT, related_name="+")
    goods = models.ForeignKey(Goods, on_delete=models.PROTECT, related_name="redemptions")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    points = models.PositiveIntegerField()
    way = models.CharField(max_length=8, choices=list(WAYS.items()))
    proxy_name = models.CharField(max_length=20, default="")
    note = models.CharField(max_length=60, default="")
    state = models.CharField(max_length=9, choices=list(STATES.items()))
    pickup_code = models.CharField(max_length=6, default="")
    request_id = models.UUIDField()
    body_hash = models.BinaryField(max_length=32)
    hold_id = models.BigIntegerField(null=True)
    transaction_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    collected_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    paper_line = models.CharField(max_length=30, default="")
    served_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "request_id"], name="one_redemption_per_request"),
            models.UniqueConstraint(
                fields=["community_id", "paper_line"],
                condition=~Q(paper_line=""),
                name="one_redemption_per_paper_line",
            ),
            models.UniqueConstraint(
                fields=["community_id", "pickup_code"],
                condition=Q(state="reserved"),
                name="one_waiting_redemption_per_code",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1) & Q(points__gte=1) & Q(state__in=list(STATES)),
                name="redemptions_take_something",
            ),
            models.CheckConstraint(
                condition=~Q(state="reserved")
                | Q(hold_id__isnull=False, expires_at__isnull=False) & ~Q(pickup_code=""),
                name="what_is_kept_has_its_hold",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["collected", "returned"])
                & Q(transaction_id__isnull=False, collected_on__isnull=False)
                | ~Q(state__in=["collected", "returned"]) & Q(transaction_id__isnull=True),
                name="what_was_collected_was_paid",
            ),
            models.CheckConstraint(
                condition=~Q(way="proxy") | ~Q(proxy_name=""), name="a_proxy_gives_a_name"
            ),
        ]
        indexes = [
            models.Index(fields=["community_id", "collected_on"], name="redemption_of_day"),
            models.Index(fields=["member", "id"], name="redemption_of_member"),
            models.Index(fields=["expires_at"], condition=Q(state="reserved"), name="redemption_by_end"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Stockmove(models.Model):
    """Pieces that came or went (库存变动). Never changed; inserting one moves the stock of its goods."""

    community_id = models.BigIntegerField()
    goods = models.ForeignKey(Goods, on_delete=models.PROTECT, related_name="moves")
    delta = models.IntegerField()
    reason = models.CharField(max_length=10, choices=list(REASONS.items()))
    redemption = models.ForeignKey(Redemption, null=True, on_delete=models.PROTECT, related_name="moves")
    happened_on = models.DateField()
    at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    note = models.CharField(max_length=60, default="")
    request_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(delta=0), name="moves_move_something"),
            models.CheckConstraint(
                condition=Q(reason__in=BY_REDEMPTION, redemption__isnull=False)
                | ~Q(reason__in=BY_REDEMPTION) & Q(redemption__isnull=True),
                name="moves_say_for_whom",
            ),
            models.UniqueConstraint(
                fields=["redemption", "reason"],
                condition=Q(redemption__isnull=False),
                name="one_move_per_step",
            ),
            models.UniqueConstraint(
                fields=["community_id", "request_id"],
                condition=Q(request_id__isnull=False),
                name="one_move_per_request",
            ),
        ]
        indexes = [models.Index(fields=["goods", "happened_on"], name="move_of_goods")]

    def __str__(self) -> str:
        return f"{self.delta:+d}"


class Dayclose(models.Model):
    """A day of the store as it was closed (日结): never changed; what came later is a row of its own.

    `number` 1 is the close, each further one a correction with its reason. `figures`: `queries.Day` in words
    of JSON, as it stood at that moment.
    """

    community_id = models.BigIntegerField()
    day_on = models.DateField()
    number = models.PositiveSmallIntegerField()
    figures = models.JSONField()
    reason = models.CharField(max_length=60, default="")
    closed_at = models.DateTimeField()
    closed_by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "day_on", "number"], name="one_close_a_day"),
            models.CheckConstraint(
                condition=Q(number=1, reason="") | Q(number__gt=1) & ~Q(reason=""),
                name="a_corrected_close_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day_on}/{self.number}"


class Papersheet(models.Model):
    """A sheet of a day without network (断网的纸单): how many there were is said, then each is typed in.

    `refused_count`: lines of it that could not be written down yet.
    """

    community_id = models.BigIntegerField()
    day_on = models.DateField()
    number = models.PositiveSmallIntegerField()
    noted_at = models.DateTimeField()
    typed_at = models.DateTimeField(null=True)
    refused_count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "day_on", "number"], name="one_sheet_a_number"),
            models.CheckConstraint(
                condition=Q(number__gte=1) & (Q(typed_at__isnull=False) | Q(refused_count=0)),
                name="sheets_are_counted_from_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day_on}/{self.number}"


class Wanted(models.Model):
    """Something that people would like to find on the shelf (想要的货): words and no person."""

    community_id = models.BigIntegerField()
    text = models.CharField(max_length=30)
    asked_on = models.DateField()
    asked_at = models.DateTimeField()
    written_by_id = models.BigIntegerField()
    answered_on = models.DateField(null=True)
    answer = models.CharField(max_length=60, default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["community_id", "text"], condition=Q(answered_on__isnull=True), name="wanted_open"
            )
        ]

    def __str__(self) -> str:
        return self.text
