"""A nightly backup that failed stands on the first pages of the office, until one succeeds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people.models import Account
from xiaojia.kernel import nights

pytestmark = pytest.mark.django_db


def test_both_desks_say_since_when_and_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "XIAOJIA_HOME", tmp_path)
    place = yards.office()
    for actor in (place.secretary, place.officer):
        client = Client()
        client.force_login(Account.objects.get(pk=actor.account_id))
        assert "备份没有做成" not in client.get("/").content.decode()
        nights.mark_failed(tmp_path, datetime.fromisoformat("2026-03-02T02:05"))
        page = client.get("/").content.decode()
        assert "从 3月2日 02:05 起，夜里的备份没有做成" in page
        assert "xiaojia backup" in page
        nights.clear(tmp_path)
