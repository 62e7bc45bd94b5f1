"""The counter of the store's tests, once a file."""

from __future__ import annotations

from xiaojia.domains.store.tests.conftest import _made, here

__all__ = ["_made", "here"]
