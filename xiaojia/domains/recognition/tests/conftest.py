"""One stage a file. Models are imported inside: this file is read before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xiaojia.domains.recognition.tests.stage import Circle


@pytest.fixture(scope="module")
def _made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Circle]:
    """Made once a file, in a transaction that is taken back at the end."""
    from django.db import transaction

    from xiaojia.domains.recognition.tests.stage import circle

    with django_db_blocker.unblock(), transaction.atomic():
        yield circle()
        transaction.set_rollback(True)


@pytest.fixture
def here(_made: Circle, django_db_blocker: Any) -> Iterator[Circle]:
    """That stage as it was made; what a test changes is taken back."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield _made
        transaction.set_rollback(True)
