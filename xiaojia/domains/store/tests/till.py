"""A till at the counter of `counter.py`, many of them, and the database with one guard taken out."""

from __future__ import annotations

import uuid
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.http import HttpResponse
from django.test import Client

from tests import cast
from xiaojia.domains.cases.actions.keys import add_apikey
from xiaojia.domains.ledger import checks as ledger_checks
from xiaojia.domains.ledger.models import Passbook
from xiaojia.domains.store.tests.counter import Counter
from xiaojia.kernel import alone
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.tests.parallel import at_once

REDEMPTIONS: Final = "/api/v1/till/redemptions/"
DONATIONS: Final = "/api/v1/till/donations/"
RICE, SOAP, KETTLE = 1, 2, 3
AsOwner = Callable[[], AbstractContextManager[None]]


@dataclass(slots=True)
class Till:
    """One key at the counter of `here`."""

    here: Counter
    key: str

    def redeem(
        self, name: str, goods: int, quantity: int = 1, *, request: uuid.UUID | None = None, **more: Any
    ) -> HttpResponse:
        """As the device sends it."""
        said = {"passbook": self.book(name), "goods": goods, "quantity": quantity}
        answer: HttpResponse = self.send(REDEMPTIONS, said, request=request, **more)
        return answer

    def donate(self, name: str, points: int, *, request: uuid.UUID | None = None) -> HttpResponse:
        """The same for a gift."""
        said = {"passbook": self.book(name), "points": points}
        answer: HttpResponse = self.send(DONATIONS, said, request=request)
        return answer

    def send(
        self, path: str, said: Any, *, request: uuid.UUID | None = None, client: Client | None = None
    ) -> Any:
        """A body as JSON; a new number of the slip unless one is given."""
        headers = {"X-API-Key": self.key, "Idempotency-Key": str(request or uuid.uuid4())}
        return (client or Client()).post(path, said, content_type="application/json", headers=headers)

    def book(self, name: str) -> str:
        """The passbook of a member."""
        with self.here.stage.office():
            return Passbook.objects.get(member_id=self.here.stage.member(name)).number


def key_of(here: Counter, role: str, name: str = "柜台一（模拟）") -> str:
    """A new key of `here` in plain text."""
    secretary = here.stage.actor("secretary")
    with entered(secretary.scope):
        return add_apikey(by=secretary, at=cast.NOW, name=name, role=role)[1]


def row_of_tills(here: Counter, count: int) -> list[Till]:
    """So many tills, each with a key of its own: the counter of one key would let them in one by one."""
    return [Till(here, key_of(here, "clerk", f"第 {number} 台（模拟）")) for number in range(count)]


def hands(count: int, act: Callable[[int], HttpResponse]) -> Tally[int]:
    """How often each status was answered to so many tills at one moment."""

    def hand(number: int) -> int:
        try:
            return act(number).status_code
        finally:
            alone.forget()

    return Tally(at_once(count, hand))


@contextmanager
def otherwise(as_owner: AsOwner, function: str, old: str, new: str) -> Iterator[None]:
    """A function of the database with one guard taken out; put back at the end."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_get_functiondef('{function}'::regproc)")
        sound = cursor.fetchone()[0]
        assert old in sound
        cursor.execute(sound.replace(old, new))
    alone.forget()
    try:
        yield
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(sound)
        alone.forget()


def drift(here: Counter) -> list[str]:
    """What `xiaojia verify` would say of store and ledger."""
    with here.stage.office() as officer:
        return here.drift() + ledger_checks.findings(officer.community_id)
