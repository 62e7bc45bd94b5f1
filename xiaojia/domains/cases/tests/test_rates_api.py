"""The honest rate for other programs: n of d, and every number leads to a list of its length."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from xiaojia.domains.cases.actions.keys import add_apikey
from xiaojia.domains.cases.tests.stage import MONDAY, build

pytestmark = pytest.mark.django_db
RATES = "/api/v1/rates/"
MARCH = {"since": "2026-03-01", "until": "2026-04-01"}


def test_the_honest_rate_leads_to_its_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = build()
    with stage.inside():
        for _n in range(5):
            stage.report()
        stage.closed(stage.dispatched(), MONDAY + timedelta(hours=1))
        keys = [
            add_apikey(by=stage.secretary, at=MONDAY, name=role, role=role)[1]
            for role in ("officer", "resident")
        ]
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: MONDAY + timedelta(days=20))
    client, program, neighbour = Client(), *({"X-API-Key": key} for key in keys)
    said = client.get(RATES, MARCH, headers=program).json()
    assert [rate["limit"] for rate in said["rates"]] == ["original", "approved"]
    for rate in said["rates"]:
        assert (rate["n"], rate["d"], rate["per_mille"]) == (1, 6, 166), "open and overdue: no hundred"
        for part in rate["parts"]:
            listed = client.get(part["list_url"], headers=program).json()
            assert len(listed["cases"]) == part["count"], part
    for wrong in (
        {"since": "2026-03-02", "until": "2026-03-02"},
        {"since": "2020-01-01", "until": "2026-01-01"},
    ):
        assert client.get(RATES, wrong, headers=program).status_code == 409
    assert client.get(RATES, MARCH, headers=neighbour).status_code == 403
    assert client.get(RATES, MARCH).status_code == 401
