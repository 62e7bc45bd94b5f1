"""Random mixes of everything that moves points, on real PostgreSQL, against plain reckoning."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from tests import cast
from xiaojia.domains.ledger import checks
from xiaojia.domains.ledger.actions import Posting
from xiaojia.domains.ledger.actions.posting import Answer, call_collect, call_hold, call_void, post
from xiaojia.domains.ledger.models import Account, Entry
from xiaojia.domains.ledger.tests.stage import Stage

NAMES: Final = ("volunteer", "steward", "住户甲")
names = st.sampled_from(NAMES)
amounts = st.integers(1, 12)
LATER: Final = cast.NOW + timedelta(days=3)


@dataclass(slots=True)
class Plain:
    """What a pencil would know of one wallet."""

    balance: int = 0
    held: int = 0
    fund_bore: int = 0
    spent: dict[int, int] = field(default_factory=dict)
    awarded: dict[int, int] = field(default_factory=dict)
    holds: dict[int, int] = field(default_factory=dict)


class Mixes(RuleBasedStateMachine):
    """Each run begins with empty wallets in a transaction that is taken back."""

    here: Stage
    post_with: Any = staticmethod(post)

    def __init__(self) -> None:
        super().__init__()
        self._atomic = transaction.atomic()
        self._atomic.__enter__()
        self._inside = self.here.office()
        self.by = self._inside.__enter__()
        self.plain = {name: Plain() for name in NAMES}
        self.requests: list[tuple[Posting, Answer]] = []

    def teardown(self) -> None:
        """Verify, then give everything back."""
        assert checks.findings(self.by.community_id) == []
        self._inside.__exit__(None, None, None)
        transaction.set_rollback(True)
        self._atomic.__exit__(None, None, None)

    def _post(self, kind: str, name: str, points: int, reverses: int | None = None) -> Answer:
        wallet, request = self.here.wallet(name), uuid.uuid4()
        posting = Posting(
            kind, wallet, points, "mix", str(request), cast.TODAY, request, reverses_id=reverses
        )
        answer: Answer = self.post_with(posting, by=self.by, at=cast.NOW)
        self.requests.append((posting, answer))
        return answer

    @initialize()
    def begin(self) -> None:
        """Somebody has something."""
        self.award("volunteer", 12)

    @rule(name=names, points=amounts)
    def award(self, name: str, points: int) -> None:
        """Points come in."""
        answer = self._post("award", name, points)
        self.plain[name].balance += points
        self.plain[name].awarded[answer.row_id or 0] = points

    @rule(name=names, points=amounts, kind=st.sampled_from(("redeem", "donate", "expiry")))
    def spend(self, name: str, points: int, kind: str) -> None:
        """Points go out, if there are enough that nobody holds."""
        answer, plain = self._post(kind, name, points), self.plain[name]
        enough = plain.balance - plain.held >= points
        assert answer.outcome == ("posted" if enough else "lack")
        if enough:
            plain.balance -= points
            if kind == "redeem":
                plain.spent[answer.row_id or 0] = points

    @rule(name=names, data=st.data())
    def take_back(self, name: str, data: st.DataObject) -> None:
        """A redemption comes back whole; a wrong award as far as the wallet has it."""
        plain = self.plain[name]
        done = plain.spent | plain.awarded
        if not done:
            return
        pk = data.draw(st.sampled_from(sorted(done)))
        answer = self._post("reversal", name, done[pk], reverses=pk)
        assert answer.outcome == "posted"
        if pk in plain.spent:
            plain.balance += plain.spent.pop(pk)
            return
        points = plain.awarded.pop(pk)
        part = min(points, plain.balance - plain.held)
        plain.balance -= part
        plain.fund_bore += points - part
        assert answer.shortfall == points - part

    @rule(name=names, points=amounts)
    def hold(self, name: str, points: int) -> None:
        """Points are reserved."""
        posting = Posting("redeem", self.here.wallet(name), points, "mix", str(uuid.uuid4()), cast.TODAY)
        answer, plain = call_hold(posting, by=self.by, at=cast.NOW, expires_at=LATER), self.plain[name]
        enough = plain.balance - plain.held >= points
        assert answer.outcome == ("held" if enough else "lack")
        if enough:
            plain.held += points
            plain.holds[answer.row_id or 0] = points

    @rule(name=names, data=st.data(), is_collected=st.booleans())
    def end_hold(self, name: str, data: st.DataObject, is_collected: bool) -> None:
        """A hold is collected or given back."""
        plain = self.plain[name]
        if not plain.holds:
            return
        pk = data.draw(st.sampled_from(sorted(plain.holds)))
        plain.held -= plain.holds[pk]
        if is_collected:
            answer = call_collect(pk, by=self.by, at=cast.NOW, on=cast.TODAY, reason="")
            plain.balance -= plain.holds[pk]
            plain.spent[answer.row_id or 0] = plain.holds[pk]
        else:
            call_void(pk, by=self.by, at=cast.NOW)
        del plain.holds[pk]

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def again(self, data: st.DataObject) -> None:
        """The same request gives the same answer, whatever happened since."""
        posting, before = data.draw(st.sampled_from(self.requests))
        answer = post(posting, by=self.by, at=LATER)
        assert answer.row_id == before.row_id
        assert answer.outcome == ("again" if before.outcome == "posted" else "lack")

    @invariant()
    def the_pencil_agrees(self) -> None:
        """Wallets as reckoned; all entries together are nothing."""
        for name, plain in self.plain.items():
            wallet = Account.objects.get(pk=self.here.wallet(name))
            assert (wallet.balance, wallet.held) == (plain.balance, plain.held)
        assert sum(Entry.objects.values_list("amount", flat=True)) == 0


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=14,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )


def test_random_mixes_keep_every_invariant(here: Stage) -> None:
    Mixes.here = here
    run(Mixes, settings=_settings(8))


def test_negative_control_a_posting_that_pays_twice_is_found(here: Stage) -> None:
    """A path without request id: each award is also paid under another name."""

    def twice(posting: Posting, **more: Any) -> Answer:
        answer = post(posting, **more)
        other = Posting("award", posting.account_id, 1, "mix", str(uuid.uuid4()), cast.TODAY)
        post(other, **more)
        return answer

    class Careless(Mixes):
        post_with = staticmethod(twice)

    Careless.here = here
    try:
        run(Careless, settings=_settings(2))
    except AssertionError:
        return
    raise RuntimeError("the pencil did not notice")
