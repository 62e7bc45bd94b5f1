"""Guards that threads and deaths of the counter meet, each taken away: what it keeps off then happens."""

from __future__ import annotations

import uuid
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection

from tests import cast
from xiaojia.domains.ledger.tests.bare import AsOwner, without_constraints
from xiaojia.domains.store import actions
from xiaojia.domains.store.actions import serving
from xiaojia.domains.store.models import Redemption
from xiaojia.domains.store.tests.counter import Counter, counter
from xiaojia.kernel.tests.parallel import at_once


@pytest.fixture
def here(transactional_db: None) -> Counter:
    """A counter that threads see."""
    return counter()


class _PowerCut(Exception):
    """The counter dies."""


def _die_before_the_goods_move(monkeypatch: pytest.MonkeyPatch, *, is_written: bool) -> None:
    """Points are taken and the goods are still there; `is_written`: and that much is committed already."""

    def die(*_words: Any, **_more: Any) -> None:
        if is_written:
            # Past Django, which knows that it stands inside one transaction.
            connection.connection.commit()
        raise _PowerCut

    monkeypatch.setattr(serving, "_move", die)


@pytest.mark.parametrize("is_written", [False, True], ids=["one transaction", "in pieces"])
def test_a_counter_that_dies_halfway_leaves_a_part_only_if_it_commits_in_pieces(
    here: Counter, monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    with monkeypatch.context() as patch:
        _die_before_the_goods_move(patch, is_written=is_written)
        with pytest.raises(_PowerCut):
            here.redeem("住户甲", "肥皂")
        connection.close()
    assert here.stage.balance("住户甲") == (27 if is_written else 30)
    assert here.stock("肥皂") == 100
    assert any("moved other stock" in line for line in here.drift()) == is_written


def test_without_looks_and_unique_names_a_request_takes_again(
    here: Counter, as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counter looks, its table is unique, and the ledger knows the request: each alone is enough."""
    request = uuid.uuid4()
    here.redeem("住户甲", "肥皂", request_id=request)
    monkeypatch.setattr(serving, "visible_redemptions", lambda _by: Redemption.objects.none())
    with pytest.raises(IntegrityError, match="one_redemption_per_request"):
        here.redeem("住户甲", "肥皂", request_id=request)
    with without_constraints(as_owner, "store_redemption", "one_redemption_per_request"):
        here.redeem("住户甲", "肥皂", request_id=request)
        assert (here.stock("肥皂"), here.stage.balance("住户甲")) == (98, 27), "goods twice, points once"


def test_without_the_look_at_its_state_what_is_kept_ends_twice(
    here: Counter, as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock and the counter at one moment; then one move per step is what is left, then nothing."""
    by, late = here.clerk, cast.NOW + timedelta(days=4)
    kept = here.reserve("住户甲", "肥皂", 2)
    barrier, locked = Barrier(2), serving._locked

    def read_first(redemption_id: int, **more: Any) -> Redemption:
        row = Redemption.objects.select_related("goods").get(pk=redemption_id)
        barrier.wait(30)
        return row

    def end(number: int) -> str:
        try:
            if number:
                actions.expire_due(by=by, at=late, on=cast.TODAY)
            else:
                actions.cancel_redemption(by=by, at=cast.NOW, on=cast.TODAY, redemption_id=kept.pk)
        except IntegrityError as error:
            return str(error).split('"')[1]
        return "done"

    monkeypatch.setattr(serving, "_locked", read_first)
    assert sorted(at_once(2, end)) == ["done", "one_move_per_step"]
    assert here.stock("肥皂") == 100
    monkeypatch.setattr(serving, "_locked", locked)
    kept = here.reserve("住户甲", "肥皂", 2)
    monkeypatch.setattr(serving, "_locked", read_first)
    with without_constraints(as_owner, "store_stockmove", "one_move_per_step"):
        assert at_once(2, end) == ["done", "done"]
        assert here.stock("肥皂") == 102, "two pieces from nowhere"
