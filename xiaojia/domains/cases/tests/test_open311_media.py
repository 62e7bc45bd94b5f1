"""Open311 beyond the frozen text: photos of a report, addresses of pictures, and how much may be read."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.sharing import Once
from xiaojia.domains.cases.actions.keys import add_apikey
from xiaojia.domains.cases.actions.publishing import open_public_service
from xiaojia.domains.cases.api.open311 import MOST_MEDIA, READS_A_MINUTE
from xiaojia.domains.cases.models import Case, Casephoto, Casestep
from xiaojia.domains.cases.photos.storing import path_of
from xiaojia.domains.cases.tests.stage import MONDAY, Stage, build

CODE = "999999001001"
ROOT = "/open311/v2/"


@dataclass
class Town:
    """A community with an open public service, and a program with a key."""

    stage: Stage
    key: str
    client: Client

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.client.get(f"{ROOT}{path}.json", {"jurisdiction_id": CODE})
        return answer.status_code, json.loads(answer.content)

    def post(self, *files: SimpleUploadedFile, **more: str) -> tuple[int, Any]:
        said = {
            "jurisdiction_id": CODE, "service_code": "L0202", "address_string": "刘家院子 1 栋",
            "api_key": self.key, "media": list(files), **more,
        }  # fmt: skip
        answer = self.client.post(f"{ROOT}requests.json", said)
        return answer.status_code, json.loads(answer.content)


@pytest.fixture
def town(once: Once, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: MONDAY)
    return once(_open)


def _open() -> Town:
    stage = build()
    with stage.inside():
        open_public_service(by=stage.secretary, at=MONDAY, contact="023-00000000")
        _row, key = add_apikey(by=stage.secretary, at=MONDAY, name="区级平台（模拟）")
    return Town(stage, key, Client())


def _photo(color: int = 200) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (color, 30, 30)).save(out, "JPEG", comment=b"secret comment")
    return SimpleUploadedFile("photo.jpg", out.getvalue())


def test_photos_come_with_a_report_and_stay_inside(town: Town) -> None:
    status, made = town.post(_photo(), _photo(90))
    assert status == 200
    request_id = made[0]["service_request_id"]
    with town.stage.inside():
        photos = list(Casephoto.objects.filter(case_id=request_id))
        assert (len(photos), {p.width for p in photos}) == (2, {64})
        assert b"secret" not in path_of(photos[0].community_id, photos[0].digest).read_bytes()
    assert town.get(f"requests/{request_id}")[1][0]["media_url"] is None, "for the desk only"


def test_what_is_no_photo_refuses_the_whole_report(town: Town) -> None:
    for files in ([SimpleUploadedFile("x.jpg", b"GIF89a")], [_photo(n) for n in range(MOST_MEDIA + 1)]):
        status, found = town.post(*files)
        assert (status, found[0]["code"]) == (400, 400)
    with town.stage.inside():
        assert not Case.objects.exists()
    answer = town.client.post(
        "/open311/v2/requests.json", b"x", content_type="text/plain", CONTENT_LENGTH="999999999"
    )
    assert answer.status_code == 400


def test_the_address_of_a_picture_is_told_and_never_fetched(town: Town) -> None:
    _status, made = town.post(media_url="http://127.0.0.1:1/a.jpg")
    with town.stage.inside():
        step = Casestep.objects.get(case_id=made[0]["service_request_id"])
    assert step.detail["media_url"] == "http://127.0.0.1:1/a.jpg"
    for wrong in ("file:///etc/passwd", "javascript:alert(1)", "http://" + "a" * 600):
        assert town.post(media_url=wrong)[0] == 400


def test_readings_from_one_address_are_limited(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaojia.domains.cases.api.open311.READS_A_MINUTE", 3)
    assert READS_A_MINUTE > 100
    assert [town.get("services")[0] for _n in range(4)] == [200, 200, 200, 400]
    answer = town.client.get(f"/open311/v2/services.json?jurisdiction_id={CODE}", REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 200, "negative control: somebody else reads on"
