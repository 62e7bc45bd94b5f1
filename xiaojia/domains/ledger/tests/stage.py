"""Members of the cast with wallets and rules, everything invented (模拟)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from tests import cast
from xiaojia.domains.ledger import actions
from xiaojia.domains.ledger.actions import Joining, Posting
from xiaojia.domains.ledger.models import Account, Member
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

JOINED: Final = date(2026, 1, 1)


@dataclass(slots=True)
class Stage:
    """The cast, with members by role: those who serve by account, neighbours by household number."""

    here: cast.Cast
    members: dict[str, Member] = field(default_factory=dict)

    def actor(self, role: str) -> Actor:
        """Somebody of `here` by role, see `tests.cast`."""
        return self.here.actor(role)

    def member(self, name: str) -> int:
        """The id of a member."""
        return self.members[name].pk

    def wallet(self, name: str) -> int:
        """The wallet of a member, behind the curtain."""
        with self.office():
            return Account.objects.get(member_id=self.member(name)).pk

    def balance(self, name: str) -> int:
        """What is in it."""
        with self.office():
            return Account.objects.get(member_id=self.member(name)).balance or 0

    @contextmanager
    def office(self) -> Iterator[Actor]:
        """Inside the officer's scope."""
        officer = self.actor("officer")
        with entered(officer.scope):
            yield officer

    def give(self, name: str, points: int, *, on: date = cast.TODAY, source: str = "") -> None:
        """An award out of nothing."""
        with self.office() as officer:
            posting = Posting("award", self.wallet(name), points, "test", source or str(uuid.uuid4()), on)
            actions.pay_recognition(by=officer, at=cast.NOW, posting=posting)


def stage() -> Stage:
    """Head, steward, volunteer and two neighbours of one household are members; rules are open."""
    made = Stage(cast.build())
    home = made.here.here
    with made.office() as officer:
        actions.open_rules(by=officer, at=cast.NOW, on=JOINED)
        for role in ("head", "steward", "volunteer"):
            joining = Joining(
                role, cast.NAMES[role], (home.microgrids[0].pk,), account_id=home.accounts[role].pk
            )
            made.members[role] = actions.join(by=officer, at=cast.NOW, on=JOINED, joining=joining)
        for number, name in ((0, "住户甲"), (0, "住户乙"), (1, "住户丙"), (5, "住户丁")):
            joining = Joining("volunteer", name, household_id=home.household_ids[number])
            made.members[name] = actions.join(by=officer, at=cast.NOW, on=JOINED, joining=joining)
    return made
