"""Somebody of elsewhere asks for what is not theirs: by address, search, export and print.

Every address of the product is tried, with GET and with POST.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.addresses import addresses
from tests.busy import Busy, busy
from tests.kept import made_once
from xiaojia.domains.microgrids.models import MicroGrid
from xiaojia.domains.microgrids.queries import door_ids
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people.models import Household
from xiaojia.domains.teams import queries as teams
from xiaojia.kernel.models import AuditEntry, Work
from xiaojia.kernel.tenancy import enter, entered

pytestmark = pytest.mark.django_db(transaction=True)

OURS = re.compile("老粮站院|南园小区|和平路|柳溪社区|住户[0-9]|1380000[0-9]{4}")
"""What stands on pages of the community that the stranger does not belong to."""
FENCED = re.compile(OURS.pattern.replace("|柳溪社区", ""))
"""The same without the community's name, which stands on the sign-in page."""
OPEN_TO_ALL = {"sign_in", "sign_out", "demo_as", "demo_personas"}
"""Addresses that change who one is."""
HELD = {"receipt", "receipt_link"}
"""Addresses that belong to whoever holds the code: they open for a stranger too, and say nothing of ours."""
NEIGHBOURS = {"borders:new"}
"""Addresses that offer the names of all communities, as the sign-in page does."""
PUBLISHED = {"teams:pages", "teams:page_preview", "building"}
"""Addresses that read published copies, which PostgreSQL shows to anybody (decision 0053)."""


@pytest.fixture
def stage() -> Busy:
    cache.clear()  # limits of whoever asked from this machine before
    return made_once(busy)


def _signed_in(stage: Busy, role: str) -> Client:
    client = Client()
    client.force_login(stage.accounts[role])
    return client


def _text(answer: Any) -> str:
    """Everything readable in an answer; a workbook's cells too."""
    body: bytes = answer.getvalue()
    if body[:2] != b"PK":
        return body.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(body)) as workbook:
        return "".join(workbook.read(name).decode() for name in workbook.namelist())


def _paths(stage: Busy) -> Iterator[tuple[str, str, bool]]:
    """Name, path, and whether the path names a thing of the community."""
    for address in addresses():
        if address.name not in OPEN_TO_ALL:
            names_a_thing = address.name not in HELD and bool(set(address.arguments) - NO_THINGS)
            yield address.name, address.path(stage.ids), names_a_thing


NO_THINGS = {"year", "form", "service_code"}
"""Arguments that every community has."""
SEARCHES = ("/find/?q=老粮站院", "/find/?q=住户1", "/find/?q=13800000001", "/find/?q=老粮站院1栋1单元1-1")


def test_a_stranger_sees_nothing_of_ours_at_any_address(stage: Busy) -> None:
    stranger = _signed_in(stage, "stranger")
    for name, path, names_a_thing in _paths(stage):
        answer = stranger.get(path)
        assert not (FENCED if name in NEIGHBOURS else OURS).search(_text(answer)), name
        if names_a_thing:
            assert answer.status_code in {403, 404, 405, 409}, f"{name}: {answer.status_code}"
    for path in SEARCHES:
        answer = stranger.get(path)
        page = re.sub(r"<title>.*?</title>|<input[^>]*>", "", _text(answer))
        words = path.partition("=")[2]
        assert not OURS.search(page.replace(words, "")), path


def test_a_receipt_opens_for_its_holder_and_for_nobody_without_the_code(stage: Busy) -> None:
    stranger = _signed_in(stage, "stranger")
    held = [a for a in addresses() if a.name in HELD]
    answers = [stranger.get(a.path(stage.ids)) for a in held]
    assert {answer.status_code for answer in answers} == {200}
    assert not OURS.search("".join(_text(answer) for answer in answers))
    guessed = stage.ids | {"receipt.code": "12345678", "token": f"{stage.ids['receipt.code']}.forged"}
    for address in held:
        answer = stranger.get(address.path(guessed))
        assert answer.status_code == 404, address.name
        assert stage.ids["receipt.code"] not in _text(answer).replace(address.path(guessed), "")


def test_negative_control_our_own_officer_sees_it_at_most_of_them(stage: Busy) -> None:
    officer = _signed_in(stage, "officer")
    shown = [name for name, path, _thing in _paths(stage) if OURS.search(_text(officer.get(path)))]
    assert len(shown) > 8, shown
    assert {"microgrids:doors_workbook", "microgrids:plan_workbook", "household"} <= set(shown)
    for path in SEARCHES:
        page = re.sub(r"<title>.*?</title>|<input[^>]*>", "", _text(officer.get(path)))
        assert "/households/" in page, path


def test_an_application_that_filters_nothing_still_shows_nothing(
    stage: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages believe they serve our own secretary; only PostgreSQL knows that it is the stranger."""
    secretary = _signed_in(stage, "secretary")
    shown = [name for name, path, _thing in _paths(stage) if FENCED.search(_text(secretary.get(path)))]
    assert len(shown) > 8, "negative control: with the right scope they are all there"
    stranger = teams.actor_of(stage.accounts["stranger"].pk, None, on=yards.TODAY)
    assert stranger is not None
    monkeypatch.setattr("xiaojia.project.middleware.enter", lambda _scope: enter(stranger.scope))
    secretary.raise_request_exception = False
    for name, path, _thing in _paths(stage):
        if name not in PUBLISHED:
            assert not FENCED.search(_text(secretary.get(path))), name


def _fingerprint(stage: Busy) -> tuple[int, int, int]:
    """How much was written about our community."""
    with entered(stage.place.secretary.scope):
        works = Work.objects.filter(community_id=stage.place.community.pk)
        return AuditEntry.objects.count(), works.count(), works.filter(is_stop_asked=True).count()


def test_a_stranger_changes_nothing_of_ours_at_any_address(stage: Busy) -> None:
    stranger = _signed_in(stage, "stranger")
    before = _fingerprint(stage)
    form = {
        "household_id": stage.ids["household_id"], "partition_id": stage.ids["partition_id"],
        "reason": "试试", "from_on": "2026-04-01", "number": 1, "target": 1,
    }  # fmt: skip
    taken: list[str] = []
    for name, path, names_a_thing in _paths(stage):
        if name in {"text_size", "language"}:
            continue
        answer = stranger.post(path, form)
        assert answer.status_code < 500, name
        if names_a_thing and answer.status_code not in {400, 403, 404, 405, 409, 422}:
            taken.append(f"{name}: {answer.status_code}")
    assert taken == []
    with entered(stage.place.secretary.scope):
        assert _fingerprint(stage) == before


def test_negative_control_our_own_officer_does_change_something(stage: Busy) -> None:
    before = _fingerprint(stage)
    officer = _signed_in(stage, "officer")
    officer.post(reverse("work_stop", args=[stage.ids["work_id"]]))
    officer.post(f"/microgrids/plans/{stage.ids['partition_id']}/drop/")
    after = _fingerprint(stage)
    assert after[0] > before[0]
    assert after[2] == before[2] + 1


def test_a_head_opens_no_door_of_another_micro_grid(stage: Busy) -> None:
    with entered(stage.place.secretary.scope):
        other = MicroGrid.objects.exclude(pk=stage.ids["microgrid_id"]).order_by("number")[0]
        theirs = door_ids(other.pk, on=yards.TODAY)[0]
        assert Household.objects.filter(pk=theirs).exists()
    head = _signed_in(stage, "head")
    ids = {**stage.ids, "household_id": theirs, "microgrid_id": other.pk}
    for address in addresses():
        if "household_id" in address.arguments:
            assert head.get(address.path(ids)).status_code in {403, 404, 405}, address.name
            assert head.post(address.path(ids)).status_code in {403, 404, 405}, address.name
    mine = next(a for a in addresses() if a.name == "household")
    assert head.get(mine.path(stage.ids)).status_code == 200, "negative control"


def test_nobody_who_is_not_signed_in_sees_anything(stage: Busy) -> None:
    nobody = Client()
    for name, path, _thing in _paths(stage):
        assert not OURS.search(_text(nobody.get(path))), name
