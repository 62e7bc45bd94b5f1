"""Deeds at one moment: written by many, on many lists, confirmed and refused; and each guard taken away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Event
from typing import Any, Final

import pytest
from django.db import DatabaseError, transaction

from tests import cast
from xiaojia.domains.ledger import actions
from xiaojia.domains.ledger.actions import Done, Roster, deeds
from xiaojia.domains.ledger.models import Deed, Transaction
from xiaojia.domains.ledger.rules import DAY_CAP, PAIR_CAP
from xiaojia.domains.ledger.tests.bare import AsOwner, without_constraints
from xiaojia.domains.ledger.tests.stage import Stage, stage
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.tests.parallel import at_once

HANDS: Final = 6
LATER: Final = cast.TODAY + timedelta(days=28)


@pytest.fixture
def committed(transactional_db: None) -> Stage:
    """A stage that threads see."""
    return stage()


def _hands(here: Stage, act: Callable[[int], object], *roles: str, times: int = HANDS) -> Counter[str]:
    def hand(number: int) -> str:
        try:
            with entered(here.actor(roles[number % len(roles)]).scope):
                act(number)
        except (Refused, DatabaseError) as error:
            return type(error).__name__
        return "done"

    return Counter(at_once(times, hand))


def _unlocked(monkeypatch: pytest.MonkeyPatch, then: str, times: int = HANDS) -> None:
    """No lock, and nobody goes past the function `then` before all have read and stand there."""
    barrier, sound = Barrier(times), getattr(deeds, then)

    def stand(*words: Any, **more: Any) -> Any:
        barrier.wait(30)
        return sound(*words, **more)

    monkeypatch.setattr(deeds, "_lock", lambda *_members: None)
    monkeypatch.setattr(deeds, then, stand)


def _write(here: Stage, code: str = "cleanup") -> Callable[[int], Deed]:
    """The same deed, by the head and by the officer in turn."""
    done = Done(here.member("住户甲"), code, cast.TODAY, Decimal(2))
    actors = here.actor("officer"), here.actor("head")
    return lambda number: actions.record_deed(by=actors[number % 2], at=cast.NOW, on=cast.TODAY, done=done)


def _attend(here: Stage, source: str = "7") -> Callable[[int], object]:
    """The same line of the same roster."""
    by, ids = here.actor("officer"), [here.member("住户甲")]
    roster = Roster("shift", source, "canteen_shift", cast.TODAY)
    return lambda _number: actions.attend_roster(by=by, at=cast.NOW, roster=roster, member_ids=ids)


def test_one_deed_written_by_many_at_one_moment_is_one_with_both_who_wrote_it(committed: Stage) -> None:
    here = committed
    assert _hands(here, _write(here), "officer", "head") == {"done": HANDS}
    with here.office():
        assert sorted(Deed.objects.get().recorder_ids) == sorted(
            here.actor(role).account_id for role in ("officer", "head")
        )


def test_without_its_lock_only_the_database_keeps_it_one_and_without_both_it_is_many(
    committed: Stage, as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = committed
    _unlocked(monkeypatch, "worth")
    with without_constraints(as_owner, "ledger_deed", "identical_deeds_merge"):
        assert _hands(here, _write(here), "officer", "head") == {"done": HANDS}
        with here.office():
            assert Deed.objects.count() == HANDS
    assert _hands(here, _write(here), "officer", "head") == {"done": 1, "IntegrityError": HANDS - 1}


def test_one_line_of_a_roster_pays_once_however_many_type_it_in(committed: Stage) -> None:
    here = committed
    assert _hands(here, _attend(here), "officer") == {"done": HANDS}
    assert here.balance("住户甲") == 6
    with here.office():
        assert Transaction.objects.filter(source_type="deed").count() == Deed.objects.count() == 1


def test_without_lock_and_unique_line_the_same_attendance_pays_again_and_past_every_cap(
    committed: Stage, as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = committed
    _unlocked(monkeypatch, "after_caps")
    assert _hands(here, _attend(here), "officer") == {"done": 1, "IntegrityError": HANDS - 1}
    assert here.balance("住户甲") == 6
    with without_constraints(as_owner, "ledger_deed", "one_deed_per_source"):
        # The wallet pays by the deed, and each of these is another one.
        assert _hands(here, _attend(here, "8"), "officer") == {"done": HANDS}
        assert here.balance("住户甲") == 6 + 6 * HANDS > DAY_CAP


def _pairs(here: Stage) -> Callable[[int], object]:
    """The confirmations of one witness for one neighbour, one below the cap: what a next one would be."""
    by, member, witness_id = here.actor("officer"), here.member("住户甲"), here.member("住户丙")
    rows = []
    with here.office():
        for number in range(PAIR_CAP - 1 + HANDS):
            done = Done(member, "cleanup", cast.TODAY + timedelta(days=number), Decimal(1))
            rows.append(actions.record_deed(by=by, at=cast.NOW, on=LATER, done=done))

    def confirm(number: int) -> object:
        pk = rows[PAIR_CAP - 1 + number].pk
        return actions.confirm_deed(by=by, at=cast.NOW, deed_id=pk, witness_id=witness_id)

    with here.office():
        for number in range(1 - PAIR_CAP, 0):
            confirm(number)
    return confirm


def test_one_witness_confirms_up_to_the_cap_also_all_at_once(committed: Stage) -> None:
    here = committed
    assert _hands(here, _pairs(here), "officer") == {"done": 1, "SecondPerson": HANDS - 1}


def test_without_the_lock_one_witness_confirms_past_the_cap(
    committed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = committed
    confirm = _pairs(here)
    _unlocked(monkeypatch, "after_caps")
    assert _hands(here, confirm, "officer") == {"done": HANDS}


def _refused_while_confirmed(here: Stage, monkeypatch: pytest.MonkeyPatch) -> tuple[Counter[str], int]:
    """One has read a deed as waiting and confirms, the other refuses it; what they hear, and what is paid."""
    with here.office():
        pk = _write(here)(0).pk
    by, has_read, is_refused = here.actor("officer"), Event(), Event()
    sound = deeds._witnessed

    def stand(deed: Deed, **more: Any) -> None:
        has_read.set()
        # Whoever refuses without waiting is done by then.
        is_refused.wait(0.5)
        sound(deed, **more)

    monkeypatch.setattr(deeds, "_witnessed", stand)

    def decide(number: int) -> object:
        if number:
            return actions.confirm_deed(by=by, at=cast.NOW, deed_id=pk, witness_id=here.member("住户丙"))
        assert has_read.wait(30)
        transaction.on_commit(is_refused.set)
        return actions.refuse_deed(by=by, at=cast.NOW, deed_id=pk, reason="那天没有这件事")

    came = _hands(here, decide, "officer", times=2)
    return came, here.balance("住户甲")


def test_a_deed_is_confirmed_or_refused_never_both(committed: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _refused_while_confirmed(committed, monkeypatch) == ({"done": 1, "Refused": 1}, 6)


def test_without_the_lock_a_deed_is_paid_that_was_refused(
    committed: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "_lock", lambda *_members: None)
    assert _refused_while_confirmed(committed, monkeypatch) == ({"done": 2}, 6)
