"""PostgreSQL only. Pages and worker use `DATABASE_URL`, a role that owns nothing; migrations the owner's."""

from __future__ import annotations

import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict


def from_url(url: str, *, pool: bool) -> dict[str, Any]:
    """Django's description of a `postgresql://` URL; sockets come as `?host=/folder&port=5432`."""
    parts = conninfo_to_dict(url)
    options: dict[str, Any] = {
        key: value
        for key, value in parts.items()
        if key not in {"dbname", "user", "password", "host", "port"}
    }
    if pool:
        options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "CONN_MAX_AGE": 0,
        # The pool drops connections that a killed PostgreSQL left behind before a page gets one.
        "CONN_HEALTH_CHECKS": pool,
        "OPTIONS": options,
    }


_IS_OWNER = os.environ.get("XIAOJIA_AS_OWNER") == "1"
_URL = os.environ.get("DATABASE_OWNER_URL" if _IS_OWNER else "DATABASE_URL", "postgresql:///xiaojia")

DATABASES = {"default": from_url(_URL, pool=not _IS_OWNER)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Limits of rates live here: every web process sees the same counters. At its usual 300 entries Django throws
# a third of them away, so that whoever tried 300 numbers would have erased their own counter.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
