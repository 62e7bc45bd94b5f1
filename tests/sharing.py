"""What the tests of a file share: rows made once, and given back as they were after each test.

A pytest plugin, read before Django is set up: Django is imported inside. A fixture asks `once(build)` and
gets what `build` made, in a transaction that ends with the file; each test runs in a savepoint of it. So a
community is made once a file, and no table is emptied. A test of this kind carries no mark. One that needs
rows which are really there (threads, another process, `as_owner`) says `django_db(transaction=True)`: for it
the same fixture builds anew, and commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest

if TYPE_CHECKING:
    from django.db.transaction import Atomic
    from pytest_django import DjangoDbBlocker

T = TypeVar("T")
_NAMES = ("communities", "wide", "households", "microgrids")
SCOPE = "SELECT " + ", ".join(f"coalesce(current_setting('app.{name}', true), '')" for name in _NAMES)
SCOPE_BACK = "SELECT " + ", ".join(f"set_config('app.{name}', %s, true)" for name in _NAMES)


class Once(Protocol):
    """`once(build)`: a copy of what `build` made for the first test of the file that asked."""

    def __call__(self, build: Callable[[], T]) -> T:
        """Another `build` in the same file takes the place of the one before."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """An open transaction with what was made in it."""

    file: Path
    build: Callable[[], Any]
    made: Any
    transaction: Atomic
    blocker: DjangoDbBlocker

    def take_back(self) -> None:
        """Roll everything back."""
        from django.db import transaction

        with self.blocker.unblock():
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)


_opened: list[Opened] = []
"""At most one: a worker has one connection."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """The next file, and every test that goes to the database by itself, begin with empty tables."""
    if any(o.file != item.path for o in _opened) or _goes_itself(item):
        _take_back()


def _goes_itself(item: pytest.Item) -> bool:
    """Whether pytest-django gives the test a database, by its mark or by a fixture of the same meaning."""
    named = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(named) or item.get_closest_marker("django_db") is not None


def pytest_sessionfinish() -> None:
    """Nothing stays open."""
    _take_back()


def _take_back() -> None:
    while _opened:
        _opened.pop().take_back()


@pytest.fixture
def once(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Once]:
    """See the first lines of this file."""
    mark = request.node.get_closest_marker("django_db")
    if _goes_itself(request.node):
        commits = {"transactional_db", "live_server"} & set(request.fixturenames)
        if not commits and not (mark and mark.kwargs.get("transaction")):
            pytest.fail("what a file shares needs no mark: with django_db alone each test would make it")
        yield lambda build: build()
        return

    def made(build: Callable[[], T]) -> T:
        if not any((o.file, o.build) == (request.path, build) for o in _opened):
            _take_back()
            _opened.append(_open(request.path, build, django_db_blocker))
        inside.enter_context(savepoint())
        return deepcopy(_opened[-1].made)  # type: ignore[no-any-return]  # made by this very `build`

    with django_db_blocker.unblock(), _scopes_end_with_requests(), ExitStack() as inside:
        yield made


def _atomic() -> Atomic:
    """A block of the test, not of what it tests: durable blocks may stand inside it, as in a TestCase."""
    from django.db import transaction

    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # where Django itself looks
    return block


def _open(file: Path, build: Callable[[], Any], blocker: DjangoDbBlocker) -> Opened:
    outer = _atomic()
    outer.__enter__()
    try:
        return Opened(file, build, build(), outer, blocker)
    except BaseException as error:
        outer.__exit__(type(error), error, error.__traceback__)
        raise


@contextmanager
def _scopes_end_with_requests() -> Iterator[None]:
    """A scope ends with its transaction. In a savepoint a request's own would stay for what comes after."""
    from django.core.signals import request_finished, request_started
    from django.db import connection

    before: list[tuple[str, ...]] = []

    def keep(**_more: Any) -> None:
        # Past Django's cursor, which would count this among the statements of a page.
        before.append(connection.connection.execute(SCOPE).fetchone())

    def give_back(**_more: Any) -> None:
        if before:
            connection.connection.execute(SCOPE_BACK, before.pop())

    request_started.connect(keep)
    request_finished.connect(give_back)
    try:
        yield
    finally:
        request_started.disconnect(keep)
        request_finished.disconnect(give_back)


@contextmanager
def savepoint() -> Iterator[None]:
    """What a test writes is held against the constraints that a commit would ask for, then taken back."""
    from django.db import connection, transaction

    with _atomic():
        try:
            yield
            if not connection.needs_rollback and connection.is_usable():
                connection.check_constraints()
        finally:
            transaction.set_rollback(True)
