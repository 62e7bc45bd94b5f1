"""One counter a file. Models are imported inside: this file is read before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xiaojia.domains.store.tests.counter import Counter
    from xiaojia.domains.store.tests.till import Till


@pytest.fixture(scope="module")
def _made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Counter]:
    """Made once a file, in a transaction that is taken back at the end."""
    from django.db import transaction

    from xiaojia.domains.store.tests.counter import counter

    with django_db_blocker.unblock(), transaction.atomic():
        yield counter()
        transaction.set_rollback(True)


@pytest.fixture
def here(_made: Counter, django_db_blocker: Any) -> Iterator[Counter]:
    """That counter as it was made; what a test changes is taken back."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield _made
        transaction.set_rollback(True)


@pytest.fixture
def till(transactional_db: None) -> Iterator[Till]:
    """A counter that is committed, and a till of it."""
    from xiaojia.domains.store.tests.counter import counter
    from xiaojia.domains.store.tests.till import Till, key_of
    from xiaojia.kernel import alone

    here = counter()
    yield Till(here, key_of(here, "clerk"))
    alone.forget()
