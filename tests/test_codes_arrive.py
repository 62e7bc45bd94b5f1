"""A code asked for on the page lies in the office's folder: pages, outbox, worker and sender as they run."""

from __future__ import annotations

import csv
import http.cookiejar
import io
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

from tests.running import Running, command_environment, eventually, prepared_home, serving
from xiaojia.project.processes.postgres import Cluster

CODE: Final = "999999004001"
PASSWORD: Final = "一句好记的话 2026"
PHONE: Final = "13800004001"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with prepared_home() as home:
        _type(home, "community", "add", CODE, "青禾社区（模拟）")
        _type(home, "account", "add", "qxl", "秦晓兰", "officer", CODE, typed=PASSWORD)
        with serving(home, "--port", "8480", XIAOJIA_SMS_FOLDER=str(home / "sms")) as tree:
            yield tree


def _type(home: Path, *words: str, typed: str = "") -> None:
    done = subprocess.run(
        [sys.executable, "-m", "xiaojia.project.cli", *words],
        env=command_environment(home),
        input=typed + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


class Browser:
    """Cookies, forms and redirects, as little of a browser as signing in needs."""

    def __init__(self, url: str) -> None:
        self._url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def get(self, path: str) -> tuple[str, str]:
        """The path one ends at, and the page."""
        with self._opener.open(self._url + path, timeout=30) as answer:
            return urllib.parse.urlsplit(answer.url).path, answer.read().decode()

    def post(self, path: str, **words: str) -> tuple[str, str]:
        """Fill the form that stands at `path`."""
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', self.get(path)[1])
        assert token
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token.group(1), **words}).encode()
        headers = {"Referer": self._url + path}
        request = urllib.request.Request(self._url + path, data, headers)  # noqa: S310  # our own server
        with self._opener.open(request, timeout=30) as answer:
            return urllib.parse.urlsplit(answer.url).path, answer.read().decode()


def _taken(folder: Path) -> list[str]:
    """Take every file out of the folder, as the portal does; the codes in them."""
    found = []
    for path in folder.glob("*.csv"):
        [_head, row] = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        assert row[1] == PHONE
        found += re.findall(r"\d{6}", row[2])
        path.unlink()
    return found


def _arrived(folder: Path) -> str:
    seen: list[str] = []

    def is_there() -> bool:
        seen.extend(_taken(folder))
        return bool(seen)

    eventually("the code arrives", is_there)
    [code] = seen
    return code


def _states(home: Path) -> list[str]:
    with psycopg.connect(Cluster(home).urls().owner) as connection:
        rows = connection.execute("SELECT state FROM kernel_message ORDER BY posted_at").fetchall()
    return [state for (state,) in rows]


def test_a_phone_is_proved_then_signs_in_and_a_killed_worker_changes_nothing(running: Running) -> None:
    folder = running.home / "sms"
    first = Browser(running.url)
    assert first.post("/sign-in/", username="qxl", password=PASSWORD)[0] == "/"
    assert first.post("/security/phone/", phone=PHONE)[0] == "/security/phone/code/"
    codes = [_arrived(folder)]
    assert first.post("/security/phone/code/", code=codes[0])[0] == "/security/"

    second = Browser(running.url)
    assert second.post("/sign-in/phone/", phone=PHONE)[0] == "/sign-in/code/"
    os.kill(running.worker_pid, signal.SIGKILL)
    codes.append(_arrived(folder))
    assert second.post("/sign-in/code/", code=codes[1])[0] == "/"
    eventually("both are written down as sent", lambda: _states(running.home) == ["sent", "sent"])
    assert _taken(folder) == [], "each once"
    page = second.get("/security/")[1]
    assert page.count("就是这里") == 1
    assert "小家所在的这台电脑" in page, "the real server tells the address"
    log = (running.home / "serve.log").read_text()
    assert PHONE not in log
    assert not [code for code in codes if code in log]
