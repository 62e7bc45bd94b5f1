"""Five weeks of moves in a small community, as the simulator lives them; the count of days sees faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from bench._days import Days, altered_on, days_of
from tools.simulator.front_door import Office
from tools.simulator.teams_year import LivedYear, live_year
from xiaojia.domains.microgrids.models import Membership
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.teams.models import Vacancy
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

DAYS = 35
NOTHING = {"outside": 0, "twice": 0, "unanswered": 0, "doubled": 0, "two_seats": 0, "silent": 0}

pytestmark = pytest.mark.django_db(transaction=True)


def _lived() -> tuple[Actor, LivedYear]:
    place = yards.settled_office()
    with entered(place.secretary.scope):
        yards.adopted(place)
    office = Office(place.community.pk, place.community.code, place.secretary, place.officer)
    return place.secretary, live_year(office, first=yards.TODAY, days=DAYS, seed=3)


def _counted(by: Actor, year: LivedYear) -> Days:
    return days_of(_raw(), by.community_id, year.first, year.until)


def _raw() -> psycopg.Connection[Any]:
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    return raw


def _faults(days: Days) -> dict[str, int]:
    return {name: getattr(days, name) for name in NOTHING}


@contextmanager
def _fault(by: Actor) -> Iterator[None]:
    """A fault in plain rows, undone at the end."""
    with entered(by.scope), transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_day_is_answered_and_a_fault_is_counted() -> None:
    by, year = _lived()
    assert {o.kind for o in year.occasions} == {"households", "building", "gone"}
    assert year.counts["SECOND HEAD TAKEN"] == 0
    assert year.counts["head found"] > 5
    with entered(by.scope):
        days = _counted(by, year)
        assert _faults(days) == NOTHING
        assert days.held
        assert days.vacant
        for occasion in year.occasions:
            if occasion.kind == "building":
                altered = altered_on(_raw(), by.community_id, occasion.on)
                assert altered == occasion.altered_count
                assert 0 < altered <= 3 or occasion.is_fewest, "more only where fewer is proven impossible"
    middle = year.first + timedelta(days=DAYS // 2)
    with _fault(by):
        gone = Membership.objects.filter(from_on__lte=middle, until_on__isnull=True).latest("pk")
        gone.delete()
        assert _counted(by, year).outside == (year.until - gone.from_on).days + 1
    with _fault(by):
        empty = Vacancy.objects.filter(closed_on__isnull=False, closed_on__lte=year.until).latest("pk")
        empty.delete()
        assert _counted(by, year).unanswered > 0
    with _fault(by):
        late = Vacancy.objects.filter(opened_on=year.first).update(escalated_at=None)
        assert late
        assert 0 < _counted(by, year).silent <= days.late
