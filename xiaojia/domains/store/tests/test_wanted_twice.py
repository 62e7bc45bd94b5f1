"""A wish that is sent twice by a trembling hand is one wish. Threads commit for real."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from tests import cast
from xiaojia.domains.store import actions, queries
from xiaojia.domains.store.actions import wanted
from xiaojia.domains.store.tests.counter import Counter, counter
from xiaojia.kernel import audit
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.tests.parallel import at_once


@pytest.fixture
def here(transactional_db: None) -> Counter:
    """A counter that is committed."""
    return counter()


def _press(here: Counter, milliseconds: int, role: str = "clerk") -> None:
    by = here.stage.actor(role)
    with entered(by.scope):
        at = cast.NOW + timedelta(milliseconds=milliseconds)
        actions.ask_for(by=by, at=at, on=cast.TODAY, text="酱油")


def _count(here: Counter) -> int:
    with entered(here.clerk.scope):
        return sum(want.count for want in queries.wanted(viewer=here.clerk))


def test_pressed_twice_is_one_wish_and_two_neighbours_are_two(here: Counter) -> None:
    at_once(6, lambda _number: _press(here, 0))
    assert _count(here) == 1
    _press(here, 4_900)
    assert _count(here) == 1
    _press(here, 10_000)
    _press(here, 10_000, role="officer")
    assert _count(here) == 3


def test_negative_control_without_the_lock_each_press_counts(
    here: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = audit.record

    def slowly(**words: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
        record(**words)

    monkeypatch.setattr(wanted, "_lock", lambda _by: None)
    monkeypatch.setattr(audit, "record", slowly)
    at_once(4, lambda _number: _press(here, 0))
    assert _count(here) > 1
