"""A district in one database: 250 communities, 309,000 households; every page of one of them, in turn."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from bench._clones import clone
from bench._database import django_on_its_own_database, owner_url
from bench.report import Report

NAME: Final = "district"
COMMUNITIES: Final = 250
YARDS: Final = 3
"""Of 412 households each."""
ROUNDS: Final = 20
MOST_MILLISECONDS: Final = 150
ROLES: Final = ("secretary", "officer", "head")
TOLD: Final = 6


def run(report: Report) -> None:
    """The 95th percentile of each page, alone and among 249 others: the slowest are judged."""
    django_on_its_own_database()
    from tests.busy import busy
    from xiaojia.domains.people.models import Household
    from xiaojia.kernel.tenancy import entered

    stage = busy(copies=YARDS)
    asks = _asks(stage)
    alone = _percentiles(asks)
    clone(owner_url(), stage.place.community.pk, copies=COMMUNITIES - 1)
    among = _percentiles(asks)
    with entered(stage.place.secretary.scope):
        seen = Household.objects.count()
    report.add(NAME, "households that one community sees", figure=seen, unit="", limit=YARDS * 412)
    slowest = sorted(among, key=lambda what: -among[what])
    for what in slowest[:TOLD]:
        report.add(
            NAME,
            f"{what}: p95 among {COMMUNITIES}",
            figure=among[what] * 1000,
            unit="ms",
            limit=MOST_MILLISECONDS,
            note=f"alone {alone[what] * 1000:.0f} ms",
        )
    ratio = sum(among.values()) / sum(alone.values())
    report.add(NAME, f"{len(asks)} pages: among others / alone", figure=ratio, unit="x", limit=1.5)


def _asks(stage: Any) -> dict[str, Callable[[], Any]]:
    """Every address that answers this role with a page."""
    from django.test import Client

    from tests.addresses import addresses

    asks: dict[str, Callable[[], Any]] = {}
    for role in ROLES:
        client = Client(SERVER_NAME="localhost")
        client.force_login(stage.accounts[role])
        for address in addresses():
            path = address.path(stage.ids)
            if client.get(path).status_code == 200:
                asks[f"{role} {address.name}"] = lambda client=client, path=path: client.get(path)  # type: ignore[misc]  # bound early
    return asks


def _percentiles(asks: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Seconds within which 19 of 20 answers came, pages interleaved."""
    times: dict[str, list[float]] = defaultdict(list)
    for _round in range(ROUNDS + 1):
        for what, ask in asks.items():
            began = time.monotonic()
            ask()
            times[what].append(time.monotonic() - began)
    return {what: sorted(taken[1:])[int(ROUNDS * 0.95) - 1] for what, taken in times.items()}
