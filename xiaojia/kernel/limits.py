"""Limits of rates, exact under parallel requests. Counters live in the database cache."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.cache import cache
from django.db import connection, transaction


@transaction.atomic
def is_spent(key: str, *, most: int, seconds: int, at: datetime) -> bool:
    """Count one use of `key`; True when it is the `most`+1st or a later one inside its window of `seconds`.

    The window begins with the first use. A lock holds the key until the caller's transaction ends, so that
    parallel uses are counted one by one; a transaction that is rolled back takes its count with it.
    """
    name = "limit:" + hashlib.sha256(key.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    count, ends = cache.get(name, (0, 0.0))
    now = at.timestamp()
    if now >= ends:
        count, ends = 0, now + seconds
    cache.set(name, (count + 1, ends), timeout=max(1, int(ends - now) + 1))
    return bool(count >= most)


def forgive(key: str) -> None:
    """Begin anew: the right answer was given."""
    cache.delete("limit:" + hashlib.sha256(key.encode()).hexdigest())
