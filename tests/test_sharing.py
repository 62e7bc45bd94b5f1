"""What a file's tests share is made once and comes back as it was; a test that commits has its own."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from tests import sharing
from tests.sharing import Once
from xiaojia.domains.people.models import Account
from xiaojia.domains.places.actions import add_community
from xiaojia.domains.places.models import Community
from xiaojia.domains.teams.actions import open_desk
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


def _communities() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.communities', true)")
        return str(cursor.fetchone()[0])


def test_a_scope_ends_with_its_request(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    client, account = Client(), Account.objects.create(username="qh-secretary", name="唐国梁")
    open_desk(account_id=account.pk, community_id=community.pk, role="secretary", on=SINCE)
    client.force_login(account)
    with entered(Scope((1, 2))):
        assert client.get("/").status_code == 200
        assert _communities() == "{1,2}"
    assert _communities() == ""
    monkeypatch.setattr(sharing, "SCOPE_BACK", "SELECT %s, %s, %s, %s")
    client.get("/")
    assert _communities() == f"{{{community.pk}}}", "negative control"


def test_what_is_durable_may_stand_inside_and_not_inside_a_block_of_the_code(community: Community) -> None:
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
