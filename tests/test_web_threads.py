"""The web processes' threads and their pool belong together, and what granian says about them is no news."""

from __future__ import annotations

import json
import logging
import logging.config
from pathlib import Path

import pytest
from django.conf import settings

from xiaojia.project.processes import tree, web_log
from xiaojia.project.processes.tree import WEB_THREADS, web

MEANT = "Configuration allows spawning up to 8 Python threads, which seems quite high"
SEVERE = "Unexpected exit from worker-1"


def test_every_thread_finds_a_connection_in_the_pool() -> None:
    assert settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] == WEB_THREADS
    command = web(8300, "127.0.0.1", {}, Path("static")).command
    assert command[command.index("--blocking-threads") + 1] == str(WEB_THREADS)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What an office would read of two warnings of granian."""
    config = json.loads(Path(tree.__file__).with_name("web_log.json").read_text(encoding="utf-8"))
    logging.config.dictConfig(config | {"version": 1, "disable_existing_loggers": False})
    for message in (MEANT, SEVERE):
        logging.getLogger("_granian").warning(message)
    lines = capsys.readouterr().err.splitlines()
    logging.getLogger("_granian").handlers.clear()
    return [str(json.loads(line)["message"]) for line in lines]


def test_a_warning_about_what_is_meant_is_not_written_and_every_other_is(said: list[str]) -> None:
    assert said == [SEVERE]


def test_negative_control_without_the_filter_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    record = logging.LogRecord("_granian", logging.WARNING, "", 0, MEANT, None, None)
    assert not web_log.News().filter(record)
    monkeypatch.setattr(web_log, "MEANT", "something else")
    assert web_log.News().filter(record)
