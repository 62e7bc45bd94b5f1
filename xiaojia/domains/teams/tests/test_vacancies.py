"""Every day of every micro-grid is answered by a head and a steward, or by a vacancy with a clock (R03)."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests import cast
from tests.sharing import Once
from xiaojia.domains.microgrids.models import MicroGrid
from xiaojia.domains.teams import actions, checks, jobs, queries
from xiaojia.domains.teams.models import Tenure, Vacancy
from xiaojia.domains.teams.tests import stage
from xiaojia.domains.teams.tests.stage import NOW, TODAY, designate
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered


@pytest.fixture
def people(once: Once) -> cast.Cast:
    return once(cast.build)


@pytest.fixture
def secretary(people: cast.Cast) -> Actor:
    return people.actor("secretary")


def _rows() -> list[tuple[int, str, date, date | None]]:
    rows = Vacancy.objects.order_by("opened_on", "role")
    return list(rows.values_list("microgrid__number", "role", "opened_on", "closed_on"))


def test_the_clock_opens_what_nobody_holds(
    people: cast.Cast, secretary: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: NOW)
    jobs.settle_seats()
    with entered(secretary.scope):
        assert _rows() == [(2, "steward", date(2026, 1, 1), None)]
        assert Vacancy.objects.get().escalated_at == NOW, "60 days are more than 15"
        view = queries.vacancies(viewer=secretary, on=TODAY)[0]
        assert (view.days, view.is_late, view.due_on) == (61, True, date(2026, 1, 16))
        assert not queries.vacancies(viewer=secretary, on=date(2026, 1, 16))[0].is_late
        assert queries.vacancies(viewer=secretary, on=date(2026, 1, 17))[0].is_late
        assert actions.settle_seats(by=secretary, at=NOW) == 0, "nothing twice"


def test_a_tenure_closes_the_vacancy_and_an_acting_one_does_not(people: cast.Cast, secretary: Actor) -> None:
    grid = people.here.microgrids[1].pk
    tomorrow = TODAY + timedelta(days=1)
    with entered(secretary.scope):
        actions.end_tenure(by=secretary, at=NOW, tenure_id=people.neighbour.pk, on=TODAY, reason="own_wish")
        assert (2, "head", TODAY, None) in _rows()
        designate(
            secretary, people.here.accounts["volunteer"].pk, grid, is_acting=True,
            until_on=TODAY + timedelta(days=60),
        )  # fmt: skip
        assert (2, "head", TODAY, None) in _rows(), "somebody acting leaves the clock running"
        new = designate(secretary, stage.account("何桂芳", "qh-he"), grid, from_on=tomorrow)
        assert (2, "head", TODAY, tomorrow) in _rows()
        assert Vacancy.objects.get(role="head").closed_by == new


def test_a_micro_grid_that_ends_takes_its_tenures_and_vacancies_along(
    people: cast.Cast, secretary: Actor
) -> None:
    gone = people.here.microgrids[1]
    day = TODAY + timedelta(days=2)
    with entered(secretary.scope):
        later = designate(
            secretary, stage.account("何桂芳", "qh-he"), gone.pk, "steward", from_on=TODAY + timedelta(days=9)
        )
        MicroGrid.objects.filter(pk=gone.pk).update(until_on=day)
        actions.settle_seats(by=secretary, at=NOW)
        later.refresh_from_db()
        assert later.until_on == later.from_on, "never began"
        assert Tenure.objects.get(pk=people.neighbour.pk).until_on == day
        assert _rows() == [(2, "steward", date(2026, 1, 1), day)]
        designate(secretary, people.neighbour.account_id, _fresh_grid(people, day), from_on=day)
        assert checks.findings(secretary.community_id) == []


def test_who_headed_what_a_plan_ended_is_free_at_once(people: cast.Cast, secretary: Actor) -> None:
    """The year of moves: a secretary adopts and designates within the five minutes of the clock."""
    day = TODAY + timedelta(days=2)
    with entered(secretary.scope):
        fresh = _fresh_grid(people, day)
        with pytest.raises(actions.SeatTaken):
            designate(secretary, people.neighbour.account_id, fresh, from_on=day)
        MicroGrid.objects.filter(pk=people.here.microgrids[1].pk).update(until_on=day)
        designate(secretary, people.neighbour.account_id, fresh, from_on=day)
        assert Tenure.objects.get(pk=people.neighbour.pk).until_on == day


def _fresh_grid(people: cast.Cast, on: date) -> int:
    from xiaojia.domains.microgrids.models import Membership

    grid = MicroGrid.objects.create(community_id=people.here.community.pk, number=9, since_on=on)
    Membership.objects.filter(household_id__in=people.here.household_ids[4:]).update(
        microgrid=grid, from_on=on
    )
    return grid.pk


def test_a_new_micro_grid_of_an_adopted_plan_has_its_vacancies_from_its_first_day(
    people: cast.Cast, secretary: Actor
) -> None:
    day = TODAY + timedelta(days=30)
    with entered(secretary.scope):
        _fresh_grid(people, day)
        actions.settle_seats(by=secretary, at=NOW)
        assert {r for r in _rows() if r[0] == 9} == {(9, "head", day, None), (9, "steward", day, None)}
        assert [v.number for v in queries.vacancies(viewer=secretary, on=TODAY)] == [2]


def test_a_year_of_change_answers_every_day(people: cast.Cast, secretary: Actor) -> None:
    """R03 over a year of comings and goings by lot."""
    chance = random.Random(7)  # noqa: S311  # a story, no secret
    accounts = [stage.account(f"邻居{n}", f"qh-{n}") for n in range(8)]
    on = TODAY
    with entered(secretary.scope):
        for _step in range(60):
            on += timedelta(days=chance.randrange(1, 12))
            now = stage.at(on)
            try:
                _one_change(secretary, people, chance, accounts, on, now)
            except Refused:
                continue
            assert checks.findings(secretary.community_id) == []
        assert Vacancy.objects.count() > 5
        for number in range((on - TODAY).days):
            day = TODAY + timedelta(days=number)
            teams = queries.roster(viewer=secretary, on=day)
            assert len(teams) == 2
            assert [t.unanswered for t in teams] == [[], []], day
            for team in teams:
                held = [m.role for m in team.members]
                assert held.count("head") <= 1
                assert held.count("steward") <= 1


def _one_change(
    by: Actor, people: cast.Cast, chance: random.Random, accounts: list[int], on: date, now: object
) -> None:
    with transaction.atomic():
        seated = Tenure.objects.filter(role__in=["head", "steward"], until_on__isnull=True, from_on__lte=on)
        if chance.random() < 0.5 and seated:
            tenure = chance.choice(list(seated))
            actions.end_tenure(by=by, at=now, tenure_id=tenure.pk, on=on, reason="own_wish")  # type: ignore[arg-type]  # a moment
        else:
            grid = chance.choice(people.here.microgrids).pk
            role = chance.choice(["head", "steward"])
            is_acting = chance.random() < 0.3
            until = on + timedelta(days=chance.randrange(5, 80)) if is_acting else None
            designate(
                by, chance.choice(accounts), grid, role, from_on=on, at=now, is_acting=is_acting,
                until_on=until, moves=chance.random() < 0.2,
            )  # fmt: skip


def test_negative_control_a_day_without_answer_is_found(people: cast.Cast, secretary: Actor) -> None:
    with entered(secretary.scope):
        assert checks.findings(secretary.community_id) == [
            "nobody and no vacancy as steward of micro-grid 2 from 2026-01-01"
        ]
        teams = queries.roster(viewer=secretary, on=TODAY)
        assert [t.unanswered for t in teams] == [[], ["steward"]]


@pytest.mark.django_db(transaction=True)
def test_postgresql_holds_one_vacancy_a_seat_and_day(people: cast.Cast, secretary: Actor) -> None:
    with entered(secretary.scope):
        actions.settle_seats(by=secretary, at=NOW)
    with pytest.raises(IntegrityError, match="one_vacant_steward_per_day"), entered(secretary.scope):
        Vacancy.objects.create(
            community_id=secretary.community_id, microgrid=people.here.microgrids[1], role="steward",
            opened_on=TODAY,
        )  # fmt: skip


def test_a_vacancy_of_fifteen_days_is_not_late(people: cast.Cast, secretary: Actor) -> None:
    with entered(secretary.scope):
        actions.end_tenure(by=secretary, at=NOW, tenure_id=people.neighbour.pk, on=TODAY, reason="moved")
        last = TODAY + timedelta(days=15)
        actions.settle_seats(by=secretary, at=stage.at(last))
        assert Vacancy.objects.get(role="head").escalated_at is None
        actions.settle_seats(by=secretary, at=stage.at(last + timedelta(days=1)))
        assert Vacancy.objects.get(role="head").escalated_at == stage.at(last + timedelta(days=1))
        late = queries.late_vacancies(viewer=secretary, on=last + timedelta(days=1))
        assert [v.role for v in late] == ["steward", "head"]
