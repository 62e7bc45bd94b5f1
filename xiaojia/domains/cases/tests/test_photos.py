"""Photos: whatever a stranger sends becomes pixels or one sentence, and only who may see it sees it."""

from __future__ import annotations

import base64
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from PIL import Image

from tests import cast
from tests.cast import Cast
from tests.sharing import Once
from xiaojia.domains.cases import actions
from xiaojia.domains.cases.actions import Report
from xiaojia.domains.cases.models import Case, Casekind, Casephoto
from xiaojia.domains.cases.photos import child
from xiaojia.domains.cases.photos.developing import Developed, NotAPhoto, developed
from xiaojia.domains.cases.photos.storing import path_of
from xiaojia.domains.cases.queries.photos import LINK_MINUTES, photo_file, photos
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import NotAllowed
from xiaojia.kernel.tenancy import entered

NOW: Final = datetime(2026, 3, 2, 2, tzinfo=UTC)
GPS: Final = {1: "N", 2: (29.0, 33.0, 12.0), 3: "E", 4: (106.0, 32.0, 59.0)}
HEIC: Final = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9j"
    "AAAAAERAAAIAAQAAAAAB4gABAAAAAAAAABoAAgAAAAAB/AABAAAAAAAAAKAAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAA"
    "ABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNg"
    "AAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZE"
    "AcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AA"
    "AAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAwm1kYXQAAAAW"
    "KAGvGYDvSaW//9/jH/X2r/imtaY+bgAAAAZFeGlmAABNTQAqAAAACAACAQ8AAgAAAAkAAAAmiCUABAAAAAEAAAAwAAAAAFNpbVBob25lAAAA"
    "BAABAAIAAAACTgAAAAACAAUAAAADAAAAZgADAAIAAAACRQAAAAAEAAUAAAADAAAAfgAAAAAAAAAdAAAAAQAAACEAAAABAAAADAAAAAEAAABq"
    "AAAAAQAAACAAAAABAAAAOwAAAAE="
)
"""64 x 48 pixels of red with a GPS tag and the phone's name; libheif wrote it."""


def _photo(kind: str, *, turned: bool = False, size: tuple[int, int] = (64, 48)) -> bytes:
    image = Image.new("RGB", size, (200, 30, 30))
    exif = Image.Exif()
    exif[0x010F] = "SimPhone"
    if turned:
        exif[0x0112] = 6
    exif.get_ifd(0x8825).update(GPS)
    out = io.BytesIO()
    image.save(out, kind, exif=exif.tobytes())
    return out.getvalue()


def _tags(data: bytes) -> tuple[int, int]:
    """How many tags, and how many of GPS, a file carries."""
    with Image.open(io.BytesIO(data)) as image:
        exif = image.getexif()
        return len(exif), len(exif.get_ifd(0x8825))


SENT: Final = {"JPEG": _photo("JPEG"), "PNG": _photo("PNG"), "WEBP": _photo("WEBP"), "HEIC": HEIC}


@pytest.mark.parametrize("kind", SENT)
def test_every_kind_becomes_a_jpeg_of_pixels_alone(kind: str) -> None:
    photo = developed(SENT[kind])
    assert photo.data[:3] == b"\xff\xd8\xff"
    assert (photo.width, photo.height) == (64, 48)
    assert _tags(photo.data) == (0, 0)
    assert b"SimPhone" not in photo.data
    assert b"Exif" not in photo.data
    with Image.open(io.BytesIO(photo.data)) as image:
        red, green, blue = image.convert("RGB").getpixel((20, 20))  # type: ignore[misc]  # RGB: three
    assert red > 150 > 90 > max(green, blue), "the picture itself stays"


@pytest.mark.parametrize("kind", SENT)
def test_negative_control_the_test_files_do_carry_what_must_go(kind: str) -> None:
    if kind == "HEIC":
        assert b"SimPhone" in HEIC
        return
    assert _tags(SENT[kind])[1] == 4


def test_what_lay_on_its_side_stands_and_the_long_side_is_cut() -> None:
    photo = developed(_photo("JPEG", turned=True, size=(4000, 3000)))
    assert (photo.width, photo.height) == (1440, 1920)


def _bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it is huge."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 200_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.html", "x")
    return out.getvalue()


REFUSED: Final[dict[str, Callable[[], bytes]]] = {
    "里面是空的": lambda: b"",
    "它超过 25 MB": lambda: _photo("JPEG") + b"\0" * (300 * 2**20),
    "它大得摊不开": lambda: _bomb(60_000, 60_000),
    "它不是 JPEG": lambda: b"GIF89a" + b"\0" * 40,
    "藏着别的文件": lambda: _photo("JPEG") + _zip(),
    "它坏了或没有传完": lambda: _photo("JPEG", size=(600, 600))[:400],
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_no_photo_is_refused_with_one_sentence(why: str) -> None:
    with pytest.raises(NotAPhoto, match=why) as refused:
        developed(REFUSED[why]())
    assert str(refused.value).count("。") == 1


@pytest.mark.parametrize(
    "data",
    [
        _photo("PNG") + b"<script>alert(1)</script>",
        _photo("JPEG") + b"<?php system($_GET[0]); ?>",
        _photo("JPEG")[:20] + b"%PDF-1.7" + _photo("JPEG")[20:],
        b"<html>" + _photo("JPEG"),
        b"\xff\xd8\xff" + b"<svg onload=alert(1)>",
        b"PK\x03\x04" + b"\0" * 100,
        b"\x7fELF" + b"\0" * 100,
        b"\0\0\0\x1cftypavif" + b"\0" * 100,
        b"%!PS-Adobe-3.0\n" + b"\0" * 100,
        b"\xff\xd8\xff" + os.urandom(200),
    ],
)
def test_polyglots_and_strangers_are_refused(data: bytes) -> None:
    with pytest.raises(NotAPhoto):
        developed(data)


def test_negative_control_without_the_look_a_polyglot_would_be_painted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = _photo("JPEG") + _zip()
    with pytest.raises(child.Bad):
        child.develop(both)
    monkeypatch.setattr(child, "is_two_things", lambda data: False)
    painted, _size = child.develop(both)
    assert b"PK" not in painted[-200:], "and even then the archive would not come along"


def test_a_film_behind_a_photo_is_left_out_and_the_photo_taken() -> None:
    photo = developed(_photo("JPEG") + b"\0\0\0\x18ftypmp42" + b"\0" * 500)
    assert b"ftyp" not in photo.data


def test_negative_control_the_bomb_is_refused_by_its_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(child.Bad, match="bomb"):
        child.develop(_bomb(9_000, 9_000))
    monkeypatch.setattr(child, "MOST_PIXELS", 10**9)
    assert child.develop(_bomb(8_000, 8_000))[1] == (1920, 1920)


@pytest.fixture
def people(once: Once) -> Cast:
    return once(cast.build)


@pytest.fixture
def officer(people: Cast) -> Iterator[Actor]:
    by = people.actor("officer")
    with entered(by.scope):
        actions.open_casekinds(by=by, at=NOW, on=NOW.date())
        yield by


def _case(by: Actor, **more: Any) -> UUID:
    kind = Casekind.objects.get(code="L0201", valid_until_on=None).pk
    return actions.report_case(by=by, at=NOW, report=Report(kind, "三楼过道在漏水", **more)).pk


SMALL: Final = Developed(_photo("JPEG"), 64, 48)


def _numbered(number: int) -> Developed:
    return Developed(SMALL.data + bytes([number]), 64, 48)


def test_a_photo_is_kept_once_private_and_under_its_hash(officer: Actor) -> None:
    case_id = _case(officer)
    first = actions.keep_photo(by=officer, at=NOW, case_id=case_id, photo=SMALL)
    again = actions.keep_photo(by=officer, at=NOW, case_id=case_id, photo=SMALL)
    assert first.pk == again.pk
    path = path_of(officer.community_id, first.digest)
    assert path.read_bytes() == SMALL.data
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_nine_at_most_and_a_place_that_was_left_is_taken(officer: Actor) -> None:
    case_id = _case(officer)
    made = [actions.keep_photo(by=officer, at=NOW, case_id=case_id, photo=_numbered(n)) for n in range(9)]
    with pytest.raises(NotAPhoto, match="最多 9 张"):
        actions.keep_photo(by=officer, at=NOW, case_id=case_id, photo=_numbered(9))
    actions.remove_photo(by=officer, at=NOW, photo_id=made[3].pk)
    assert actions.keep_photo(by=officer, at=NOW, case_id=case_id, photo=_numbered(9)).place == 4


def test_negative_control_the_database_itself_knows_nine(officer: Actor) -> None:
    row = {"community_id": officer.community_id, "case_id": _case(officer), "width": 1, "height": 1}
    with pytest.raises(IntegrityError, match="nine_photos_at_most"), transaction.atomic():
        Casephoto.objects.create(place=10, digest="0" * 64, at=NOW, account_id=1, **row)


def test_a_link_is_for_one_person_and_ends(people: Cast, officer: Actor) -> None:
    case_id = _case(officer)
    actions.keep_photo(by=officer, at=NOW, case_id=case_id, photo=SMALL)
    token = photos(case_id, viewer=officer, at=NOW)[0].token
    late = NOW + timedelta(minutes=LINK_MINUTES, seconds=1)
    assert photo_file(token, viewer=officer, at=NOW) is not None
    assert photo_file(token, viewer=officer, at=late) is None
    assert photo_file(token[:-1] + "!", viewer=officer, at=NOW) is None
    assert photo_file(token, viewer=people.actor("secretary"), at=NOW) is None


def test_who_does_not_see_the_case_sees_no_photo(
    people: Cast, officer: Actor, as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    case_id = _case(officer)
    actions.keep_photo(by=officer, at=NOW, case_id=case_id, photo=SMALL)
    assert Casephoto.objects.count() == 1
    for who in ("stranger", "head"):
        viewer = people.actor(who)
        with entered(viewer.scope):
            assert Casephoto.objects.count() == 0, f"{who}: the fence, not the query, hides it"
            with pytest.raises((NotAPhoto, NotAllowed)):
                actions.keep_photo(by=viewer, at=NOW, case_id=case_id, photo=SMALL)
            with pytest.raises(ProgrammingError), transaction.atomic():
                Casephoto.objects.create(
                    community_id=officer.community_id, case_id=case_id, place=2, digest="0" * 64,
                    width=1, height=1, at=NOW, account_id=1,
                )  # fmt: skip
    with pytest.raises(NotAllowed):
        actions.keep_photo(by=people.actor("cook"), at=NOW, case_id=case_id, photo=SMALL)


def test_photos_go_when_their_case_may_no_longer_be_kept(officer: Actor) -> None:
    old, open_one = _case(officer), _case(officer)
    gone = actions.keep_photo(by=officer, at=NOW, case_id=old, photo=_numbered(1))
    kept = actions.keep_photo(by=officer, at=NOW, case_id=open_one, photo=_numbered(2))
    Case.objects.filter(pk=old).update(closed_at=NOW - timedelta(days=3 * 366 + 1))
    late = datetime.now(UTC) + timedelta(days=2)
    paths = [path_of(officer.community_id, one.digest) for one in (gone, kept)]
    assert actions.forget_photos(by=officer, at=NOW) == 0, "a file of today may still be written about"
    assert not Casephoto.objects.filter(pk=gone.pk).exists()
    assert actions.forget_photos(by=officer, at=late) >= 1
    assert [path.exists() for path in paths] == [False, True]


def test_by_the_browser_a_photo_comes_in_is_seen_and_goes(people: Cast) -> None:
    by = people.actor("officer")
    with entered(by.scope):
        actions.open_casekinds(by=by, at=NOW, on=NOW.date())
        case_id = _case(by)
    client = Client()
    client.force_login(people.here.accounts["officer"])
    page = f"/cases/{case_id}/photos/"
    sent = io.BytesIO(HEIC)
    sent.name = "IMG_0001.HEIC"
    assert client.post(page, {"photos": sent}).status_code == 302
    shown = client.get(page).content.decode()
    src = shown.split('<img src="')[1].split('"')[0]
    answer = client.get(src)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer.content[:3] == b"\xff\xd8\xff"
    assert Client().get(src).status_code in {302, 403}, "the link alone opens nothing"
    assert "一张也没选" in client.post(page, {}).content.decode()
    with entered(by.scope):
        photo_id = Casephoto.objects.get().pk
    assert client.post(f"/cases/photo/{photo_id}/remove/").status_code == 302
    assert "还没有照片" in client.get(page).content.decode()


def test_what_announces_300_mb_is_refused_before_it_is_read(people: Cast) -> None:
    by = people.actor("officer")
    with entered(by.scope):
        actions.open_casekinds(by=by, at=NOW, on=NOW.date())
        case_id = _case(by)
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.here.accounts["officer"])
    answer = client.generic(
        "POST", f"/cases/{case_id}/photos/", b"", "multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(300 * 2**20),
    )  # fmt: skip
    assert "它超过 25 MB" in answer.content.decode()
    small = client.post(f"/cases/{case_id}/photos/", {})
    assert small.status_code == 403, "and what is short needs the token as ever"
    assert settings.FILE_UPLOAD_PERMISSIONS == 0o600
