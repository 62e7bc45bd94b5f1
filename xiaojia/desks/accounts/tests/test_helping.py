"""谁能登录: the secretary helps their own people, and comes in as nobody by way of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people.accounts import codes, rules, second_step
from xiaojia.domains.teams.models import Tenure
from xiaojia.kernel import clock
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered
from xiaojia.project import cli

PHONE = "13800001234"


@pytest.fixture
def people(once: Once) -> cast.Cast:
    return once(cast.build)


def _as(people: cast.Cast, role: str) -> Client:
    client = Client()
    client.force_login(people.here.accounts[role])
    return client


def _write(client: Client, account: Any, phone: str = PHONE, again: str = "") -> Any:
    words = {"do": "phone", "phone": phone, "again": again or phone}
    return client.post(f"/accounts/{account.pk}/", words)


def test_the_secretary_writes_a_phone_down_and_its_owner_signs_in_anew(people: cast.Cast) -> None:
    head, client, theirs = people.here.accounts["head"], _as(people, "secretary"), _as(people, "head")
    assert theirs.get("/security/").status_code == 200
    assert _write(client, head, "138 0000 1234").status_code == 302
    assert codes.phone_of(head) == PHONE
    assert theirs.get("/security/").status_code == 302, "signed out"
    page = client.get("/accounts/").content.decode()
    assert "138＊＊＊＊＊＊34" in page
    assert PHONE not in page
    with entered(people.actor("secretary").scope):
        assert AuditEntry.objects.filter(verb="keep_phone").count() == 1


def test_two_numbers_that_differ_are_not_kept(people: cast.Cast) -> None:
    head = people.here.accounts["head"]
    answer = _write(_as(people, "secretary"), head, again="13800001235")
    assert answer.status_code == 422
    assert "两遍不一样" in answer.content.decode()
    assert codes.phone_of(head) == ""


def test_a_lost_second_step_is_taken_away(people: cast.Cast) -> None:
    head, by = people.here.accounts["head"], people.actor("head")
    at = clock.now()
    with entered(by.scope):
        secret = second_step.begin(account=head, at=at)
        typed = rules.one_time_password(secret, int(at.timestamp()) // 30)
        assert second_step.confirm(by=by, account=head, typed=typed, at=at)
    client, theirs = _as(people, "secretary"), _as(people, "head")
    client.post(f"/accounts/{head.pk}/", {"do": "second_step"})
    assert not second_step.is_on(head)
    assert theirs.get("/security/").status_code == 302


def test_nobody_comes_in_as_another_secretary_or_as_somebody_of_two_communities(people: cast.Cast) -> None:
    client = _as(people, "secretary")
    head, officer = people.here.accounts["head"], people.here.accounts["officer"]
    Tenure.objects.create(
        community_id=people.here.community.pk, account=officer, role="secretary", from_on=date(2026, 1, 1)
    )
    Tenure.objects.create(
        community_id=people.elsewhere.community.pk, account=head, role="officer", from_on=date(2026, 1, 1)
    )
    for account in (officer, head, people.here.accounts["secretary"]):
        assert _write(client, account).status_code == 403
        assert client.post(f"/accounts/{account.pk}/", {"do": "second_step"}).status_code == 403
        assert client.post(f"/accounts/{account.pk}/", {"do": "sign_out"}).status_code == 403
        assert codes.phone_of(account) == ""


def test_people_of_another_community_do_not_exist_here(people: cast.Cast) -> None:
    client = _as(people, "secretary")
    foreign = people.elsewhere.accounts["head"]
    assert client.get(f"/accounts/{foreign.pk}/").status_code == 404
    assert _write(client, foreign).status_code == 404
    assert foreign.username not in client.get("/accounts/").content.decode()


def test_the_operator_resets_a_secretary_by_command(people: cast.Cast) -> None:
    account, by, at = people.here.accounts["secretary"], people.actor("secretary"), clock.now()
    with entered(by.scope):
        secret = second_step.begin(account=account, at=at)
        typed = rules.one_time_password(secret, int(at.timestamp()) // 30)
        assert second_step.confirm(by=by, account=account, typed=typed, at=at)
    theirs = _as(people, "secretary")
    with pytest.raises(Refused, match="没有“nobody”"):
        cli._reset_account("nobody")
    assert second_step.is_on(account)
    cli._reset_account(account.username)
    assert not second_step.is_on(account)
    assert theirs.get("/security/").status_code == 302


@pytest.mark.parametrize("role", ["officer", "head", "cook"])
def test_nobody_but_the_secretary_helps(people: cast.Cast, role: str) -> None:
    client = _as(people, role)
    assert client.get("/accounts/").status_code == 403
    assert _write(client, people.here.accounts["steward"]).status_code == 403
    assert codes.phone_of(people.here.accounts["steward"]) == ""
