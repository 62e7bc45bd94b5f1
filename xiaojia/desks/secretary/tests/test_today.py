"""The morning sheet: figures that open their records, questions in their order, places only."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.busy import Busy, busy
from tests.sharing import Once
from xiaojia.domains.microgrids.models import Partition
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people.models import Account, Household
from xiaojia.domains.registers.models import Register, Registerrow
from xiaojia.domains.teams.models import Vacancy
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

SAVEPOINT = 2
"""The request's own transaction is a savepoint here: two statements that a server does not count."""


@pytest.fixture
def stage(once: Once) -> Busy:
    return once(busy)


def _sheet(account: Account, address: str = "/") -> str:
    client = Client()
    client.force_login(account)
    return client.get(address).content.decode()


def _lead_numbers(page: str) -> dict[str, int]:
    lead = page.partition('class="lead"')[2].partition("</p>")[0]
    found = re.findall(r'id="n-(\w+)"[^>]*>([\d,]+)</a>', lead)
    return {key: int(value.replace(",", "")) for key, value in found}


def _slip(page: str) -> list[str]:
    """The rows of the slip as plain text."""
    slip = page.partition('id="records"')[2].partition("</ul>")[0]
    return [re.sub(r"<[^>]+>", " ", row) for row in slip.split("<li>")[1:]]


def _households(rows: list[str]) -> int:
    return sum(int(m.replace(",", "")) for row in rows for m in re.findall(r"([\d,]+) 户\s*$", row.strip()))


def _lines(rows: list[str]) -> int:
    return sum(int(n) for row in rows for n in re.findall(r"(\d+) 行", row))


COUNTED: dict[str, Callable[[list[str]], int]] = {
    "homes": _households, "outside": _households, "doubts": _lines,
}  # fmt: skip
"""Numbers whose records are told a place or a workbook at a time; all others have a row each."""


def _drop_registers(stage: Busy) -> None:
    with entered(stage.place.secretary.scope):
        Register.objects.update(state="dropped")


@pytest.mark.django_db
def test_an_empty_community_is_told_what_comes_first() -> None:
    place = yards.office()
    page = _sheet(Account.objects.get(pk=place.secretary.account_id))
    assert "还没有住户表" in page
    assert _lead_numbers(page) == {}
    assert 'href="/registers/"' in page
    assert page.count("btn-main") == 1


@pytest.mark.django_db
def test_a_register_without_a_plan_leads_to_planning() -> None:
    place = yards.settled_office()
    page = _sheet(Account.objects.get(pk=place.secretary.account_id))
    assert _lead_numbers(page) == {"homes": 412}
    assert "还没有分成小家" in page
    assert 'class="btn btn-main" href="/microgrids/plans/"' in page
    rows = _slip(_sheet(Account.objects.get(pk=place.secretary.account_id), "/?open=homes"))
    assert _households(rows) == 412


def test_every_number_of_the_lead_opens_as_many_records(stage: Busy) -> None:
    secretary = stage.accounts["secretary"]
    numbers = _lead_numbers(_sheet(secretary))
    assert {"homes", "microgrids", "fitting", "exceptions", "seats"} <= set(numbers)
    for key, value in numbers.items():
        page = _sheet(secretary, f"/?open={key}")
        rows = _slip(page)
        opened = page.partition(f'id="n-{key}"')[2].partition(">")[0]
        assert 'aria-expanded="true"' in opened, key
        assert COUNTED.get(key, len)(rows) == value, key


def test_negative_control_the_numbers_follow_the_records(stage: Busy) -> None:
    before = _lead_numbers(_sheet(stage.accounts["secretary"]))
    with entered(stage.place.secretary.scope):
        for draft in Partition.objects.filter(state="draft"):
            yards.approve_all(stage.place.secretary, draft)
    after = _lead_numbers(_sheet(stage.accounts["secretary"]))
    assert before["exceptions"] > 0
    assert "exceptions" not in after


def test_the_plan_waits_for_reasons_first_and_for_the_day_then(stage: Busy) -> None:
    _drop_registers(stage)
    secretary = stage.accounts["secretary"]
    page = _sheet(secretary)
    assert re.search(r'btn-main" href="/microgrids/plans/\d+/exceptions/"', page)
    with entered(stage.place.secretary.scope):
        for draft in Partition.objects.filter(state="draft"):
            yards.approve_all(stage.place.secretary, draft)
    page = _sheet(secretary)
    assert re.search(r'btn-main" href="/microgrids/plans/\d+/adopt/"', page)
    assert page.count("btn-main") == 1


def test_newcomers_are_a_question_as_soon_as_no_draft_waits(stage: Busy) -> None:
    with entered(stage.place.secretary.scope):
        Partition.objects.filter(state="draft").update(state="dropped")
        yards.settle(stage.place.secretary, [yards.Yard("刘家院子", "9", "1", 7, x=360.0, y=0.0)])
    page = _sheet(stage.accounts["secretary"])
    assert _lead_numbers(page)["outside"] == 7
    assert "有 7 户还没有小家" in page
    assert _households(_slip(_sheet(stage.accounts["secretary"], "/?open=outside"))) == 7


def test_nothing_to_decide_is_said_to_be_fine(stage: Busy) -> None:
    _drop_registers(stage)
    with entered(stage.place.secretary.scope):
        Partition.objects.filter(state="draft").update(state="dropped")
        Vacancy.objects.all().delete()
    page = _sheet(stage.accounts["secretary"])
    assert "今天没有要定的事。" in page
    assert "btn-main" not in page


def test_the_sheet_names_places_and_no_resident(stage: Busy) -> None:
    secretary = stage.accounts["secretary"]
    pages = [_sheet(secretary, f"/?open={key}") for key in ("", "homes", "microgrids", "exceptions", "seats")]
    assert all("住户0" not in page and "1380000" not in page for page in pages)
    with entered(stage.place.secretary.scope):
        home = Household.objects.get(pk=stage.ids["household_id"])
    assert "住户0" in _sheet(secretary, f"/households/{home.pk}/"), (
        "negative control: the name is in the register"
    )


def test_an_unknown_number_opens_nothing_and_says_so_by_showing_the_sheet(stage: Busy) -> None:
    page = _sheet(stage.accounts["secretary"], "/?open=%27%22%3E&decide=nothing")
    assert 'id="records"' not in page
    assert page.count("btn-main") == 1


def test_another_community_sees_nothing_of_this_one(stage: Busy) -> None:
    page = _sheet(stage.accounts["stranger"], "/?open=microgrids")
    assert _lead_numbers(page) == {}
    assert _slip(page) == []


@pytest.mark.parametrize("key", ["", "homes", "microgrids", "exceptions", "seats"])
def test_the_sheet_needs_few_queries(
    stage: Busy, key: str, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    client = Client()
    client.force_login(stage.accounts["secretary"])
    with django_assert_max_num_queries(12 + SAVEPOINT):
        client.get(f"/?open={key}")


@pytest.mark.django_db
def test_a_checked_register_asks_to_be_taken_over_and_counts_its_open_rows() -> None:
    place = yards.settled_office()
    account = Account.objects.get(pk=place.secretary.account_id)
    with entered(place.secretary.scope):
        register = Register.objects.create(
            community_id=place.community.pk, file_name="住户表.xlsx", file_hash="", as_of_on=yards.TODAY,
            state="checked", received_by_id=account.pk, received_at=yards.NOW,
        )  # fmt: skip
        for number, verdict in enumerate(("doubtful", "gone", "new")):
            Registerrow.objects.create(
                community_id=place.community.pk, register=register, row_number=number, verdict=verdict
            )
    page = _sheet(account)
    assert _lead_numbers(page)["doubts"] == 2
    assert f'class="btn btn-main" href="/registers/{register.pk}/"' in page
    [row] = _slip(_sheet(account, "/?open=doubts"))
    assert "2 行" in row
    with entered(place.secretary.scope):
        Registerrow.objects.update(decision="take")
    page = _sheet(account)
    assert "doubts" not in _lead_numbers(page)
    assert "没有拿不准的行。" in page


def test_a_seat_empty_for_more_than_fifteen_days_comes_up(stage: Busy) -> None:
    today = clock.today()
    with entered(stage.place.secretary.scope):
        Vacancy.objects.exclude(role="steward").delete()
        Vacancy.objects.exclude(microgrid__number=3).delete()
        Vacancy.objects.update(opened_on=today - timedelta(days=16))
    page = _sheet(stage.accounts["secretary"], "/?decide=late-seats")
    assert "1 个位子空了 15 天以上" in page
    assert "先请 3 号小家的管家，那里空了 17 天" in page
    with entered(stage.place.secretary.scope):
        Vacancy.objects.update(opened_on=today - timedelta(days=15))
    assert "个位子空了 15 天以上" not in _sheet(stage.accounts["secretary"]), "still in time"
