"""SQL queries of every page, login and scope included, at a community of real size: a committed table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from tests.addresses import addresses
from tests.busy import Busy, busy
from tests.committed import assert_committed
from xiaojia.domains.places.models import Community

pytestmark = pytest.mark.django_db(transaction=True)

MOST_QUERIES = 12
ROLES = ("secretary", "officer", "head")
REALISTIC = 10
"""Copies of the yards: 4,120 households."""

Counts = dict[tuple[str, str], int]


def _count(ask: Callable[[], Any]) -> int | None:
    """Queries of one answer, None when it is not a page for this person."""
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        answer = ask()
    return len(seen) if answer.status_code == 200 else None


def _counts(stage: Busy) -> Counts:
    cache.clear()  # limits of whoever asked from this machine before
    found: Counts = {}
    for role in ROLES:
        client = Client()
        client.force_login(stage.accounts[role])
        for address in addresses():
            path = address.path(stage.ids)
            count = _count(lambda client=client, path=path: client.get(path))  # type: ignore[misc]  # bound early
            if count is not None:
                found[address.name, role] = count
    return found


def _table(counts: Counts) -> str:
    lines = ["page".ljust(34) + " ".join(role.ljust(10) for role in ROLES).rstrip()]
    for name in sorted({name for name, _role in counts}):
        cells = (str(counts.get((name, role), ".")).ljust(10) for role in ROLES)
        lines.append(name.ljust(34) + " ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def test_no_page_asks_more_than_its_committed_budget() -> None:
    counts = _counts(busy(copies=REALISTIC))
    assert_committed("query_budgets.txt", _table(counts))
    assert {key: n for key, n in counts.items() if n > MOST_QUERIES} == {}


def test_a_page_asks_as_much_for_four_hundred_households_as_for_four_thousand() -> None:
    committed = (Path(__file__).parent / "query_budgets.txt").read_text(encoding="utf-8")
    counts = _counts(busy())
    assert _table(counts) == committed
    assert {key: n for key, n in counts.items() if n > MOST_QUERIES} == {}


def test_negative_control_one_query_a_row_is_seen() -> None:
    def twenty() -> HttpResponse:
        for _row in range(20):
            Community.objects.count()
        return HttpResponse()

    assert _count(twenty) == 20
    assert _count(lambda: HttpResponse(status=403)) is None
