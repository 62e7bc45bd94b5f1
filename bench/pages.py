"""Pages of a community of 4,120 households: queries, and CPU against a bare view on the same tables."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from bench._database import django_on_its_own_database
from bench.report import Report

NAME: Final = "pages"
ROUNDS: Final = 25
MOST_QUERIES: Final = 12
MOST_TIMES_BARE: Final = 4.0
BARE: Final = "bare view: 25 households, template"

LISTS: Final = {("officer", "find")}
"""Judged against the bare view; desks, maps, tables and rows with buttons are only told."""
OTHERS: Final = {
    ("secretary", "home"),
    ("officer", "home"),
    ("head", "home"),
    ("head", "neighbours"),
    ("officer", "household"),
    ("officer", "registers:home"),
    ("officer", "registers:rows"),
    ("secretary", "microgrids:home"),
    ("secretary", "microgrids:plans"),
    ("secretary", "microgrids:planner"),
}


def run(report: Report) -> None:
    """Ask every page in turn, interleaved, and tell the median CPU of each."""
    django_on_its_own_database()
    from tests.busy import busy

    stage = busy(copies=10)
    asks = {BARE: _bare(stage)} | _pages(stage)
    answers = {what: _queries(ask) for what, ask in asks.items()}
    cpu: dict[str, list[float]] = {what: [] for what in asks}
    for _round in range(ROUNDS):
        for what, ask in asks.items():
            began = time.process_time()
            ask()
            cpu[what].append(time.process_time() - began)
    median = {what: statistics.median(times) for what, times in cpu.items()}
    judged = {_what(*page) for page in LISTS}
    for what in asks:
        is_judged = what in judged
        report.add(
            NAME,
            f"{what}, {answers[what]} queries",
            cpu_seconds=median[what],
            figure=median[what] / median[BARE],
            unit="x bare",
            limit=MOST_TIMES_BARE if is_judged else None,
        )
    most = max(count for what, count in answers.items() if what != BARE)
    report.add(NAME, "most queries of a page", figure=most, unit="queries", limit=MOST_QUERIES)


def _what(role: str, name: str) -> str:
    return f"{role} {name}"


def _pages(stage: Any) -> dict[str, Callable[[], Any]]:
    from django.test import Client

    from tests.addresses import addresses

    routes = {address.name: address.path(stage.ids) for address in addresses()}
    asks: dict[str, Callable[[], Any]] = {}
    clients: dict[str, Client] = {}
    for role, name in sorted(LISTS | OTHERS):
        if role not in clients:
            clients[role] = Client(SERVER_NAME="localhost")
            clients[role].force_login(stage.accounts[role])
        asks[_what(role, name)] = _asking(
            clients[role], routes[name], {"q": "1380000"} if name == "find" else {}
        )
    return asks


def _asking(client: Any, path: str, words: Mapping[str, str]) -> Callable[[], Any]:
    def ask() -> Any:
        answer = client.get(path, words)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answers {answer.status_code}")
        return answer

    return ask


def _bare(stage: Any) -> Callable[[], Any]:
    """What Django alone needs for a list of 25 on these tables: one query, one template, nobody signed in."""
    from django.http import HttpResponse
    from django.template import engines

    from xiaojia.domains.people.models import Household
    from xiaojia.kernel.tenancy import entered

    cells = ("unit.building.compound.name", "unit.building.name", "unit.name", "door", "size")
    row = "".join(f"<td>{{{{ home.{cell} }}}}</td>" for cell in cells)
    template = engines["django"].from_string(
        f"<!doctype html><title>x</title><table>{{% for home in rows %}}<tr>{row}</tr>{{% endfor %}}</table>"
    )

    def ask() -> HttpResponse:
        with entered(stage.place.secretary.scope):
            rows = Household.objects.select_related("unit__building__compound").order_by("pk")[:25]
            return HttpResponse(template.render({"rows": rows}))

    return ask


def _queries(ask: Callable[[], Any]) -> int:
    from django.db import connection

    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        ask()
    return len(seen)
