"""`kill -9` of server and database while tills sell: nothing lost, nothing doubled, whatever the moment.

One tree for all of it, with PostgreSQL as it serves an office: what it answered is on the disk.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from tests.running import Running, command_environment, eventually, prepared_home, serving
from tests.selling import POINTS, Order, Shop, Tills, forgetful, stopped_after_commit, stopped_before_commit
from xiaojia.domains.ledger.checks import CHECKS as LEDGER
from xiaojia.domains.store.checks import CHECKS as STORE
from xiaojia.project.processes.postgres import Cluster

ORDERS: Final = 8
Moment = Callable[[Path], AbstractContextManager[Callable[[], bool]]]
BEFORE: Final = stopped_before_commit
AFTER: Final = stopped_after_commit


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with prepared_home() as home, serving(home, "--port", "8580", XIAOJIA_WEB_WORKERS="1") as tree:
        yield tree


@pytest.fixture(scope="module")
def shop(running: Running) -> Shop:
    done = subprocess.run(
        [sys.executable, "-m", "tests.selling"], env=command_environment(running.home),
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return Shop(**{**told, "members": tuple(told["members"]), "books": tuple(told["books"])})


def _ask(home: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(Cluster(home).urls().owner) as connection:
        return connection.execute(sql, values).fetchall()


def _written(home: Path, orders: list[Order]) -> list[tuple[Any, ...]]:
    """Id, request and moment of what these orders left behind."""
    return _ask(
        home, "SELECT id, request_id, created_at FROM store_redemption WHERE request_id = ANY(%s)",
        [request for order in orders for request in order.requests],
    )  # fmt: skip


def _lost(home: Path, orders: list[Order]) -> list[Order]:
    """Orders that were answered 'done' and are not there."""
    kept = {pk for pk, _request, _at in _written(home, orders)}
    return [order for order in orders if order.answered not in kept]


def _drift(home: Path, shop: Shop) -> list[str]:
    """Every sentence of `xiaojia verify` about points and stock."""
    return [
        sentence.format(pk)
        for checks in (LEDGER, STORE)
        for sentence, query in checks.items()
        for (pk,) in _ask_named(home, query, shop.community)
    ]


def _ask_named(home: Path, query: str, community: int) -> list[tuple[Any, ...]]:
    with psycopg.connect(Cluster(home).urls().owner) as connection:
        return connection.execute(query.encode(), {"community": community}).fetchall()


def _left(home: Path, shop: Shop) -> tuple[int, int]:
    """Pieces on the shelf, and points in all wallets."""
    [row] = _ask(
        home, "SELECT (SELECT stock FROM store_goods WHERE id = %s), sum(balance) FROM ledger_account"
        " WHERE community_id = %s AND balance IS NOT NULL", shop.goods, shop.community,
    )  # fmt: skip
    return int(row[0]), int(row[1])


def _kill(running: Running, victim: str) -> None:
    """The postmaster, or the whole group of the web server."""
    if victim == "postgres":
        os.kill(running.postgres_pid, signal.SIGKILL)
    else:
        os.killpg(running.web_pid, signal.SIGKILL)


def _port(running: Running) -> int:
    return int(running.url.rpartition(":")[2])


def _sold_through(running: Running, tills: Tills, orders: list[Order], fault: Callable[[], object]) -> None:
    """Tills sell while `fault` happens; all orders are answered at the end."""
    failed: list[BaseException] = []

    def sell() -> None:
        try:
            tills.sell(orders)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=sell)
    thread.start()
    try:
        fault()
    finally:
        thread.join()
    assert failed == []


def _orders(count: int = ORDERS) -> list[Order]:
    """By page and by till in turn."""
    return [Order(place) for place in range(count)]


def _killed_at(running: Running, victim: str, moment: Moment) -> Callable[[], datetime]:
    """A fault: wait until a redemption stands at that moment, then kill; when it was."""

    def fault() -> datetime:
        with moment(running.home) as is_there:
            eventually("a redemption stands there", is_there)
            _kill(running, victim)
            return datetime.now(UTC)

    return fault


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
@pytest.mark.parametrize("victim", ["web", "postgres"])
def test_a_kill_in_mid_redemption_loses_nothing_and_doubles_nothing(
    running: Running, shop: Shop, victim: str, moment: Moment
) -> None:
    home, orders, killed = running.home, _orders(), [datetime.now(UTC)]
    stock, points = _left(home, shop)
    fault = _killed_at(running, victim, moment)
    _sold_through(running, Tills(shop, _port(running)), orders, lambda: killed.append(fault()))
    written = _written(home, orders)
    met = [order for order in orders if len(order.requests) > 1]
    if victim == "web" and moment is BEFORE:
        # What a till asks is one statement, which PostgreSQL ends also when its web server is gone.
        met = [order for order in met if order.place % 2 == 0]
    assert met, "the kill hit somebody"
    again = {order.requests[0] for order in met}
    before = [request for _pk, request, at in written if request in again and at < killed[-1]]
    assert bool(before) == (moment is AFTER), "it was killed at the moment that is meant"
    assert len(written) == len(orders)
    assert _lost(home, orders) == []
    assert _left(home, shop) == (stock - len(orders), points - POINTS * len(orders))
    assert _drift(home, shop) == []


def test_kills_at_random_moments_and_answers_that_nobody_hears(running: Running, shop: Shop) -> None:
    home, orders = running.home, _orders(120)
    chance = random.Random(5)  # noqa: S311  # moments, no secrets
    stock, points = _left(home, shop)

    def fault() -> None:
        for victim in ("web", "postgres"):
            time.sleep(chance.uniform(0.1, 0.4))
            _kill(running, victim)

    _sold_through(running, Tills(shop, _port(running), deaf_every=5), orders, fault)
    assert sum(len(order.requests) > 1 for order in orders) > 10
    assert len(_written(home, orders)) == len(orders)
    assert _lost(home, orders) == []
    assert _left(home, shop) == (stock - len(orders), points - POINTS * len(orders))
    assert _drift(home, shop) == []


def test_negative_control_a_new_id_at_each_try_sells_twice(running: Running, shop: Shop) -> None:
    orders = _orders()
    fault = _killed_at(running, "postgres", AFTER)
    tills = Tills(shop, _port(running), keeps_ids=False)
    _sold_through(running, tills, orders, fault)
    assert len(_written(running.home, orders)) > len(orders)
    assert _drift(running.home, shop) == [], "for the books these are two honest redemptions"


def test_negative_control_a_server_that_answers_too_early_loses(running: Running, shop: Shop) -> None:
    """The same kill where an answer does not wait for the disk: what was answered is gone."""
    orders = _orders(12)
    with forgetful(running.home):
        Tills(shop, _port(running)).sell(orders, tills=2)
        assert _lost(running.home, orders) == []
        _kill(running, "postgres")
    eventually("ready again", running.is_ready)
    assert len(_lost(running.home, orders)) > 0


def test_postgresql_keeps_what_it_answered(running: Running) -> None:
    with psycopg.connect(Cluster(running.home).urls().serving) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}".encode()).fetchone() == ("on",), name
