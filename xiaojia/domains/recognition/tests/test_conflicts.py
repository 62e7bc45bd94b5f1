"""Who may not be asked about whom, reason by reason, and that a team is asked about itself all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

import pytest

from tests import cast
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger import rules
from xiaojia.domains.ledger.models import Member
from xiaojia.domains.ledger.queries.conflicts import conflicts
from xiaojia.domains.ledger.rules import CONFLICTS, Party, conflict
from xiaojia.domains.people.models import Resident
from xiaojia.domains.recognition import actions
from xiaojia.domains.recognition.models import Ballot
from xiaojia.domains.recognition.tests.stage import OPENED, Circle
from xiaojia.kernel.actors import Actor

SEEDS: Final = range(8)
ONE, OTHER = 2, 3
"""Head and volunteer, by account, of one micro-grid: asked about each other unless a reason speaks."""


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it."""
    monkeypatch.setattr(rules, "CONFLICTS", dict(CONFLICTS))
    monkeypatch.setattr("xiaojia.domains.ledger.queries.conflicts.CONFLICTS", rules.CONFLICTS)


def _by_account(here: Circle) -> tuple[Party, Party]:
    accounts = here.here.here.accounts
    return Party(account_id=accounts["head"].pk), Party(account_id=accounts["volunteer"].pk)


def _by_resident(here: Circle) -> tuple[Party, Party]:
    with here.office():
        residents = list(Resident.objects.order_by("household_id")[2:4])
        for place, resident in zip((ONE, OTHER), residents, strict=True):
            Member.objects.filter(pk=here.ids[place]).update(resident=resident)
    return Party(resident_id=residents[0].pk), Party(resident_id=residents[1].pk)


def _by_household(here: Circle) -> tuple[Party, Party]:
    ids = here.here.here.household_ids
    with here.office():
        for place, household_id in ((ONE, ids[2]), (OTHER, ids[3])):
            Member.objects.filter(pk=here.ids[place]).update(household_id=household_id)
    return Party(household_id=ids[2]), Party(household_id=ids[3])


def _nothing(_here: Circle) -> None:
    """No reason at all."""


def _kin(here: Circle) -> None:
    with here.office() as officer:
        ledger.declare_kin(by=officer, at=cast.NOW, member_id=here.ids[ONE], other_id=here.ids[OTHER])


def _one_household(here: Circle) -> None:
    with here.office():
        for place in (ONE, OTHER):
            Member.objects.filter(pk=here.ids[place]).update(household_id=here.here.here.household_ids[2])


def _line_of_the_register(here: Circle) -> None:
    """Members by resident, as whoever joins at the office with a name from the register."""
    with here.office():
        resident = Resident.objects.order_by("household_id")[2]
        Member.objects.filter(pk=here.ids[ONE]).update(resident=resident)
        Member.objects.filter(pk=here.ids[OTHER]).update(household_id=resident.household_id)


def _known_elsewhere(parties: Callable[[Circle], tuple[Party, Party]], code: str) -> Callable[[Circle], None]:
    """As a later domain does it: pairing, dispute, candidates; it says who, and sees no member."""

    def happens(here: Circle) -> None:
        both = parties(here)

        @conflict(code)
        def source(_viewer: Actor, _on: date) -> Iterator[tuple[Party, Party]]:
            yield both
            yield both[1], Party(account_id=-1)  # somebody who never joined
            yield both[0], Party()

    return happens


def _asked(here: Circle) -> set[tuple[int, int]]:
    """Every (rater, ratee) of several draws."""
    found: set[tuple[int, int]] = set()
    for seed in SEEDS:
        month = here.open(seed=seed)
        with here.office() as officer:
            rows = Ballot.objects.filter(month=month).values_list("member_id", "asked_ids")
            found |= {(rater, ratee) for rater, ratees in rows for ratee in ratees}
            actions.cancel_month(by=officer, at=OPENED, month_id=month.pk, reason="换一回抽签")
    return found


MATRIX: Final = (
    ("kin", _kin, True),
    ("household", _one_household, True),
    ("household", _line_of_the_register, True),
    ("pairing", _known_elsewhere(_by_household, "pairing"), True),
    ("dispute", _known_elsewhere(_by_resident, "dispute"), True),
    ("candidates", _known_elsewhere(_by_account, "candidates"), True),
    # The negative control, and 4.2: the team is head, steward, volunteers and active households, and it is
    # the team that is asked about each other. Serving together is no conflict.
    ("", _nothing, False),
)


@pytest.mark.parametrize(("code", "happens", "is_apart"), MATRIX)
def test_who_is_asked_about_whom(
    here: Circle, code: str, happens: Callable[[Circle], None], is_apart: bool
) -> None:
    happens(here)
    one, other = here.ids[ONE], here.ids[OTHER]
    with here.office() as officer:
        found = conflicts(viewer=officer, on=cast.TODAY)
    assert found.get((one, other), "") == code
    asked = _asked(here)
    assert not {(pk, pk) for pk in here.ids} & asked, "nobody about themselves"
    assert bool({(one, other), (other, one)} & asked) != is_apart


def test_a_household_stands_for_everybody_in_it(here: Circle) -> None:
    """The first two live together: who has a conflict with their household has one with both."""
    ids = here.here.here.household_ids
    source = conflict("pairing")
    source(lambda _viewer, _on: [(Party(household_id=ids[0]), _by_account(here)[0])])
    with here.office() as officer:
        found = conflicts(viewer=officer, on=cast.TODAY)
    first, second, head = here.ids[0], here.ids[1], here.ids[ONE]
    assert found == {(first, second): "household", (first, head): "pairing", (second, head): "pairing"}


def test_two_sources_of_one_name_are_a_mistake() -> None:
    conflict("pairing")(lambda _viewer, _on: [])
    with pytest.raises(ValueError, match="two sources"):
        conflict("pairing")(lambda _viewer, _on: [])
