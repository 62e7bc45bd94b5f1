"""Limits of rates, exact under parallel requests. Counters live in the table of the database cache."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from django.core.cache import cache
from django.db import connection

_COUNT_SQL: Final = """
INSERT INTO django_cache AS c (cache_key, value, expires) VALUES (%(name)s, '1', %(ends)s)
ON CONFLICT (cache_key) DO UPDATE
SET value = CASE WHEN c.expires <= %(at)s THEN '1' ELSE (c.value::bigint + 1)::text END,
    expires = CASE WHEN c.expires <= %(at)s THEN excluded.expires ELSE c.expires END
RETURNING value::bigint
"""
_LIKE: Final = "limit:"


def is_spent(key: str, *, most: int, seconds: int, at: datetime) -> bool:
    """Count one use of `key`; True when it is the `most`+1st or a later one inside its window of `seconds`.

    The window begins with the first use. The counter's row stays locked until the caller's transaction ends,
    so that parallel uses are counted one by one; a transaction that is rolled back takes its count with it.
    One query.
    """
    ends = at + timedelta(seconds=seconds)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_SQL, {"name": cache.make_key(_name(key)), "ends": ends, "at": at})
        return int(cursor.fetchone()[0]) > most


def forgive(key: str) -> None:
    """Begin anew: the right answer was given."""
    cache.delete(_name(key))


def forget_ended(*, at: datetime) -> int:
    """Take away the counters whose window is over; returns how many."""
    with connection.cursor() as cursor:
        like = cache.make_key(_LIKE) + "%"
        cursor.execute("DELETE FROM django_cache WHERE cache_key LIKE %s AND expires <= %s", [like, at])
        return int(cursor.rowcount)


def _name(key: str) -> str:
    return _LIKE + hashlib.sha256(key.encode()).hexdigest()
