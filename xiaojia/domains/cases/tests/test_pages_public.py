"""Without an account: guessing codes, the signed link, and saying that it is not solved."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests import cast
from tests.sharing import Once
from xiaojia.domains.cases import actions
from xiaojia.domains.cases.actions import Move, Report
from xiaojia.domains.cases.models import Case, Casekind, Casephoto
from xiaojia.domains.cases.photos.storing import path_of
from xiaojia.domains.cases.rules import State
from xiaojia.domains.cases.sheets import code_of_token, link_token
from xiaojia.domains.cases.views.public import MOST_PHOTOS
from xiaojia.domains.places.models import Building
from xiaojia.domains.receipts.views import MOST_LOOKS
from xiaojia.domains.teams.models import BuildingPage
from xiaojia.kernel import limits
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.fixture
def case(once: Once, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: NOW)
    return once(_reported)


def _reported() -> Case:
    people = cast.build()
    officer = people.actor("officer")
    with entered(officer.scope):
        actions.open_casekinds(by=officer, at=NOW, on=NOW.date())
        kind = Casekind.objects.get(code="L0201", community_id=officer.community_id)
        return actions.report_case(by=officer, at=NOW, report=Report(kind.pk, "王婆婆家过道漏水"))


def test_wrong_codes_get_one_answer_and_then_so_does_the_right_one(case: Case) -> None:
    client = Client()
    assert client.get(f"/r/{case.receipt_code}/").status_code == 200, "negative control: it is there"
    answers = [client.get(f"/r/{code}/") for code in ("12345678", "1", "abc", "00000000")]
    answers += [client.get(f"/r/{n:08d}/") for n in range(MOST_LOOKS)]
    answers.append(client.get(f"/r/{case.receipt_code}/"))
    assert {a.status_code for a in answers} == {404}
    texts = {a.content.decode().split("<main")[1].split("csrfmiddlewaretoken")[0] for a in answers}
    assert len(texts) == 1


def test_of_ten_thousand_guesses_twenty_are_looked_at(case: Case) -> None:
    key = "receipt 10.0.0.0/24"
    let = sum(not limits.is_spent(key, most=MOST_LOOKS, seconds=3600, at=NOW) for _n in range(10_000))
    assert let == MOST_LOOKS
    assert not limits.is_spent("receipt 10.0.1.0/24", most=MOST_LOOKS, seconds=3600, at=NOW), "control"


def test_the_link_shows_the_timeline_and_reopens_and_a_forged_one_does_not(case: Case) -> None:
    token = link_token(case.receipt_code)
    assert code_of_token(token) == case.receipt_code
    assert code_of_token(token[:-1] + ("A" if token[-1] != "A" else "B")) == ""
    client = Client()
    assert client.get(f"/r/link/{case.receipt_code}.forged/").status_code == 404
    page = client.get(f"/r/link/{token}/").content.decode()
    assert "不用办了" in page
    assert "王婆婆" not in page
    wide = cast.wide(case.community_id)
    people = Case.objects
    officer = Actor(1, "officer", case.community_id, wide)
    with entered(wide):
        actions.move_case(by=officer, at=NOW, case_id=case.pk, move=Move("answer", "说清楚了", result=3))
    assert "没解决" in client.get(f"/r/link/{token}/").content.decode()
    assert client.post(f"/r/link/{token}/", {"text": "还在漏"}).status_code == 302
    with entered(wide):
        assert people.get(pk=case.pk).state == State.REWORK


def _photo() -> SimpleUploadedFile:
    exif = Image.Exif()
    exif[0x010F] = "MAKER"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("a.jpg", out.getvalue(), "image/jpeg")


def test_a_neighbour_may_add_photos_under_the_same_guards(case: Case, settings: Any) -> None:
    settings.XIAOJIA_PUBLIC_URL = "https://xiaojia.example"
    wide = cast.wide(case.community_id)
    with entered(wide):
        building = Building.objects.filter(compound__community_id=case.community_id)[0]
        page = BuildingPage.objects.create(
            community_id=case.community_id, building=building, code="123455", published_at=NOW
        )
    client, path = Client(), f"/b/{page.code}/say/"

    def say(*files: SimpleUploadedFile, **more: Any) -> tuple[int, int]:
        answer = client.post(path, {"text": "路灯不亮（模拟）", "photos": list(files)}, **more)
        assert answer.status_code == 302 or "路灯不亮" in answer.content.decode() or more
        with entered(wide):
            return answer.status_code, Case.objects.filter(source="page").count()

    assert say(_photo()) == (302, 1)
    with entered(wide):
        kept = Casephoto.objects.get()
    data = path_of(case.community_id, kept.digest).read_bytes()
    assert b"MAKER" in _photo().read(), "negative control: it was in what was sent"
    assert b"MAKER" not in data
    assert b"Exif" not in data
    assert say(SimpleUploadedFile("b.jpg", b"<script>", "image/jpeg")) == (409, 1)
    assert say(*(_photo() for _n in range(MOST_PHOTOS + 1))) == (409, 1)
    assert say(CONTENT_LENGTH=str(300 * 2**20)) == (409, 1)
    assert say() == (302, 2), "negative control: nobody has to send one"
