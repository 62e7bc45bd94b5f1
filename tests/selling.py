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
    """One thing on a full shelf (its id; `number`: on the shelf), members who can pay for it, two doors.

    `session` of the clerk is for the page, `key` for a till; `books`: the passbook of each member, in order.
    """

    community: int
    session: str
    key: str
    goods: int
    number: int
    members: tuple[int, ...]
    books: tuple[str, ...]


@dataclass(slots=True)
class Order:
    """One piece for one member: the ids it was asked under, and the redemption that answered it.

    `place`: which member of the shop, and (odd) that a till asks instead of a page.
    """

    place: int
    requests: list[uuid.UUID] = field(default_factory=list)
    answered: int = 0


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
            list(pool.map(self._sell, orders))

    def _sell(self, order: Order) -> None:
        request = uuid.uuid4()
        for number in range(TRIES):
            if not self.keeps_ids and number:
                request = uuid.uuid4()
            order.requests.append(request)
            is_deaf = number == 0 and self.deaf_every > 0 and order.place % self.deaf_every == 0
            order.answered = self._ask(order, is_deaf=is_deaf)
            if order.answered:
                return
        raise AssertionError("an order was never answered")

    def _ask(self, order: Order, *, is_deaf: bool) -> int:
        """Ask once; the id of the redemption, or 0 when nobody answered."""
        path, body, headers = (self._till if order.place % 2 else self._page)(order)
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as line:
                line.request("POST", path, body, headers)
                if is_deaf:
                    return 0
                answer = line.getresponse()
                text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            time.sleep(REST_SECONDS)
            return 0
        if answer.status >= 500:
            time.sleep(REST_SECONDS)
            return 0
        to = answer.headers.get("Location", "")
        found = re.fullmatch(r"/store/redemptions/(\d+)/", to) or re.match(r'{"id": (\d+)', text)
        assert found, (answer.status, to, text[:300])
        return int(found[1])

    def _page(self, order: Order) -> tuple[str, str, dict[str, str]]:
        token = "b" * 32
        headers = {
            "Cookie": f"sessionid={self.shop.session}; csrftoken={token}", "X-CSRFToken": token,
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        typed = {"request": order.requests[-1], "goods": self.shop.goods, "quantity": 1, "way": "counter"}
        member = self.shop.members[order.place % len(self.shop.members)]
        return f"/store/members/{member}/", urlencode(typed), headers

    def _till(self, order: Order) -> tuple[str, str, dict[str, str]]:
        headers = {
            "X-API-Key": self.shop.key, "Idempotency-Key": str(order.requests[-1]),
            "Content-Type": "application/json",
        }  # fmt: skip
        book = self.shop.books[order.place % len(self.shop.books)]
        said = {"passbook": book, "goods": self.shop.number, "quantity": 1}
        return "/api/v1/till/redemptions/", json.dumps(said), headers


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
    from xiaojia.domains.store.tests.till import SOAP, Till, key_of

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
    till = Till(made, key_of(made, "clerk"))
    names = list(made.stage.members)
    return Shop(
        made.clerk.community_id, client.cookies["sessionid"].value, till.key, soap, SOAP,
        tuple(made.stage.member(name) for name in names), tuple(till.book(name) for name in names),
    )  # fmt: skip


if __name__ == "__main__":
    from xiaojia.project.cli import prepared

    with prepared():
        print(json.dumps(asdict(opened())))
