"""Cases on a real database: from the report to the answer, clocks that can be recomputed, races, fences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests import cast
from tests.sharing import Once
from xiaojia.domains.cases import actions, queries
from xiaojia.domains.cases.actions import CaseRefused, Move, Report
from xiaojia.domains.cases.models import Case, Casekind, Casestep, Reporter
from xiaojia.domains.cases.rules import State
from xiaojia.domains.receipts.queries import receipt_of
from xiaojia.domains.workdays import queries as workdays
from xiaojia.engines.clocks import Limit, Unit
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.secrets import open_sealed
from xiaojia.kernel.tenancy import entered

MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)  # 10:00 in the office


@dataclass
class Place:
    """The cast, inside the scope of its officer."""

    cast: cast.Cast
    officer: Actor
    secretary: Actor
    head: Actor

    def kind(self, code: str) -> int:
        return Casekind.objects.get(code=code, community_id=self.officer.community_id).pk

    def report(self, code: str = "L0201", at: datetime = MONDAY, **more: Any) -> Case:
        report = Report(self.kind(code), more.pop("text", "三楼过道在漏水"), **more)
        return actions.report_case(by=self.officer, at=at, report=report)

    def move(self, case: Case, action: str, hours: float = 1, by: Actor | None = None, **more: Any) -> Case:
        at = MONDAY + timedelta(hours=hours)
        more.setdefault("text", "写一句")
        return actions.move_case(by=by or self.officer, at=at, case_id=case.pk, move=Move(action, **more))

    def dispatched(self, **more: Any) -> Case:
        case = self.report(**more)
        self.move(case, "accept")
        return self.move(
            case, "assign", handler="邓明礼", handler_id=self.head.account_id, handler_role="head"
        )

    def finished(self) -> Case:
        case = self.dispatched()
        return self.move(case, "finish", 3, by=self.head_seeing(case))

    def head_seeing(self, case: Case) -> Actor:
        """The head acts in the officer's transaction here; what a head may see has tests of its own."""
        return Actor(self.head.account_id, "head", self.head.community_id, self.officer.scope)


@pytest.fixture
def place(once: Once) -> Iterator[Place]:
    here = once(_with_kinds)
    with entered(here.officer.scope):
        yield here


def _with_kinds() -> Place:
    people = cast.build()
    here = Place(people, people.actor("officer"), people.actor("secretary"), people.actor("head"))
    with entered(here.officer.scope):
        actions.open_casekinds(by=here.officer, at=MONDAY, on=MONDAY.date())
    return here


def test_a_report_gets_a_receipt_a_deadline_and_a_sealed_phone(place: Place) -> None:
    case = place.report(reporter_name="住户甲", reporter_phone="13800000001")
    assert case.due_at == datetime(2026, 3, 9, 10, tzinfo=UTC), "five workdays, close of the office"
    receipt = receipt_of("case", case.pk)
    assert receipt is not None
    assert (receipt.code, receipt.word, receipt.expected_at) == (case.receipt_code, "刚报上来", case.due_at)
    assert "住户" not in str(receipt.timeline)
    said = Reporter.objects.get()
    assert (
        open_sealed(said.phone_sealed, table="cases_reporter", column="phone_sealed", pk=said.pk)
        == "13800000001"
    )
    assert b"1380000" not in bytes(said.phone_sealed)


def test_the_whole_way_to_an_answer(place: Place) -> None:
    case = place.finished()
    case = place.move(case, "verify", 4, result=1, text="看过了，不漏了")
    assert (case.state, case.result, case.verified_by_id) == (State.CLOSED, 1, place.officer.account_id)
    receipt = receipt_of("case", case.pk)
    assert receipt is not None
    assert receipt.is_over
    assert [line[1] for line in receipt.timeline] == [
        "刚报上来",
        "受理了",
        "派出去了",
        "办好了，等核实",
        "解决了",
    ]
    assert [s.action for s in Casestep.objects.order_by("at", "id")] == [
        "report",
        "accept",
        "assign",
        "finish",
        "verify",
    ]


def test_nobody_verifies_their_own_work_by_rule_and_by_constraint(place: Place) -> None:
    case = place.dispatched()
    place.move(case, "finish", 3)
    with pytest.raises(CaseRefused, match="不能自己核实"):
        place.move(case, "verify", 4, result=1)
    with pytest.raises(IntegrityError, match="nobody_verifies_own_work"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(state=60, result=1, verified_by_id=place.officer.account_id)
    place.move(case, "verify", 4, by=place.secretary, result=1)


def test_the_same_report_twice_is_one_case(place: Place) -> None:
    client_id = uuid4()
    first = place.report(client_id=client_id)
    again = place.report(client_id=client_id, text="手一抖又点了一次")
    assert first.pk == again.pk
    assert Case.objects.count() == 1
    assert place.report().pk != place.report().pk, "without an id of the sender two are two"


def test_pauses_move_the_deadline_and_history_gives_the_same_number(place: Place) -> None:
    case = place.dispatched()
    promised = case.due_at
    resume = datetime(2026, 3, 4, 1, tzinfo=UTC)
    case = place.move(case, "shelve", 2, reason="weather", resume_at=resume)
    assert case.due_at > promised
    case = place.move(case, "resume", 23)
    assert case.due_original_at == promised < case.due_at
    steps = list(case.steps.select_related(None))
    calendar = workdays.calendar(viewer=place.officer, on=MONDAY.date())
    clock = queries.clock_of(Case.objects.select_related("casekind").get(pk=case.pk), steps)
    assert clock.deadline(calendar) == case.due_at
    assert clock.original_deadline(calendar) == case.due_original_at


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reason": "", "resume_at": datetime(2026, 3, 9, tzinfo=UTC)}, "等什么"),
        ({"reason": "resident", "resume_at": datetime(2026, 3, 9, tzinfo=UTC)}, "等什么"),
        ({"reason": "weather"}, "哪天接着办"),
        ({"reason": "weather", "resume_at": MONDAY}, "哪天接着办"),
        ({"reason": "weather", "resume_at": datetime(2026, 3, 9, tzinfo=UTC), "text": " "}, "写一句话"),
    ],
)
def test_a_pause_needs_a_named_reason_and_a_day(place: Place, more: dict[str, Any], said: str) -> None:
    case = place.dispatched()
    with pytest.raises(CaseRefused, match=said):
        place.move(case, "shelve", 2, **more)
    case.refresh_from_db()
    assert (case.state, case.pause_count) == (State.DISPATCHED, 0)


def test_waiting_for_the_resident_ends_after_five_workdays(place: Place) -> None:
    case = place.move(
        place.dispatched(), "wait", 2, reason="resident", resume_at=datetime(2026, 12, 1, tzinfo=UTC)
    )
    assert case.resume_at == datetime(2026, 3, 9, 10, tzinfo=UTC)


def test_one_extension_before_the_deadline_and_no_longer_than_the_limit(place: Place) -> None:
    case = place.dispatched()
    with pytest.raises(CaseRefused, match="最多延"):
        place.move(case, "extend", 2, amount=6)
    case = place.move(case, "extend", 2, amount=2)
    assert case.due_at == datetime(2026, 3, 11, 10, tzinfo=UTC)
    assert case.due_original_at == datetime(2026, 3, 9, 10, tzinfo=UTC)
    with pytest.raises(CaseRefused, match="已经延过"):
        place.move(case, "extend", 3, amount=1)


def test_a_bounce_goes_back_once_and_after_two_the_secretary_decides(place: Place) -> None:
    case = place.dispatched()
    place.move(case, "bounce", 2)
    place.move(case, "assign", 3, handler="物业", handler_role="steward")
    place.move(case, "bounce", 4)
    with pytest.raises(CaseRefused, match="书记"):
        place.move(case, "assign", 5, handler="邓明礼", handler_role="head")
    case = place.move(case, "assign", 5, by=place.secretary, handler="邓明礼", handler_role="head")
    assert (case.bounce_count, case.bounced_handlers) == (2, ["邓明礼", "物业"])
    with pytest.raises(CaseRefused, match="已经退过"):
        place.move(case, "bounce", 6)


def test_reopened_once_at_will_then_through_the_secretary_with_another_verifier(place: Place) -> None:
    case = place.move(place.finished(), "verify", 4, result=1)
    case = place.move(case, "reopen", 30)
    assert (case.state, case.reopen_count, case.result) == (State.REWORK, 1, None)
    assert case.due_at == datetime(2026, 3, 9, 10, tzinfo=UTC), "the clock keeps its history"
    place.move(case, "finish", 31, by=place.head_seeing(case))
    with pytest.raises(CaseRefused, match="另一位核实"):
        place.move(case, "verify", 32, result=1)
    case = place.move(case, "verify", 32, by=place.secretary, result=2)
    assert case.first_closed_at == MONDAY + timedelta(hours=4)
    with pytest.raises(CaseRefused, match="书记来定"):
        place.move(case, "reopen", 33)
    place.move(case, "ask_reopen", 33)
    case = place.move(case, "grant_reopen", 34, by=place.secretary)
    assert (case.state, case.reopen_count) == (State.REWORK, 2)
    with pytest.raises(CaseRefused, match="走不到这一步"):
        place.move(case, "reopen", 24 * 9)


def test_merged_cases_keep_all_who_said_it_and_the_earliest_clock_and_come_apart_again(place: Place) -> None:
    early = place.report(reporter_name="住户甲")
    late = place.report(at=MONDAY + timedelta(days=1), reporter_name="住户乙")
    place.move(early, "merge", 26, into_id=late.pk)
    late.refresh_from_db()
    assert set(Reporter.objects.filter(case=late).values_list("name", flat=True)) == {"住户甲", "住户乙"}
    assert late.reported_at == MONDAY
    assert late.due_at == early.due_at
    early = place.move(early, "unmerge", 27)
    late.refresh_from_db()
    assert late.reported_at == MONDAY + timedelta(days=1)
    assert (early.state, early.merged_into_id) == (State.REPORTED, None)
    assert Reporter.objects.get(case=early).name == "住户甲"
    for into in (early.pk, None, uuid4()):
        with pytest.raises(CaseRefused, match="没有并"):
            place.move(early, "merge", 28, into_id=into)


def test_a_parent_waits_for_its_children(place: Place) -> None:
    parent = place.finished()
    report = Report(place.kind("L0202"), "楼道的灯也泡坏了")
    with pytest.raises(Refused):
        actions.split_case(by=place.head_seeing(parent), at=MONDAY, parent_id=parent.pk, report=report)
    child = actions.split_case(by=place.officer, at=MONDAY, parent_id=parent.pk, report=report)
    with pytest.raises(CaseRefused, match="没办完的事"):
        place.move(parent, "verify", 5, result=1)
    place.move(child, "answer", 5, result=1, text="换好了，住户甲说亮了")
    assert place.move(parent, "verify", 6, result=1).state == State.CLOSED


def test_disputes_and_care_are_hidden_from_heads_and_not_given_to_them(place: Place) -> None:
    case = place.report("L0501", text="两家为漏水赔钱吵", building_id=None)
    place.move(case, "accept")
    with pytest.raises(CaseRefused, match="纠纷和关爱"):
        place.move(case, "assign", handler="邓明礼", handler_role="head")
    Case.objects.filter(pk=case.pk).update(microgrid_ids=[place.cast.here.microgrids[0].pk])
    with entered(place.head.scope):
        assert not Case.objects.filter(pk=case.pk).exists(), "PostgreSQL hides it, whatever the code asks"
        assert not Casestep.objects.filter(case_id=case.pk).exists()
        assert not Reporter.objects.filter(case_id=case.pk).exists()


def test_a_head_sees_the_cases_of_their_own_micro_grid_only(place: Place) -> None:
    mine, other = place.cast.here.household_ids[0], place.cast.here.household_ids[-1]
    seen, hidden = place.report(household_id=mine), place.report(household_id=other)
    with entered(place.head.scope):
        assert set(Case.objects.values_list("pk", flat=True)) == {seen.pk}
        assert {c.pk for c in queries.cases(viewer=place.head)} == {seen.pk}
        assert queries.story(hidden.pk, viewer=place.head, at=MONDAY) is None
        assert Reporter.objects.count() == Casestep.objects.count() == 1


def test_whoever_handles_a_case_comes_to_see_it(place: Place) -> None:
    case = place.report()
    place.move(case, "accept")
    grid = place.cast.here.microgrids[0].pk
    place.move(
        case,
        "assign",
        handler="邓明礼",
        handler_id=place.head.account_id,
        handler_role="head",
        microgrid_ids=(grid,),
    )
    with entered(place.head.scope):
        story = queries.story(case.pk, viewer=place.head, at=MONDAY)
        assert story is not None
        assert "finish" in {t.action for t in story.may_do}
        assert "verify" not in {t.action for t in story.may_do}
        done = actions.move_case(
            by=place.head, at=MONDAY, case_id=case.pk, move=Move("finish", text="换了垫圈")
        )
    assert done.state == State.VERIFYING


def test_another_community_sees_nothing(place: Place) -> None:
    case = place.report()
    stranger = place.cast.actor("stranger")
    with entered(stranger.scope):
        assert not Case.objects.exists()
        with pytest.raises(CaseRefused, match="找不到"):
            actions.move_case(by=stranger, at=MONDAY, case_id=case.pk, move=Move("accept"))


def test_steps_cannot_be_changed(place: Place) -> None:
    place.report()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Casestep.objects.update(text="改一改")


def test_a_limit_that_reaches_into_an_unknown_year_is_refused_and_says_where_to_write_it(
    place: Place,
) -> None:
    with pytest.raises(Refused, match=r"20(98|99)") as refused:
        place.report(at=datetime(2098, 12, 31, 2, tzinfo=UTC))
    assert refused.value.where_url.startswith("/workdays/")
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ({"text": "  "}, "一个字也没写"),
        ({"text": "长" * 4001}, "最多 4000 个"),
        ({"text": "好", "code": ""}, "没有选"),
    ],
)
def test_what_cannot_be_acted_on_is_refused(place: Place, report: dict[str, str], said: str) -> None:
    kind = place.kind("L0201") if report.get("code") is None else 0
    with pytest.raises(Refused, match=said):
        actions.report_case(by=place.officer, at=MONDAY, report=Report(kind, report["text"]))


def test_hostile_text_is_kept_as_it_was_typed(place: Place) -> None:
    text = "<script>alert(1)</script> 😀 '; DROP TABLE cases_case; --" + "长" * 3_900
    case = place.report(text=text, place_text="<b>三楼</b>", reporter_name="<i>住户</i>")
    assert Case.objects.get(pk=case.pk).text == text


def test_a_senders_limit_is_kept(place: Place) -> None:
    case = place.report("L0901", limit=Limit(2, Unit.WORKING_DAY), sender_limit="2 个工作日")
    assert case.due_at == datetime(2026, 3, 4, 10, tzinfo=UTC)
    case = place.move(place.move(case, "accept"), "assign", handler="街道", handler_role="officer")
    assert case.due_at == datetime(2026, 3, 4, 10, tzinfo=UTC), "still the sender's after every step"


def test_a_changed_limit_is_a_new_version_and_running_cases_keep_their_promise(place: Place) -> None:
    old = place.report()
    later = MONDAY + timedelta(days=1)
    actions.change_casekind(
        by=place.officer,
        at=later,
        on=later.date(),
        casekind_id=place.kind("L0201"),
        limit=Limit(1, Unit.WORKING_DAY),
    )
    versions = Casekind.objects.filter(code="L0201").order_by("valid_from_on")
    assert [(v.limit_amount, v.valid_until_on is None) for v in versions] == [(5, False), (1, True)]
    kind = versions.last()
    assert kind is not None
    new = actions.report_case(by=place.officer, at=later, report=Report(kind.pk, "又漏了"))
    assert new.due_at == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert place.move(old, "accept", 25).due_at == datetime(2026, 3, 9, 10, tzinfo=UTC)


def test_another_kind_counts_from_the_report(place: Place) -> None:
    case = place.move(place.report("L0901"), "accept")
    case = place.move(case, "change_kind", 2, casekind_id=place.kind("L0301"))
    assert case.due_at == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert case.due_original_at > case.due_at, "what was promised first stays written"


def test_a_resident_reports_without_an_account_and_withdraws(place: Place) -> None:
    resident = Actor(0, "resident", place.officer.community_id, place.officer.scope)
    case = actions.report_case(
        by=resident, at=MONDAY, report=Report(place.kind("L0202"), "灯不亮", source="page")
    )
    with pytest.raises((CaseRefused, NotAllowed)):
        actions.move_case(by=resident, at=MONDAY, case_id=case.pk, move=Move("accept"))
    gone = actions.move_case(by=resident, at=MONDAY, case_id=case.pk, move=Move("withdraw", text="自己好了"))
    assert gone.state == State.WITHDRAWN


def test_joining_adds_a_voice_and_no_case(place: Place) -> None:
    case = place.report(reporter_name="住户甲")
    actions.join_case(
        by=place.officer,
        at=MONDAY,
        case_id=case.pk,
        report=Report(case.casekind_id, "我家也是", reporter_name="住户乙"),
    )
    assert Case.objects.count() == 1
    assert Reporter.objects.filter(case=case).count() == 2
    with pytest.raises(Refused):
        actions.join_case(
            by=place.officer, at=MONDAY, case_id=UUID(int=1), report=Report(case.casekind_id, "也")
        )


def test_rls_without_the_application_filter(place: Place) -> None:
    place.report(household_id=place.cast.here.household_ids[0])
    with entered(place.cast.actor("neighbour").scope), connection.cursor() as cursor:
        for table in ("cases_case", "cases_casestep", "cases_reporter"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,)
    with entered(place.head.scope), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_reporter")
        assert cursor.fetchone() == (1,), "negative control: the right head does see it"
