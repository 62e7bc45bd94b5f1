"""Where this installation keeps things, and its switches. Commands read it before any settings."""

from __future__ import annotations

import os
from pathlib import Path


def default_home() -> Path:
    """The system's state folder for root, the user's own otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/xiaojia")
    return Path.home() / ".local/share/xiaojia"


XIAOJIA_HOME = Path(os.environ.get("XIAOJIA_HOME") or default_home())
XIAOJIA_PUBLIC_URL = os.environ.get("XIAOJIA_PUBLIC_URL", "").rstrip("/")
XIAOJIA_LIVE_PORT = os.environ.get("XIAOJIA_LIVE_PORT", "")
XIAOJIA_DEMO = os.environ.get("XIAOJIA_DEMO") == "1"
DEBUG = os.environ.get("XIAOJIA_DEBUG") == "1"
