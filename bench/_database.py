"""A database of the bench's own: the embedded PostgreSQL in a temporary home, served as in an office."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

_OWNER: dict[str, str] = {}


@lru_cache(maxsize=1)
def django_on_its_own_database() -> Path:
    """Start and prepare it once a run; returns the home. Everything is removed at the end."""
    from xiaojia.project.processes.postgres import Cluster

    home = Path(tempfile.mkdtemp(prefix="xiaojia-bench-"))
    home.chmod(0o711)
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["XIAOJIA_HOME"] = str(home)
    os.environ["XIAOJIA_SMS_FOLDER"] = str(home / "sms")
    os.environ["DJANGO_SETTINGS_MODULE"] = "xiaojia.project.settings"
    cluster = Cluster(home)
    urls = cluster.start()
    atexit.register(cluster.stop)

    from xiaojia.project.processes.serving import prepare

    prepare(urls)
    os.environ["DATABASE_URL"] = urls.serving
    _OWNER["url"] = urls.owner
    import django

    django.setup()
    return home


def owner_url() -> str:
    """Address of the same database as its owner, whom no row is hidden from."""
    django_on_its_own_database()
    return _OWNER["url"]


def backend_cpu_seconds() -> float:
    """CPU seconds that PostgreSQL has spent for this process's connection so far, as Linux counts them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
