"""Cases from elsewhere: what each cell may say, doubts by row and cell, all or nothing, never twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests import cast
from tests.sharing import Once
from xiaojia.domains.cases import actions, queries
from xiaojia.domains.cases.actions.importing import StillDoubtful, check_import, import_cases
from xiaojia.domains.cases.actions.importing_later import start_import
from xiaojia.domains.cases.models import Case, Casestep, Reporter
from xiaojia.domains.cases.reading.table import letters, read_moment
from xiaojia.domains.cases.rules import State
from xiaojia.domains.receipts.queries import receipt_of
from xiaojia.domains.registers.reading import Unreadable
from xiaojia.domains.workdays import queries as workdays
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import Work
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.secrets import open_sealed
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.work import SilentProgress, perform
from xiaojia.project import import_command

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
HEAD = ["编号", "内容", "类别", "上报时间", "状态", "结果", "办结时间", "地点", "姓名", "电话"]
GOOD = [
    [
        "A-1", "三楼漏水", "漏水、堵水、停水", "2025-09-29 10:00", "已办结", "已解决", "2025-10-09 17:00",
        "1栋", "住户甲", "13800000001",
    ],
    ["A-2", "灯不亮", "L0202", "2026年2月27日", "在办", "", "", "2栋", "", ""],
    ["A-3", "占道", "占道经营", "2026/2/26 9:30", "转办", "", "2026-02-27 10:00", "路口", "", ""],
    ["A-4", "不用了", "其他", "2026-02-26T09:30:00+08:00", "撤回", "", "2026-02-27 10:00", "", "", ""],
]  # fmt: skip


@dataclass
class Desk:
    """An officer with casekinds, and a folder for files."""

    by: Actor
    head: Actor
    folder: Path

    def file(self, rows: list[list[str]], head: list[str] | None = None, name: str = "t.csv") -> Path:
        path = self.folder / name
        text = io.StringIO()
        csv.writer(text).writerows([head or HEAD, *rows])
        path.write_text(text.getvalue(), encoding="utf-8-sig")
        return path

    def take(self, path: Path) -> int:
        found = import_cases(by=self.by, at=NOW, path=path, progress=SilentProgress())
        return len(found.fresh)


@pytest.fixture
def desk(once: Once, tmp_path: Path) -> Iterator[Desk]:
    people = once(_with_kinds)
    by = people.actor("officer")
    with entered(by.scope):
        yield Desk(by, people.actor("head"), tmp_path)


def _with_kinds() -> cast.Cast:
    people = cast.build()
    by = people.actor("officer")
    with entered(by.scope):
        actions.open_casekinds(by=by, at=NOW, on=NOW.date())
    return people


def test_old_and_open_cases_come_with_their_states(desk: Desk) -> None:
    assert desk.take(desk.file(GOOD)) == 4
    found = {c.text: c for c in Case.objects.select_related("casekind")}
    assert {t: c.state for t, c in found.items()} == {
        "三楼漏水": State.CLOSED, "灯不亮": State.REPORTED, "占道": State.DECLINED, "不用了": State.WITHDRAWN,
    }  # fmt: skip
    closed = found["三楼漏水"]
    assert (closed.result, closed.closed_at) == (1, datetime(2025, 10, 9, 9, tzinfo=UTC))
    assert closed.due_at == datetime(2025, 10, 13, 10, tzinfo=UTC), "five workdays over the long holiday"
    reporter = Reporter.objects.get(case=closed)
    phone = open_sealed(
        reporter.phone_sealed, table="cases_reporter", column="phone_sealed", pk=reporter.pk
    )  # fmt: skip
    assert phone == "13800000001"
    receipt = receipt_of("case", closed.pk)
    assert receipt is not None
    assert (receipt.code, receipt.is_over) == (closed.receipt_code, True)


def test_clocks_of_what_came_are_recomputed_from_the_steps(desk: Desk) -> None:
    desk.take(desk.file(GOOD))
    calendar = workdays.calendar(viewer=desk.by, on=NOW.date())
    for case in Case.objects.select_related("casekind"):
        steps = list(case.steps.all())
        clock = queries.clock_of(case, steps)
        assert clock.deadline(calendar) == case.due_at
        assert max(steps, key=lambda step: (step.at, step.pk)).to_state == case.state


def test_a_second_time_nothing_comes_and_nothing_is_overwritten(desk: Desk) -> None:
    path = desk.file(GOOD)
    desk.take(path)
    open_one = Case.objects.get(text="灯不亮")
    actions.move_case(by=desk.by, at=NOW, case_id=open_one.pk, move=actions.Move("accept"))
    changed = [list(row) for row in GOOD]
    changed[1][4:7] = ["已办结", "已解决", "2026-03-01 10:00"]
    more = [*changed, ["A-5", "又一件", "其他", "2026-03-01", "", "", "", "", "", ""]]
    checked = check_import(by=desk.by, at=NOW, path=desk.file(more))
    assert (len(checked.fresh), checked.known_count) == (1, 4)
    assert desk.take(desk.file(more)) == 1
    assert Case.objects.get(pk=open_one.pk).state == State.ACCEPTED
    assert Case.objects.count() == 5


@pytest.mark.parametrize(
    ("column", "word", "cell", "said"),
    [
        (0, "", "A2", "编号"),
        (1, "", "B2", "是什么事"),
        (1, "字" * 4001, "B2", "4000"),
        (2, "没有这一类", "C2", "没有这一类"),
        (3, "昨天", "D2", "时间"),
        (3, "2026-03-03", "D2", "还没有到"),
        (4, "不知道", "E2", "状态"),
        (5, "很好", "F2", "结果"),
        (6, "", "G2", "办结时间"),
        (6, "2025-09-28", "G2", "不早于上报"),
        (6, "2027-01-01", "G2", "晚于今天"),
    ],
)
def test_a_doubt_names_row_and_cell_and_holds_all_back(
    desk: Desk, column: int, word: str, cell: str, said: str
) -> None:
    row = list(GOOD[0])
    row[column] = word
    path = desk.file([row, GOOD[1]])
    checked = check_import(by=desk.by, at=NOW, path=path)
    [doubt] = checked.doubts
    assert (doubt.number, doubt.cell) == (2, cell)
    assert said in doubt.sentence
    with pytest.raises(StillDoubtful, match="第 2 行"):
        desk.take(path)
    assert not Case.objects.exists(), "not even in part"


def test_the_same_number_twice_is_a_doubt(desk: Desk) -> None:
    checked = check_import(by=desk.by, at=NOW, path=desk.file([GOOD[0], GOOD[0]]))
    assert [(d.number, d.cell) for d in checked.doubts] == [(3, "A3")]


def test_a_head_without_what_is_needed(desk: Desk) -> None:
    [doubt] = check_import(by=desk.by, at=NOW, path=desk.file([["x"]], head=["内容"])).doubts
    assert "编号、类别、上报时间" in doubt.sentence


def test_a_year_without_workdays_is_a_doubt(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaojia.domains.workdays.rules.FIRST_YEAR", 2026)
    monkeypatch.setattr("xiaojia.domains.workdays.queries.FIRST_YEAR", 2026)
    [doubt] = check_import(by=desk.by, at=NOW, path=desk.file(GOOD)).doubts
    assert "2025" in doubt.sentence


def test_workbooks_and_the_columns_of_open311(desk: Desk) -> None:
    path = desk.folder / "t.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        names = ("service_request_id", "description", "service_name", "requested_datetime",
                 "status_description", "closed_date", "address")  # fmt: skip
        sheet.write_row(0, 0, names)
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(1, 0, (1234567, "灯不亮", "灯不亮、停电"))
        sheet.write_datetime(1, 3, datetime(2026, 2, 26, 9, 30), day)  # noqa: DTZ001  # as Excel keeps it
        sheet.write(1, 4, "closed")
        sheet.write_datetime(1, 5, datetime(2026, 2, 27, 9, 30), day)  # noqa: DTZ001  # the same
    assert desk.take(path) == 1
    assert Case.objects.get().reported_at == datetime(2026, 2, 26, 1, 30, tzinfo=UTC)
    first = Casestep.objects.earliest("at")
    assert first.detail["external_id"] == "1234567"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"PK\x03\x04broken"])
def test_what_is_no_table_is_refused_in_one_sentence(desk: Desk, data: bytes) -> None:
    path = desk.folder / "x.xlsx"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="没有读"):
        check_import(by=desk.by, at=NOW, path=path)


def test_only_desks_bring_cases_in(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        check_import(by=desk.head, at=NOW, path=desk.file(GOOD))


def test_moments_and_letters() -> None:
    assert read_moment("2026年3月2日") == read_moment("2026-03-02") == read_moment("2026.3.2")
    assert read_moment("2026-03-02T10:00:00Z") == NOW.replace(hour=10)
    assert [read_moment(t) for t in ("", "soon", "2026-13-01", "1999-01-01", "Tx")] == [None] * 5
    assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_the_command_tells_doubts_and_takes_only_when_asked(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "999999001001"
    bad = [list(GOOD[0])]
    bad[0][2] = "没有这一类"
    assert import_command.bring(desk.file(bad), code, is_taken=True) == 1
    assert "第 2 行 C2" in capsys.readouterr().out
    path = desk.file([GOOD[1]])
    assert import_command.bring(path, code, is_taken=False) == 0
    assert not Case.objects.exists()
    assert import_command.bring(path, code, is_taken=True) == 0
    assert Case.objects.count() == 1
    with pytest.raises(Refused, match="还没有社区"):
        import_command.bring(path, "999999009009", is_taken=True)


def _worked(desk: Desk, path: Path) -> Work:
    """Start it as a page would, and let the worker's own function do it."""
    started = start_import(by=desk.by, at=NOW, stream=[path.read_bytes()])
    perform(started.pk)
    return Work.objects.get(pk=started.pk)


@pytest.mark.django_db(transaction=True)
def test_as_long_work_it_tells_what_came_and_leaves_no_file(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.XIAOJIA_HOME = tmp_path / "home"
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: NOW)
    people = cast.build()
    by = people.actor("officer")
    with entered(by.scope):
        actions.open_casekinds(by=by, at=NOW, on=NOW.date())
    desk = Desk(by, people.actor("head"), tmp_path)
    done = _worked(desk, desk.file(GOOD))
    assert (done.state, done.result["fresh"]) == ("done", 4)
    again = _worked(desk, desk.file(GOOD))
    assert again.result["known"] == 4
    bad = [["", *GOOD[0][1:]]]
    refused = _worked(desk, desk.file(bad))
    assert (refused.state, "第 2 行" in refused.sentence) == ("refused", True)
    assert [p for p in (settings.XIAOJIA_HOME / "files" / "cases").rglob("*") if p.is_file()] == []
