"""Redemptions stand behind the wide fence; the counter opens it for a moment, after `require`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.tenancy import enter


@contextmanager
def opened(viewer: Actor) -> Iterator[None]:
    """Inside it redemptions can be read: nothing new for wide viewers, two statements for others."""
    if viewer.scope.is_wide:
        yield
        return
    enter(Scope((viewer.community_id,), is_wide=True))
    yield
    enter(viewer.scope)
