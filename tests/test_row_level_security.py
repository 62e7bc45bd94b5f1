"""The second fence: with every filter of the application removed, PostgreSQL still shows nothing foreign."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.db.utils import ProgrammingError

from tests import cast
from xiaojia.domains.people.models import Household, Resident
from xiaojia.kernel.actors import NOWHERE
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db(transaction=True)

UNFENCED = {
    "places_division": "public data",
    "places_community": "a name and a code, shown on the sign-in page",
    "people_account": "the scope is computed from it",
    "people_accountphone": "a sign-in finds the account by it before there is a scope; sealed",
    "people_signincode": "the same; sealed, and gone after a day",
    "people_secondstep": "the same; sealed",
    "people_signin": "login sessions: shown to their own account only",
    "cases_apikey": "a program is known by it before there is a scope; hashed",
    "teams_tenure": "the scope is computed from it",
    "microgrids_membership": "door, micro-grid, dates: the scope is computed from it",
    "kernel_work": "ids, counts and sentences; the worker reads it before it has a scope",
}
"""Tables of ours without a policy, each with its reason."""


def _our_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if m.__module__.startswith("xiaojia.")]


def _fenced_models() -> list[type[models.Model]]:
    return [m for m in _our_models() if m._meta.db_table not in UNFENCED]


def test_every_table_of_a_community_has_a_fence() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity")
        fenced = {name for (name,) in cursor.fetchall()}
    for model in _our_models():
        table = model._meta.db_table
        has_fence = table in fenced
        assert has_fence != (table in UNFENCED), f"{table}: fence {has_fence}, listed {table in UNFENCED}"


def test_we_serve_as_a_role_that_policies_bind() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"
        )
        assert cursor.fetchone() == (0,)


def test_without_a_scope_there_is_nothing() -> None:
    cast.build()
    with transaction.atomic():
        for model in _fenced_models():
            assert model._default_manager.count() == 0, model
    with entered(NOWHERE):
        for model in _fenced_models():
            assert model._default_manager.count() == 0, model


def test_a_stranger_sees_only_their_own_community_unfiltered() -> None:
    people = cast.build()
    stranger = people.actor("stranger")
    with entered(stranger.scope):
        for model in _fenced_models():
            foreign = model._default_manager.exclude(community_id=stranger.community_id)
            assert foreign.count() == 0, model
        assert Household.objects.count() == 8


def test_a_head_sees_exactly_the_doors_of_the_own_micro_grid_unfiltered() -> None:
    people = cast.build()
    for role, doors in (
        ("head", people.here.household_ids[:4]),
        ("neighbour", people.here.household_ids[4:]),
    ):
        with entered(people.actor(role).scope):
            assert sorted(Household.objects.values_list("pk", flat=True)) == sorted(doors)
            assert set(Resident.objects.values_list("household_id", flat=True)) == set(doors)


def test_nobody_writes_across_the_fence() -> None:
    people = cast.build()
    with pytest.raises(ProgrammingError, match="row-level security"), entered(people.actor("stranger").scope):
        Household.objects.create(
            community_id=people.here.community.pk, unit_id=people.here.unit_ids[0], door="9-9",
            as_of_on=cast.TODAY, since_on=cast.TODAY,
        )  # fmt: skip


def test_negative_control_without_the_policy_the_stranger_would_see_it(
    as_owner: Callable[[], AbstractContextManager[None]],
) -> None:
    people = cast.build()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE people_household DISABLE ROW LEVEL SECURITY")
    try:
        with entered(people.actor("stranger").scope):
            assert Household.objects.count() == 16
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE people_household ENABLE ROW LEVEL SECURITY")


def test_a_nested_scope_is_given_back() -> None:
    people = cast.build()
    with entered(people.actor("head").scope):
        with entered(cast.wide(people.here.community.pk)):
            assert Household.objects.count() == 8
        assert Household.objects.count() == 4
