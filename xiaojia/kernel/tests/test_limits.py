"""Limits of rates: each use counts, at one moment too, and nobody can make the counter forget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import override_settings

from xiaojia.kernel import limits
from xiaojia.kernel.tests.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def test_parallel_uses_are_counted_one_by_one() -> None:
    spent = at_once(8, lambda _n: limits.is_spent("k", most=5, seconds=60, at=NOW))
    assert sum(spent) == 3


def test_negative_control_the_caches_own_counter_loses_parallel_uses() -> None:
    """Django's database cache reads, adds and writes: of two at one moment one is lost."""
    cache.set("plain", 0, 60)
    barrier = Barrier(2)

    def slowly(_number: int) -> None:
        count = cache.get("plain")
        barrier.wait()
        cache.set("plain", count + 1, 60)

    at_once(2, slowly)
    assert cache.get("plain") == 1


def test_negative_control_the_caches_own_counter_forgets_its_window() -> None:
    def ends() -> datetime:
        with connection.cursor() as cursor:
            cursor.execute("SELECT expires FROM django_cache WHERE cache_key LIKE '%window'")
            return cursor.fetchone()[0]  # type: ignore[no-any-return]  # a timestamp column

    cache.add("window", 0, 24 * 3600)
    before = ends()
    cache.incr("window")
    assert ends() < before - timedelta(hours=23)


SPRAY = 400


def test_a_spray_of_many_keys_does_not_erase_a_counter() -> None:
    for _use in range(5):
        limits.is_spent("mine", most=5, seconds=900, at=NOW)
    for number in range(SPRAY):
        limits.is_spent(f"other {number}", most=5, seconds=900, at=NOW)
    assert limits.is_spent("mine", most=5, seconds=900, at=NOW)


def test_negative_control_a_cache_of_the_usual_size_forgets_under_a_spray() -> None:
    with override_settings(CACHES={"default": settings.CACHES["default"] | {"OPTIONS": {}}}):
        cache.set("a", 5, 900)
        for number in range(SPRAY):
            cache.set(f"b{number}", 1, 900)
        assert cache.get("a") is None


def test_a_window_that_is_over_begins_anew_and_its_counter_goes_at_night() -> None:
    later = NOW + timedelta(seconds=60)
    assert [limits.is_spent("w", most=1, seconds=60, at=NOW) for _use in range(2)] == [False, True]
    assert not limits.is_spent("w", most=1, seconds=60, at=later)
    assert limits.forget_ended(at=later) == 0, "negative control: it still counts"
    assert limits.is_spent("w", most=1, seconds=60, at=later)
    assert limits.forget_ended(at=later + timedelta(seconds=60)) == 1
    limits.is_spent("w", most=1, seconds=60, at=later)
    limits.forgive("w")
    assert not limits.is_spent("w", most=1, seconds=60, at=later)


def test_a_count_inside_a_transaction_that_is_taken_back_does_not_count() -> None:
    with transaction.atomic():
        limits.is_spent("back", most=1, seconds=60, at=NOW)
        transaction.set_rollback(True)
    assert not limits.is_spent("back", most=1, seconds=60, at=NOW)
