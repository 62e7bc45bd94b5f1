"""Kin: declared by oneself or from a paper, seen by both, taken back by either, and used for three things."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from django.test import Client

from tests import cast
from xiaojia.domains.ledger import actions
from xiaojia.domains.ledger.actions import Done, Joining, SecondPerson
from xiaojia.domains.ledger.actions.kin import declare_kin_named, withdraw_kin
from xiaojia.domains.ledger.models import Kinship, Member
from xiaojia.domains.ledger.queries.kin import kin_of
from xiaojia.domains.ledger.tests.stage import Stage
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered

PACKAGE: Final = Path(__file__).parents[3]
READERS: Final = {
    "domains/ledger/actions/deeds.py",  # who may see a deed
    "domains/recognition/actions/opening.py",  # who gets whose ballot
    "domains/store/actions/serving.py",  # who serves whom
    "domains/store/queries/counter.py",  # the same, said before anything is typed
}
"""All that kin is used for; the files that keep and show it stand in `KEEPERS`."""
KEEPERS: Final = {
    "domains/ledger/__init__.py",
    "domains/ledger/actions/__init__.py",
    "domains/ledger/actions/kin.py",
    "domains/ledger/actions/members.py",
    "domains/ledger/models/__init__.py",
    "domains/ledger/models/membership.py",
    "domains/ledger/queries/conflicts.py",  # adds other conflicts; whoever asks it is a reader
    "domains/ledger/queries/kin.py",
    "domains/ledger/views/kin.py",
    "domains/ledger/views/members.py",
}
_KIN: Final = re.compile(r"Kinship|kin_pairs|kin_of|own_side|ledger_kinship|declare_kin|queries\.conflicts")


def _as(here: Stage, role: str) -> Client:
    client = Client()
    client.force_login(here.here.here.accounts[role])
    return client


def _declare(here: Stage, role: str, whose: str, named: str) -> Kinship:
    by = here.actor(role)
    with entered(by.scope):
        return declare_kin_named(by=by, at=cast.NOW, member_id=here.member(whose), named=named)


def _declared(here: Stage, name: str) -> list[str]:
    with here.office() as officer:
        found = kin_of(here.member(name), viewer=officer)
        assert found is not None
        return [one.name for one in found.declared]


def test_a_member_declares_and_either_takes_back(here: Stage) -> None:
    row = _declare(here, "volunteer", "volunteer", "住户丁")
    assert _declare(here, "volunteer", "volunteer", " 住户丁（模拟） ").pk == row.pk
    assert (_declared(here, "volunteer"), _declared(here, "住户丁")) == (
        ["住户丁"],
        [cast.NAMES["volunteer"]],
    )
    with here.office() as officer:
        for _twice in range(2):
            withdraw_kin(by=officer, at=cast.NOW, member_id=here.member("住户丁"), kinship_id=row.pk)
    assert _declared(here, "volunteer") == []


def test_the_office_writes_from_a_paper_and_a_passbook_tells_namesakes_apart(here: Stage) -> None:
    with here.office() as officer:
        home = here.here.here.household_ids
        twin = actions.join(
            by=officer,
            at=cast.NOW,
            on=cast.TODAY,
            joining=Joining("volunteer", "住户丁", household_id=home[6]),
        )
        book = actions.issue_passbook(by=officer, at=cast.NOW, on=cast.TODAY, member_id=twin.pk)
    with pytest.raises(Refused, match="不止一位"):
        _declare(here, "officer", "住户甲", "住户丁")
    row = _declare(here, "officer", "住户甲", book.number)
    assert twin.pk in {row.one_id, row.other_id}


@pytest.mark.parametrize("named", ["住户", "没有这个人", "", "住户甲"])
def test_nobody_is_guessed(here: Stage, named: str) -> None:
    """The beginning of a name, a stranger, nothing, and the member themselves."""
    with pytest.raises(Refused, match="名单里没有"):
        _declare(here, "officer", "住户甲", named)


def test_nobody_speaks_for_somebody_else(here: Stage) -> None:
    for role, whose in (("volunteer", "住户甲"), ("steward", "volunteer"), ("clerk", "住户甲")):
        with pytest.raises(NotAllowed, match="由本人来报"):
            _declare(here, role, whose, "住户丁")
    with pytest.raises(Refused, match="没有这位成员"):
        _declare(here, "head", "住户丁", "住户甲")
    row = _declare(here, "officer", "住户甲", "住户丁")
    by = here.actor("volunteer")
    with entered(by.scope):
        withdraw_kin(by=by, at=cast.NOW, member_id=here.member("volunteer"), kinship_id=row.pk)
    assert _declared(here, "住户甲") == ["住户丁"], "a pair that one is no part of stays"


def _clerk_and_kin(here: Stage) -> Kinship:
    """The clerk takes part and declared 住户丁."""
    with here.office() as officer:
        own = Joining("volunteer", cast.NAMES["clerk"], account_id=here.here.here.accounts["clerk"].pk)
        here.members["clerk"] = actions.join(by=officer, at=cast.NOW, on=cast.TODAY, joining=own)
    return _declare(here, "clerk", "clerk", "住户丁")


def _withdraw(here: Stage, role: str, row: Kinship) -> None:
    by = here.actor(role)
    with entered(by.scope):
        withdraw_kin(by=by, at=cast.NOW, member_id=here.member("clerk"), kinship_id=row.pk)


def test_a_clerk_does_not_clear_the_way_to_a_passbook_alone(here: Stage) -> None:
    row = _clerk_and_kin(here)
    with pytest.raises(Refused, match="请一位同事"):
        _withdraw(here, "clerk", row)
    assert _declared(here, "clerk") == ["住户丁"]
    _withdraw(here, "officer", row)
    assert _declared(here, "clerk") == []
    del here.members["clerk"]


def test_negative_control_without_that_look_the_way_is_free(
    here: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xiaojia.domains.ledger.actions.kin._leave_to_colleague", lambda *_a, **_m: None)
    row = _clerk_and_kin(here)
    _withdraw(here, "clerk", row)
    with here.office():
        assert not Kinship.objects.filter(pk=row.pk).exists()
    del here.members["clerk"]


def test_kin_does_not_witness_until_it_is_taken_back(here: Stage) -> None:
    row = _declare(here, "officer", "住户甲", "住户丁")
    with here.office() as officer:
        done = Done(here.member("住户甲"), "visit", cast.TODAY)
        deed = actions.record_deed(by=officer, at=cast.NOW, on=cast.TODAY, done=done)
        more = {"by": officer, "at": cast.NOW, "deed_id": deed.pk, "witness_id": here.member("住户丁")}
        with pytest.raises(SecondPerson, match="亲戚"):
            actions.confirm_deed(**more)  # type: ignore[arg-type]  # plain words
        # The control: the same witness, once the row is gone.
        withdraw_kin(by=officer, at=cast.NOW, member_id=here.member("住户甲"), kinship_id=row.pk)
        assert actions.confirm_deed(**more).points > 0  # type: ignore[arg-type]  # plain words


def test_whoever_left_stands_in_nobodys_list(here: Stage) -> None:
    _declare(here, "officer", "住户甲", "住户丁")
    with here.office() as officer:
        actions.leave(by=officer, at=cast.NOW, on=cast.TODAY, member_id=here.member("住户丁"))
    assert _declared(here, "住户甲") == []


def _readers() -> set[str]:
    return {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts) and _KIN.search(path.read_text(encoding="utf-8"))
    }


def test_kin_is_used_for_three_things_and_nothing_else() -> None:
    assert _readers() == READERS | KEEPERS


def test_negative_control_another_use_would_be_seen() -> None:
    assert _KIN.search("pairs = kin_pairs(viewer=viewer)")
    assert _readers() - KEEPERS


def test_the_page_is_ones_own_and_the_offices(here: Stage) -> None:
    path = f"/points/members/{here.member('volunteer')}/kin/"
    _declare(here, "volunteer", "volunteer", "住户丁")
    for role, status in (
        ("volunteer", 200), ("officer", 200), ("clerk", 403), ("head", 403), ("steward", 403),
    ):  # fmt: skip
        answer = _as(here, role).get(path)
        assert (answer.status_code, "住户丁" in answer.content.decode()) == (status, status == 200), role
    for role in ("steward", "clerk", "head"):
        assert _as(here, role).post(path, {"named": "住户甲"}).status_code == 403, role
    volunteer = _as(here, "volunteer")
    refused = volunteer.post(path, {"named": "住户"})
    assert (refused.status_code, "名单里没有" in refused.content.decode()) == (409, True)
    assert volunteer.post(path, {"named": ""}).status_code == 422
    assert "住户甲" in volunteer.post(path, {"named": "住户甲"}, follow=True).content.decode()
    with here.office():
        rows = list(Kinship.objects.order_by("pk"))
    for _press in range(2):
        said = volunteer.post(path, {"do": "withdraw", "kinship": str(rows[-1].pk)}, follow=True)
        assert "撤回了" in said.content.decode()
    with here.office():
        assert Kinship.objects.count() == len(rows) - 1


def test_joining_asks_who_is_kin(here: Stage) -> None:
    typed = {"name": "住户戊", "category": "volunteer", "kin": "住户甲\n\n还没来的人\n"}
    page = _as(here, "head").post("/points/members/join/", typed, follow=True).content.decode()
    assert "住户戊加入了" in page
    assert "还没来的人" in page, "who is not there yet is said and holds up nothing"
    with here.office():
        joined = Member.objects.get(name="住户戊")
        assert Kinship.objects.filter(other=joined, one_id=here.member("住户甲")).count() == 1
    page = _as(here, "clerk").post("/points/mine/join/", follow=True).content.decode()
    assert "家里人和亲戚" in page
