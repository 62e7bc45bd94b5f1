"""`xiaojia apikey`: what it prints once, what it keeps, and what it opens and closes."""

from __future__ import annotations

import pytest

from tests import cast
from xiaojia.domains.cases.models import Apikey, PublicService
from xiaojia.domains.cases.queries.keys import actor_of_key
from xiaojia.kernel.refusals import Refused
from xiaojia.project.apikey_command import change, words_of

pytestmark = pytest.mark.django_db
CODE = "999999001001"


def test_a_key_is_shown_once_works_and_ends(capsys: pytest.CaptureFixture[str]) -> None:
    people = cast.build()
    assert change(words_of(["add", "区平台", CODE, "--role", "officer"])) == 0
    plain = capsys.readouterr().out.splitlines()[0]
    actor = actor_of_key(plain)
    assert actor is not None
    key = Apikey.objects.get()
    assert (actor.role, actor.community_id) == ("officer", people.here.community.pk)
    assert actor.account_id == -key.pk
    assert change(words_of(["list", CODE])) == 0
    listed = capsys.readouterr().out
    assert "区平台\tofficer" in listed
    assert plain not in listed
    with pytest.raises(Refused, match="已经有一把"):
        change(words_of(["add", "区平台", CODE]))
    assert change(words_of(["end", "区平台", CODE])) == 0
    assert actor_of_key(plain) is None
    with pytest.raises(Refused, match="没有“区平台”"):
        change(words_of(["end", "区平台", CODE]))
    assert actor_of_key("") is None


def test_the_key_of_a_till_is_listed_and_opens_no_other_door(capsys: pytest.CaptureFixture[str]) -> None:
    cast.build()
    assert change(words_of(["add", "柜台（模拟）", CODE, "--role", "clerk"])) == 0
    plain = capsys.readouterr().out.splitlines()[0]
    assert actor_of_key(plain) is None
    assert change(words_of(["list", CODE])) == 0
    assert "柜台（模拟）\tclerk" in capsys.readouterr().out
    Apikey.objects.update(role="officer")  # negative control: the role alone keeps it out
    assert actor_of_key(plain) is not None


def test_the_public_service_opens_and_closes() -> None:
    cast.build()
    change(words_of(["open", "023-00000000", CODE]))
    assert PublicService.objects.get().code == CODE
    with pytest.raises(Refused, match="找谁"):
        change(words_of(["open", " ", CODE]))
    change(words_of(["close", CODE]))
    assert not PublicService.objects.exists()


def test_an_unknown_community_is_one_sentence() -> None:
    with pytest.raises(Refused, match="还没有社区"):
        change(words_of(["list", CODE]))
