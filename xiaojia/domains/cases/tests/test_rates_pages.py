"""The pages of the rate: each number opens exactly as many cases as it says; the sheet names nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.sharing import Once
from xiaojia.domains.cases import jobs
from xiaojia.domains.cases.tests.stage import MONDAY, Stage, build

DAY = timedelta(days=1)
MONTH = "/cases/rates/?month=2026-03"


@pytest.fixture
def stage(once: Once) -> Stage:
    return once(_with_a_month)


def _with_a_month() -> Stage:
    made = build()
    with made.inside():
        for _number in range(27):
            made.report()
        made.closed(made.dispatched(), MONDAY + DAY)
        made.closed(made.dispatched(), MONDAY + 9 * DAY)
        made.move(made.report(), "withdraw", MONDAY + DAY)
        made.report("L0501", text="两家吵架（模拟）")
    return made


def _client(stage: Stage, role: str) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(stage.cast.here.accounts[role])
    return client


def test_every_number_opens_a_list_of_that_length(stage: Stage) -> None:
    client = _client(stage, "officer")
    page = client.get(MONTH).content.decode()
    numbers = re.findall(r'<a class="num" href="([^"]+)"[^>]*>(\d+)</a>', page)
    assert len(numbers) == 2 * 2 + 2 * 11
    assert {int(n) for _url, n in numbers} >= {1, 28, 30}
    for url, number in numbers:
        body = client.get(unescape(url)).content.decode()
        told = re.search(r"一共 (\d+) 件", body)
        assert told is not None
        assert told[1] == number, url
        assert body.count('class="row"') == min(25, int(number)), url


def test_rates_are_read_with_few_queries(
    stage: Stage, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    client = _client(stage, "secretary")
    for url in (MONTH, "/cases/rates/list/?month=2026-03&part=open", "/cases/subdistrict/"):
        with django_assert_max_num_queries(12):
            assert client.get(url).status_code == 200


@pytest.mark.parametrize("month", ["", "2026-13", "0000-00", "9999-12", "0001-01", "x" * 400, "2026-3"])
def test_a_month_that_is_none_is_this_month(stage: Stage, month: str) -> None:
    assert _client(stage, "officer").get("/cases/rates/", {"month": month}).status_code == 200


def test_a_part_that_is_none_is_not_there(stage: Stage) -> None:
    client = _client(stage, "officer")
    assert client.get("/cases/rates/list/?part=steward").status_code == 404
    assert client.get("/cases/rates/list/?limit=mine").status_code == 404


def test_the_sheet_says_what_is_late_and_names_nobody(stage: Stage) -> None:
    jobs.climb(stage.community_id, at=datetime(2026, 5, 1, tzinfo=UTC))
    page = _client(stage, "secretary").get("/cases/subdistrict/").content.decode()
    assert "没办结的 28 件" in page
    assert "不便写明的一件事" in page
    assert "纠纷" not in page
    assert "邓明礼" not in page


@pytest.mark.parametrize("role", ["head", "steward", "volunteer", "resident", "observer"])
def test_the_rate_is_for_the_desks(stage: Stage, role: str) -> None:
    client = _client(stage, role)
    for url in (MONTH, "/cases/rates/list/", "/cases/subdistrict/"):
        assert client.get(url).status_code in {403, 404}
