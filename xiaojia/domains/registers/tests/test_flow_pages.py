"""Every page of the way in, without a browser: what it says, and what its forms do."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import resolve, reverse

from tests import cast
from xiaojia.domains.people.models import Household, Viewlog
from xiaojia.domains.registers import actions
from xiaojia.domains.registers.models import Register, Registerrow
from xiaojia.domains.registers.tests.test_flow import (
    HEAD,
    NAMES,
    a_csv,
    cast_rows,
    checked,
    committed,
    over,
    people,
    received,
)
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.work import SilentProgress

__all__ = ["people"]


@pytest.fixture
def officer(people: cast.Cast) -> Actor:
    return people.actor("officer")


@pytest.fixture
def browser(people: cast.Cast, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("xiaojia.kernel.clock.today", lambda at=None: cast.TODAY)
    client = Client()
    client.force_login(people.here.accounts["officer"])
    return client


def page(browser: Client, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer
    return answer.content.decode()


def test_home_invites_and_a_dropped_table_goes_to_its_work(browser: Client, officer: Actor) -> None:
    assert "还没有住户表。" in page(browser, "/registers/")
    file = SimpleUploadedFile("住户表.csv", a_csv(*cast_rows()))
    answer = browser.post("/registers/", {"file": file, "as_of_on": "2026-02-01"})
    with entered(officer.scope):
        register = Register.objects.get()
    assert answer["Location"] == reverse("work", args=[register.work_id])
    listed = page(browser, "/registers/")
    assert "住户表.csv" in listed
    assert "还没有住户表。" not in listed


def test_today_stands_in_the_date_box_as_a_browser_reads_it(browser: Client) -> None:
    """A box of `type=date` shows nothing for 2026/3/2, whatever the language would write."""
    assert f'name="as_of_on" value="{cast.TODAY.isoformat()}"' in page(browser, "/registers/")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"as_of_on": "2026-02-01"}, "选一份住户表。"),
        ({"file": b"x"}, "写上这份表是哪一天的。"),
        ({"file": b"x", "as_of_on": "2026-03-03"}, "这一天还没有到"),
        ({"file": b"x", "as_of_on": "明天"}, "日子没看懂"),
        ({"file": b"", "as_of_on": "2026-02-01"}, "这个文件是空的"),
    ],
)
def test_what_is_missing_is_said_beside_the_form(
    browser: Client, officer: Actor, sent: dict[str, str | bytes], sentence: str
) -> None:
    form = {k: SimpleUploadedFile("a.csv", v) if isinstance(v, bytes) else v for k, v in sent.items()}
    answer = browser.post("/registers/", form)
    assert sentence in answer.content.decode()
    with entered(officer.scope):
        assert not Register.objects.exists()


def test_a_running_work_is_where_the_register_is(browser: Client, officer: Actor) -> None:
    with entered(officer.scope):
        register = actions.receive_register(
            by=officer, at=cast.NOW, file_name="a.csv", stream=[a_csv(*cast_rows())], as_of_on=cast.TODAY
        )
    assert browser.get(f"/registers/{register.pk}/")["Location"] == reverse("work", args=[register.work_id])
    with entered(officer.scope):
        over(register.pk)
    assert "接着读" in page(browser, f"/registers/{register.pk}/")
    again = browser.post(f"/registers/{register.pk}/read/")
    first = register.work_id
    with entered(officer.scope):
        register.refresh_from_db()
    assert again["Location"] == reverse("work", args=[register.work_id])
    assert register.work_id != first


def test_columns_show_the_guess_values_and_what_was_not_read(browser: Client, officer: Actor) -> None:
    head = [*HEAD, "民族"]
    with entered(officer.scope):
        pk = received(officer, a_csv(*[[*row, "苗族"] for row in cast_rows()], head=head))
    assert browser.get(f"/registers/{pk}/")["Location"] == f"/registers/{pk}/columns/"
    shown = page(browser, f"/registers/{pk}/columns/")
    assert '<option value="contact_name" selected>户主或联系人</option>' in shown
    assert NAMES[0] in shown
    assert "“民族”没有读进来，因为小家不存“民族”。" in shown
    assert "其余 7 列都读好了。" in shown
    assert "苗族" not in shown


def _choice(**wrong: str) -> dict[str, str]:
    meanings = ["compound", "building", "unit", "door", "contact_name", "contact_phone", "household_size"]
    return {"kind": "household", **{f"column-{i}": m for i, m in enumerate(meanings)}, **wrong}


def test_chosen_columns_start_the_dry_run_and_a_bad_choice_is_kept(browser: Client, officer: Actor) -> None:
    with entered(officer.scope):
        pk = received(officer, a_csv(*cast_rows()))
        over(pk)
    refused = browser.post(f"/registers/{pk}/columns/", _choice(**{"column-3": ""}))
    assert refused.status_code == 409
    assert "哪一列是地址" in refused.content.decode()
    assert resolve(browser.post(f"/registers/{pk}/columns/", _choice())["Location"]).url_name == "work"
    with entered(officer.scope):
        over(pk)
        actions.check_register(by=officer, at=cast.NOW, register_id=pk, progress=SilentProgress())
    shown = page(browser, f"/registers/{pk}/")
    assert "没变的" in shown
    assert "就这样收下" in shown


def _doubtful(officer: Actor) -> UUID:
    with entered(officer.scope):
        rows = [*cast_rows()[:-1], ["刘家院子", 1, 1, "", "卫无", "", 1]]
        pk = checked(officer, a_csv(*rows))
        over(pk)
    return pk


def test_each_number_opens_its_rows_and_rows_are_decided(browser: Client, officer: Actor) -> None:
    pk = _doubtful(officer)
    shown = page(browser, f"/registers/{pk}/")
    assert "还有 2 行没有定收不收" in shown
    assert "就这样收下" not in shown
    assert browser.post(f"/registers/{pk}/commit/").status_code == 409
    for verdict in ("same", "doubtful", "gone"):
        assert f"/registers/{pk}/rows/{verdict}/" in shown
        assert "刘家院子" in page(browser, f"/registers/{pk}/rows/{verdict}/")
    assert "没有写门号" in page(browser, f"/registers/{pk}/rows/doubtful/")
    with entered(officer.scope):
        row = Registerrow.objects.get(verdict="gone")
        assert Viewlog.objects.filter(screen="register rows").count() == 2, "known households were shown"
    one = {"verdict": "gone", "decision": "leave", "row": row.pk, "page": 1}
    assert browser.post(f"/registers/{pk}/decide/", one)["Location"].endswith("/rows/gone/?page=1")
    every = {"verdict": "doubtful", "decision": "leave"}
    assert browser.post(f"/registers/{pk}/decide/", every).status_code == 302
    assert "就这样收下" in page(browser, f"/registers/{pk}/")
    assert resolve(browser.post(f"/registers/{pk}/commit/")["Location"]).url_name == "work"


def test_rows_come_twenty_five_a_page(browser: Client, officer: Actor) -> None:
    with entered(officer.scope):
        rows = [["戊院", 1, 1, f"{n}-1", "", "", 1] for n in range(1, 41)]
        pk = checked(officer, a_csv(*rows))
        over(pk)
    first, second = (page(browser, f"/registers/{pk}/rows/new/?page={n}") for n in (1, 2))
    assert first.count('id="row-') == 25
    assert second.count('id="row-') == 15


def test_the_end_says_what_came_and_leads_on(browser: Client, officer: Actor) -> None:
    with entered(officer.scope):
        pk = checked(officer, a_csv(*cast_rows(), ["刘家院子", 1, 1, "3-1", "陈新", "", 3]))
        committed(officer, pk)
        over(pk)
    shown = page(browser, f"/registers/{pk}/")
    assert '收下 <b class="nb">9 户</b>，其中新来 <b class="nb">1 户</b>' in shown
    assert "/microgrids/plans/" in shown


def test_a_table_of_buildings_speaks_of_buildings_and_counts_their_dwellings(
    browser: Client, officer: Actor
) -> None:
    """One row is a building: nobody is told that it is one household more."""
    with entered(officer.scope):
        rows = (["WEST ST", 7, 40, 5, 10, 20], ["WEST ST", 8, 1_200, 30, 60, 20])
        pk = checked(
            officer, a_csv(*rows, head=["street", "blk_no", "dwelling_units", "floors", "x_m", "y_m"])
        )
        over(pk)
        households = checked(officer, a_csv(*cast_rows(), ["刘家院子", 1, 1, "3-1", "陈新", "", 3]))
        over(households)
    shown = page(browser, f"/registers/{pk}/")
    assert "收下 2 栋，一共 1,240 户" in shown
    assert "收下就多这一栋里的户" in shown
    assert "收下就多这一栋里的户" in page(browser, f"/registers/{pk}/rows/new/")
    other = page(browser, f"/registers/{households}/")
    assert "收下就多一户" in other
    assert "栋，一共" not in other, "negative control"


def test_put_away(browser: Client, officer: Actor) -> None:
    pk = _doubtful(officer)
    assert browser.post(f"/registers/{pk}/drop/")["Location"] == "/registers/"
    assert "放下了" in page(browser, "/registers/")
    assert "放下了" in page(browser, f"/registers/{pk}/")
    with entered(officer.scope):
        assert not Registerrow.objects.exists()
        assert Household.objects.filter(until_on__isnull=True).count() == 8


def test_others_do_not_see_it(browser: Client, officer: Actor, people: cast.Cast) -> None:
    pk = _doubtful(officer)
    head, stranger = Client(), Client()
    head.force_login(people.here.accounts["head"])
    stranger.force_login(people.elsewhere.accounts["secretary"])
    paths = [f"/registers/{pk}/", f"/registers/{pk}/columns/", f"/registers/{pk}/rows/same/"]
    for path in paths:
        assert head.get(path).status_code == 403
        assert stranger.get(path).status_code == 404
    assert head.get("/registers/").status_code == 403
    assert "住户表.csv" not in stranger.get("/registers/").content.decode()
    for act in ("commit", "drop", "check", "read", "decide"):
        assert head.post(f"/registers/{pk}/{act}/").status_code == 403
        assert stranger.post(f"/registers/{pk}/{act}/").status_code == 404
    page(browser, paths[2])
