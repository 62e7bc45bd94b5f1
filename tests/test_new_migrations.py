"""A command prepares the database only when there is something to prepare: one missing row is enough."""

from __future__ import annotations

import pytest
from django.db.migrations.recorder import MigrationRecorder

from xiaojia.project.processes.preparing import has_new_migrations


@pytest.mark.django_db
def test_a_migration_that_the_database_has_not_seen_is_noticed() -> None:
    assert not has_new_migrations()
    for app in ("kernel", "procrastinate"):
        row = MigrationRecorder.Migration.objects.filter(app=app).latest("id")
        row.delete()
        assert has_new_migrations(), app
        row.save(force_insert=True)
