from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Division(models.Model):
    """One row of the national division tree: city, district, subdistrict or community, while it held."""

    class Level(models.TextChoices):
        CITY = "city"
        DISTRICT = "district"
        SUBDISTRICT = "subdistrict"
        COMMUNITY = "community"

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=80)
    level = models.CharField(max_length=12, choices=Level.choices)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    valid_from_on = models.DateField()
    valid_until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(valid_until_on__isnull=True),
                name="one_current_division_per_code",
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9]{12}$"), name="division_code_12_digits"),
            models.CheckConstraint(
                condition=Q(valid_until_on__isnull=True) | Q(valid_until_on__gt=F("valid_from_on")),
                name="division_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Community(models.Model):
    """A community (社区) served by this installation. `code` is its 12-digit division code."""

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=80)
    is_simulated = models.BooleanField(default=False)
    valid_from_on = models.DateField()
    valid_until_on = models.DateField(null=True)

    def __str__(self) -> str:
        return self.name


class Compound(models.Model):
    """A compound (小区, 院子). `sort_key` is pinyin with padded numbers, in the order neighbours expect.

    `until_on`: the day from which it belongs to another community; the row stays for what was before.
    """

    community_id = models.BigIntegerField()
    name = models.CharField(max_length=60)
    sort_key = models.CharField(max_length=200)
    grid_name = models.CharField(max_length=60, default="")
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community_id", "name"],
                condition=Q(until_on__isnull=True),
                name="one_compound_per_name",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Building(models.Model):
    """A building; `name` is normalised ("5", "12A"). Positions are metres in the community's own plane."""

    class PositionSource(models.TextChoices):
        REGISTER = "register"
        DRAGGED = "dragged"
        SKETCH = "sketch"

    community_id = models.BigIntegerField()
    compound = models.ForeignKey(Compound, on_delete=models.PROTECT, related_name="buildings")
    name = models.CharField(max_length=20)
    sort_key = models.CharField(max_length=80)
    x_metres = models.FloatField(null=True)
    y_metres = models.FloatField(null=True)
    position_source = models.CharField(
        max_length=8, choices=PositionSource.choices, default=PositionSource.SKETCH
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["compound", "name"], name="one_building_per_name"),
            models.CheckConstraint(
                condition=Q(x_metres__isnull=True, y_metres__isnull=True)
                | Q(x_metres__isnull=False, y_metres__isnull=False),
                name="building_position_whole",
            ),
        ]
        indexes = [models.Index(fields=["community_id"], name="building_of_community")]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """A unit (单元), one staircase. A building without units has one whose name is ''.

    `ordinal` is its place in the chain of the building. `floors` and `doors_per_floor` are 0 while unknown.
    """

    community_id = models.BigIntegerField()
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="units")
    name = models.CharField(max_length=20)
    ordinal = models.PositiveSmallIntegerField()
    floors = models.PositiveSmallIntegerField(default=0)
    doors_per_floor = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["building", "name"], name="one_unit_per_name")]
        indexes = [models.Index(fields=["community_id"], name="unit_of_community")]

    def __str__(self) -> str:
        return self.name
