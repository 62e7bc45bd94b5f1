"""The officer's page: what waits, and one box to find."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.busy import Busy, busy
from tests.sharing import Once
from xiaojia.domains.microgrids.models import Partition
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people.models import Account
from xiaojia.kernel import clock
from xiaojia.kernel.models import Work
from xiaojia.kernel.tenancy import entered


@pytest.fixture
def stage(once: Once) -> Busy:
    return once(busy)


def _page(account: Account) -> str:
    client = Client()
    client.force_login(account)
    return client.get("/").content.decode()


@pytest.mark.django_db
def test_an_empty_office_is_offered_to_bring_a_register(monkeypatch: pytest.MonkeyPatch) -> None:
    place = yards.office()
    monkeypatch.setattr(clock, "now", lambda: yards.NOW)  # late in a year the next one's workdays wait
    page = _page(Account.objects.get(pk=place.officer.account_id))
    assert "还没有住户表。拿一份 Excel 来，乱一点也不要紧。" in page
    assert "没有等着办的。" in page
    assert 'class="btn" href="/registers/"' in page
    assert 'class="btn btn-main" href="/cases/new/"' in page
    assert 'action="/find/"' in page


def test_drafts_wait_for_reasons_until_they_have_them(stage: Busy) -> None:
    partition_id = stage.ids["partition_id"]
    page = _page(stage.accounts["officer"])
    assert f'href="/microgrids/plans/{partition_id}/exceptions/"' in page
    assert "没有等着办的。" not in page
    with entered(stage.place.officer.scope):
        yards.approve_all(stage.place.officer, Partition.objects.get(pk=partition_id))
    page = _page(stage.accounts["officer"])
    assert f'href="/microgrids/plans/{partition_id}/exceptions/"' not in page
    assert f'href="/microgrids/plans/{partition_id}/"' in page
    assert "等书记定" in page


def test_doors_without_a_micro_grid_wait(stage: Busy) -> None:
    with entered(stage.place.officer.scope):
        yards.settle(stage.place.officer, [yards.Yard("刘家院子", "9", "1", 7, x=360.0, y=0.0)])
    assert "7 户还没有小家" in _page(stage.accounts["officer"])


def test_long_work_that_runs_stands_on_the_first_pages_until_it_is_over(stage: Busy) -> None:
    by = stage.place.officer
    row = Work.objects.create(
        community_id=by.community_id, account_id=by.account_id, role="officer", kind="plan", state="running",
        step="正在划：院子之间也合", done_count=1, total_count=2, started_at=yards.NOW,
    )  # fmt: skip
    for role in ("officer", "secretary"):
        page = _page(stage.accounts[role])
        assert f'href="{reverse("work", args=[row.pk])}"' in page
        assert "正在划：院子之间也合" in page
    assert str(row.pk) not in _page(stage.accounts["stranger"])
    Work.objects.filter(pk=row.pk).update(state="done")
    assert str(row.pk) not in _page(stage.accounts["officer"]), "negative control"
