"""Structured logs, one JSON object a line, without personal data: no queries, form values or names."""

from __future__ import annotations

import json
import logging
from typing import Any, Final

_SAFE: Final = ("request_id", "work_id", "work_kind", "status_code", "child", "number")


class JsonFormatter(logging.Formatter):
    """Time, level, logger, the message template (never its arguments), safe extras, the traceback's frames.

    Arguments and exception texts may hold what somebody typed, so only the exception's type and the
    places in our code are kept.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
        }
        line.update({name: str(getattr(record, name)) for name in _SAFE if hasattr(record, name)})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = _frames(record)
        return json.dumps(line, ensure_ascii=False)


def _frames(record: logging.LogRecord) -> list[str]:
    frames: list[str] = []
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('site-packages/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-12:]


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "xiaojia.project.settings.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "xiaojia": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
    },
}
