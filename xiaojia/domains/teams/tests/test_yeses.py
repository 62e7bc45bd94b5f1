"""A yes to be named: what prints and pages show of it, and how it is gone when it is taken back (P02)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import segno
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client

from tests import cast
from tests.sharing import Once
from xiaojia.domains.teams import actions, jobs, queries, sheets
from xiaojia.domains.teams.models import BuildingPage, Listing
from xiaojia.domains.teams.queries import cards
from xiaojia.domains.teams.tests.stage import NOW, TODAY
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered

COMMITS = pytest.mark.django_db(transaction=True)

PHONE, SPOKEN = "02300000107", "023-0000 0107"


@pytest.fixture
def people(once: Once, monkeypatch: pytest.MonkeyPatch) -> cast.Cast:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: NOW)
    return once(cast.build)


@pytest.fixture
def secretary(people: cast.Cast) -> Actor:
    return people.actor("secretary")


def _say_yes(people: cast.Cast, role: str = "head", phone: str = PHONE) -> None:
    by = people.actor("secretary")
    with entered(by.scope):
        actions.give_listing(by=by, at=NOW, account_id=people.here.accounts[role].pk, phone=phone)


def _take_back(people: cast.Cast, role: str = "head") -> None:
    by = people.actor("secretary")
    with entered(by.scope):
        actions.withdraw_listing(by=by, at=NOW, account_id=people.here.accounts[role].pk)


def _elsewhere(step: Callable[[], object]) -> list[object]:
    """Do it on a connection of its own, as another person would, and come back."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(step())
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=30)
    return found


def _client(people: cast.Cast, role: str) -> Client:
    client = Client()
    client.force_login(people.here.accounts[role])
    return client


def test_only_people_who_said_yes_stand_on_cards_walls_and_pages(people: cast.Cast, secretary: Actor) -> None:
    _say_yes(people)
    with entered(secretary.scope):
        actions.publish_pages(by=secretary, at=NOW)
        contents = [str(c) for c in BuildingPage.objects.values_list("content", flat=True)]
    client = _client(people, "secretary")
    grid = people.here.microgrids[0].pk
    for text in (
        *contents[:1],
        client.get("/teams/wall/").content.decode(),
        client.get(f"/teams/{grid}/door-cards/").content.decode(),
    ):
        assert "邓明礼" in text
        assert "罗建平" not in text, "the steward has not said yes"
    assert SPOKEN in client.get(f"/teams/{grid}/").content.decode()


def test_a_yes_needs_a_phone_and_somebody_who_serves(people: cast.Cast, secretary: Actor) -> None:
    with entered(secretary.scope):
        head, cook = people.here.accounts["head"].pk, people.here.accounts["cook"].pk
        with pytest.raises(Refused, match="电话没看懂"):
            actions.give_listing(by=secretary, at=NOW, account_id=head, phone="一三八")
        with pytest.raises(Refused, match="不在哪个小家任职"):
            actions.give_listing(by=secretary, at=NOW, account_id=cook, phone=PHONE)
    steward = people.actor("steward")
    with entered(steward.scope), pytest.raises(NotAllowed):
        actions.give_listing(by=steward, at=NOW, account_id=people.here.accounts["head"].pk, phone=PHONE)
    with entered(steward.scope):
        actions.give_listing(by=steward, at=NOW, account_id=steward.account_id, phone=PHONE)


def test_the_phone_is_sealed_and_erased_with_the_yes(people: cast.Cast, secretary: Actor) -> None:
    _say_yes(people)
    with entered(secretary.scope):
        assert PHONE.encode() not in bytes(Listing.objects.get().phone_sealed)
    _take_back(people)
    with entered(secretary.scope):
        row = Listing.objects.get()
        assert (bytes(row.phone_sealed), row.withdrawn_at) == (b"", NOW)


def test_taken_back_by_the_head_it_is_off_the_page_in_that_moment(
    people: cast.Cast, secretary: Actor, settings: Any
) -> None:
    settings.XIAOJIA_PUBLIC_URL = "https://xiaojia.example"
    settings.ALLOWED_HOSTS = ["testserver"]
    _say_yes(people)
    with entered(secretary.scope):
        actions.publish_pages(by=secretary, at=NOW)
        tenure, code = people.here.tenures["head"].pk, BuildingPage.objects.order_by("pk")[0].code
    address = f"/b/{code}/"
    assert SPOKEN in Client().get(address).content.decode()
    assert (
        _client(people, "head").post(f"/teams/tenures/{tenure}/listing/", {"says": "no"}).status_code == 302
    )
    page = Client().get(address).content.decode()
    assert SPOKEN not in page
    assert "邓明礼" not in page
    assert "没有公开" in page


def test_the_public_page_is_there_only_where_a_host_said_so(
    people: cast.Cast, secretary: Actor, settings: Any
) -> None:
    with entered(secretary.scope):
        assert actions.publish_pages(by=secretary, at=NOW) == 2
        code = BuildingPage.objects.order_by("pk")[0].code
    settings.XIAOJIA_PUBLIC_URL = ""
    assert Client().get(f"/b/{code}/").status_code == 404
    settings.XIAOJIA_PUBLIC_URL = "https://xiaojia.example"
    answer = Client().get(f"/b/{code}/")
    assert answer.status_code == 200
    assert 'class="large"' in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert Client().get("/b/000000/").status_code == 404


def test_a_published_copy_is_read_by_anybody_and_written_by_its_community_only(
    people: cast.Cast, secretary: Actor
) -> None:
    with entered(secretary.scope):
        actions.publish_pages(by=secretary, at=NOW)
    with entered(people.actor("stranger").scope):
        assert BuildingPage.objects.count() == 2
        assert BuildingPage.objects.update(content={}) == 0
        assert BuildingPage.objects.all().delete()[0] == 0


def test_the_clock_renews_pages_and_ends_yeses_of_people_who_serve_no_more(
    people: cast.Cast, secretary: Actor
) -> None:
    _say_yes(people)
    with entered(secretary.scope):
        actions.publish_pages(by=secretary, at=NOW)
        actions.end_tenure(
            by=secretary, at=NOW, tenure_id=people.here.tenures["head"].pk, on=TODAY, reason="own_wish"
        )
    jobs.settle_seats()
    with entered(secretary.scope):
        assert not Listing.objects.filter(withdrawn_at__isnull=True).exists()
        assert not any("邓明礼" in str(c) for c in BuildingPage.objects.values_list("content", flat=True))
        codes = set(BuildingPage.objects.values_list("code", flat=True))
        actions.publish_pages(by=secretary, at=NOW)
        assert set(BuildingPage.objects.values_list("code", flat=True)) == codes, "a printed code stays good"


def _print_while(
    people: cast.Cast, monkeypatch: pytest.MonkeyPatch, step: Callable[[], object], has_phones: bool = False
) -> str:
    """The page of cards, with something happening on another desk after its teams were read."""

    def roster(**more: Any) -> Sequence[queries.Team]:
        teams = queries.roster(**more, has_phones=has_phones)
        _elsewhere(step)
        return teams

    monkeypatch.setattr(cards, "roster", roster)
    grid = people.here.microgrids[0].pk
    return _client(people, "officer").get(f"/teams/{grid}/door-cards/").content.decode()


@COMMITS
def test_a_yes_taken_back_while_a_print_runs_is_not_printed(
    people: cast.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _say_yes(people)
    page = _print_while(people, monkeypatch, lambda: _take_back(people))
    assert "1</b>" in page
    assert SPOKEN not in page
    assert "邓明礼" not in page


@COMMITS
def test_negative_control_with_phones_read_at_the_start_it_would_be_printed(
    people: cast.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _say_yes(people)
    monkeypatch.setattr(cards, "printable", lambda teams, **_more: teams)
    assert SPOKEN in _print_while(people, monkeypatch, lambda: _take_back(people), has_phones=True)


@COMMITS
def test_whoever_takes_it_back_waits_for_the_sheet_that_holds_it(people: cast.Cast, secretary: Actor) -> None:
    _say_yes(people)

    def impatient() -> None:
        with entered(secretary.scope):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
            account_id = people.here.accounts["head"].pk
            actions.withdraw_listing(by=secretary, at=NOW, account_id=account_id)

    with entered(secretary.scope):
        made = queries.door_cards(viewer=secretary, on=TODAY)
        (answer,) = _elsewhere(impatient)
        assert isinstance(answer, OperationalError), "the sheet is not finished yet"
        assert made[0].team.head is not None
    assert _elsewhere(impatient) == [None], "negative control: nobody holds it any more"
    with entered(secretary.scope):
        assert queries.door_cards(viewer=secretary, on=TODAY)[0].team.head is None


def test_the_square_code_opens_the_page_or_says_whom_to_call(people: cast.Cast, secretary: Actor) -> None:
    _say_yes(people)
    with entered(secretary.scope):
        card = queries.door_cards(viewer=secretary, on=TODAY)[0]
        without_page = sheets.code_of(card, "https://xiaojia.example")
        actions.publish_pages(by=secretary, at=NOW)
        card = queries.door_cards(viewer=secretary, on=TODAY)[0]
    assert _svg(f"https://xiaojia.example/b/{card.code}/") == sheets.code_of(card, "https://xiaojia.example")
    spoken = _svg(f"1 号小家\n家长 邓明礼 {PHONE}")
    assert sheets.code_of(card, "") == without_page == spoken
    _take_back(people)
    with entered(secretary.scope):
        assert sheets.code_of(queries.door_cards(viewer=secretary, on=TODAY)[0], "") == ""


def _svg(text: str) -> str:
    made = segno.make(text, error="m", micro=False)
    return made.svg_inline(border=1, omitsize=True, svgclass="qr", lineclass=None)
