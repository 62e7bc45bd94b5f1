"""The way of a workbook from the drop to the commit, through the actions and the real queue functions."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people.models import Household, Resident
from xiaojia.domains.places.models import Building, Unit
from xiaojia.domains.registers import actions, queries
from xiaojia.domains.registers.models import Columnmemory, Register, Registerrow, Spokenbuilding
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import AuditEntry, Work
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.work import SilentProgress

HEAD = ["小区", "楼栋", "单元", "房号", "户主", "电话", "人口"]
NAMES = ["赵甲", "钱乙", "孙丙", "李丁", "周戊", "吴己", "郑庚", "王辛"]
"""Invented names (模拟) of the cast's eight households."""
LATER = date(2026, 2, 1)
"""After the day for which the cast's households are known."""


def a_csv(*rows: Sequence[object], head: Sequence[str] = HEAD) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows([head, *rows])
    return stream.getvalue().encode()


def cast_rows() -> list[list[object]]:
    """The eight households of the cast exactly as they are known (模拟)."""
    community = cast_rows.community_pk  # type: ignore[attr-defined]  # set by the fixture
    return [
        ["刘家院子", b, 1, f"{f}-{d}", NAMES[n], f"1380000{community % 10}{n:03d}", 2]
        for n, (b, f, d) in enumerate((b, f, d) for b in (1, 2) for f in (1, 2) for d in (1, 2))
    ]


@pytest.fixture
def people(once: Once) -> Iterator[cast.Cast]:
    built = once(_named)
    cast_rows.community_pk = built.here.community.pk  # type: ignore[attr-defined]  # see above
    with entered(built.actor("officer").scope):
        yield built


def _named() -> cast.Cast:
    built = cast.build()
    with entered(built.actor("officer").scope):
        for n, name in enumerate(NAMES):
            Resident.objects.filter(name=f"住户{n}").update(name=name)
    return built


@pytest.fixture
def officer(people: cast.Cast) -> Actor:
    return people.actor("officer")


def received(by: Actor, data: bytes, *, as_of_on: date = LATER, name: str = "住户表.csv") -> UUID:
    """Dropped and read."""
    register = actions.receive_register(by=by, at=cast.NOW, file_name=name, stream=[data], as_of_on=as_of_on)
    over(register.pk)
    actions.read_register(by=by, at=cast.NOW, register_id=register.pk, progress=SilentProgress())
    return register.pk


def over(register_id: UUID) -> None:
    """The queue's bookkeeping of a work that this test does itself."""
    Work.objects.filter(payload__register_id=str(register_id)).update(state="done")


def checked(by: Actor, data: bytes, *, as_of_on: date = LATER, place: str = "") -> UUID:
    """Dropped, read, columns as guessed, dry run done."""
    pk = received(by, data, as_of_on=as_of_on)
    register = Register.objects.get(pk=pk)
    assert register.state == "read", register.sentence
    actions.confirm_meanings(by=by, at=cast.NOW, register_id=pk, kind=register.kind, meanings={}, place=place)
    over(pk)
    actions.check_register(by=by, at=cast.NOW, register_id=pk, progress=SilentProgress())
    return pk


def committed(by: Actor, register_id: UUID) -> Register:
    return actions.commit_register(by=by, at=cast.NOW, register_id=register_id, progress=SilentProgress())


def verdicts(register_id: UUID) -> dict[str, int]:
    rows = Registerrow.objects.filter(register_id=register_id).values_list("verdict", flat=True)
    return {verdict: list(rows).count(verdict) for verdict in set(rows)}


def test_the_same_table_changes_nothing(officer: Actor) -> None:
    pk = checked(officer, a_csv(*cast_rows()))
    assert verdicts(pk) == {"same": 8}
    before = list(Household.objects.order_by("id").values_list("id", "size"))
    committed(officer, pk)
    assert list(Household.objects.order_by("id").values_list("id", "size")) == before
    assert not Registerrow.objects.exists(), "staged rows go with the commit"
    assert set(Household.objects.values_list("as_of_on", flat=True)) == {date(2026, 1, 1)}, "not touched"
    assert set(Spokenbuilding.objects.values_list("as_of_on", flat=True)) == {LATER}


def test_new_changed_and_gone_each_stand_in_their_list(officer: Actor) -> None:
    rows = cast_rows()
    rows[0][6] = 5
    rows[1][4] = "冯新"
    gone = rows.pop()
    rows.append(["刘家院子", 2, 1, "3-1", "陈新", "13800009999", 3])
    pk = checked(officer, a_csv(*rows))
    assert verdicts(pk) == {"same": 5, "changed": 2, "new": 1, "gone": 1}
    changed = Registerrow.objects.filter(register_id=pk, verdict="changed").order_by("id")
    assert [row.changes for row in changed] == [
        [["几口人", "2", "5"]],
        [["联系人", "钱乙", "冯新"]],
    ]
    missing = Registerrow.objects.get(register_id=pk, verdict="gone")
    assert missing.values["door"] == gone[3]
    with pytest.raises(Refused, match="还有 1 行没有定"):
        committed(officer, pk)
    actions.decide_rows(by=officer, at=cast.NOW, register_id=pk, verdict="gone", decision="take")
    register = committed(officer, pk)
    assert register.counts["came"] == 1
    assert register.counts["ended"] == 1
    assert [h.pk for h in Household.objects.filter(until_on=LATER)] == [missing.household_id]
    assert Household.objects.get(door="3-1").size == 3
    assert Household.objects.filter(size=5).count() == 1
    assert AuditEntry.objects.get(verb="commit_register").object_count == 4


def test_a_household_that_somebody_keeps_stays(officer: Actor) -> None:
    pk = checked(officer, a_csv(*cast_rows()[:-1]))
    actions.decide_rows(by=officer, at=cast.NOW, register_id=pk, verdict="gone", decision="leave")
    committed(officer, pk)
    assert Household.objects.filter(until_on__isnull=True).count() == 8


def test_buildings_that_the_table_does_not_name_stay_untouched(officer: Actor) -> None:
    pk = checked(officer, a_csv(*cast_rows()[:4]))
    assert verdicts(pk) == {"same": 4}, "one building's table says nothing about the other"
    assert Register.objects.get(pk=pk).counts["unspoken"] == ["刘家院子 2"]


def test_an_older_table_overwrites_nothing(officer: Actor) -> None:
    rows = cast_rows()
    for row in rows:
        row[6] = 9
    pk = checked(officer, a_csv(*rows[:-1]), as_of_on=date(2025, 12, 1))
    assert verdicts(pk) == {"older": 7}, "nor does it end anybody"
    committed(officer, pk)
    assert set(Household.objects.values_list("size", flat=True)) == {2}
    newer = checked(officer, a_csv(*rows))
    assert verdicts(newer) == {"changed": 8}, "negative control: the same rows, newer"


def test_two_different_rows_of_one_door_are_a_doubt_and_one_is_taken(officer: Actor) -> None:
    rows = cast_rows()
    rows.append(["刘家院子", 1, 1, "1-1", "褚另", "13800008888", 4])
    pk = checked(officer, a_csv(*rows))
    assert verdicts(pk) == {"same": 7, "doubtful": 2}
    one, other = Registerrow.objects.filter(register_id=pk, verdict="doubtful").order_by("id")
    assert "第 2、10 行写的是同一户" in one.doubts[0]["sentence"]
    assert (
        actions.decide_rows(by=officer, at=cast.NOW, register_id=pk, verdict="doubtful", decision="take") == 0
    )
    actions.decide_rows(
        by=officer, at=cast.NOW, register_id=pk, verdict="doubtful", decision="take", row_id=other.pk
    )
    one.refresh_from_db()
    assert one.decision == "leave"
    committed(officer, pk)
    assert Household.objects.get(door="1-1", unit__building__name="1").size == 4


def test_rows_that_say_the_same_are_one_household(officer: Actor) -> None:
    rows = cast_rows()
    pk = checked(officer, a_csv(*rows, rows[3]))
    assert verdicts(pk) == {"same": 8, "folded": 1}


def test_a_row_without_a_door_is_a_doubt_that_nobody_can_take(officer: Actor) -> None:
    pk = checked(officer, a_csv(*cast_rows(), ["刘家院子", 1, 1, "", "卫无", "", 1]))
    assert verdicts(pk) == {"same": 8, "doubtful": 1}
    row = Registerrow.objects.get(register_id=pk, verdict="doubtful")
    with pytest.raises(Refused, match="看不出是哪一户"):
        actions.decide_rows(
            by=officer, at=cast.NOW, register_id=pk, verdict="doubtful", decision="take", row_id=row.pk
        )
    actions.decide_rows(by=officer, at=cast.NOW, register_id=pk, verdict="doubtful", decision="leave")
    committed(officer, pk)
    assert Household.objects.count() == 8


def test_persons_of_one_door_are_one_household_with_their_head(officer: Actor) -> None:
    head = ["小区", "楼栋", "单元", "房号", "姓名", "与户主关系", "电话"]
    rows = [
        ["新院子", 3, 1, "5-1", "沈乙", "配偶", ""],
        ["新院子", 3, 1, "5-1", "蒋甲", "户主", "13800001111"],
        ["新院子", 3, 1, "5-1", "蒋丙", "子女", ""],
        ["新院子", 3, 1, "5-2", "韩丁", "户主", ""],
    ]
    pk = checked(officer, a_csv(*rows, head=head))
    assert verdicts(pk) == {"new": 2, "folded": 2}
    committed(officer, pk)
    assert Household.objects.get(door="5-1").size == 3
    assert [r.name for r in Resident.objects.filter(household__door="5-1")] == ["蒋甲"]


BLOCKS = ["street", "blk_no", "dwelling_units", "floors", "x_m", "y_m", "subzone"]


def blocks(*, first: int = 6, zone: str = "东片") -> bytes:
    return a_csv(
        ["甲街", "101", first, 3, 10.0, 20.0, zone],
        ["甲街", "102", 4, 2, 60.0, 20.0, zone],
        ["乙街", "7A", 90, 10, 5000.0, 0.0, "西片"],
        head=BLOCKS,
    )


def test_blocks_of_one_place_become_units_with_counted_doors(officer: Actor) -> None:
    pk = received(officer, blocks())
    register = Register.objects.get(pk=pk)
    assert register.kind == "building"
    assert queries.places_named(register, viewer=officer) == [("东片", 2), ("西片", 1)]
    pk = checked(officer, blocks(), place="东片")
    assert verdicts(pk) == {"new": 2, "aside": 1}
    committed(officer, pk)
    unit = Unit.objects.get(building__name="101")
    homes = Household.objects.filter(unit=unit).order_by("id")
    assert [(h.door, h.floor, h.door_source) for h in homes] == [
        ("1", 1, "counted"), ("2", 1, "counted"), ("3", 2, "counted"),
        ("4", 2, "counted"), ("5", 3, "counted"), ("6", 3, "counted"),
    ]  # fmt: skip
    assert unit.floors == 3
    assert Building.objects.get(name="101").x_metres == 10.0
    assert not Building.objects.filter(name="7A").exists()
    assert not Resident.objects.filter(household__unit=unit).exists()


def test_a_block_with_fewer_dwellings_loses_its_last_doors(officer: Actor) -> None:
    committed(officer, checked(officer, blocks(), place="东片"))
    pk = checked(officer, blocks(first=4), place="东片", as_of_on=LATER + timedelta(days=1))
    assert verdicts(pk) == {"changed": 1, "same": 1, "aside": 1}
    committed(officer, pk)
    present = Household.objects.filter(unit__building__name="101", until_on__isnull=True)
    assert sorted(h.door for h in present) == ["1", "2", "3", "4"]


def test_real_doors_take_the_place_of_counted_ones(officer: Actor) -> None:
    committed(officer, checked(officer, blocks(), place="东片"))
    rows = [["甲街", "102", "", f"{f}-{d}", NAMES[2 * f + d], "", 1] for f in (1, 2) for d in (1, 2)]
    pk = checked(officer, a_csv(*rows), as_of_on=LATER + timedelta(days=1))
    assert verdicts(pk) == {"new": 4, "gone": 4}
    assert set(Registerrow.objects.filter(verdict="gone").values_list("decision", flat=True)) == {"take"}
    committed(officer, pk)
    present = Household.objects.filter(unit__building__name="102", until_on__isnull=True)
    assert {h.door_source for h in present} == {"register"}
    assert present.count() == 4
    again = checked(officer, blocks(), place="东片", as_of_on=LATER + timedelta(days=2))
    assert verdicts(again) == {"same": 2, "aside": 1}, "a mere number does not undo real doors"


def test_meanings_are_remembered_for_the_same_headings(officer: Actor) -> None:
    head = ["院名", "哪栋", "单元", "房号", "户主", "电话", "人口"]
    data = a_csv(["丙院", 1, 1, "1-1", "杨甲", "", 1], head=head)
    first = received(officer, data)
    register = Register.objects.get(pk=first)
    meanings = {c.index: c.meaning for c in queries.columns_of(register)} | {0: "compound", 1: "building"}
    actions.confirm_meanings(by=officer, at=cast.NOW, register_id=first, kind="household", meanings=meanings)
    second = Register.objects.get(pk=received(officer, data))
    assert [c.meaning for c in queries.columns_of(second)][:2] == ["compound", "building"]
    Columnmemory.objects.all().delete()
    third = Register.objects.get(pk=received(officer, data))
    assert [c.meaning for c in queries.columns_of(third)][:2] != ["compound", "building"], "negative control"


def test_refused_columns_are_named_and_never_stored(officer: Actor) -> None:
    head = [*HEAD, "民族", "身份证号"]
    data = a_csv(["刘家院子", 1, 1, "1-1", "杨甲", "", 1, "苗族", "110101199003070011"], head=head)
    register = Register.objects.get(pk=received(officer, data))
    assert [c.heading for c in queries.columns_of(register) if c.refused] == ["民族", "身份证号"]
    row = Registerrow.objects.get(register=register)
    assert "苗族" not in str(row.cells)
    assert "110101" not in str(row.cells)
    assert "杨甲" in str(row.cells), "negative control"


def test_columns_that_do_not_say_where_are_refused(officer: Actor) -> None:
    pk = received(officer, a_csv(*cast_rows()))
    nothing = dict.fromkeys(range(len(HEAD)), "")
    with pytest.raises(Refused, match="哪一列是地址"):
        actions.confirm_meanings(by=officer, at=cast.NOW, register_id=pk, kind="household", meanings=nothing)
    twice = {0: "compound", 1: "compound"}
    with pytest.raises(Refused, match="有两列都选了"):
        actions.confirm_meanings(by=officer, at=cast.NOW, register_id=pk, kind="household", meanings=twice)


def test_a_file_that_cannot_be_read_ends_with_its_sentence(
    officer: Actor, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # pytest-django's
        pk = received(officer, b"%PDF-1.4 not a table")
    register = Register.objects.get(pk=pk)
    assert register.state == "refused"
    assert "不是 Excel" in register.sentence
    assert not (Path(settings.XIAOJIA_HOME) / "files" / str(pk)).exists()


def test_the_file_is_private_and_goes_once_read(
    officer: Actor, django_capture_on_commit_callbacks: object
) -> None:
    register = actions.receive_register(
        by=officer, at=cast.NOW, file_name="../../表.csv", stream=[a_csv(*cast_rows())], as_of_on=LATER
    )
    path = Path(settings.XIAOJIA_HOME) / "files" / str(register.pk)
    assert register.file_name == "表.csv"
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    over(register.pk)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # pytest-django's
        actions.read_register(by=officer, at=cast.NOW, register_id=register.pk, progress=SilentProgress())
    assert not path.exists()


def test_too_big_and_empty_files_are_refused_and_leave_nothing(
    officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xiaojia.domains.registers.actions.receiving.MOST_BYTES", 10)
    folder = Path(settings.XIAOJIA_HOME) / "files"
    before = set(folder.glob("*")) if folder.exists() else set()
    for data, word in ((b"x" * 11, "超过"), (b"", "空的")):
        with pytest.raises(Refused, match=word):
            actions.receive_register(
                by=officer, at=cast.NOW, file_name="a.csv", stream=[data], as_of_on=LATER
            )
    assert set(folder.glob("*")) == before
    actions.receive_register(by=officer, at=cast.NOW, file_name="a.csv", stream=[b"x" * 10], as_of_on=LATER)
    assert len(set(folder.glob("*")) - before) == 1, "negative control"


def test_the_same_file_is_known_again(officer: Actor) -> None:
    data = a_csv(*cast_rows())
    first = Register.objects.get(pk=checked(officer, data))
    assert queries.same_file(first, viewer=officer) is None
    committed(officer, first.pk)
    second = Register.objects.get(pk=received(officer, data))
    assert queries.same_file(second, viewer=officer) == first
    other = Register.objects.get(pk=received(officer, data + b"\n"))
    assert queries.same_file(other, viewer=officer) is None, "negative control"


def test_a_register_that_changed_since_the_dry_run_is_not_overwritten(officer: Actor) -> None:
    rows = cast_rows()
    rows[0][6] = 5
    first, second = checked(officer, a_csv(*rows)), checked(officer, a_csv(*cast_rows()))
    committed(officer, first)
    with pytest.raises(Refused, match="再核对一遍"):
        committed(officer, second)
    actions.check_register(by=officer, at=cast.NOW, register_id=second, progress=SilentProgress())
    assert verdicts(second) == {"same": 7, "changed": 1}
    committed(officer, second)
    assert Household.objects.filter(size=5).count() == 0, "the later decision holds"


def test_decisions_stay_when_it_is_checked_again(officer: Actor) -> None:
    rows = [*cast_rows()[:-1], ["刘家院子", 1, 1, "", "卫无", "", 1]]
    pk = checked(officer, a_csv(*rows))
    for verdict, decision in (("gone", "take"), ("doubtful", "leave")):
        actions.decide_rows(by=officer, at=cast.NOW, register_id=pk, verdict=verdict, decision=decision)
    actions.check_register(by=officer, at=cast.NOW, register_id=pk, progress=SilentProgress())
    kept = dict(Registerrow.objects.filter(register_id=pk).values_list("verdict", "decision"))
    assert kept["gone"] == "take"
    assert kept["doubtful"] == "leave"


def test_dropped_leaves_only_the_record(officer: Actor) -> None:
    pk = received(officer, a_csv(*cast_rows()))
    assert Registerrow.objects.count() == 8
    actions.drop_register(by=officer, at=cast.NOW, register_id=pk)
    assert not Registerrow.objects.exists()
    assert Register.objects.get(pk=pk).state == "dropped"
    with pytest.raises(Refused, match="已经有结果"):
        actions.drop_register(by=officer, at=cast.NOW, register_id=pk)


def test_nothing_is_started_twice(officer: Actor) -> None:
    register = actions.receive_register(
        by=officer, at=cast.NOW, file_name="a.csv", stream=[a_csv(*cast_rows())], as_of_on=LATER
    )
    with pytest.raises(Refused, match="正在做"):
        actions.start_reading(by=officer, at=cast.NOW, register_id=register.pk)
    over(register.pk)
    actions.start_reading(by=officer, at=cast.NOW, register_id=register.pk)


def test_only_the_office_may_and_only_its_own(people: cast.Cast, officer: Actor) -> None:
    pk = checked(officer, a_csv(*cast_rows()))
    head, stranger = people.actor("head"), people.actor("stranger")
    at: datetime = cast.NOW
    with pytest.raises(NotAllowed):
        actions.receive_register(by=head, at=at, file_name="a", stream=[b"x"], as_of_on=LATER)
    for act in (actions.start_commit, actions.drop_register, actions.start_check):
        with pytest.raises(NotAllowed):
            act(by=head, at=at, register_id=pk)
        with entered(stranger.scope), pytest.raises(Refused, match="没找到"):
            act(by=stranger, at=at, register_id=pk)
    actions.start_commit(by=officer, at=at, register_id=pk)
