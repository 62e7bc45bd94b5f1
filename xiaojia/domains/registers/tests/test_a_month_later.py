"""The same register a month later, 3 % changed: what is shown, what is touched, and what waits for a yes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people.models import Household, Resident
from xiaojia.domains.places.models import Compound
from xiaojia.domains.registers import actions
from xiaojia.domains.registers.models import Register, Registerrow, Spokenbuilding
from xiaojia.domains.registers.tests.test_flow import HEAD, a_csv, checked, committed, verdicts
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

JANUARY, FEBRUARY, MARCH = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)
Row = list[object]


def town() -> list[Row]:
    """300 households in 5 buildings; every name and number is invented (模拟)."""
    return [
        ["模拟月园", b, u, f"{f}-{d}", f"模拟{b}{u}{f}{d}号", f"139{b:02}{u:02}{f:02}{d:02}", 1 + (f + d) % 5]
        for b in range(1, 6)
        for u in (1, 2, 3)
        for f in range(1, 6)
        for d in (1, 2, 3, 4)
    ]


def named(rows: list[Row]) -> list[Row]:
    """Letters instead of digits in the names: a name with digits in it is no name."""
    letters = str.maketrans("123456号", "甲乙丙丁戊己平")
    return [[*row[:4], str(row[4]).translate(letters), *row[5:]] for row in rows]


def a_month_later(rows: list[Row]) -> list[Row]:
    """9 of 300 differ: 3 sizes, 2 phones, 1 name, 1 gone, 1 new, 1 moved into a flat of their own."""
    rows = [list(row) for row in rows]
    for i in (10, 70, 130):
        rows[i][6] = 9
    for i in (20, 80):
        rows[i][5] = f"1390000{i:04}"
    rows[30][4], rows[30][5] = "模拟新人", "13900009999"
    rows.append(["模拟月园", 5, 3, "6-1", "模拟新户", "13900008888", 2])
    moved = rows.pop(200)
    rows.append(["模拟月园", 1, 1, "6-1", *moved[4:]])
    del rows[250]
    return rows


@pytest.fixture
def officer(once: Once) -> Iterator[Actor]:
    by = once(_taken_over)
    with entered(by.scope):
        yield by


def _taken_over() -> Actor:
    by = cast.build().actor("officer")
    with entered(by.scope):
        committed(by, checked(by, a_csv(*named(town()), head=HEAD), as_of_on=JANUARY))
    return by


@contextmanager
def counted() -> Iterator[dict[str, tuple[int, int]]]:
    """Inserts and updates of each table inside the block, as PostgreSQL itself counts them."""

    def now() -> dict[str, tuple[int, int]]:
        with connection.cursor() as cursor:
            of = "FROM pg_stat_xact_user_tables WHERE schemaname = 'public'"
            cursor.execute(f"SELECT relname, n_tup_ins, n_tup_upd {of}")
            return {name: (ins, upd) for name, ins, upd in cursor.fetchall()}

    found: dict[str, tuple[int, int]] = {}
    before = now()
    yield found
    for name, (ins, upd) in now().items():
        was = before.get(name, (0, 0))
        found[name] = (ins - was[0], upd - was[1])


def decide_all(by: Actor, pk: UUID) -> None:
    for verdict in ("gone", "doubtful"):
        actions.decide_rows(by=by, at=cast.NOW, register_id=pk, verdict=verdict, decision="take")


def later(by: Actor, rows: list[Row], *, as_of_on: date) -> UUID:
    return checked(by, a_csv(*rows, head=HEAD), as_of_on=as_of_on)


def test_only_changes_are_shown_and_only_changed_rows_are_touched(officer: Actor) -> None:
    pk = later(officer, a_month_later(named(town())), as_of_on=FEBRUARY)
    assert verdicts(pk) == {"same": 292, "changed": 6, "new": 1, "doubtful": 1, "gone": 2}
    decide_all(officer, pk)
    with counted() as touched:
        register = committed(officer, pk)
    assert touched["people_household"] == (2, 6 + 2), "six changed, two gone; two came"
    assert touched["people_resident"][0] == 3, "two came, one other name"
    assert touched["people_resident"][1] == 1 + 2 + 2, "one name and two gone left, two phones"
    assert touched["places_building"] == touched["places_unit"] == touched["places_compound"] == (0, 0)
    assert register.counts["taken"] == 300
    assert Household.objects.filter(unit__building__compound__name="模拟月园", until_on=None).count() == 300


def test_negative_control_a_register_that_changes_everything_touches_everything(officer: Actor) -> None:
    rows = [[*row[:6], 9] for row in named(town())]
    pk = later(officer, rows, as_of_on=FEBRUARY)
    with counted() as touched:
        committed(officer, pk)
    assert touched["people_household"] == (0, 300)


def test_the_same_again_touches_no_household_and_no_place(officer: Actor) -> None:
    pk = later(officer, named(town()), as_of_on=FEBRUARY)
    with counted() as touched:
        committed(officer, pk)
    for table in ("people_household", "people_resident", "places_building", "places_unit"):
        assert touched.get(table, (0, 0)) == (0, 0)
    assert touched["registers_spokenbuilding"] == (0, 5)


@pytest.mark.parametrize("is_remembered", [True, False])
def test_what_a_register_confirmed_is_not_overwritten_by_an_older_one(
    officer: Actor, is_remembered: bool
) -> None:
    """March says what January said; then February arrives late and differs. (False: negative control.)"""
    committed(officer, later(officer, named(town()), as_of_on=MARCH))
    if not is_remembered:
        Spokenbuilding.objects.all().delete()
    pk = later(officer, a_month_later(named(town())), as_of_on=FEBRUARY)
    found = verdicts(pk)
    if not is_remembered:
        assert found["changed"] == 6
        return
    assert found == {"older": 298, "doubtful": 2}, "two doors that March did not name"
    doubts = Registerrow.objects.filter(register_id=pk, verdict="doubtful").values_list("doubts", flat=True)
    assert all("2026-03-31 的表里没有这一户" in d[0]["sentence"] for d in doubts)
    actions.decide_rows(by=officer, at=cast.NOW, register_id=pk, verdict="doubtful", decision="leave")
    with counted() as touched:
        committed(officer, pk)
    assert touched.get("people_household", (0, 0)) == (0, 0)
    assert set(Spokenbuilding.objects.values_list("as_of_on", flat=True)) == {MARCH}


def test_a_household_that_is_gone_does_not_come_back_by_an_old_register(officer: Actor) -> None:
    pk = later(officer, named(town())[:-1], as_of_on=MARCH)
    decide_all(officer, pk)
    committed(officer, pk)
    assert verdicts(later(officer, named(town()), as_of_on=FEBRUARY)) == {"older": 299, "doubtful": 1}
    assert verdicts(later(officer, named(town()), as_of_on=MARCH + timedelta(days=1))) == {
        "same": 299,
        "new": 1,
    }, "negative control: a newer register that names them again"


def test_a_doubtful_row_of_an_older_register_cannot_be_taken(officer: Actor) -> None:
    committed(officer, later(officer, named(town()), as_of_on=MARCH))
    rows = named(town())
    rows[0][5] = "1390"
    assert verdicts(later(officer, rows, as_of_on=FEBRUARY)) == {"older": 300}
    assert verdicts(later(officer, rows, as_of_on=MARCH)) == {"same": 299, "doubtful": 1}, "negative control"


def test_somebody_who_moved_is_a_doubt_that_names_the_old_door(officer: Actor) -> None:
    pk = later(officer, a_month_later(named(town())), as_of_on=FEBRUARY)
    row = Registerrow.objects.get(register_id=pk, verdict="doubtful")
    assert [doubt["code"] for doubt in row.doubts] == ["moved"]
    assert "原来登记在模拟月园 4 栋 2 单元 1-1" in row.doubts[0]["sentence"]
    gone = Registerrow.objects.filter(register_id=pk, verdict="gone")
    assert {row.decision for row in gone} == {"open"}, "gone households need a yes of their own"
    decide_all(officer, pk)
    committed(officer, pk)
    living = Resident.objects.filter(name=row.values["contacts"][0][0], until_on=None)
    assert [r.household.door for r in living] == ["6-1"]


def test_who_has_two_flats_and_who_is_only_called_alike_did_not_move(officer: Actor) -> None:
    rows = named(town())
    two = ["模拟月园", 1, 1, "7-1", rows[200][4], rows[200][5], 1]
    alike = ["模拟月园", 1, 1, "7-2", rows[201][4], "13900007777", 1]
    del rows[202]
    pk = later(officer, [*rows, two, alike], as_of_on=FEBRUARY)
    assert verdicts(pk) == {"same": 299, "new": 2, "gone": 1}


def test_a_name_without_a_phone_is_the_same_person_if_there_is_but_one(officer: Actor) -> None:
    rows = named(town())
    moved = rows.pop(200)
    pk = later(officer, [*rows, ["模拟月园", 1, 1, "7-1", moved[4], "", 2]], as_of_on=FEBRUARY)
    assert verdicts(pk) == {"same": 299, "doubtful": 1, "gone": 1}
    again = later(
        officer,
        [*rows, ["模拟月园", 1, 1, "7-1", moved[4], "", 2], ["模拟月园", 1, 1, "7-2", moved[4], "", 2]],
        as_of_on=FEBRUARY,
    )
    assert verdicts(again) == {"same": 299, "new": 2, "gone": 1}, "negative control: two of that name"


def test_what_rows_say_of_their_house_is_shown_once_and_taken_over(officer: Actor) -> None:
    head = [*HEAD, "网格", "总层数"]
    rows = [[*row, "模拟新网格", 7 if row[1] == 1 else ""] for row in named(town())]
    pk = checked(officer, a_csv(*rows, head=head), as_of_on=FEBRUARY)
    assert verdicts(pk)["changed"] == 15, "one row a staircase speaks for it"
    with counted() as touched:
        committed(officer, pk)
    assert Compound.objects.get(name="模拟月园").grid_name == "模拟新网格"
    assert touched["people_household"][1] <= 15
    again = checked(officer, a_csv(*rows, head=head), as_of_on=MARCH)
    assert verdicts(again) == {"same": 300}


def test_a_number_of_dwellings_that_was_confirmed_is_not_undone_by_an_older_one(officer: Actor) -> None:
    head = ["小区", "楼栋", "户数"]

    def blocks(n: int, on: date) -> UUID:
        return checked(officer, a_csv(["模拟数园", 1, n], head=head), as_of_on=on)

    committed(officer, blocks(6, JANUARY))
    committed(officer, blocks(6, MARCH))
    assert Register.objects.filter(kind="building").count() == 2
    assert verdicts(blocks(4, FEBRUARY)) == {"older": 1}
    assert verdicts(blocks(4, MARCH)) == {"changed": 1}, "negative control"
