from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from xiaojia.domains.ledger.models.membership import Member
from xiaojia.domains.ledger.models.rulebook import Ruleversion
from xiaojia.domains.ledger.rules import ACCOUNT_KINDS, KINDS, WALLET_KINDS


class Account(models.Model):
    """One side of an entry (积分户). Only wallets of persons and families store a balance, in points.

    `held` is reserved and not yet spent. Written by the functions of migration 0002 and by nobody else.
    """

    personal: ClassVar = {"balance": "points", "held": "points"}

    community_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=list(ACCOUNT_KINDS.items()))
    member = models.OneToOneField(Member, null=True, on_delete=models.PROTECT, related_name="wallet")
    balance = models.BigIntegerField(null=True)
    held = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=WALLET_KINDS, member__isnull=False, balance__isnull=False)
                | ~Q(kind__in=WALLET_KINDS) & Q(member__isnull=True, balance__isnull=True, held=0),
                name="only_wallets_store_a_balance",
            ),
            models.CheckConstraint(
                condition=Q(balance__isnull=True) | Q(balance__gte=0), name="balance_not_below_zero"
            ),
            models.CheckConstraint(
                condition=Q(held__gte=0) & (Q(balance__isnull=True) | Q(balance__gte=F("held"))),
                name="held_within_balance",
            ),
            models.UniqueConstraint(
                fields=["community_id", "kind"],
                condition=Q(member__isnull=True),
                name="one_account_per_shared_kind",
            ),
            models.CheckConstraint(condition=Q(kind__in=list(ACCOUNT_KINDS)), name="account_of_a_known_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Transaction(models.Model):
    """One thing that happened to one wallet; its entries sum to zero. Never changed, never deleted.

    `points` > 0; the kind says which way. `refusal` 'lack': asked for and refused, without entries; the same
    request stays refused. `request_id` makes a retry safe, `body_hash` tells another request under its name.
    """

    personal: ClassVar = {"reason": "points"}

    community_id = models.BigIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="transactions")
    kind = models.CharField(max_length=8, choices=list(KINDS.items()))
    points = models.BigIntegerField()
    source_type = models.CharField(max_length=24)
    source_id = models.CharField(max_length=60)
    request_id = models.UUIDField()
    body_hash = models.BinaryField(max_length=32)
    rule_version = models.ForeignKey(Ruleversion, null=True, on_delete=models.PROTECT, related_name="+")
    reverses = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reversals")
    happened_on = models.DateField()
    created_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    reason = models.CharField(max_length=300, default="")
    refusal = models.CharField(max_length=8, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id", "request_id"], name="one_transaction_per_request"
            ),
            models.UniqueConstraint(
                fields=["source_type", "source_id", "account"],
                condition=Q(refusal=""),
                name="one_transaction_per_source",
            ),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="reversed_once"
            ),
            models.CheckConstraint(condition=Q(points__gte=1), name="transactions_move_points"),
            models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="no_kind_punishes"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False)
                | ~Q(kind="reversal") & Q(reverses__isnull=True),
                name="only_reversals_reverse",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "created_at", "id"], name="transaction_of_account"),
            models.Index(fields=["community_id", "happened_on"], name="transaction_of_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Entry(models.Model):
    """One side of a transaction (积分流水). `balance_after` only where the account stores a balance.

    `account` has no constraint in the database: each would lock the row of the issuer, whom all share.
    """

    community_id = models.BigIntegerField()
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_constraint=False
    )
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entries_move_something"),
            models.CheckConstraint(
                condition=Q(balance_after__isnull=True) | Q(balance_after__gte=0),
                name="balance_after_not_below_zero",
            ),
        ]
        indexes = [models.Index(fields=["account", "id"], name="entry_of_account")]

    def __str__(self) -> str:
        return f"{self.amount:+d}"


class Hold(models.Model):
    """Points that are reserved for one thing: posted or given back, exactly once (预留).

    State `refused`: there was too little; the same request stays refused.
    """

    class State(models.TextChoices):
        HELD = "held"
        POSTED = "posted"
        VOID = "void"
        REFUSED = "refused"

    community_id = models.BigIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds")
    points = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices)
    source_type = models.CharField(max_length=24)
    source_id = models.CharField(max_length=60)
    request_id = models.UUIDField()
    body_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    actor_id = models.BigIntegerField()
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["community_id", "request_id"], name="one_hold_per_request"),
            models.UniqueConstraint(
                fields=["source_type", "source_id"],
                condition=Q(state__in=["held", "posted"]),
                name="one_living_hold_per_source",
            ),
            models.CheckConstraint(condition=Q(points__gte=1), name="holds_hold_points"),
            models.CheckConstraint(
                condition=Q(state="posted", transaction__isnull=False)
                | ~Q(state="posted") & Q(transaction__isnull=True),
                name="a_posted_hold_has_its_transaction",
            ),
        ]
        indexes = [
            models.Index(fields=["account"], condition=Q(state="held"), name="living_hold_of_account"),
            models.Index(fields=["expires_at"], condition=Q(state="held"), name="hold_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.points}"


class Correction(models.Model):
    """An award that somebody asks to take back, and the second person who agrees or not (更正)."""

    personal: ClassVar = {"reason": "points"}

    community_id = models.BigIntegerField()
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="corrections")
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    asked_by_id = models.BigIntegerField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    is_agreed = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transaction"], condition=Q(decided_at__isnull=True), name="one_open_correction"
            ),
            models.CheckConstraint(
                condition=Q(decided_by_id__isnull=True) | ~Q(decided_by_id=F("asked_by_id")),
                name="corrections_need_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transaction_id}"


class Expirynotice(models.Model):
    """The paper that says, 60 days before, how many points end on which day (到期通知)."""

    community_id = models.BigIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    expires_on = models.DateField()
    points = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    handed_on = models.DateField(null=True)
    handed_by_id = models.BigIntegerField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "expires_on"], name="one_notice_per_day"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(settled_at__isnull=True), name="one_open_notice"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.expires_on}"
