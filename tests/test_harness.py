"""The test run itself: each worker has a database of its own."""

from __future__ import annotations

import os

import pytest
from django.db import connection


@pytest.mark.django_db
def test_this_worker_is_on_its_own_database() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == (f"xiaojia_{worker}",)
