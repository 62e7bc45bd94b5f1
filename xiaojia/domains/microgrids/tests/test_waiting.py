from __future__ import annotations

from datetime import timedelta

import pytest

from xiaojia.domains.microgrids import actions, queries
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.microgrids.tests.yards import NOW, TODAY, Office
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db


def _scenarios(place: Office) -> list[str]:
    return [p.scenario for p in queries.waiting_plans(viewer=place.secretary)]


def test_the_plan_that_was_passed_over_waits_for_nobody() -> None:
    place = yards.settled_office()
    with entered(place.secretary.scope):
        _inside, cross = actions.propose_partitions(by=place.secretary, at=NOW)
        assert _scenarios(place) == ["inside", "cross"]
        yards.approve_all(place.secretary, cross)
        actions.adopt_partition(by=place.secretary, at=NOW, partition_id=cross.pk, from_on=TODAY)
        assert _scenarios(place) == []
        assert queries.living_plans(viewer=place.secretary).count() == 1, "it is still there to compare"


def test_a_later_draft_waits_and_so_does_one_that_somebody_took_up_again() -> None:
    """Negative control: not every draft beside an adopted plan is passed over."""
    place = yards.settled_office()
    with entered(place.secretary.scope):
        inside, cross = actions.propose_partitions(by=place.secretary, at=NOW)
        yards.approve_all(place.secretary, cross)
        actions.adopt_partition(by=place.secretary, at=NOW, partition_id=cross.pk, from_on=TODAY)
        assert yards.approve_all(place.secretary, inside)
        assert _scenarios(place) == ["inside"]
        later = NOW + timedelta(days=1)
        actions.propose_partition(by=place.secretary, at=later, scenario="cross")
        assert _scenarios(place) == ["inside", "cross"]
