"""Limits of rates: each use counts, at one moment too, and nobody can make the counter forget."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import count
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


def _survives_a_spray() -> bool:
    """Whether a full counter is still full after 400 others; its key is one of the first to go."""
    at = datetime.now(UTC)
    names = (f"mine {n}" for n in count())
    mine = next(n for n in names if hashlib.sha256(n.encode()).hexdigest().startswith("00"))
    for _use in range(5):
        limits.is_spent(mine, most=5, seconds=900, at=at)
    for number in range(400):
        limits.is_spent(f"other {number}", most=5, seconds=900, at=at)
    return limits.is_spent(mine, most=5, seconds=900, at=at)


def test_a_spray_of_many_keys_does_not_erase_a_counter() -> None:
    assert _survives_a_spray()


def test_negative_control_a_cache_of_the_usual_size_would_forget_it() -> None:
    with override_settings(CACHES={"default": settings.CACHES["default"] | {"OPTIONS": {}}}):
        assert not _survives_a_spray()


def test_a_count_inside_a_transaction_that_is_taken_back_does_not_count() -> None:
    with transaction.atomic():
        limits.is_spent("back", most=1, seconds=60, at=NOW)
        transaction.set_rollback(True)
    assert not limits.is_spent("back", most=1, seconds=60, at=NOW)
