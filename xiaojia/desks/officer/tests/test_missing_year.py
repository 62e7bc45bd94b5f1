"""A year whose workdays nobody wrote down waits on the officer's page, until it is written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people.models import Account
from xiaojia.domains.workdays.models import Workyear
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db
SPRING = datetime(2026, 3, 2, 2, tzinfo=UTC)
FAR = datetime(2098, 3, 2, 2, tzinfo=UTC)


def _page(account: Account, at: datetime, monkeypatch: pytest.MonkeyPatch) -> str:
    client = Client()
    client.force_login(account)
    monkeypatch.setattr(clock, "now", lambda: at)
    return client.get("/").content.decode()


def test_the_officer_is_told_of_a_year_without_workdays(monkeypatch: pytest.MonkeyPatch) -> None:
    place = yards.office()
    account = Account.objects.get(pk=place.officer.account_id)
    assert "的工作日还没写" not in _page(account, SPRING, monkeypatch)
    page = _page(account, FAR, monkeypatch)
    assert "2098 年的工作日还没写" in page
    assert 'href="/workdays/2098/"' in page
    with entered(place.officer.scope):
        Workyear.objects.create(
            community_id=place.officer.community_id, year=2098, days_off=[], make_up_days=[],
            hours=[["09:00", "18:00"]], changed_at=FAR, changed_by_id=place.officer.account_id,
        )  # fmt: skip
    assert "2098 年的工作日还没写" not in _page(account, FAR, monkeypatch)
