"""One stage a file. Models are imported inside: this file is read before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xiaojia.domains.ledger.tests.stage import Stage


@pytest.fixture(scope="module")
def _made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    """Made once a file (it costs a second), in a transaction that is taken back at the end."""
    from django.db import transaction

    from xiaojia.domains.ledger.tests.stage import stage

    with django_db_blocker.unblock(), transaction.atomic():
        yield stage()
        transaction.set_rollback(True)


@pytest.fixture
def here(_made: Stage, django_db_blocker: Any) -> Iterator[Stage]:
    """That stage as it was made; what a test changes is taken back."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield _made
        transaction.set_rollback(True)
