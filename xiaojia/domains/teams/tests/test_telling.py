"""Once a day whoever begins, stops, has an empty seat or other doors hears of it: once, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from tests.sharing import Once
from xiaojia.domains.microgrids.models import MicroGrid
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people.accounts.office import set_account_phone
from xiaojia.domains.people.models import Account
from xiaojia.domains.teams import actions
from xiaojia.domains.teams.tests import stage
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import Message
from xiaojia.kernel.outbox_delivery import opened
from xiaojia.kernel.tenancy import entered


def _adopted() -> yards.Office:
    made = yards.settled_office()
    with entered(made.secretary.scope):
        yards.adopted(made, scenario="inside")
        for number, actor in ((1, made.secretary), (2, made.officer)):
            _phone(made.secretary, actor.account_id, number)
        actions.settle_seats(by=made.secretary, at=yards.NOW)
    return made


@pytest.fixture
def place(once: Once, tmp_path: Path) -> Iterator[yards.Office]:
    with override_settings(XIAOJIA_SMS_FOLDER=str(tmp_path)):
        yield once(_adopted)


def _phone(by: Actor, account_id: int, number: int) -> None:
    account = Account.objects.get(pk=account_id)
    set_account_phone(by=by, account=account, phone=f"1390000000{number}", at=yards.NOW)


def _tell(place: yards.Office, on: date) -> list[tuple[str, str]]:
    """The round of that morning; every message so far as (last digit of the phone, text)."""
    by = actions.clockwork(place.community.pk)
    with entered(by.scope):
        actions.tell_day(by=by, at=stage.at(on))
        rows = Message.objects.filter(kind__in=["tenure", "vacancy", "adopted"]).order_by("posted_at", "id")
        return sorted((address[-1], text) for _name, address, text in map(opened, rows))


def test_the_office_hears_of_empty_seats_once_when_new_and_once_when_near(place: yards.Office) -> None:
    assert _tell(place, yards.TODAY) == []
    day_after = yards.TODAY + timedelta(days=1)
    new = _tell(place, day_after)
    assert [who for who, _text in new] == ["1", "2"]
    assert "昨天空出" in new[0][1]
    assert _tell(place, day_after) == new, "a second round tells nothing twice"
    near = set(_tell(place, yards.TODAY + timedelta(days=12))) - set(new)
    assert sorted(who for who, _text in near) == ["1", "2"]
    assert all("再过 3 天就空满 15 天" in text for _who, text in near)
    assert len(_tell(place, yards.TODAY + timedelta(days=13))) == 4


def test_a_person_hears_on_the_first_day_and_after_the_last(place: yards.Office) -> None:
    by, begins = place.secretary, yards.TODAY + timedelta(days=4)
    with entered(by.scope):
        grid = MicroGrid.objects.order_by("number")[0]
        head = stage.account("邓明礼", "lx7-head")
        quiet = stage.account("冉小满", "lx7-quiet")
        for account_id, number in ((head, 3), (quiet, 4)):
            _phone(by, account_id, number)
        tenure = stage.designate(by, head, grid.pk, at=yards.NOW, from_on=begins)
    before = _tell(place, begins - timedelta(days=2))
    assert not [text for who, text in before if who in "34"]
    [begun] = [text for who, text in _tell(place, begins) if who == "3"]
    assert f"您是 {grid.number} 号小家的家长" in begun
    over = begins + timedelta(days=10)
    with entered(by.scope):
        actions.end_tenure(
            by=by, at=stage.at(begins), tenure_id=tenure.pk, on=over, reason="own_wish", note="家里有事"
        )
    texts = [text for who, text in _tell(place, over) if who == "3"]
    assert len(texts) == 2
    thanks = next(text for text in texts if text != begun)
    assert "谢谢" in thanks
    assert "家里有事" not in thanks, "neighbours and letters never say why"
    assert not [text for who, text in _tell(place, over) if who == "4"]


def test_heads_hear_of_a_division_that_changed_their_doors(place: yards.Office) -> None:
    by, day = place.secretary, yards.TODAY + timedelta(days=5)
    with entered(by.scope):
        grid = MicroGrid.objects.order_by("number")[0]
        head = stage.account("邓明礼", "lx7-head")
        _phone(by, head, 3)
        stage.designate(by, head, grid.pk, at=yards.NOW)
    first = [text for who, text in _tell(place, yards.TODAY) if who == "3"]
    assert len(first) == 2, "it begins, and all its doors are new"
    assert len([t for who, t in _tell(place, day) if who == "3"]) == 2
    with entered(by.scope):
        yards.adopted(place, scenario="inside", from_on=day)  # the same division: no door of this one changes
    assert len([t for who, t in _tell(place, day) if who == "3"]) == 2


def test_negative_control_without_a_way_out_nothing_is_posted(place: yards.Office) -> None:
    with override_settings(XIAOJIA_SMS_FOLDER="", XIAOJIA_DEMO=False):
        assert _tell(place, yards.TODAY + timedelta(days=1)) == []
