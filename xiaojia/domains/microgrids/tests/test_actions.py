"""Propose, move, undo, approve: what works and what is refused."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.sharing import Once
from xiaojia.domains.microgrids import actions, queries
from xiaojia.domains.microgrids.models import (
    Cluster,
    Move,
    Part,
    Partition,
    PlanException,
)
from xiaojia.domains.microgrids.tests.yards import (
    NOW,
    TODAY,
    YARDS,
    Office,
    Yard,
    adopted,
    approve_all,
    office,
    settle,
    settled_office,
)  # fmt: skip
from xiaojia.domains.people.models import Household
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered

HOMES = sum(y.homes for y in YARDS)


@pytest.fixture
def place(once: Once) -> Office:
    return once(settled_office)


def _sizes(partition: Partition) -> list[int]:
    return sorted(c.household_count for c in Cluster.objects.filter(partition=partition) if c.household_count)


def test_one_button_proposes_both_scenarios_and_drops_untouched_drafts(place: Office) -> None:
    with entered(place.officer.scope):
        first = actions.propose_partitions(by=place.officer, at=NOW)
        assert [p.scenario for p in first] == ["inside", "cross"]
        assert [p.label for p in first] == ["方案甲", "方案乙"]
        again = actions.propose_partitions(by=place.officer, at=NOW)
        assert {p.state for p in Partition.objects.filter(pk__in=[p.pk for p in first])} == {"dropped"}
        inside, cross = again
        assert inside.totals["under"] > 0
        assert cross.totals["cross"] > 0
        assert cross.totals["under"] < inside.totals["under"]
        assert sum(_sizes(cross)) == cross.totals["households"] == HOMES
        assert max(_sizes(cross)) <= 80
        assert AuditEntry.objects.filter(verb="propose_partition").count() == 4


def test_a_unit_of_eighty_or_less_is_one_part_and_a_tower_is_cut_by_floors(place: Office) -> None:
    with entered(place.officer.scope):
        partition = actions.propose_partition(by=place.officer, at=NOW, scenario="inside")
        by_unit: dict[int, list[Part]] = {}
        for part in Part.objects.filter(partition=partition).order_by("floor_from"):
            by_unit.setdefault(part.unit_id, []).append(part)
        towers = [parts for parts in by_unit.values() if len(parts) > 1]
        assert len(towers) == 1
        floors = [f for p in towers[0] for f in range(p.floor_from, p.floor_to + 1)]
        assert floors == list(range(1, 26))
        assert sum(p.household_count for p in towers[0]) == 150


@pytest.mark.django_db
def test_nothing_to_divide_is_one_sentence_with_the_way_out() -> None:
    place = office()
    with entered(place.officer.scope), pytest.raises(actions.NothingToDivide) as refusal:
        actions.propose_partition(by=place.officer, at=NOW, scenario="inside")
    assert refusal.value.where_url == "/registers/"


def test_every_exception_names_its_reason_and_cross_joins_their_distance(place: Office) -> None:
    with entered(place.officer.scope):
        partition = actions.propose_partition(by=place.officer, at=NOW, scenario="cross")
        joins = PlanException.objects.filter(partition=partition, code="cross_compound")
        assert joins.count() == partition.totals["cross"] > 0
        for exception in joins:
            assert exception.certificate["joins"][0]["metres"] > 0
            assert "米" in exception.sentence
            assert "院" in exception.sentence or "路" in exception.sentence


def _first_move(by: Actor, partition: Partition) -> tuple[Part, Cluster]:
    part = Part.objects.filter(partition=partition, floor_to=0).order_by("pk")[0]
    target = Cluster.objects.filter(partition=partition).exclude(pk=part.cluster_id).order_by("number")[0]
    actions.move_part(by=by, at=NOW, partition_id=partition.pk, part_ids=[part.pk], to_cluster_id=target.pk)
    return part, target


def test_a_move_changes_sizes_exceptions_and_totals_and_can_be_taken_back_step_by_step(place: Office) -> None:
    with entered(place.officer.scope):
        partition = actions.propose_partition(by=place.officer, at=NOW, scenario="cross")
        before = (
            _sizes(partition),
            partition.totals,
            set(partition.exceptions.values_list("cluster_id", "code")),
        )
        part, target = _first_move(place.officer, partition)
        new = actions.move_part(
            by=place.officer, at=NOW, partition_id=partition.pk, part_ids=[part.pk], to_cluster_id=None
        )
        partition.refresh_from_db()
        assert partition.revision == 2
        assert Part.objects.get(pk=part.pk).cluster_id == new.to_cluster_id != target.pk
        assert Cluster.objects.get(pk=new.to_cluster_id).household_count == part.household_count
        assert partition.totals["under"] > before[1]["under"]
        assert PlanException.objects.filter(cluster_id=new.to_cluster_id, code="under_50").exists()
        actions.undo_move(by=place.officer, at=NOW, partition_id=partition.pk)
        assert Part.objects.get(pk=part.pk).cluster_id == target.pk
        actions.undo_move(by=place.officer, at=NOW, partition_id=partition.pk)
        partition.refresh_from_db()
        assert (_sizes(partition), partition.totals) == before[:2]
        assert set(partition.exceptions.values_list("cluster_id", "code")) == before[2]
        with pytest.raises(Refused, match="没有可以撤的"):
            actions.undo_move(by=place.officer, at=NOW, partition_id=partition.pk)
        assert Move.objects.filter(undone_at__isnull=False).count() == 2
        assert AuditEntry.objects.filter(verb__in=["move_part", "undo_move"]).count() == 4


def test_a_move_that_lands_where_it_was_or_nowhere_is_refused(place: Office) -> None:
    with entered(place.officer.scope):
        partition = actions.propose_partition(by=place.officer, at=NOW, scenario="cross")
        part = Part.objects.filter(partition=partition)[0]
        for parts, target in (
            ([part.pk], part.cluster_id),
            ([], part.cluster_id),
            ([10**9], None),
            ([part.pk], 10**9),
        ):
            with pytest.raises(Refused):
                actions.move_part(
                    by=place.officer, at=NOW, partition_id=partition.pk, part_ids=parts, to_cluster_id=target
                )
        assert Move.objects.count() == 0


def test_two_people_who_adjust_at_once_notice_each_other(place: Office) -> None:
    with entered(place.officer.scope):
        partition = actions.propose_partition(by=place.officer, at=NOW, scenario="cross")
        part, _target = _first_move(place.officer, partition)
        with pytest.raises(actions.ChangedMeanwhile, match="刚才有人也动了"):
            actions.move_part(
                by=place.secretary, at=NOW, partition_id=partition.pk, part_ids=[part.pk], to_cluster_id=None,
                seen_revision=0,
            )  # fmt: skip
        with pytest.raises(actions.ChangedMeanwhile):
            actions.undo_move(by=place.secretary, at=NOW, partition_id=partition.pk, seen_revision=0)


def test_exceptions_are_accepted_one_by_one_with_a_written_reason(place: Office) -> None:
    with entered(place.secretary.scope):
        partition = actions.propose_partition(by=place.secretary, at=NOW, scenario="inside")
        exception = PlanException.objects.filter(partition=partition)[0]
        for reason in ("", "   ", "好"):
            with pytest.raises(Refused, match="理由"):
                actions.approve_exception(
                    by=place.secretary, at=NOW, exception_id=exception.pk, reason=reason
                )
        actions.approve_exception(
            by=place.secretary, at=NOW, exception_id=exception.pk, reason=" 四面是路，没有别的楼 "
        )
        exception.refresh_from_db()
        assert exception.approved_reason == "四面是路，没有别的楼"
        assert AuditEntry.objects.filter(verb="approve_exception").count() == 1
        touched = Part.objects.filter(cluster_id=exception.cluster_id)[0]
        actions.move_part(
            by=place.secretary, at=NOW, partition_id=partition.pk, part_ids=[touched.pk], to_cluster_id=None
        )
        assert not PlanException.objects.filter(pk=exception.pk).exists(), (
            "a touched micro-grid is asked again"
        )


def test_above_eighty_cannot_be_argued_away(place: Office) -> None:
    with entered(place.secretary.scope):
        partition = actions.propose_partition(by=place.secretary, at=NOW, scenario="inside")
        big = Cluster.objects.filter(partition=partition).order_by("-household_count")[0]
        others = Part.objects.filter(partition=partition, floor_to=0).exclude(cluster=big)[:2]
        actions.move_part(
            by=place.secretary,
            at=NOW,
            partition_id=partition.pk,
            part_ids=[p.pk for p in others],
            to_cluster_id=big.pk,
        )
        over = PlanException.objects.get(cluster=big, code="over_80")
        with pytest.raises(Refused, match="80 户"):
            actions.approve_exception(by=place.secretary, at=NOW, exception_id=over.pk, reason="大家都愿意")


def test_the_officer_may_not_adopt_and_a_head_may_nothing_of_this(place: Office) -> None:
    head = Actor(1, "head", place.community.pk, place.secretary.scope)
    with entered(place.secretary.scope):
        partition = actions.propose_partition(by=place.officer, at=NOW, scenario="inside")
        approve_all(place.officer, partition)
        with pytest.raises(NotAllowed, match="书记"):
            actions.adopt_partition(by=place.officer, at=NOW, partition_id=partition.pk, from_on=TODAY)
        for attempt in (
            lambda: actions.propose_partition(by=head, at=NOW, scenario="inside"),
            lambda: actions.move_part(
                by=head, at=NOW, partition_id=partition.pk, part_ids=[1], to_cluster_id=None
            ),
            lambda: actions.undo_move(by=head, at=NOW, partition_id=partition.pk),
            lambda: actions.approve_exception(by=head, at=NOW, exception_id=1, reason="邻居都同意"),
            lambda: actions.drop_partition(by=head, at=NOW, partition_id=partition.pk),
            lambda: queries.plan(partition.pk, viewer=head),
        ):
            with pytest.raises(NotAllowed):
                attempt()


def test_a_stranger_meets_no_plan_of_another_community(place: Office) -> None:
    stranger = office("999999001078", "临溪社区（模拟）", "lx8").secretary
    with entered(place.secretary.scope):
        partition = actions.propose_partition(by=place.secretary, at=NOW, scenario="inside")
        exception = PlanException.objects.filter(partition=partition)[0]
    with entered(stranger.scope):
        assert Partition.objects.count() == 0
        assert queries.plan(partition.pk, viewer=stranger) is None
        with pytest.raises(Refused):
            actions.adopt_partition(by=stranger, at=NOW, partition_id=partition.pk, from_on=TODAY)
        with pytest.raises(Refused):
            actions.approve_exception(by=stranger, at=NOW, exception_id=exception.pk, reason="邻居都同意")
    with entered(place.secretary.scope):
        exception.refresh_from_db()
        assert exception.approved_at is None


@pytest.mark.django_db
def test_on_a_sketch_compounds_join_only_where_an_officer_saw_them_side_by_side() -> None:
    place = office()
    yards = [Yard("甲院", "1", "1", 40), Yard("乙院", "1", "1", 30), Yard("丙院", "1", "1", 60)]
    with entered(place.officer.scope):
        settle(place.officer, yards)
        alone = actions.propose_partition(by=place.officer, at=NOW, scenario="cross")
        assert alone.totals["cross"] == 0
        assert alone.totals["under"] == 2
        ids = dict(
            Household.objects.values_list(
                "unit__building__compound__name", "unit__building__compound_id"
            ).distinct()
        )
        actions.confirm_adjacency(by=place.officer, at=NOW, pairs=[(ids["甲院"], ids["乙院"])])
        joined = actions.propose_partition(by=place.officer, at=NOW, scenario="cross")
        assert (joined.totals["cross"], joined.totals["under"]) == (1, 0)
        actions.confirm_adjacency(by=place.officer, at=NOW, pairs=[])
        assert queries.adjacent_pairs(viewer=place.officer) == set()


def test_reads_stay_within_their_budget(place: Office, django_assert_max_num_queries: object) -> None:
    with entered(place.secretary.scope):
        partition = adopted(place)
        with django_assert_max_num_queries(6):  # type: ignore[operator]  # pytest-django's fixture
            queries.plan(partition.pk, viewer=place.secretary)
        with django_assert_max_num_queries(1):  # type: ignore[operator]  # see above
            queries.day_rows(viewer=place.secretary, on=TODAY, text="刘家院子")
        assert connection.in_atomic_block
