from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from tests import cast
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.queries import merit
from xiaojia.domains.recognition import actions, queries
from xiaojia.domains.recognition.actions import closing, sealing
from xiaojia.domains.recognition.actions.slips import TypedApart
from xiaojia.domains.recognition.models import Ballot, Envelope, Month, Monthvalue, Thanks
from xiaojia.domains.recognition.rules import Answers
from xiaojia.domains.recognition.tests.stage import LATER, MONTH, OPENED, Circle
from xiaojia.engines.scoring import MonthProblem, MonthResult, month_result
from xiaojia.kernel.refusals import NotAllowed, Refused


def _own(here: Circle, role: str) -> tuple[queries.OwnMonth, ...]:
    return here.own(role, lambda viewer: queries.own(viewer=viewer)).months


def _asked(month: Month) -> dict[int, list[int]]:
    return dict(Ballot.objects.filter(month=month).values_list("member_id", "asked_ids"))


def test_who_may_not_be_asked_about_whom(here: Circle) -> None:
    """Oneself, one's household, one's kin, whoever is asked about oneself: for every pair (R08, matrix)."""
    with here.office() as officer:
        ledger.declare_kin(by=officer, at=cast.NOW, member_id=here.ids[4], other_id=here.ids[5])
    for seed in range(6):
        month = here.open(seed=seed)
        with here.office() as officer:
            asked = _asked(month)
            pairs = {(rater, ratee) for rater, ratees in asked.items() for ratee in ratees}
            forbidden = {(pk, pk) for pk in here.ids}
            for one, other in ((here.ids[0], here.ids[1]), (here.ids[4], here.ids[5])):
                forbidden |= {(one, other), (other, one)}
            assert not pairs & forbidden
            assert not {(one, other) for one, other in pairs if (other, one) in pairs}
            assert all(len(ratees) <= 5 for ratees in asked.values())
            assert set(asked) == set(here.ids)
            actions.cancel_month(by=officer, at=OPENED, month_id=month.pk, reason="换一回抽签")


def test_negative_control_without_household_and_kin_they_would_be_asked(here: Circle) -> None:
    """The same draws without what is known of them do bring such pairs, so the test above can fail."""
    from xiaojia.domains.recognition.actions.opening import _teams
    from xiaojia.engines.scoring import AssignmentProblem, assign

    teams = _teams({pk: 1 if place < 11 else 2 for place, pk in enumerate(here.ids)})
    one, other = here.ids[0], here.ids[1]
    found = [assign(AssignmentProblem(teams), seed=seed).asked for seed in range(6)]
    assert any(other in asked[one] or one in asked[other] for asked in found)


def test_the_same_seed_draws_the_same_circles_and_a_second_opening_is_refused(here: Circle) -> None:
    month = here.open(seed=11)
    with here.office() as officer:
        first = _asked(month)
        with pytest.raises(Refused):
            actions.open_month(by=officer, at=OPENED, month_on=date(2026, 2, 9))
        actions.cancel_month(by=officer, at=OPENED, month_id=month.pk, reason="规则写错了")
        again = actions.open_month(by=officer, at=OPENED, month_on=MONTH, seed=11)
        assert _asked(again) == first
        with pytest.raises(Refused):
            actions.cancel_month(by=officer, at=OPENED, month_id=again.pk, reason="  ")


def test_an_own_slip_comes_in_and_may_be_exchanged_until_the_close(here: Circle) -> None:
    month = here.open()
    slip = here.own("head", lambda head: queries.own_slip(viewer=head))
    assert slip is not None

    def hand_in(role: str, answers: Answers, at: datetime) -> None:
        with here.office(role) as by:
            actions.hand_in_ballot(by=by, at=at, ballot_id=slip.ballot.pk, answers=answers)

    for level in (1, 5):
        answers = Answers((level,) * len(slip.asked), 0, "多亏您帮忙" if level == 5 else "")
        hand_in("head", answers, OPENED)
    with here.office():
        assert Envelope.objects.filter(month=month).count() == 1
        ballot = Ballot.objects.get(pk=slip.ballot.pk)
        assert (ballot.channel, ballot.returned_at) == ("page", OPENED)
    other = Answers((3,) * len(slip.asked))
    with pytest.raises(Refused):  # somebody else's
        actions.hand_in_ballot(by=here.actor("volunteer"), at=OPENED, ballot_id=slip.ballot.pk, answers=other)
    with pytest.raises(Refused):  # too late
        hand_in("head", other, LATER)
    here.close(month)
    with here.office():
        texts = list(Thanks.objects.filter(month=month).values_list("state", "member_id"))
        assert texts == [("waiting", slip.ballot.asked_ids[0])]


def test_two_typings_have_to_agree(here: Circle) -> None:
    month = here.open()
    with here.office() as officer:
        ballot = Ballot.objects.filter(month=month).first()
        assert ballot is not None
        count = len(ballot.asked_ids)
        first, other = Answers((4,) * count), Answers((4,) * (count - 1) + (None,))
        assert not actions.type_slip(by=officer, at=OPENED, ballot_id=ballot.pk, answers=first)
        with pytest.raises(TypedApart):
            actions.type_slip(by=officer, at=OPENED, ballot_id=ballot.pk, answers=other)
        ballot.refresh_from_db()
        assert (bytes(ballot.typed_once), ballot.returned_at) == (b"", None)
        assert not actions.type_slip(by=officer, at=OPENED, ballot_id=ballot.pk, answers=other)
        assert actions.type_slip(by=officer, at=OPENED, ballot_id=ballot.pk, answers=other)
        ballot.refresh_from_db()
        assert ballot.channel == "paper"


def _refused(sql: str, *arguments: int) -> str:
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, arguments)
    return str(error.value)


def test_before_the_close_postgresql_hands_out_nothing(here: Circle) -> None:
    month = here.open()
    here.fill(month)
    with here.office() as officer:
        assert "permission denied" in _refused("SELECT answers_sealed FROM recognition_envelope")
        assert "permission denied" in _refused("SELECT * FROM recognition_envelope")
        assert "permission denied" in _refused("DELETE FROM recognition_envelope RETURNING answers_sealed")
        sql = "SELECT * FROM recognition_opened(%s, '2020-01-01', '2030-01-01')"
        assert "sealed until the close" in _refused(sql, officer.community_id)
        assert not Monthvalue.objects.exists()
        Month.objects.filter(pk=month.pk).update(state="closing")
        assert "ends with its transaction" in _refused("SET CONSTRAINTS ALL IMMEDIATE")
    closed = here.close(month)
    with here.office() as officer:
        assert closed.state == "closed"
        # Closed is sealed again: only a running close and two signatures open.
        assert "sealed until the close" in _refused(sql, officer.community_id)


def test_negative_control_a_running_close_does_open(here: Circle) -> None:
    month = here.open()
    here.fill(month)
    with here.office() as officer:
        Month.objects.filter(pk=month.pk).update(state="closing")
        slips = sealing.opened(officer.community_id, since=MONTH, until=MONTH)
        assert len(slips) == len(here.ids)


def test_no_late_slips_even_past_the_code(here: Circle) -> None:
    month = here.open()
    here.fill(month)
    here.close(month)
    with here.office():
        assert "no late slips" in _refused("UPDATE recognition_envelope SET answers_sealed = 'x'")


def test_a_close_writes_values_pays_deeds_and_is_the_same_twice(here: Circle) -> None:
    month = here.open()
    liked = here.ids[2]
    here.fill(month, lambda _rater, ratee: 5 if ratee == liked else 3)
    here.do_good(liked, here.ids[12])
    with here.office() as officer, pytest.raises(Refused):
        actions.close_month(by=officer, at=OPENED + timedelta(days=10), month_id=month.pk)
    here.close(month)
    here.close(month)
    with here.office() as officer:
        values = {row.member_id: row for row in Monthvalue.objects.filter(month=month)}
        assert set(values) == set(here.ids)
        assert all(row.answers >= 3 and row.value for row in values.values())
        best = values[liked].value or 0
        assert all((row.value or 0) < best for pk, row in values.items() if pk != liked)
        paid = merit((MONTH, date(2026, 2, 28)), viewer=officer, source_type="recognition")
        assert set(paid) == {liked, here.ids[12]}
        assert paid[liked] == round(2 * (best - 100) / 100)
        assert actions.close_due(by=officer, at=LATER) == 0


def test_snapshots_are_not_rewritten(here: Circle) -> None:
    month = here.open()
    here.fill(month)
    here.close(month)
    with here.office():
        assert "permission denied" in _refused("UPDATE recognition_monthvalue SET value = 500")


def test_less_than_half_of_a_grid_means_no_value_for_anybody_there(here: Circle) -> None:
    month = here.open()
    here.fill(month, without=here.ids[11:16])
    here.close(month)
    with here.office():
        rows = dict(Monthvalue.objects.filter(month=month).values_list("member_id", "reason"))
        assert {rows[pk] for pk in here.ids[11:]} == {"low_participation"}
        assert {rows[pk] for pk in here.ids[:11]} <= {"", "too_few"}


def test_thanks_are_shown_only_after_somebody_read_them(here: Circle) -> None:
    month = here.open()
    head_id = here.ids[2]
    with here.office() as officer:
        ballots = [b for b in Ballot.objects.filter(month=month) if head_id in b.asked_ids]
        for ballot, text in zip(ballots, ("搬柜子多亏了您", "不好听的话"), strict=False):
            answers = Answers((4,) * len(ballot.asked_ids), ballot.asked_ids.index(head_id), text)
            for _typing in range(2):
                actions.type_slip(by=officer, at=OPENED, ballot_id=ballot.pk, answers=answers)
    here.close(month)
    assert _own(here, "head")[0].thanks == ()
    with here.office() as officer:
        for pk, _to, text in queries.waiting_thanks(month.pk, viewer=officer):
            actions.screen_thanks(by=officer, at=LATER, thanks_id=pk, is_shown=text == "搬柜子多亏了您")
        assert not queries.waiting_thanks(month.pk, viewer=officer)
    assert _own(here, "head")[0].thanks == ("搬柜子多亏了您",)
    assert _own(here, "volunteer")[0].thanks == ()


def test_only_oneself_sees_ones_value(here: Circle) -> None:
    month = here.open()
    here.fill(month)
    here.close(month)
    assert len(_own(here, "head")) == 1
    for role in ("steward", "resident", "secretary", "neighbour", "stranger"):
        assert _own(here, role) == ()
    with pytest.raises(NotAllowed):
        queries.month_shown(month.pk, viewer=here.actor("head"))
    with here.office("secretary") as secretary:
        shown = queries.month_shown(month.pk, viewer=secretary)
    assert shown is not None
    words = " ".join(itertools.chain(shown.__slots__, (f.name for f in Month._meta.get_fields())))
    assert "mean" not in words
    assert shown.percent == 100


def test_slips_are_forgotten_after_fourteen_months(here: Circle) -> None:
    month = here.open()
    here.fill(month)
    here.close(month)
    with here.office() as officer:
        assert actions.forget_ballots(by=officer, at=OPENED + timedelta(days=390)) == 0
        assert actions.forget_ballots(by=officer, at=OPENED + timedelta(days=460)) == len(here.ids)
        assert Monthvalue.objects.filter(month=month).exists()


@pytest.mark.parametrize(("said", "sure"), [({}, 0), ({"mutual_sure": 200}, 200)])
def test_a_month_keeps_the_rules_it_opened_with_also_those_from_before_they_had_a_number(
    here: Circle, monkeypatch: pytest.MonkeyPatch, said: dict[str, int], sure: int
) -> None:
    month = here.open()
    here.fill(month)
    seen: list[MonthProblem] = []

    def spied(problem: MonthProblem) -> MonthResult:
        seen.append(problem)
        return month_result(problem)

    monkeypatch.setattr(closing, "month_result", spied)
    with here.office():
        kept = {name: number for name, number in month.limits.items() if name != "mutual_sure"}
        Month.objects.filter(pk=month.pk).update(limits=kept | said)
    here.close(month)
    assert [problem.limits.mutual_sure for problem in seen] == [sure]
