"""Contact cards, consent, finding and the view log: who may know what of whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people import actions, queries
from xiaojia.domains.people.models import Consent, Resident
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered


@pytest.fixture
def people(once: Once) -> cast.Cast:
    return once(cast.build)


def _first_resident(people: cast.Cast) -> Resident:
    with entered(people.actor("secretary").scope):
        return Resident.objects.get(household_id=people.here.household_ids[0])


def test_a_head_sees_a_name_and_a_phone_only_after_a_yes_and_until_it_is_taken_back(
    people: cast.Cast,
) -> None:
    head, resident = people.actor("head"), _first_resident(people)
    phone = f"1380000{people.here.community.pk % 10}000"

    def card() -> queries.ContactCard:
        cards = queries.contact_cards(viewer=head)
        assert len(cards) == 4, "the own micro-grid, nobody else"
        return cards[0]

    with entered(head.scope):
        assert (card().name, card().phone, card().is_masked) == ("住＊＊", "", True)
        actions.give_consent(by=head, at=cast.NOW, resident_id=resident.pk, purpose="contact_card")
        assert (card().name, card().phone, card().is_masked) == ("住户0", phone, False)
        [neighbour] = queries.neighbours(resident.household_id, viewer=head)
        assert (neighbour.name, neighbour.phone, neighbour.agreed_at) == ("住户0", phone, cast.NOW)
        later = cast.NOW + timedelta(minutes=1)
        actions.withdraw_consent(by=head, at=later, resident_id=resident.pk, purpose="contact_card")
        assert (card().name, card().phone, card().is_masked) == ("住＊＊", "", True)
        [neighbour] = queries.neighbours(resident.household_id, viewer=head)
        assert (neighbour.name, neighbour.phone, neighbour.agreed_at) == ("住＊＊", "", None)


def test_negative_control_the_office_sees_the_register_itself(people: cast.Cast) -> None:
    officer = people.actor("officer")
    with entered(officer.scope):
        cards = queries.contact_cards(viewer=officer)
        assert [c.name for c in cards] == [f"住户{n}" for n in range(8)]
        assert not any(c.is_masked for c in cards)
        assert not Consent.objects.exists()


def test_a_head_finds_only_who_agreed_and_only_at_home(people: cast.Cast) -> None:
    head, officer, resident = people.actor("head"), people.actor("officer"), _first_resident(people)
    phone = f"138-0000 {people.here.community.pk % 10}000"
    with entered(officer.scope):
        assert len(queries.households_found("住户", viewer=officer, limit=25)) == 8
        assert queries.households_found(phone, viewer=officer, limit=25) == [resident.household_id]
        assert queries.households_found("", viewer=officer, limit=25) == []
        assert queries.households_found("户0", viewer=officer, limit=25) == []
    with entered(head.scope):
        assert queries.households_found("住户", viewer=head, limit=25) == []
        assert queries.households_found(phone, viewer=head, limit=25) == []
        actions.give_consent(by=head, at=cast.NOW, resident_id=resident.pk, purpose="contact_card")
        assert queries.households_found("住户", viewer=head, limit=25) == [resident.household_id]
        assert queries.households_found(phone, viewer=head, limit=25) == [resident.household_id]


def test_doors_are_found_by_unit_and_only_inside_the_scope(people: cast.Cast) -> None:
    head, officer = people.actor("head"), people.actor("officer")
    units = people.here.unit_ids
    with entered(officer.scope):
        assert len(queries.doors_found(viewer=officer, unit_ids=units, door="", limit=25)) == 8
        assert len(queries.doors_found(viewer=officer, unit_ids=units, door="", limit=3)) == 3
        assert len(queries.doors_found(viewer=officer, unit_ids=units, door="2-1", limit=25)) == 2
    with entered(head.scope):
        assert len(queries.doors_found(viewer=head, unit_ids=units, door="", limit=25)) == 4


def test_a_household_elsewhere_looks_as_if_it_did_not_exist(people: cast.Cast) -> None:
    stranger, neighbour = people.actor("stranger"), people.actor("neighbour")
    household_id = people.here.household_ids[0]
    for viewer in (stranger, neighbour):
        with entered(viewer.scope):
            assert queries.household(household_id, viewer=viewer) is None
            assert queries.neighbours(household_id, viewer=viewer) == []
    with entered(people.actor("head").scope):
        assert queries.household(household_id, viewer=people.actor("head")) is not None


def test_nobody_says_yes_for_a_person_outside_their_scope(people: cast.Cast) -> None:
    resident = _first_resident(people)
    for role in ("stranger", "neighbour"):
        viewer = people.actor(role)
        with entered(viewer.scope), pytest.raises(Refused):
            actions.give_consent(by=viewer, at=cast.NOW, resident_id=resident.pk, purpose="contact_card")
    with entered(people.actor("cook").scope), pytest.raises(NotAllowed):
        actions.give_consent(
            by=people.actor("cook"), at=cast.NOW, resident_id=resident.pk, purpose="contact_card"
        )


def test_who_looked_is_listed_with_name_and_role_newest_first(people: cast.Cast) -> None:
    head, officer = people.actor("head"), people.actor("officer")
    household_id, other_id = people.here.household_ids[:2]
    for viewer, minutes in ((head, 0), (officer, 5)):
        with entered(viewer.scope):
            actions.log_view(
                viewer=viewer, at=cast.NOW + timedelta(minutes=minutes), reason="look_up",
                screen="household", household_ids=[household_id],
            )  # fmt: skip
    with entered(officer.scope):
        year: dict[str, Any] = {"since": cast.NOW - timedelta(days=366), "limit": 25}
        views = queries.views_of_household(household_id, viewer=officer, **year)
        assert [(v.name, v.role) for v in views] == [("秦晓兰", "officer"), ("邓明礼", "head")]
        assert queries.views_of_household(other_id, viewer=officer, **year) == []
        later: dict[str, Any] = {"since": cast.NOW + timedelta(minutes=1), "limit": 25}
        assert [v.role for v in queries.views_of_household(household_id, viewer=officer, **later)] == [
            "officer"
        ]
    with entered(head.scope), pytest.raises(NotAllowed):
        queries.views_of_household(household_id, viewer=head, **year)
