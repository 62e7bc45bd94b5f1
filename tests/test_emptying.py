"""What a test has committed is gone before the next one, also what was being written while it ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
import pytest
from django.db import connection

from tests.emptying import empty
from tests.running import eventually
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.places.models import Division
from xiaojia.kernel import audit
from xiaojia.kernel.tenancy import entered
from xiaojia.project.processes.postgres import Cluster

pytestmark = pytest.mark.django_db(transaction=True)

LATE: Final = (
    "INSERT INTO places_division (code, name, level, valid_from_on)"
    " VALUES ('500119000000', '迟到区', 'district', now())"
)
WAITING: Final = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'places_division'::regclass)"
)


@contextmanager
def _admin() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    cluster = Cluster(Path(os.environ["XIAOJIA_HOME"]), is_durable=False)
    with cluster.admin(str(connection.settings_dict["NAME"])) as admin:
        yield admin


def _divisions(admin: psycopg.Connection[tuple[object, ...]]) -> object:
    row = admin.execute("SELECT count(*) FROM places_division").fetchone()
    return row and row[0]


@pytest.fixture
def writer() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Somebody in the middle of writing the second division."""
    Division.objects.create(code="500118000000", name="早到区", level="district", valid_from_on=yards.TODAY)
    with _admin() as admin:
        admin.execute("BEGIN")
        admin.execute(LATE)
        yield admin


def test_rows_that_nobody_may_delete_are_gone_too() -> None:
    place = yards.office()
    with entered(place.secretary.scope):
        audit.record(by=place.secretary, at=yards.NOW, verb="settle", kind="division", ids=[1])
    with _admin() as admin:
        assert admin.execute("SELECT FROM kernel_auditentry").fetchall() != []
        empty(admin)
        assert admin.execute("SELECT FROM kernel_auditentry").fetchall() == []
        assert admin.execute("SELECT FROM places_community").fetchall() == []


def test_whoever_is_still_writing_is_waited_for(writer: psycopg.Connection[tuple[object, ...]]) -> None:
    with _admin() as admin, _admin() as looking:
        emptying = threading.Thread(target=empty, args=(admin,))
        emptying.start()
        eventually("it waits", lambda: looking.execute(WAITING).fetchone() == (True,))
        writer.execute("COMMIT")
        emptying.join()
        assert _divisions(looking) == 0


def test_negative_control_to_delete_alone_would_leave_the_late_row(
    writer: psycopg.Connection[tuple[object, ...]],
) -> None:
    with _admin() as admin:
        admin.execute("DELETE FROM places_division")
        writer.execute("COMMIT")
        assert _divisions(admin) == 1
