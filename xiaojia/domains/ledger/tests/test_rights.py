"""Rights never read points: what a neighbour may ask for does not depend on what stands in a wallet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from django.db import connection
from django.test import Client

from tests.addresses import addresses
from tests.busy import busy
from tests.kept import made_once

SERVICES: Final = (
    "cases", "gatherings", "wishes", "pairing", "canteen", "care", "council", "mediation", "relocation",
    "nightschool", "inspections",
)  # fmt: skip


def _asked_of_the_ledger(ask: Callable[[], Any]) -> list[str]:
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "ledger_" in sql:
            seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        ask()
    return seen


@pytest.mark.django_db(transaction=True)
def test_no_page_of_a_service_asks_the_ledger() -> None:
    stage = made_once(busy)
    client = Client()
    client.force_login(stage.accounts["officer"])
    paths = [a.path(stage.ids) for a in addresses() if a.name.split(":")[0] in SERVICES]
    assert len(paths) > 10
    assert {path: _asked_of_the_ledger(lambda path=path: client.get(path)) for path in paths} == {  # type: ignore[misc]
        path: [] for path in paths
    }
    assert _asked_of_the_ledger(lambda: client.get("/points/")), "negative control: a page of points does"
