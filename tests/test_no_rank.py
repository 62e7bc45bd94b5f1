"""No page, export or door ranks people or shows the points of two, and none tells of a slip too early."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from django.db import transaction
from django.test import Client

from tests.walking import (
    Answer,
    People,
    again,
    filled,
    is_ranked,
    left_behind,
    named_with_figures,
    prepared,
    walk,
)
from xiaojia.domains.ledger import queries as ledger
from xiaojia.domains.ledger.models import Member
from xiaojia.domains.recognition import queries as months
from xiaojia.domains.recognition.actions import sealing
from xiaojia.domains.recognition.models import Month
from xiaojia.kernel import clock
from xiaojia.kernel.actors import ROLES

AsOwner = Callable[[], AbstractContextManager[None]]
LEAST_ANSWERS: Final = 150


@dataclass(frozen=True, slots=True)
class Walked:
    """All answers with every slip at its lowest; those that asked for recognition also at its highest."""

    people: People
    low: dict[str, Answer]
    high: dict[str, Answer]
    told: tuple[list[tuple[str, ...]], list[tuple[str, ...]]]


_walked: list[Walked] = []


@pytest.fixture
def walked(transactional_db: None, as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch) -> Walked:
    """One walk for all tests of this file."""
    if not _walked:
        now = clock.now()
        monkeypatch.setattr(clock, "now", lambda: now)
        people = prepared(as_owner)
        with filled(people.stage, 1):
            said = left_behind(people.stage)
            low = walk(people.stage)
        with filled(people.stage, 5):
            said_high = left_behind(people.stage)
            # What asked nothing of recognition cannot know what changed.
            high = again(people.stage, [key for key, answer in low.items() if "recognition" in answer.asked])
        _walked.append(Walked(people, low, high, (said, said_high)))
    return _walked[0]


def test_the_walk_goes_everywhere_as_everybody(walked: Walked) -> None:
    assert {key.split()[0] for key in walked.low} >= set(ROLES)
    assert len(walked.low) > LEAST_ANSWERS
    for part in ("/points/members/", "/recognition/awards/", "/store/day/", "/api/v1/cases"):
        assert any(part in key for key in walked.low), part
    assert len(walked.high) > 20
    lists = [
        key for key, answer in walked.low.items() if sum(n in answer.text for n in walked.people.points) > 4
    ]
    assert len(lists) > 8, "pages with many names are among them"


def test_no_answer_has_the_figures_of_two_people(walked: Walked) -> None:
    found = {
        key: names
        for key, answer in walked.low.items()
        if len(names := named_with_figures(answer.text, walked.people.figures)) > 1
    }
    assert found == {}
    alone = [key for key, a in walked.low.items() if named_with_figures(a.text, walked.people.figures)]
    assert any(key.startswith("head /points/mine/") for key in alone), "one's own figure is found"


def test_no_answer_has_people_in_the_order_of_their_points(walked: Walked) -> None:
    assert [key for key, a in walked.low.items() if is_ranked(a.text, walked.people.points)] == []


def test_no_answer_knows_before_the_close_what_was_ticked(walked: Walked) -> None:
    assert {key for key, answer in walked.high.items() if answer.text != walked.low[key].text} == set()
    low, high = walked.told
    assert low == high, "audit and messages neither"
    assert any(row[0] == "type_slip" for row in low)


def _secretary(people: People) -> Client:
    client = Client()
    client.force_login(people.stage.accounts["secretary"])
    return client


def test_negative_control_a_list_by_points_is_found(
    transactional_db: None, as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of members as somebody might write it one day: the best on top, with what they have."""
    people = prepared(as_owner)

    def by_points(**more: Any) -> Any:
        return sound(**more).order_by("-wallet__balance")

    def read() -> str:
        return _secretary(people).get("/points/members/").content.decode()

    sound = ledger.members
    assert not is_ranked(read(), people.points)
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "members", by_points)
        assert is_ranked(read(), people.points)
        assert named_with_figures(read(), people.figures) == []
    monkeypatch.setattr(Member, "get_category_display", lambda member: member.wallet.balance, raising=False)
    assert len(named_with_figures(read(), people.figures)) > 2


def test_negative_control_a_page_that_opens_the_slips_is_found(
    transactional_db: None, as_owner: AsOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of the open month with an average where it says how many slips are back."""
    people = prepared(as_owner)
    sound: Any = months.month_shown
    path = f"/recognition/months/{people.stage.ids['month_id']}/"

    def leaky(month_id: Any, *, viewer: Any) -> Any:
        shown = sound(month_id, viewer=viewer)
        with transaction.atomic():
            Month.objects.filter(pk=month_id).update(state="closing")
            day = shown.month.month_on
            slips = sealing.opened(viewer.community_id, since=day, until=day)
            transaction.set_rollback(True)
        levels = [level for slip in slips for level in slip.levels if level]
        return replace(shown, returned=sum(levels) // len(levels))

    def texts() -> set[str]:
        """The page with all slips at their lowest, and at their highest."""
        found = set()
        for level in (1, 5):
            with filled(people.stage, level):
                found |= {answer.text for answer in again(people.stage, [f"secretary {path}"]).values()}
        return found

    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    assert len(texts()) == 1
    monkeypatch.setattr(months, "month_shown", leaky)
    assert len(texts()) == 2
