from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from xiaojia.domains.people.accounts.office import set_account_phone
from xiaojia.domains.recognition import actions, queries, rules
from xiaojia.domains.recognition.models import Appeal, Ballot, Monthvalue, Unsealing
from xiaojia.domains.recognition.tests.stage import LATER, Circle
from xiaojia.domains.workdays import actions as workdays
from xiaojia.domains.workdays.queries import calendar
from xiaojia.engines.clocks import MissingYear
from xiaojia.kernel.models import Message
from xiaojia.kernel.outbox_delivery import opened
from xiaojia.kernel.refusals import Refused

HOURS = ((time(9), time(12)), (time(14), time(18)))


@pytest.fixture
def appeal(here: Circle) -> Appeal:
    """The head says that February is wrong; the officer closed it."""
    month = here.open()
    here.fill(month, lambda rater, ratee: 1 + (rater + ratee) % 5)
    here.close(month)
    return _file(here, "head", month.pk, LATER)


def _file(here: Circle, role: str, month_id: UUID | None, at: datetime) -> Appeal:
    with here.office(role) as by:
        return actions.file_appeal(by=by, at=at, text="我天天扫楼道，怎么算的", month_id=month_id)


def test_an_appeal_has_ten_working_days_and_one_chance(here: Circle, appeal: Appeal) -> None:
    with here.office() as officer:
        assert appeal.due_on == queries.last_day_to_appeal(LATER, viewer=officer)
    late = LATER + timedelta(days=30)
    for role, at in (("head", LATER), ("volunteer", late), ("resident", LATER)):
        with pytest.raises(Refused):
            _file(here, role, appeal.month_id, at)
    assert _file(here, "volunteer", appeal.month_id, LATER).due_on == appeal.due_on


def test_the_tenth_working_day_still_counts_and_a_deadline_once_given_stays(here: Circle) -> None:
    """Closed on Wednesday, 11 March 2026: ten working days later it is the 25th, counted on paper."""
    month = here.open()
    here.fill(month)
    here.close(month)
    last = datetime(2026, 3, 25, 10, 0, tzinfo=UTC)
    with pytest.raises(Refused):
        _file(here, "volunteer", month.pk, last + timedelta(days=1))
    filed = _file(here, "volunteer", month.pk, last)
    assert filed.due_on == date(2026, 4, 9), "the 6th of April is a day off"
    with here.office("secretary") as secretary:
        days_off = {date(2026, 4, day) for day in (1, 2, 3, 6)}
        workdays.change_workyear(
            by=secretary, at=LATER, year=2026, days_off=days_off, make_up_days=(), hours=HOURS
        )
        filed.refresh_from_db()
        assert filed.due_on == date(2026, 4, 9), "stored, and not reckoned again"
        assert queries.last_day_to_appeal(last, viewer=secretary) > filed.due_on, (
            "reckoned anew it would move"
        )


def test_a_year_whose_days_off_nobody_knows_yet_gives_four_weeks(here: Circle) -> None:
    """A month that closes in the last days of December: the page opens, and nobody has fewer days for it."""
    with here.office() as officer:
        closed_at = datetime(2040, 12, 28, 2, 0, tzinfo=UTC)
        with pytest.raises(MissingYear):
            calendar(viewer=officer, on=closed_at.date()).workday_after(closed_at.date(), 10)
        assert queries.last_day_to_appeal(closed_at, viewer=officer) == date(2041, 1, 25)
        known = queries.last_day_to_appeal(LATER, viewer=officer)
        assert (known - LATER.date()).days < rules.APPEAL_DAYS_AT_MOST


def test_two_people_open_and_what_is_kept_is_counts(here: Circle, appeal: Appeal) -> None:
    with here.office() as officer:
        actions.ask_unsealing(by=officer, at=LATER, appeal_id=appeal.pk)
        with pytest.raises(Refused):  # the same person twice
            actions.agree_unsealing(by=officer, at=LATER, appeal_id=appeal.pk)
    with here.office("secretary") as secretary:
        row = actions.agree_unsealing(by=secretary, at=LATER, appeal_id=appeal.pk)
        asked = Ballot.objects.filter(month=appeal.month, asked_ids__contains=[appeal.member_id])
        counts = row.counts or {}
        assert sum(counts.values()) == asked.count()
        assert set(counts) == {"5", "4", "3", "2", "1", "0"}
        shown = queries.appeal_shown(appeal.pk, viewer=secretary)
    assert shown is not None
    assert sum(count for _word, count in shown.counts) == asked_count(here, appeal)


def asked_count(here: Circle, appeal: Appeal) -> int:
    """How many were asked about the appellant."""
    with here.office():
        return Ballot.objects.filter(month=appeal.month, asked_ids__contains=[appeal.member_id]).count()


def test_postgresql_wants_two_signatures_too(here: Circle, appeal: Appeal) -> None:
    """The negative control of the refusal above: past the code, the database itself says no to one person."""
    with here.office() as officer:
        row = actions.ask_unsealing(by=officer, at=LATER, appeal_id=appeal.pk)
        with (
            pytest.raises(DatabaseError, match="two people"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT * FROM recognition_opened_for(%s)", [row.pk])
        with pytest.raises(DatabaseError, match="two_people_open_an_envelope"), transaction.atomic():
            Unsealing.objects.filter(pk=row.pk).update(agreed_by_id=row.asked_by_id, agreed_at=LATER)


def test_another_one_answers_and_the_snapshot_stays(here: Circle, appeal: Appeal) -> None:
    with here.office() as officer:
        before = list(Monthvalue.objects.order_by("pk").values())
        with pytest.raises(Refused):  # who closed the month
            actions.answer_appeal(
                by=officer, at=LATER, appeal_id=appeal.pk, outcome="stands", answer="查过了，没有错"
            )
    with here.office("secretary") as secretary:
        answered = actions.answer_appeal(
            by=secretary, at=LATER, appeal_id=appeal.pk, outcome="mended", answer="有一张票漏了，另外补"
        )
        assert answered.decided_by_id == secretary.account_id
        assert list(Monthvalue.objects.order_by("pk").values()) == before
        with pytest.raises(DatabaseError, match="another_one_answers"), transaction.atomic():
            Appeal.objects.filter(pk=appeal.pk).update(decided_by_id=appeal.closed_by_id)


def test_an_answer_is_told_with_no_word_of_what_it_is(here: Circle, appeal: Appeal, tmp_path: Path) -> None:
    with override_settings(XIAOJIA_SMS_FOLDER=str(tmp_path)), here.office("secretary") as by:
        account = here.here.here.accounts["head"]
        set_account_phone(by=by, account=account, phone="13900000003", at=LATER)
        actions.answer_appeal(
            by=by, at=LATER, appeal_id=appeal.pk, outcome="mended", answer="有一张票漏了，另外补"
        )
        [(_name, address, text)] = map(opened, Message.objects.filter(kind="appeal_answered"))
        assert address == "13900000003"
        assert "有答复了" in text
        assert "补" not in text
        with pytest.raises(Refused):  # nor is it answered, or told, a second time
            actions.answer_appeal(
                by=by, at=LATER, appeal_id=appeal.pk, outcome="stands", answer="查过了，没有错"
            )
        assert Message.objects.filter(kind="appeal_answered").count() == 1
