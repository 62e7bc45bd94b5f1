"""What granian says that is no news here."""

from __future__ import annotations

import logging
from typing import Final

MEANT: Final = "Configuration allows spawning up to"
"""Eight threads beside two cores are meant: they wait for PostgreSQL (`tree.WEB_THREADS`)."""


class News(logging.Filter):
    """Everything but a warning about what was set on purpose."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        return not str(record.msg).startswith(MEANT)
