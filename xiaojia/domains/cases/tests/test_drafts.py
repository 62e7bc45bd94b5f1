"""What a device sends after it was without a network: whoever said it goes on seeing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from tests import cast
from xiaojia.domains.cases import actions, queries
from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.tests.stage import MONDAY
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_heads_draft_without_a_building_stays_in_their_sight(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: MONDAY)
    settings.XIAOJIA_PUBLIC_URL = "https://xiaojia.example"
    people = cast.build()
    officer, head = people.actor("officer"), people.actor("head")
    with entered(officer.scope):
        actions.open_casekinds(by=officer, at=MONDAY, on=MONDAY.date())
    client = Client()
    client.force_login(people.here.accounts["head"])

    def sent(text: str, place: str) -> Case:
        client_id = uuid4()
        form = {
            "client_id": str(client_id), "account": str(head.account_id), "text": text, "place_text": place,
            "said_at": MONDAY.isoformat(),
        }  # fmt: skip
        assert client.post("/cases/drafts/send/", form).status_code == 200
        with entered(officer.scope):
            return Case.objects.get(client_id=client_id)

    def is_seen(case_id: UUID) -> bool:
        with entered(head.scope):
            return queries.case(case_id, viewer=head) is not None

    nowhere = sent("井盖翘起来了（模拟）", "路口那边")
    assert (nowhere.building_id, nowhere.microgrid_ids) == (None, list(head.scope.microgrid_ids))
    assert is_seen(nowhere.pk)
    with entered(officer.scope):
        kind = nowhere.casekind_id
        elsewhere = actions.report_case(by=officer, at=MONDAY, report=actions.Report(kind, "别处的井盖"))
    assert not is_seen(elsewhere.pk), "negative control: without a micro-grid nobody but the desks sees it"
    quarrel = sent("两口子打架，孩子在哭（模拟）", "")
    assert quarrel.is_confidential
    assert not is_seen(quarrel.pk), "a quarrel leaves the teller's sight as ever"
