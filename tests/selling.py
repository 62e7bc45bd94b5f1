"""Tills that sell over HTTP until every order is answered, and the moments at which a test kills something.

`python -m tests.selling` opens a shop in a running home and prints it as JSON; all names are invented (模拟).
"""

from __future__ import annotations

import http.client
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import psycopg

from tests.running import eventually
from xiaojia.project.processes.postgres import Cluster

POINTS: Final = 3
"""What one piece costs."""
TRIES: Final = 400
"""How often a till asks again before the test gives up."""
REST_SECONDS: Final = 0.1
"""How long a till waits before it asks again."""


@dataclass(frozen=True, slots=True)
class Shop:
    """One thing on a full shelf, members who can pay for it, and the clerk's session."""

    community: int
    session: str
    goods: int
    members: tuple[int, ...]


@dataclass(slots=True)
class Order:
    """One piece for one member: the ids it was asked under, and the page that answered it."""

    member: int
    requests: list[uuid.UUID] = field(default_factory=list)
    answered: str = ""


@dataclass(slots=True)
class Tills:
    """`keeps_ids`: whether a retry says the same request id, as a page that is sent again does.

    `deaf_every`: of so many orders, the first answer of one is not waited for; 0: of none.
    """

    shop: Shop
    port: int
    keeps_ids: bool = True
    deaf_every: int = 0

    def sell(self, orders: Sequence[Order], *, tills: int = 4) -> None:
        """Sell all orders, each until it is answered."""
        with ThreadPoolExecutor(tills) as pool:
            list(pool.map(self._sell, orders, range(len(orders))))

    def _sell(self, order: Order, place: int) -> None:
        request = uuid.uuid4()
        for number in range(TRIES):
            if not self.keeps_ids and number:
                request = uuid.uuid4()
            order.requests.append(request)
            is_deaf = number == 0 and self.deaf_every > 0 and place % self.deaf_every == 0
            order.answered = self._ask(order, is_deaf=is_deaf)
            if order.answered:
                return
        raise AssertionError("an order was never answered")

    def _ask(self, order: Order, *, is_deaf: bool) -> str:
        """Post the page once; where it leads to, or nothing when nobody answered."""
        token = "b" * 32
        headers = {
            "Cookie": f"sessionid={self.shop.session}; csrftoken={token}", "X-CSRFToken": token,
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        typed = {"request": order.requests[-1], "goods": self.shop.goods, "quantity": 1, "way": "counter"}
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as line:
                line.request("POST", f"/store/members/{order.member}/", urlencode(typed), headers)
                if is_deaf:
                    return ""
                answer = line.getresponse()
                answer.read()
        except (OSError, http.client.HTTPException):
            time.sleep(REST_SECONDS)
            return ""
        if answer.status >= 500:
            time.sleep(REST_SECONDS)
            return ""
        to = answer.headers.get("Location", "")
        assert re.fullmatch(r"/store/redemptions/\d+/", to), (answer.status, to)
        return to


@contextmanager
def stopped_before_commit(home: Path) -> Iterator[Callable[[], bool]]:
    """Redemptions stand still with points, goods and themselves written and nothing committed.

    Gives the question whether one stands there.
    """
    with closing(psycopg.connect(Cluster(home).urls().owner)) as connection:
        connection.execute("LOCK TABLE store_stockmove IN SHARE MODE")
        asked = "SELECT count(*) FROM pg_locks WHERE relation = 'store_stockmove'::regclass AND NOT granted"
        yield lambda: _count(home, asked) > 0


@contextmanager
def stopped_after_commit(home: Path) -> Iterator[Callable[[], bool]]:
    """Commits are on the disk and are not answered: PostgreSQL waits for a standby that does not exist."""
    _set(home, "synchronous_standby_names = 'nobody'")
    try:
        yield lambda: _count(home, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") > 0
    finally:
        _reset(home)


@contextmanager
def forgetful(home: Path) -> Iterator[None]:
    """A server that answers before what it says is on the disk."""
    _set(home, "synchronous_commit = off")
    _set(home, "wal_writer_delay = '10s'")
    try:
        yield
    finally:
        _reset(home)


def _count(home: Path, sql: str) -> int:
    with Cluster(home).admin("xiaojia") as admin:
        row = admin.execute(sql).fetchone()
        assert row is not None
        return int(str(row[0]))


def _set(home: Path, words: str) -> None:
    with Cluster(home).admin("xiaojia") as admin:
        admin.execute(f"ALTER SYSTEM SET {words}")
        admin.execute("SELECT pg_reload_conf()")


def _reset(home: Path) -> None:
    """As it was, as soon as the server is back."""

    def is_reset() -> bool:
        try:
            with Cluster(home).admin("xiaojia") as admin:
                admin.execute("ALTER SYSTEM RESET ALL")
                admin.execute("SELECT pg_reload_conf()")
        except psycopg.OperationalError:
            return False
        return True

    eventually("the server is as it was", is_reset)


def opened() -> Shop:
    """The counter of the store's tests, with enough on the shelf and in every wallet."""
    from django.conf import settings
    from django.test import Client

    from tests import cast
    from xiaojia.domains.store import actions
    from xiaojia.domains.store.tests.counter import counter

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    made = counter()
    for name in made.stage.members:
        made.stage.give(name, 900)
    soap = made.goods["肥皂"].pk
    with made.stage.office() as officer:
        actions.move_stock(
            by=officer, at=cast.NOW, on=cast.TODAY, goods_id=soap, delta=900, reason="received",
            request_id=uuid.UUID(int=1000),
        )  # fmt: skip
    client = Client(SERVER_NAME="localhost")
    client.force_login(made.stage.here.here.accounts["clerk"])
    members = tuple(m.pk for m in made.stage.members.values())
    return Shop(made.clerk.community_id, client.cookies["sessionid"].value, soap, members)


if __name__ == "__main__":
    from xiaojia.project.cli import prepared

    with prepared():
        print(json.dumps(asdict(opened())))
