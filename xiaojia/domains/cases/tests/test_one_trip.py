"""A report is written in few round trips and keeps every guarantee of the long way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from tests import cast
from tests.sharing import Once
from xiaojia.domains.cases import actions
from xiaojia.domains.cases.actions import Report
from xiaojia.domains.cases.models import Case, Casekind, Casestep, Reporter
from xiaojia.domains.receipts.models import Receipt
from xiaojia.domains.receipts.queries import receipt_of
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.together import insert_many, insert_together

MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.fixture
def officer(once: Once) -> Iterator[Actor]:
    by = once(_with_kinds)
    with entered(by.scope):
        yield by


def _with_kinds() -> Actor:
    by = cast.build().actor("officer")
    with entered(by.scope):
        actions.open_casekinds(by=by, at=MONDAY, on=MONDAY.date())
    return by


def _report(by: Actor, **more: Any) -> Case:
    kind = Casekind.objects.get(code="L0201").pk
    return actions.report_case(by=by, at=MONDAY, report=Report(kind, "三楼过道在漏水", **more))


def test_a_report_takes_four_statements_and_its_savepoint(officer: Actor) -> None:
    kind = Casekind.objects.get(code="L0201").pk
    seen: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    report = Report(kind, "漏水", reporter_name="住户甲", client_id=uuid4())
    with connection.execute_wrapper(note):
        case = actions.report_case(by=officer, at=MONDAY, report=report)
    assert len([sql for sql in seen if "SAVEPOINT" not in sql]) == 4, (
        "kind, workdays, case, what belongs to it"
    )
    assert Casestep.objects.filter(case=case).count() == Reporter.objects.filter(case=case).count() == 1
    assert AuditEntry.objects.filter(verb="report_case", object_ids=[str(case.pk)]).exists()


def test_a_taken_code_is_drawn_again(officer: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _report(officer)
    free = iter([first.receipt_code, first.receipt_code, "00000018"])
    monkeypatch.setattr("xiaojia.domains.receipts.actions.new_code", lambda: next(free))
    second = _report(officer)
    assert second.receipt_code == Case.objects.get(pk=second.pk).receipt_code == "00000018"
    receipt = receipt_of("case", second.pk)
    assert receipt is not None
    assert receipt.code == "00000018"
    assert Receipt.objects.count() == 2


def test_a_taken_row_is_left_out_and_the_others_come_in(officer: Actor) -> None:
    case = _report(officer, client_id=uuid4())
    again = Case.objects.get(pk=case.pk)
    again.pk = uuid4()
    step = Casestep(
        community_id=case.community_id, case=case, at=MONDAY, account_id=1, role="officer", action="note",
        to_state=10,
    )  # fmt: skip
    assert insert_together(again, step) == [False, True]
    assert Casestep.objects.filter(case=case).count() == 2


def test_negative_control_the_fences_stand_for_rows_together(officer: Actor) -> None:
    """A step of a case that the statement itself brings is refused: that is why the case goes first."""
    case = _report(officer)
    fresh = Case.objects.get(pk=case.pk)
    fresh.pk, fresh.client_id = uuid4(), None
    step = Casestep(
        community_id=case.community_id, case=fresh, at=MONDAY, account_id=1, role="officer", action="note",
        to_state=10,
    )  # fmt: skip
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        insert_together(fresh, step)


def test_many_rows_come_as_they_are(officer: Actor) -> None:
    """Every type of column goes there and back: ids, texts, moments, bytes, lists and documents."""
    case = _report(officer, reporter_name="住户甲", reporter_phone="13800000001")
    wild = "<b>\"'\\ 😀\n字"
    for row in (
        Case.objects.get(pk=case.pk),
        Reporter.objects.get(case=case),
        Casestep.objects.get(case=case),
    ):
        row.pk = None if isinstance(row.pk, int) else uuid4()
        row.text = wild
        if isinstance(row, Case):
            row.microgrid_ids, row.client_id = [1, 2], uuid4()
        insert_many([row])
        came = type(row).objects.get(text=wild)
        for field in row._meta.local_concrete_fields:
            if not field.primary_key:
                was, is_now = getattr(row, field.attname), getattr(came, field.attname)
                was, is_now = (bytes(v) if isinstance(v, memoryview) else v for v in (was, is_now))
                assert was == is_now, field.name


def test_a_taken_row_ends_many_unless_it_may_be_left_out(officer: Actor) -> None:
    case = _report(officer, client_id=uuid4())
    again = Case.objects.get(pk=case.pk)
    again.pk = uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_many([again])
    insert_many([again], or_leave_out=True)
    assert Case.objects.count() == 1
