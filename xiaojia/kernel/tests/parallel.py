"""The same thing many times at one moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(times: int, act: Callable[[int], Any]) -> list[Any]:
    """The same thing in so many threads, each with its own connection, all at one moment."""
    barrier = Barrier(times)

    def run(number: int) -> Any:
        try:
            barrier.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))
