"""What a file's tests share is made once and comes back as it was; a test that commits has its own."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from tests import sharing
from tests.sharing import Once
from xiaojia.domains.places.actions import add_community
from xiaojia.domains.places.models import Community
from xiaojia.domains.teams.models import Tenure
from xiaojia.kernel.actors import Scope
from xiaojia.kernel.tenancy import entered

SINCE = date(2026, 1, 1)
SEEN: set[int] = set()


def build() -> Community:
    return add_community(code="999999001001", name="青禾社区（模拟）", on=SINCE, is_simulated=True)


def build_elsewhere() -> Community:
    return add_community(code="999999001002", name="临溪社区（模拟）", on=SINCE, is_simulated=True)


@pytest.fixture
def community(once: Once) -> Community:
    return once(build)


@pytest.fixture
def unguarded(once: Once, monkeypatch: pytest.MonkeyPatch) -> Community:
    monkeypatch.setattr(sharing, "savepoint", nullcontext)
    return once(build_elsewhere)


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_changes_is_gone_in_the_next(community: Community, turn: int) -> None:
    SEEN.add(community.pk)
    assert (Community.objects.get().pk, community.name, len(SEEN)) == (community.pk, "青禾社区（模拟）", 1)
    Community.objects.all().delete()
    community.name = f"第 {turn} 回"


@pytest.mark.parametrize(("turn", "found"), [(1, 1), (2, 0)])
def test_negative_control_without_its_savepoint_a_change_stays(
    unguarded: Community, turn: int, found: int
) -> None:
    assert Community.objects.filter(pk=unguarded.pk).count() == found, turn
    Community.objects.all().delete()


def test_what_a_commit_would_refuse_is_refused(community: Community) -> None:
    with pytest.raises(IntegrityError, match="foreign key"), sharing.savepoint():
        Tenure.objects.create(community_id=community.pk, account_id=-1, role="officer", from_on=SINCE)


def test_a_scope_ends_with_its_request_and_what_is_durable_may_stand_inside(community: Community) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.communities', '{1}', true)")
        Client().get("/sign-in/")
        cursor.execute("SELECT current_setting('app.communities')")
        assert cursor.fetchone() == ("",)
    with entered(Scope((community.pk,)), is_durable=True):
        assert Community.objects.exists()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        entered(Scope(()), is_durable=True).__enter__()


@pytest.mark.django_db
def test_a_test_without_it_sees_nothing_of_it() -> None:
    assert not Community.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_has_its_own(community: Community) -> None:
    assert not connection.in_atomic_block
    connection.close()
    assert Community.objects.get() == community
