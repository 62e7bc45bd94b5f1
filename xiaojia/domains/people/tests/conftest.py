"""Fixtures of signing in. Models are imported inside: this file is read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xiaojia.domains.people.tests.signing import Phones


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> Phones:
    """Every short message goes here; limits begin anew."""
    from django.core.cache import cache

    from xiaojia.domains.people.tests.signing import Phones
    from xiaojia.kernel import outbox, outbox_delivery

    cache.clear()
    found = Phones()
    for module in (outbox, outbox_delivery):
        monkeypatch.setattr(module, "sender_of", lambda _channel: found)
    return found
