"""A deed needs a second person; caps, pairs, rosters, calling back, and taking back what was wrong."""

from __future__ import annotations

import math
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tests import cast
from xiaojia.domains.ledger import actions, queries
from xiaojia.domains.ledger.actions import Done, Roster, SecondPerson
from xiaojia.domains.ledger.models import Callback, Correction, Deed, Entry
from xiaojia.domains.ledger.rules import (
    CALLBACK_SHARE,
    DAY_CAP,
    DEFAULT_RULES,
    MONTH_CAP,
    Earned,
    RuleText,
    after_caps,
    drawn,
    expirable,
    forbidden_in,
    worth,
)
from xiaojia.domains.ledger.tests.stage import Stage
from xiaojia.domains.teams import queries as teams
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered

YESTERDAY = cast.TODAY - timedelta(days=1)


def _record(
    here: Stage, role: str, name: str, code: str = "visit", on: date = cast.TODAY, hours: str = ""
) -> Deed:
    by = here.actor(role)
    done = Done(here.member(name), code, on, Decimal(hours) if hours else None)
    with entered(by.scope):
        return actions.record_deed(by=by, at=cast.NOW, on=cast.TODAY, done=done)


def _confirm(here: Stage, role: str, deed: Deed, witness: str = "") -> Deed:
    by = here.actor(role)
    witness_id = here.member(witness) if witness else None
    with entered(by.scope):
        return actions.confirm_deed(by=by, at=cast.NOW, deed_id=deed.pk, witness_id=witness_id)


def test_a_head_confirms_what_a_neighbour_did_and_it_is_paid(here: Stage) -> None:
    deed = _confirm(here, "head", _record(here, "volunteer", "volunteer", "cleanup", hours="1.5"))
    assert (deed.state, deed.worth, deed.points, here.balance("volunteer")) == ("confirmed", 4, 4, 4)
    assert _confirm(here, "head", deed).points == 4
    assert here.balance("volunteer") == 4, "twice pays once"


@pytest.mark.parametrize(
    ("role", "name", "witness", "why"),
    [
        ("head", "head", "", "自己做的"),
        ("head", "head", "住户丙", "自己做的"),
        ("officer", "住户甲", "住户甲", "同一位"),
        ("officer", "住户甲", "住户乙", "住在一户"),
        ("officer", "住户甲", "住户丁", "亲戚"),
    ],
)
def test_who_cannot_be_the_second_person(here: Stage, role: str, name: str, witness: str, why: str) -> None:
    with here.office() as officer:
        actions.declare_kin(
            by=officer, at=cast.NOW, member_id=here.member("住户丁"), other_id=here.member("住户甲")
        )
    deed = _record(here, "officer", name)
    with pytest.raises(SecondPerson, match=why):
        _confirm(here, role, deed, witness)
    assert here.balance(name) == 0
    assert _confirm(here, "officer", deed, "住户丙").points == 2, "negative control: another one may"


def test_the_database_too_refuses_the_earner_as_witness(here: Stage) -> None:
    deed = _record(here, "officer", "住户甲")
    with here.office(), pytest.raises(IntegrityError, match="witness_is_not_earner"), transaction.atomic():
        Deed.objects.filter(pk=deed.pk).update(witness_id=deed.member_id)


def test_a_pair_confirms_eight_times_a_month(here: Stage) -> None:
    days = [cast.TODAY + timedelta(days=n) for n in range(9)]
    for number, day in enumerate(days):
        by = here.actor("officer")
        with entered(by.scope):
            done = Done(here.member("住户甲"), "cleanup", day, Decimal(1))
            deed = actions.record_deed(by=by, at=cast.NOW, on=days[-1], done=done)
        if number < 8:
            _confirm(here, "officer", deed, "住户丙")
    with pytest.raises(SecondPerson, match="8 回"):
        _confirm(here, "officer", deed, "住户丙")
    assert _confirm(here, "officer", deed, "head").points == 3


def test_the_same_deed_written_by_two_is_one(here: Stage) -> None:
    first = _record(here, "volunteer", "volunteer", "cleanup", hours="2")
    second = _record(here, "head", "volunteer", "cleanup", hours="2")
    assert second.pk == first.pk
    assert len(second.recorder_ids) == 2
    with pytest.raises(Refused, match="已经记了 2 小时"):
        _record(here, "officer", "volunteer", "cleanup", hours="3")


@pytest.mark.parametrize(
    ("code", "on", "hours", "why"),
    [
        ("visit", cast.TODAY + timedelta(days=1), "", "还没到"),
        ("visit", date(2025, 12, 25), "", "回访"),
        ("nothing", cast.TODAY, "", "没有这条"),
        ("cleanup", cast.TODAY, "", "几小时"),
        ("cleanup", cast.TODAY, "13", "几小时"),
        ("cleanup", cast.TODAY, "0.1", "几小时"),
    ],
)
def test_what_cannot_be_recorded(here: Stage, code: str, on: date, hours: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        _record(here, "officer", "volunteer", code, on, hours)


def test_a_head_leaves_rosters_to_rosters_and_the_offices_rules_to_the_office(here: Stage) -> None:
    with pytest.raises(Refused, match="签到表"):
        _record(here, "head", "volunteer", "yardtalk")
    deed = _record(here, "head", "volunteer", "hazard")
    with pytest.raises(NotAllowed, match="居委会核实"):
        _confirm(here, "head", deed)
    assert _confirm(here, "officer", deed).points == 2


def test_a_volunteer_records_nothing_for_others_and_confirms_nothing(here: Stage) -> None:
    with pytest.raises(NotAllowed):
        _record(here, "volunteer", "住户甲")
    with pytest.raises(NotAllowed):
        _confirm(here, "volunteer", _record(here, "officer", "住户甲"))


def test_another_head_neither_sees_nor_confirms(here: Stage) -> None:
    deed = _record(here, "officer", "住户甲")
    with pytest.raises(Refused, match="不在您的小家"):
        _confirm(here, "neighbour", deed)
    by = here.actor("neighbour")
    with entered(by.scope):
        assert not Deed.objects.exists(), "also past access"
    with here.office():
        assert Deed.objects.exists()


def test_a_roster_pays_each_member_once_and_the_keepers_own_row_waits(here: Stage) -> None:
    home = here.here.here
    head = here.actor("head")
    roster = Roster("yardtalk", "17", "yardtalk", cast.TODAY)
    accounts = [home.accounts[r].pk for r in ("head", "volunteer", "steward", "mediator")]
    for _time in range(2):
        with entered(head.scope):
            deeds = actions.attend_roster(by=head, at=cast.NOW, roster=roster, account_ids=accounts)
    assert len(deeds) == 3, "who did not join is passed over"
    assert [here.balance(n) for n in ("head", "volunteer", "steward")] == [0, 1, 1]
    own = next(d for d in deeds if d.member_id == here.member("head"))
    assert _confirm(here, "officer", own).points == 1


def test_a_long_roster_asks_no_more_than_a_short_one_and_each_has_their_own_caps(here: Stage) -> None:
    names = ("volunteer", "steward", "住户甲", "住户丙", "住户丁")
    with here.office() as officer:
        for number in range(3):
            roster = Roster("shift", str(number), "canteen_shift", cast.TODAY)
            actions.attend_roster(by=officer, at=cast.NOW, roster=roster, member_ids=[here.member("住户甲")])
        asked = []
        for count in (2, 5):
            roster = Roster("shift", f"of {count}", "canteen_shift", cast.TODAY)
            ids = [here.member(name) for name in names[-count:]]
            with CaptureQueriesContext(connection) as queries_asked:
                actions.attend_roster(by=officer, at=cast.NOW, roster=roster, member_ids=ids)
            asked.append(len(queries_asked))
    assert asked[0] == asked[1] <= 16
    assert [here.balance(name) for name in names] == [6, 6, 20, 12, 12]


def test_caps_of_a_rule_a_day_and_a_month(here: Stage) -> None:
    for number in range(5):
        on = cast.TODAY + timedelta(days=number)
        with here.office() as officer:
            roster = Roster("yardtalk", str(number), "yardtalk", on)
            actions.attend_roster(
                by=officer, at=cast.NOW, roster=roster, member_ids=[here.member("volunteer")]
            )
    assert here.balance("volunteer") == 4, "the fifth is thanked for and not paid"
    with here.office():
        assert sorted(Deed.objects.values_list("points", flat=True)) == [0, 1, 1, 1, 1]
        for number in range(5):
            roster = Roster("shift", str(number), "canteen_shift", cast.TODAY)
            with here.office() as officer:
                actions.attend_roster(
                    by=officer, at=cast.NOW, roster=roster, member_ids=[here.member("住户甲")]
                )
    assert here.balance("住户甲") == DAY_CAP


def test_wrong_awards_are_taken_back_by_a_second_person_and_never_below_zero(here: Stage) -> None:
    deed = _confirm(here, "head", _record(here, "officer", "volunteer", "cleanup", hours="3"))
    with here.office() as officer:
        spend = actions.Posting("redeem", here.wallet("volunteer"), 5, "goods", "1", cast.TODAY)
        actions.redeem(by=officer, at=cast.NOW, posting=spend)
        actions.draw_callbacks(by=officer, at=cast.NOW, month=cast.TODAY, seed="七")
        secretary = here.actor("secretary")
        with pytest.raises(NotAllowed, match="自己记的"):
            actions.call_back(by=officer, at=cast.NOW, deed_id=deed.pk, is_true=False)
        actions.call_back(by=secretary, at=cast.NOW, deed_id=deed.pk, is_true=False)
        correction = Correction.objects.get()
        with pytest.raises(NotAllowed, match="另一位"):
            actions.reverse_award(by=secretary, at=cast.NOW, on=cast.TODAY, correction_id=correction.pk)
        with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
            Correction.objects.update(decided_by_id=secretary.account_id)
        answer = actions.reverse_award(by=officer, at=cast.NOW, on=cast.TODAY, correction_id=correction.pk)
        assert answer is not None
        assert (answer.balance, answer.shortfall) == (0, 5)
        fund = Entry.objects.get(account__kind="fund")
        assert fund.amount == -5
        with pytest.raises(Refused, match="没更正过"):
            actions.ask_correction(
                by=officer, at=cast.NOW, transaction_id=correction.transaction_id, reason="再来一回"
            )
        period = (date(2026, 3, 1), date(2026, 3, 31))
        assert queries.merit(period, viewer=officer) == {}


def test_a_deed_that_was_true_stays(here: Stage) -> None:
    deed = _confirm(here, "head", _record(here, "volunteer", "volunteer"))
    with here.office() as officer:
        assert actions.draw_callbacks(by=officer, at=cast.NOW, month=cast.TODAY, seed="七") == [deed.pk]
        assert actions.draw_callbacks(by=officer, at=cast.NOW, month=cast.TODAY, seed="八") == [deed.pk]
        assert Callback.objects.get().seed == "七", "nobody draws again until they like it"
        actions.call_back(by=officer, at=cast.NOW, deed_id=deed.pk, is_true=True)
        assert Deed.objects.get().state == "called_back"
    assert here.balance("volunteer") == 2


def test_spending_giving_and_leaving_never_lower_merit(here: Stage) -> None:
    _confirm(here, "head", _record(here, "volunteer", "volunteer", "cleanup", hours="3"))
    by = here.actor("volunteer")
    period = (date(2026, 3, 1), date(2026, 3, 31))
    member_id = here.member("volunteer")
    with entered(by.scope):
        actions.donate(
            by=by, at=cast.NOW, on=cast.TODAY, member_id=member_id, points=4, request_id=uuid.UUID(int=1)
        )
        actions.leave(by=by, at=cast.NOW, on=cast.TODAY, member_id=member_id)
    with here.office() as officer:
        assert queries.merit(period, viewer=officer, member_ids=[member_id]) == {member_id: 9}
        assert member_id not in {m.pk for m in queries.members(viewer=officer)}, "hidden"
        left = queries.balance(member_id, viewer=officer)
        assert left is not None
        assert left.available == 5, "the wallet stays"
        spend = actions.Posting("redeem", left.account_id, 5, "goods", "1", cast.TODAY)
        assert actions.redeem(by=officer, at=cast.NOW, posting=spend).outcome == "posted"


def test_points_are_open_to_the_office_and_to_oneself_alone(here: Stage) -> None:
    here.give("volunteer", 7)
    own = here.actor("volunteer")
    with entered(own.scope):
        mine = queries.balance(here.member("volunteer"), viewer=own)
        assert mine is not None
        assert mine.balance == 7
        slip = queries.slip(here.member("volunteer"), cast.TODAY, viewer=own)
        assert slip is not None
        assert (slip.adds_up, slip.closing) == (True, 7)
    for role in ("head", "steward", "neighbour", "stranger"):
        by: Actor = here.actor(role)
        with entered(by.scope):
            if role == "stranger":
                assert queries.balance(here.member("volunteer"), viewer=by) is None
                continue
            with pytest.raises(NotAllowed):
                queries.balance(here.member("volunteer"), viewer=by)
            with pytest.raises(NotAllowed):
                queries.slip(here.member("volunteer"), cast.TODAY, viewer=by)


def test_a_look_at_ones_own_wallet_leaves_the_scope_as_it_was(here: Stage) -> None:
    here.give("volunteer", 7)
    own = here.actor("volunteer")
    with entered(own.scope):
        queries.slip(here.member("volunteer"), cast.TODAY, viewer=own)
        assert not Entry.objects.exists()
        with queries.wallets.opened(own):
            assert Entry.objects.exists(), "negative control: inside it is open"
        with pytest.raises(ZeroDivisionError), queries.wallets.opened(own):
            raise ZeroDivisionError
        assert not Entry.objects.exists()


def test_rules_change_by_version_and_name_no_punishment(here: Stage) -> None:
    new = RuleText("visit", "约好了上门看望老人", 3, cap_month=9)
    with here.office() as officer:
        for text in ("乱扔垃圾扣分", "跟低保挂钩的好事"):
            with pytest.raises(Refused, match="不罚人"):
                actions.change_rule(by=officer, at=cast.NOW, on=cast.TODAY, rule=RuleText("x", text, 1))
        actions.change_rule(by=officer, at=cast.NOW, on=cast.TODAY, rule=new)
        before = queries.version_on("visit", viewer=officer, on=YESTERDAY)
        after = queries.version_on("visit", viewer=officer, on=cast.TODAY)
        assert before is not None
        assert after is not None
        assert (before.points, after.points, after.number) == (2, 3, 2)
    assert _confirm(here, "head", _record(here, "officer", "volunteer", on=YESTERDAY)).points == 2


def test_a_used_up_budget_stops_new_rules_never_earned_points(here: Stage) -> None:
    with here.office() as officer:
        actions.change_budget(by=here.actor("secretary"), at=cast.NOW, budget_yuan=5)
    here.give("volunteer", 5)
    rule = RuleText("garden", "给花坛浇水", 1)
    with here.office() as officer:
        with pytest.raises(Refused, match="够上批下来的 5 元"):
            actions.change_rule(by=officer, at=cast.NOW, on=cast.TODAY, rule=rule)
        actions.change_rule(by=officer, at=cast.NOW, on=cast.TODAY, rule=RuleText("visit", "上门看望", 1))
        actions.change_budget(by=here.actor("secretary"), at=cast.NOW, budget_yuan=6)
        actions.change_rule(by=officer, at=cast.NOW, on=cast.TODAY, rule=rule)
    assert _confirm(here, "officer", _record(here, "head", "volunteer", "hazard")).points == 2


def test_active_means_a_confirmed_deed_in_ninety_days(here: Stage) -> None:
    _record(here, "officer", "住户甲")
    _confirm(here, "head", _record(here, "officer", "volunteer"))
    with here.office() as officer:
        for days, active in ((0, 1), (89, 1), (90, 0)):
            count = queries.active_count(viewer=officer, on=cast.TODAY + timedelta(days=days))
            assert (count.active, count.members) == (active, 7)


def test_everybody_joins_alone_and_once(here: Stage) -> None:
    by = teams.actor_in(here.here.here.tenures["clerk"], on=cast.TODAY)
    joining = actions.Joining("volunteer", cast.NAMES["clerk"], account_id=by.account_id)
    with entered(by.scope), pytest.raises(NotAllowed):
        actions.join(by=by, at=cast.NOW, on=cast.TODAY, joining=actions.Joining("volunteer", "别人"))
    with here.office() as officer:
        actions.join(by=officer, at=cast.NOW, on=cast.TODAY, joining=joining)
        with pytest.raises(Refused, match="已经是成员"):
            actions.join(by=officer, at=cast.NOW, on=cast.TODAY, joining=joining)


def test_a_new_passbook_ends_the_lost_one(here: Stage) -> None:
    with here.office() as officer:
        books = [
            actions.issue_passbook(by=officer, at=cast.NOW, on=cast.TODAY, member_id=here.member("住户甲"))
            for _time in range(2)
        ]
        assert [b.number for b in books] == ["000001", "000002"]
        found = queries.members_at_counter("000002", viewer=officer)
        assert [m.name for m in found] == ["住户甲"]
        assert queries.members_at_counter("000001", viewer=officer) == []


@given(
    st.integers(0, 60),
    st.builds(Earned, *(st.integers(0, 90) for _n in range(4))),
    st.none() | st.integers(1, 30),
    st.none() | st.integers(1, 60),
)
def test_caps_never_pay_over_a_limit_and_never_take(
    points: int, earned: Earned, cap_day: int | None, cap_month: int | None
) -> None:
    paid = after_caps(points, earned, cap_day=cap_day, cap_month=cap_month)
    assert 0 <= paid <= points
    if paid:
        assert earned.day + paid <= DAY_CAP
        assert earned.month + paid <= MONTH_CAP
        assert cap_day is None or earned.rule_day + paid <= cap_day
        assert cap_month is None or earned.rule_month + paid <= cap_month


def test_the_tables_of_the_rules_are_positive_and_named() -> None:
    assert all(rule.points >= 1 and not forbidden_in(rule.text) for rule in DEFAULT_RULES)
    assert worth(3, "hour", Decimal("1.5")) == 4
    assert expirable(balance=10, held=4, newer_awards=3) == 6
    assert expirable(balance=10, held=0, newer_awards=12) == 0
    ids = list(range(1, 1001))
    assert len(drawn(ids, seed="a")) == math.ceil(1000 * CALLBACK_SHARE)
    assert drawn(ids, seed="a") == drawn(reversed(ids), seed="a") != drawn(ids, seed="b")
