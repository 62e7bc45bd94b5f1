from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class MicroGrid(models.Model):
    """A micro-grid (小家) as neighbours know it: it outlives the plans that redraw it."""

    community_id = models.BigIntegerField()
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60, default="")
    since_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id", "number"],
                condition=Q(until_on__isnull=True),
                name="one_living_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class Partition(models.Model):
    """A plan (划分方案) of one community: proposed by the engine or adjusted by hand, perhaps adopted.

    `register_fingerprint` names the register it was made for: a plan is not adopted over a register that
    changed since. Totals are the measured description of the present parts. `revision` grows with every
    move, undo and approval, so that two people who adjust at once notice each other.
    """

    class Scenario(models.TextChoices):
        INSIDE = "inside"
        CROSS = "cross"
        WHOLE = "whole"
        FEWEST = "fewest"
        NO_JOIN = "no_join"

    class State(models.TextChoices):
        DRAFT = "draft"
        ADOPTED = "adopted"
        SUPERSEDED = "superseded"
        DROPPED = "dropped"

    community_id = models.BigIntegerField()
    label = models.CharField(max_length=40)
    scenario = models.CharField(max_length=8, choices=Scenario.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    register_fingerprint = models.CharField(max_length=64)
    seed = models.PositiveIntegerField(default=1)
    totals = models.JSONField(default=dict)
    proof = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField()
    adopted_on = models.DateField(null=True)
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id"],
                condition=Q(state="adopted", until_on__isnull=True),
                name="one_adopted_partition",
            ),
        ]
        indexes = [models.Index(fields=["community_id", "-made_at"], name="partition_newest")]

    def __str__(self) -> str:
        return self.label


class Cluster(models.Model):
    """One micro-grid of one plan, with the identity it becomes on adoption."""

    community_id = models.BigIntegerField()
    partition = models.ForeignKey(Partition, on_delete=models.CASCADE, related_name="clusters")
    number = models.PositiveSmallIntegerField()
    household_count = models.PositiveIntegerField(default=0)
    microgrid = models.ForeignKey(MicroGrid, null=True, on_delete=models.PROTECT, related_name="clusters")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partition", "number"], name="one_cluster_per_number")]

    def __str__(self) -> str:
        return f"{self.number}"


class Part(models.Model):
    """What is never cut further: a whole unit (floors 0 to 0), or a block of floors of a unit above 80."""

    community_id = models.BigIntegerField()
    partition = models.ForeignKey(Partition, on_delete=models.CASCADE, related_name="parts")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="parts")
    unit = models.ForeignKey("places.Unit", on_delete=models.PROTECT, related_name="+")
    floor_from = models.PositiveSmallIntegerField(default=0)
    floor_to = models.PositiveSmallIntegerField(default=0)
    household_count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partition", "unit", "floor_from"], name="one_part_per_floor"),
            models.CheckConstraint(condition=Q(floor_to__gte=F("floor_from")), name="part_floors_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}:{self.floor_from}-{self.floor_to}"


class PlanException(models.Model):
    """Something about a cluster that a person has to accept with a reason before adoption."""

    community_id = models.BigIntegerField()
    partition = models.ForeignKey(Partition, on_delete=models.CASCADE, related_name="exceptions")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="exceptions")
    code = models.CharField(max_length=24)
    sentence = models.TextField()
    certificate = models.JSONField(default=dict)
    approved_reason = models.TextField(default="")
    approved_by_id = models.BigIntegerField(null=True)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "code"], name="one_exception_per_code"),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True) | ~Q(approved_reason=""), name="approval_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Move(models.Model):
    """One step of adjusting by hand, so that it can be taken back.

    `parts` lists pairs [part id, id of the cluster it came from].
    """

    community_id = models.BigIntegerField()
    partition = models.ForeignKey(Partition, on_delete=models.CASCADE, related_name="moves")
    sequence = models.PositiveIntegerField()
    parts = models.JSONField()
    to_cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="+")
    moved_by_id = models.BigIntegerField()
    moved_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partition", "sequence"], name="one_move_per_sequence")
        ]

    def __str__(self) -> str:
        return f"{self.sequence}"


class Membership(models.Model):
    """Which micro-grid a household belonged to, and when. Holds no person: a door, a number, two dates.

    It carries no row-level policy, so that a head's scope can be computed from it. An exclusion
    constraint (in the migration) keeps every household in at most one micro-grid on any day.
    """

    community_id = models.BigIntegerField()
    household_id = models.BigIntegerField()
    microgrid = models.ForeignKey(MicroGrid, on_delete=models.PROTECT, related_name="memberships")
    partition = models.ForeignKey(Partition, on_delete=models.PROTECT, related_name="memberships")
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gt=F("from_on")),
                name="membership_dates_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["microgrid", "from_on"], name="membership_of_microgrid"),
            models.Index(fields=["household_id", "from_on"], name="membership_of_household"),
        ]

    def __str__(self) -> str:
        return f"{self.household_id}@{self.microgrid_id}"


class Adjacency(models.Model):
    """Two compounds that an officer saw lying side by side.

    While positions are only a sketch, a micro-grid may join two compounds only across such a pair.
    """

    community_id = models.BigIntegerField()
    first_compound = models.ForeignKey("places.Compound", on_delete=models.PROTECT, related_name="+")
    second_compound = models.ForeignKey("places.Compound", on_delete=models.PROTECT, related_name="+")
    confirmed_by_id = models.BigIntegerField()
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first_compound", "second_compound"], name="one_adjacency_per_pair"
            ),
            models.CheckConstraint(
                condition=Q(first_compound__lt=F("second_compound")), name="adjacency_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_compound_id}-{self.second_compound_id}"
