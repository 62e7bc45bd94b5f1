"""What becomes of slips when members leave, move out, die or are divided anew while a month is open."""

from __future__ import annotations

from django.test import Client

from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.models import Member
from xiaojia.domains.microgrids.models import Membership
from xiaojia.domains.people import actions as people
from xiaojia.domains.recognition import actions, queries
from xiaojia.domains.recognition.models import Ballot, Monthvalue
from xiaojia.domains.recognition.tests.stage import LATER, MONTH, OPENED, Circle
from xiaojia.kernel import clock

LIVE_AT_ONE_DOOR = (0, 1)
"""Places in `Circle.ids` of the two who live in the first household."""


def _to_the_other_side(here: Circle) -> None:
    """Their door belongs to the second micro-grid from the day of the opening."""
    home, on = here.here.here, clock.today(OPENED)
    with here.office():
        row = Membership.objects.get(household_id=home.household_ids[0])
        Membership.objects.filter(pk=row.pk).update(until_on=on)
        Membership.objects.create(
            community_id=row.community_id, household_id=row.household_id, partition_id=row.partition_id,
            microgrid=home.microgrids[1], from_on=on,
        )  # fmt: skip


def test_a_month_opens_with_everybody_where_they_live_that_day(here: Circle) -> None:
    """No night lies between: the opening looks itself."""
    _to_the_other_side(here)
    month = here.open()
    with here.office():
        grids = dict(Ballot.objects.filter(month=month).values_list("member_id", "microgrid_id"))
        first, second = (grid.pk for grid in here.here.here.microgrids)
    assert [grids[here.ids[place]] for place in LIVE_AT_ONE_DOOR] == [second, second]
    assert sorted(grids.values()).count(first) == 9


def test_who_moves_in_an_open_month_keeps_slip_value_and_points(here: Circle) -> None:
    """A month is fixed when it opens (P18): the move counts from the next one on."""
    mover, first = here.ids[0], here.here.here.microgrids[0].pk
    here.do_good(mover)
    month = here.open()
    _to_the_other_side(here)
    with here.office() as officer:
        assert ledger.settle_members(by=officer, at=OPENED, on=clock.today(OPENED)) == 2
    here.fill(month)
    here.close(month)
    with here.office():
        value = Monthvalue.objects.get(month=month, member_id=mover)
    assert value.microgrid_id == first
    assert value.value is not None
    with here.office() as officer:
        assert actions.open_month(by=officer, at=LATER, month_on=MONTH.replace(month=3), seed=5)
        moved = Ballot.objects.get(month__month_on=MONTH.replace(month=3), member_id=mover)
        assert moved.microgrid_id == here.here.here.microgrids[1].pk


def test_nobody_is_asked_about_whoever_left_or_died(here: Circle) -> None:
    """On the phone, on paper and while it is typed in; the others' answers stay in their places."""
    month = here.open()
    head = here.ids[2]
    with here.office() as officer:
        ballot = Ballot.objects.get(month=month, member_id=head)
        left, died = ballot.asked_ids[:2]
        ledger.leave(by=officer, at=OPENED, on=clock.today(OPENED), member_id=left)
        household = here.here.here.household_ids[3]
        Member.objects.filter(pk=died).update(household_id=household)
        people.end_households(by=officer, at=OPENED, on=clock.today(OPENED), household_ids=[household])
        names = dict(Member.objects.values_list("pk", "name"))
        paper = {slip.ballot.pk: slip for slip in queries.slips(month.pk, viewer=officer)}
        assert paper[ballot.pk].asked == ("", "", *(names[pk] for pk in ballot.asked_ids[2:]))
    phone = Client()
    phone.force_login(here.here.here.accounts["head"])
    page = phone.get("/recognition/ballot/").content.decode()
    assert names[left] not in page
    assert names[died] not in page
    assert 'name="level_0"' not in page
    assert 'name="level_2"' in page


def test_negative_control_the_same_slip_asks_about_who_is_there(here: Circle) -> None:
    month = here.open()
    with here.office() as officer:
        ballot = Ballot.objects.get(month=month, member_id=here.ids[2])
        names = dict(Member.objects.values_list("pk", "name"))
        paper = {slip.ballot.pk: slip for slip in queries.slips(month.pk, viewer=officer)}
        assert paper[ballot.pk].asked == tuple(names[pk] for pk in ballot.asked_ids)


def test_whoever_left_hands_nothing_in_and_is_paid_what_was_earned(here: Circle) -> None:
    """Leaving costs nothing: a deed and the answers of an open month are paid into the wallet that stays."""
    month, volunteer = here.open(), here.ids[3]
    here.do_good(volunteer)
    here.fill(month)
    with here.office() as officer:
        ledger.leave(by=officer, at=OPENED, on=clock.today(OPENED), member_id=volunteer)
        before = Member.objects.get(pk=volunteer).wallet.balance or 0
    assert here.own("volunteer", lambda by: queries.own_slip(viewer=by)) is None
    here.close(month)
    with here.office():
        assert (Member.objects.get(pk=volunteer).wallet.balance or 0) > before


def test_whoever_the_register_no_longer_knows_is_drawn_into_no_circle(here: Circle) -> None:
    home = here.here.here
    with here.office() as officer:
        people.end_households(
            by=officer, at=OPENED, on=clock.today(OPENED), household_ids=[home.household_ids[0]]
        )
    month = here.open()
    gone = {here.ids[place] for place in LIVE_AT_ONE_DOOR}
    with here.office():
        asked = dict(Ballot.objects.filter(month=month).values_list("member_id", "asked_ids"))
    assert set(asked) == set(here.ids) - gone
    assert not gone & {ratee for ratees in asked.values() for ratee in ratees}
