"""Adoption: every household in one micro-grid from a day, identities that live on, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.sharing import Once
from xiaojia.domains.microgrids import actions, queries
from xiaojia.domains.microgrids.models import (
    Membership,
    MicroGrid,
    Part,
)
from xiaojia.domains.microgrids.tests.yards import (
    NOW,
    TODAY,
    YARDS,
    Office,
    Yard,
    adopted,
    approve_all,
    settle,
    settled_office,
)  # fmt: skip
from xiaojia.domains.people.actions import end_households
from xiaojia.domains.people.models import Household
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

HOMES = sum(y.homes for y in YARDS)


@pytest.fixture
def place(once: Once) -> Office:
    return once(settled_office)


def _living(on: date) -> dict[int, int]:
    found: dict[int, int] = {}
    for pk, number in (
        Membership.objects.filter(from_on__lte=on)
        .exclude(until_on__lte=on)
        .values_list("household_id", "microgrid__number")
    ):
        assert pk not in found, "a household in two micro-grids"
        found[pk] = number
    return found


def test_adoption_puts_every_household_into_exactly_one_micro_grid(place: Office) -> None:
    with entered(place.secretary.scope):
        partition = adopted(place)
        belongs = _living(TODAY)
        assert set(belongs) == set(
            Household.objects.filter(until_on__isnull=True).values_list("pk", flat=True)
        )
        sizes: dict[int, int] = {}
        for number in belongs.values():
            sizes[number] = sizes.get(number, 0) + 1
        stored = dict(partition.clusters.values_list("number", "household_count"))
        assert sizes == stored
        assert queries.homeless_count(viewer=place.secretary, on=TODAY) == 0
        day = queries.microgrids_on(viewer=place.secretary, on=TODAY)
        assert {m.number: m.household_count for m in day} == stored
        part = Part.objects.filter(partition=partition)[0]
        with pytest.raises(Refused, match="动不了"):
            actions.move_part(
                by=place.secretary, at=NOW, partition_id=partition.pk, part_ids=[part.pk], to_cluster_id=None
            )


def test_adoption_waits_for_every_reason(place: Office) -> None:
    with entered(place.secretary.scope):
        partition = actions.propose_partition(by=place.secretary, at=NOW, scenario="inside")
        with pytest.raises(actions.ExceptionsOpen, match="还没写理由"):
            actions.adopt_partition(by=place.secretary, at=NOW, partition_id=partition.pk, from_on=TODAY)
        assert Membership.objects.count() == 0
        approve_all(place.secretary, partition)
        actions.adopt_partition(by=place.secretary, at=NOW, partition_id=partition.pk, from_on=TODAY)
        assert Membership.objects.count() == HOMES


@pytest.mark.parametrize("change", ["more", "fewer", "new unit"])
def test_a_partition_is_not_adopted_over_a_changed_register(place: Office, change: str) -> None:
    with entered(place.secretary.scope):
        partition = actions.propose_partition(by=place.secretary, at=NOW, scenario="cross")
        approve_all(place.secretary, partition)
        if change == "fewer":
            gone = Household.objects.filter(unit__building__compound__name="老粮站院")[:1]
            end_households(by=place.secretary, at=NOW, on=TODAY, household_ids=[h.pk for h in gone])
        elif change == "more":
            settle(place.secretary, [Yard("老粮站院", "1", "1", 22, x=60.0, y=-90.0)])
        else:
            settle(place.secretary, [Yard("老粮站院", "9", "1", 5, x=61.0, y=-95.0)])
        with pytest.raises(actions.RegisterChanged, match="老粮站院") as refusal:
            actions.adopt_partition(by=place.secretary, at=NOW, partition_id=partition.pk, from_on=TODAY)
        assert refusal.value.where_url == "/microgrids/plans/"
        assert Membership.objects.count() == 0


def test_the_past_is_refused_and_the_future_waits_for_its_day(place: Office) -> None:
    with entered(place.secretary.scope):
        first = adopted(place, scenario="inside")
        second = actions.propose_partition(by=place.secretary, at=NOW, scenario="cross")
        approve_all(place.secretary, second)
        with pytest.raises(Refused, match="已经过去"):
            actions.adopt_partition(
                by=place.secretary, at=NOW, partition_id=second.pk, from_on=TODAY - timedelta(1)
            )
        later = TODAY + timedelta(30)
        actions.adopt_partition(by=place.secretary, at=NOW, partition_id=second.pk, from_on=later)
        today, then = _living(TODAY), _living(later)
        assert set(today) == set(then)
        assert today != then
        force = queries.partition_in_force(viewer=place.secretary, on=TODAY)
        assert force is not None
        assert force.pk == first.pk
        force = queries.partition_in_force(viewer=place.secretary, on=later)
        assert force is not None
        assert force.pk == second.pk
        third = actions.propose_partition(by=place.secretary, at=NOW, scenario="inside")
        approve_all(place.secretary, third)
        actions.adopt_partition(
            by=place.secretary, at=NOW, partition_id=third.pk, from_on=TODAY + timedelta(10)
        )
        assert _living(TODAY) == today, "the past of today stays"
        assert _living(later) == today, "the overtaken plan never began; everybody is back in the same place"
        assert Membership.objects.filter(until_on__isnull=True).count() == HOMES


def test_identities_live_on_where_at_least_half_stays_together(place: Office) -> None:
    with entered(place.secretary.scope):
        adopted(place)
        before = _living(TODAY)
        identities = dict(MicroGrid.objects.values_list("number", "pk"))
        draft = actions.propose_partition(by=place.secretary, at=NOW, scenario="cross")
        assert draft.totals["changing"] == 0
        assert draft.totals["ending"] == 0
        part = Part.objects.filter(partition=draft, floor_to=0).order_by("pk")[0]
        actions.move_part(
            by=place.secretary, at=NOW, partition_id=draft.pk, part_ids=[part.pk], to_cluster_id=None
        )
        draft.refresh_from_db()
        assert draft.totals["changing"] == part.household_count
        approve_all(place.secretary, draft)
        on = TODAY + timedelta(1)
        actions.adopt_partition(by=place.secretary, at=NOW, partition_id=draft.pk, from_on=on)
        after = _living(on)
        moved = [pk for pk in before if before[pk] != after[pk]]
        assert len(moved) == part.household_count
        assert {
            n: pk
            for n, pk in MicroGrid.objects.filter(until_on__isnull=True).values_list("number", "pk")
            if n in identities
        } == identities
        assert Membership.objects.count() == HOMES + part.household_count, "who stayed keeps the same row"


def test_the_database_itself_keeps_a_household_in_one_micro_grid_per_day(place: Office) -> None:
    with entered(place.secretary.scope):
        adopted(place)
        row = Membership.objects.all()[0]
        other = MicroGrid.objects.exclude(pk=row.microgrid_id)[0]
        double = {
            "community_id": row.community_id,
            "household_id": row.household_id,
            "microgrid": other,
            "partition_id": row.partition_id,
        }
        with pytest.raises(IntegrityError, match="one_microgrid_per_day"), transaction.atomic():
            Membership.objects.create(**double, from_on=TODAY + timedelta(5))
        Membership.objects.filter(pk=row.pk).update(until_on=TODAY + timedelta(5))
        Membership.objects.create(
            **double, from_on=TODAY + timedelta(5)
        )  # negative control: no overlap, no refusal
