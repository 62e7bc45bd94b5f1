"""A table on the page: dry run, doubts row by row, places read surely, taken once, gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.sharing import Once
from xiaojia.domains.cases.actions.importing_later import forget_tables
from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.tests.stage import MONDAY, Stage, build
from xiaojia.domains.microgrids.queries.places import microgrid_ids_at, microgrid_ids_by_building
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.places.queries import unit_places
from xiaojia.kernel.models import Work
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.work import perform

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = reverse("cases:import")
HEAD = "编号,内容,类别,上报时间,地点\n"
ROWS = (
    "K-1,三楼漏水（模拟）,L0201,2026-02-26 10:00,刘家院子1栋2单元\n"
    "K-2,灯不亮（模拟）,L0202,2026-02-26 11:00,刘家院子99栋\n"
    "K-3,垃圾（模拟）,L0301,2026-02-26 12:00,\n"
)
Send = Callable[[str], Any]


@pytest.fixture
def stage(once: Once, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    settings.XIAOJIA_HOME = tmp_path
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: MONDAY)
    return once(build)


def _client(stage: Stage, role: str = "officer") -> Client:
    client = Client()
    home = stage.cast.elsewhere if role == "stranger" else stage.cast.here
    client.force_login(home.accounts["secretary" if role == "stranger" else role])
    return client


def _sent(client: Client, text: str, name: str = "热线导出.csv") -> str:
    """Drop a table and let the worker read it; the address of its page, or of where a refusal leads."""
    answer = client.post(PAGE, {"file": SimpleUploadedFile(name, text.encode("utf-8-sig"))})
    work_id = answer["Location"].split("/")[2]
    perform(UUID(work_id))
    return Work.objects.get(pk=work_id).where_url


def _files(folder: Path) -> list[Path]:
    return [p for p in (folder / "files" / "cases").rglob("*") if p.is_file()]


def test_a_table_is_looked_at_then_taken_once_and_gone(stage: Stage, tmp_path: Path) -> None:
    client = _client(stage)
    page = _sent(client, HEAD + ROWS)
    shown = client.get(page).text
    assert "认出在哪一栋的 1 件，没认出的 2 件" in shown
    assert "刘家院子99栋" in shown
    with stage.inside():
        assert not Case.objects.exists(), "a dry run changes nothing"
    assert all(p.stat().st_mode & 0o077 == 0 for p in _files(tmp_path)), "nobody else may read them"
    work_id = client.post(f"{page}take/")["Location"].split("/")[2]
    perform(UUID(work_id))
    assert "3 件，其中 1 件" in Work.objects.get(pk=work_id).sentence
    with stage.inside():
        placed = Case.objects.get(building__isnull=False)
        assert placed.text == "三楼漏水（模拟）"
        assert Case.objects.count() == 3
    assert _files(tmp_path) == []
    assert client.get(page).status_code == 409, "it waits no longer"
    assert client.post(f"{page}take/").status_code == 409
    again = client.get(_sent(client, HEAD + ROWS)).text
    assert "就这样收下" not in again, "the numbers are known: nothing would come"


def test_doubts_stand_row_by_row_and_hold_the_button_back(stage: Stage, tmp_path: Path) -> None:
    client = _client(stage)
    page = _sent(client, HEAD + ROWS + "K-4,x,没有这一类,昨天,\n")
    shown = client.get(page).text
    assert ("C5" in shown, "D5" in shown, "第 5 行" in shown, "就这样收下" in shown) == (
        True,
        True,
        True,
        False,
    )
    perform(UUID(client.post(f"{page}take/")["Location"].split("/")[2]))
    with stage.inside():
        assert not Case.objects.exists(), "whoever presses without the button gets nothing either"
    page = _sent(client, HEAD + ROWS)
    client.post(f"{page}drop/")
    assert _files(tmp_path) == []


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"PK\x03\x04broken", b"\x00" * 64])
def test_a_hostile_file_is_one_sentence_and_does_not_stay(stage: Stage, tmp_path: Path, data: bytes) -> None:
    client = _client(stage)
    answer = client.post(PAGE, {"file": SimpleUploadedFile("x.xlsx", data)})
    work_id = answer["Location"].split("/")[2]
    perform(UUID(work_id))
    row = Work.objects.get(pk=work_id)
    assert (row.state, row.where_url, _files(tmp_path)) == ("refused", PAGE, [])


def test_tables_are_of_one_community_and_of_desks(stage: Stage, tmp_path: Path) -> None:
    page = _sent(_client(stage), HEAD + ROWS)
    stranger = _client(stage, "stranger")
    assert stranger.get(page).status_code == 409
    assert stranger.post(f"{page}take/").status_code == 409
    assert stranger.post(f"{page}drop/").status_code == 409
    assert len(_files(tmp_path)) == 2, "a stranger puts nothing of ours down"
    head = _client(stage, "head")
    assert {head.get(PAGE).status_code, head.get(page).status_code} == {403}
    gone = _client(stage).get(reverse("cases:import_one", args=[uuid4()]))
    assert gone.status_code == 409
    assert "再拿来一次" in gone.content.decode()
    for path in _files(tmp_path)[:1]:
        os.utime(path, (MONDAY.timestamp(), (MONDAY - timedelta(days=8)).timestamp()))
    with entered(stage.officer.scope):
        assert forget_tables(by=stage.officer, at=MONDAY) == len(_files(tmp_path)) == 1


@pytest.mark.django_db
def test_micro_grids_of_many_buildings_are_those_of_each() -> None:
    place = yards.office()
    with entered(place.secretary.scope):
        yards.settle(place.secretary)
        yards.adopted(place)
        found = microgrid_ids_by_building(viewer=place.officer, on=yards.TODAY)
        each = {
            pk: microgrid_ids_at(viewer=place.officer, on=yards.TODAY, building_id=pk)
            for pk in {unit.building_id for unit in unit_places(viewer=place.officer)}
        }
        assert found == {pk: ids for pk, ids in each.items() if ids}
        assert found, "negative control: there are some"
        before = yards.TODAY - timedelta(days=400)
        assert microgrid_ids_by_building(viewer=place.officer, on=before) == {}
