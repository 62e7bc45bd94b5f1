"""Eleven neighbours in one micro-grid, eight in the other; everything is invented (模拟)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from tests import cast
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.actions import Joining, Roster
from xiaojia.domains.recognition import actions
from xiaojia.domains.recognition.models import Ballot, Month
from xiaojia.domains.recognition.rules import Answers
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

JOINED: Final = date(2026, 1, 1)
OPENED: Final = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)
MONTH: Final = date(2026, 2, 1)
LATER: Final = OPENED + timedelta(days=12)
"""After the days in which slips may come in."""

T = TypeVar("T")
Level = Callable[[int, int], int | None]


@dataclass(slots=True)
class Circle:
    """The cast with members: `ids` of the first micro-grid, then of the second; two of them by account."""

    here: cast.Cast
    ids: list[int] = field(default_factory=list)

    def actor(self, role: str) -> Actor:
        """Somebody of `here` by role, see `tests.cast`."""
        return self.here.actor(role)

    @contextmanager
    def office(self, role: str = "officer") -> Iterator[Actor]:
        """Inside the scope of the office."""
        actor = self.actor(role)
        with entered(actor.scope):
            yield actor

    def own(self, role: str, ask: Callable[[Actor], T]) -> T:
        """What somebody gets who asks in their own scope."""
        with self.office(role) as actor:
            return ask(actor)

    def open(self, month_on: date = MONTH, at: datetime = OPENED, seed: int = 7) -> Month:
        """A month with its slips."""
        with self.office() as officer:
            return actions.open_month(by=officer, at=at, month_on=month_on, seed=seed)

    def fill(
        self, month: Month, level: Level = lambda _rater, _ratee: 4, *, without: Iterable[int] = ()
    ) -> None:
        """Everybody's paper slip, typed in twice."""
        with self.office() as officer:
            for ballot in Ballot.objects.filter(month=month).exclude(member_id__in=list(without)):
                answers = Answers(tuple(level(ballot.member_id, ratee) for ratee in ballot.asked_ids))
                for _typing in range(2):
                    actions.type_slip(by=officer, at=month.opened_at, ballot_id=ballot.pk, answers=answers)

    def close(self, month: Month, at: datetime | None = None, role: str = "officer") -> Month:
        """The month closed, after its days."""
        with self.office(role) as by:
            after = at or month.opened_at + timedelta(days=12)
            return actions.close_month(by=by, at=after, month_id=month.pk)

    def do_good(self, *ids: int, on: date = MONTH) -> None:
        """A confirmed deed of one point each."""
        with self.office() as officer:
            roster = Roster("test", f"{on}-{len(ids)}", "yardtalk", on)
            ledger.attend_roster(by=officer, at=OPENED, roster=roster, member_ids=ids)


def circle() -> Circle:
    """Nobody is kin, but the first two live in one household."""
    made = Circle(cast.build())
    home = made.here.here
    with made.office() as officer:
        ledger.open_rules(by=officer, at=cast.NOW, on=JOINED)
        for grid, count in ((0, 11), (1, 8)):
            for number in range(count):
                role = {(0, 2): "head", (0, 3): "volunteer"}.get((grid, number), "")
                joining = Joining(
                    role or ("household" if number > 6 else "volunteer"),
                    cast.NAMES[role] if role else f"邻居{'甲乙丙丁戊己庚辛壬癸子'[number]}{grid + 1}",
                    (home.microgrids[grid].pk,),
                    household_id=home.household_ids[0] if (grid, number) in ((0, 0), (0, 1)) else None,
                    account_id=home.accounts[role].pk if role else None,
                )
                made.ids.append(ledger.join(by=officer, at=cast.NOW, on=JOINED, joining=joining).pk)
    return made
