"""One cluster for the whole run, started before the workers; each gets its copy of a migrated database.

Django connects as the serving role, so every test meets the fences of row-level security. The cluster is
the embedded one; `XIAOJIA_PG_BIN` names another PostgreSQL's bin folder.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["tests.sharing", "tests.leaving_out"]
HOME_VARIABLE = "XIAOJIA_HOME"
TEMPLATE = "xiaojia_template"

# Containers like to set it. Without compiled files each of our hundred child processes would compile all our
# modules again: half a second of a core every time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_configure(config: pytest.Config) -> None:
    """In the controller: home, cluster, migrated template. In a worker: its own database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        _start_cluster(config)
    _use_database(worker or "main")
    os.environ["DJANGO_SETTINGS_MODULE"] = "xiaojia.project.settings"
    import django

    django.setup()
    if worker is None:
        # A worker that inherited it would read its settings, and our database, before it has its own.
        del os.environ["DJANGO_SETTINGS_MODULE"]
    from django.conf import settings

    # A slow hash protects passwords, not tests: the cast has two dozen of them.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Pages find their styles where esbuild left them, without a manifest of hashed names.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def pytest_collection_finish() -> None:
    """What is loaded now stays: the collector need not walk through all of it again with each test."""
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018  # read before a test changes a setting that they look at
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def pytest_unconfigure(config: pytest.Config) -> None:
    """In the controller: stop and remove everything."""
    cluster = getattr(config, "xiaojia_cluster", None)
    if cluster is not None:
        cluster.stop()
        shutil.rmtree(os.environ[HOME_VARIABLE], ignore_errors=True)


def _start_cluster(config: pytest.Config) -> None:
    from xiaojia.project.processes.postgres import Cluster

    home = Path(tempfile.mkdtemp(prefix="xiaojia-test-"))
    home.chmod(0o711)
    os.environ[HOME_VARIABLE] = str(home)
    os.environ["XIAOJIA_DEMO"] = "1"
    cluster = Cluster(home, is_durable=False)
    config.xiaojia_cluster = cluster  # type: ignore[attr-defined]  # kept for the end of the run
    cluster.start()
    _migrate(cluster)


def _migrate(cluster: Any) -> None:
    import subprocess
    import sys

    from xiaojia.project.processes.postgres import DATABASE

    urls = cluster.urls()
    environment = dict(
        os.environ, DATABASE_URL=urls.serving, DATABASE_OWNER_URL=urls.owner, XIAOJIA_AS_OWNER="1"
    )
    command = [sys.executable, "-m", "xiaojia.project.processes.preparing", "--no-static"]
    subprocess.run(command, env=environment, check=True)
    with cluster.admin() as connection:
        connection.execute(f"ALTER DATABASE {DATABASE} RENAME TO {TEMPLATE}")


def _use_database(worker: str) -> None:
    from xiaojia.project.processes.postgres import Cluster

    cluster = Cluster(Path(os.environ[HOME_VARIABLE]), is_durable=False)
    name = f"xiaojia_{worker}"
    with cluster.admin() as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            cluster.create_database(name, template=TEMPLATE)
    urls = cluster.urls(name)
    os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"] = urls.serving, urls.owner


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """The database is there already (see above)."""


@contextmanager
def _owner() -> Iterator[None]:
    """Django's connection as the owner for a moment: for tests that play a bad hand."""
    from django.db import connection

    from xiaojia.project.settings.database import from_url

    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(from_url(os.environ["DATABASE_OWNER_URL"], pool=False))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


@pytest.fixture
def as_owner() -> Callable[[], AbstractContextManager[None]]:
    """`with as_owner(): ...` runs as the role that owns the tables and that no policy binds."""
    return _owner


@pytest.fixture(autouse=True, scope="session")
def _empty_from_outside() -> Iterator[None]:
    """After a transactional test the superuser empties the tables that have rows: the serving role may not.

    Django's own flush would empty all hundred of them and write every permission again, each time.
    """
    from django.db import connection
    from django.test import TransactionTestCase

    from tests.emptying import empty
    from xiaojia.project.processes.postgres import Cluster

    cluster = Cluster(Path(os.environ[HOME_VARIABLE]), is_durable=False)
    with cluster.admin(str(connection.settings_dict["NAME"])) as admin, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test: empty(admin))
        yield


@pytest.fixture
def data_folder() -> Path:
    """The folder with real public data; tests that need it say so when it is missing."""
    folder = Path(os.environ.get("XIAOJIA_DATA", Path(__file__).resolve().parents[1] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("real public data is not here: set XIAOJIA_DATA to its folder")
    return folder
