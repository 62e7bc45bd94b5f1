"""The simulated community: always the same, believable, marked, read and divided by the product itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from tools.simulator import front_door
from tools.simulator.live import build_blocks, build_community
from tools.simulator.parameters import CODE, FULL, MARK, NAME, PHONE_HEAD, SMALL
from tools.simulator.workbook import Written, write_workbook
from tools.simulator.world import World, world_of
from xiaojia.domains.cases import rules
from xiaojia.domains.cases.models import Case
from xiaojia.domains.microgrids import queries as microgrids
from xiaojia.domains.microgrids.models import Membership, Partition, PlanException
from xiaojia.domains.people.models import Household, Resident
from xiaojia.domains.places.models import Community
from xiaojia.domains.registers.reading import Understood, read_book, understand
from xiaojia.domains.teams import checks
from xiaojia.domains.teams import queries as teams
from xiaojia.domains.teams.models import BuildingPage, Listing, Tenure, Vacancy
from xiaojia.engines.partition import Problem, Stretch, check, solve
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Scope
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

SEED: Final = 1
Door = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(FULL, seed=SEED)


def _doors(world: World) -> dict[Door, int]:
    """Every lived-in door as the product names it, with its size."""
    return {
        (
            compound.name,
            building.name,
            staircase.name,
            f"{household.floor}-{household.number}",
        ): household.size
        for compound, building, staircase, household in world.households()
    }


def _stretches(world: World) -> tuple[Stretch, ...]:
    grids = sorted({c.grid_name for c in world.compounds})
    return tuple(
        Stretch(
            f"{grids.index(c.grid_name)}-{c.name}", b.name, s.name, b.x_metres, b.y_metres,
            s.floors, s.doors_per_floor, len(s.households),
        )
        for c in world.compounds for b in c.buildings for s in b.staircases
    )  # fmt: skip


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, world: World) -> None:
    again = world_of(FULL, seed=SEED)
    texts, files = [], []
    for number, one in enumerate((world, again)):
        path = tmp_path / f"{number}.xlsx"
        texts.append(write_workbook(path, one, FULL, seed=SEED).truth(one))
        files.append(path.read_bytes())
    assert texts[0] == texts[1]
    assert files[0] == files[1]


def test_negative_control_another_seed_gives_other_bytes(world: World) -> None:
    assert world_of(FULL, seed=SEED + 1).truth() != world.truth()


def test_it_has_the_size_of_the_real_one(world: World) -> None:
    buildings = [b for c in world.compounds for b in c.buildings]
    households = [h for *_place, h in world.households()]
    assert len(world.compounds) == 32
    assert len(buildings) == 120
    assert 225 <= sum(len(b.staircases) for b in buildings) <= 255
    assert len(households) == len(_doors(world)) == 4_200
    assert 10_000 <= sum(h.size for h in households) <= 11_000


def test_nobody_could_be_taken_for_real(world: World) -> None:
    households = [h for *_place, h in world.households()]
    assert all(h.name.endswith(MARK) for h in households)
    phones = [phone for h in households for phone in h.phones]
    assert all(phone.startswith(PHONE_HEAD) and len(phone) == 11 for phone in phones)
    assert len(phones) == len(set(phones))


def test_houses_stand_apart_like_houses(world: World) -> None:
    for compound in world.compounds:
        spots = [complex(b.x_metres, b.y_metres) for b in compound.buildings]
        for spot in spots:
            nearest = min(abs(spot - other) for other in spots if other != spot)
            assert 12 <= nearest <= 75, compound.name


@pytest.fixture(scope="module")
def register(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Written, list[Understood]]:
    """The ugly workbook, and what the product's own reading makes of it."""
    path = tmp_path_factory.mktemp("register") / "台账.xlsx"
    written = write_workbook(path, world, FULL, seed=SEED)
    book = read_book(path)
    return written, list(understand(book.columns, book.rows, kind=book.kind))


def test_every_household_is_read_from_the_workbook(
    world: World, register: tuple[Written, list[Understood]]
) -> None:
    written, rows = register
    planted = {p.row_number for p in written.planted}
    read = {(u.compound, u.building, u.unit, u.door): u.size for u in rows if u.row.number not in planted}
    truth = _doors(world)
    assert len(rows) == written.row_count
    assert {door: size for door, size in read.items() if truth.get(door) != size} == {}
    assert len(truth) - len(read) <= len(planted)
    assert all(name.endswith(MARK) for u in rows for name, _phone in u.contacts)


def test_every_planted_doubt_is_told(register: tuple[Written, list[Understood]]) -> None:
    written, rows = register
    by_number = {u.row.number: u for u in rows}
    kinds = Counter(p.kind for p in written.planted)
    assert set(kinds) == {"phone", "size", "twice", "unreadable", "date", "two_phones"}
    silent = [p for p in written.planted if p.kind != "twice" and not by_number[p.row_number].doubts]
    assert silent == []


def test_a_column_of_p15_stays_outside(tmp_path: Path) -> None:
    world = world_of(SMALL, seed=SEED)
    write_workbook(tmp_path / "a.xlsx", world, SMALL, seed=SEED)
    book = read_book(tmp_path / "a.xlsx")
    assert [c.heading for c in book.columns if c.refused] == ["户主信息/民族"]
    assert not any("汉族" in row.cells for row in book.rows)


@pytest.mark.parametrize("seed", [SEED, 2, 3])
def test_with_joins_every_microgrid_can_lie_in_50_to_80(seed: int) -> None:
    problem = Problem(_stretches(world_of(FULL, seed=seed)))
    result = solve(problem, seed=1)
    assert check(problem, result.parts) == []
    assert result.in_range == len({p.microgrid for p in result.parts})
    assert sum(p.household_count for p in result.parts) == 4_200


def test_negative_control_inside_compounds_alone_some_stay_short(world: World) -> None:
    result = solve(Problem(_stretches(world), allow_cross=False), seed=1)
    assert result.under > 0
    assert result.over == 0


def _scope() -> Scope:
    return Scope(tuple(Community.objects.values_list("pk", flat=True)), is_wide=True)


@dataclass(frozen=True, slots=True)
class State:
    """What stands in the database, without numbers that depend on the order of writing."""

    sizes_by_door: dict[Door, int | None]
    residents: list[str]
    sizes_by_microgrid: dict[int, int]
    member_ids: list[int]
    plans: list[tuple[str, str]]
    without_reason_count: int
    seats: list[tuple[str, str]]


def _state() -> State:
    with entered(_scope()):
        here = Household.objects.filter(until_on__isnull=True)
        doors = here.values_list(
            "unit__building__compound__name", "unit__building__name", "unit__name", "door", "size"
        )
        members = Membership.objects.filter(until_on__isnull=True)
        open_ones = PlanException.objects.filter(partition__scenario="cross", approved_at__isnull=True)
        return State(
            {(compound, building, unit, door): size for compound, building, unit, door, size in doors},
            sorted(Resident.objects.values_list("name", flat=True)),
            Counter(members.values_list("microgrid__number", flat=True)),
            list(members.values_list("household_id", flat=True)),
            sorted(Partition.objects.values_list("scenario", "state")),
            open_ones.count(),
            sorted(Tenure.objects.values_list("role", "account__name")),
        )


@pytest.mark.django_db(transaction=True)
def test_a_small_community_goes_through_the_front_door() -> None:
    build_community(SMALL, seed=SEED)
    state = _state()
    truth: dict[Door, int | None] = dict(_doors(world_of(SMALL, seed=SEED)))
    assert state.sizes_by_door.keys() == truth.keys()
    wrong = {door for door, size in state.sizes_by_door.items() if size != truth[door]}
    assert {state.sizes_by_door[door] for door in wrong} == {None}
    assert len(wrong) == SMALL.doubtful_rows, "only the sizes that were written as words"
    assert len(state.member_ids) == len(set(state.member_ids)) == 390
    assert len(state.sizes_by_microgrid) == 6
    assert all(50 <= size <= 80 for size in state.sizes_by_microgrid.values())
    assert state.plans == [("cross", "adopted"), ("inside", "draft")]
    assert state.without_reason_count == 0
    build_community(SMALL, seed=SEED)
    assert _state() == state, "a second build changes nothing"
    with entered(front_door.open_office(code=CODE, name=NAME).officer.scope):
        states = set(Case.objects.values_list("state", flat=True))
        late = Case.objects.filter(due_at__lt=clock.now()).exclude(state__in=sorted(rules.OVER))
        assert set(rules.State) - states <= {rules.State.CHECKING_FIRST, rules.State.REOPEN_ASKED}, (
            "boards look alive"
        )
        assert late.count() > 3
        assert Case.objects.filter(reopen_count=1, state=rules.State.CLOSED).exists()


@pytest.mark.django_db(transaction=True)
def test_a_head_of_the_demo_sees_own_doors_only() -> None:
    build_community(SMALL, seed=SEED)
    today = clock.today()
    head = teams.actor_in(Tenure.objects.filter(role="head").order_by("pk")[0], on=today)
    with entered(head.scope):
        seen = Household.objects.count()
    with entered(_scope()):
        assert seen < Household.objects.count()
    assert 50 <= seen <= 80


class _Pulled(Exception):
    """The plug."""


def _pulled_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pull the plug the moment this step is announced."""
    from tools.simulator import live

    class Teller(live.Teller):
        def __call__(self, what: str) -> None:
            super().__call__(what)
            if self._done == step:
                raise _Pulled

    monkeypatch.setattr(live, "Teller", Teller)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", [1, 2, 4, 6, 8, 9, 10])
def test_an_interrupted_build_goes_on(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        _pulled_at(step, patch)
        with pytest.raises(_Pulled):
            build_community(SMALL, seed=SEED)
    build_community(SMALL, seed=SEED)
    state = _state()
    assert len(state.member_ids) == len(set(state.member_ids)) == 390
    assert state.plans == [("cross", "adopted"), ("inside", "draft")]
    seats = Counter(role for role, _name in state.seats)
    assert seats["volunteer"] >= 6 * 7
    del seats["volunteer"]
    assert seats == {"head": 5, "steward": 6, "secretary": 1, "officer": 1}
    with entered(_scope()):
        community_id = Community.objects.get().pk
        assert checks.findings(community_id) == [], "every seat is held, or told by a vacancy"
        assert [(v.microgrid.number, v.role) for v in Vacancy.objects.all()] == [(5, "head")]
        listed = Listing.objects.filter(withdrawn_at__isnull=True).count()
        assert 5 <= listed < 11, "some have not said yes"
        assert BuildingPage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_work_that_fails_says_why_and_nothing_is_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without its worker nothing happens, and nothing is claimed."""
    monkeypatch.setattr(front_door, "run_worker", lambda *, one_shot: None)
    with pytest.raises(Refused, match="没有做完"):
        build_community(SMALL, seed=SEED)
    assert _state().sizes_by_door == {}


BLOCKS: Final = "block_id,blk_no,street,lat,lon,x_m,y_m,dwelling_units,floors,subzone\n" + "".join(
    f"{n}-A,{n},INVENTED AVE {1 + n % 2},1.0,103.0,{n * 60.0},{n % 3 * 50.0},{70 + 9 * n},{12 + n},"
    f"{'EAST SIM' if n < 8 else 'WEST SIM'}\n"
    for n in range(1, 11)
)
"""An invented table (模拟) in the shape of the real one: seven towers in one place, three elsewhere."""


@pytest.fixture
def blocks(tmp_path: Path) -> Path:
    path = tmp_path / "blocks.csv"
    path.write_text(BLOCKS, encoding="utf-8")
    return path


@pytest.mark.django_db(transaction=True)
def test_real_blocks_come_in_by_the_same_door_and_wait_for_the_secretary(blocks: Path) -> None:
    build_blocks(blocks, place="east sim", code="999999002345")
    with entered(_scope()):
        assert Household.objects.count() == sum(70 + 9 * n for n in range(1, 8))
        assert Resident.objects.count() == 0
        assert sorted(Partition.objects.values_list("scenario", "state")) == [
            ("cross", "draft"),
            ("inside", "draft"),
        ]
    community = Community.objects.get(code="999999002345")
    assert community.is_simulated
    assert community.name.startswith("EAST SIM")


@pytest.mark.parametrize(
    ("place", "change", "sentence"),
    [
        ("NORTH SIM", lambda text: text, "没有“NORTH SIM”这个片区；有的是：EAST SIM、WEST SIM"),
        ("EAST SIM", lambda text: text.replace("subzone", "note"), "没有一行一栋楼的户数和片区"),
        ("EAST SIM", lambda text: "", "这个文件没有读，因为"),
    ],
)
@pytest.mark.django_db
def test_a_wrong_place_or_file_is_one_sentence(
    blocks: Path, place: str, change: Callable[[str], str], sentence: str
) -> None:
    blocks.write_text(change(BLOCKS), encoding="utf-8")
    with pytest.raises(Refused, match=sentence) as refusal:
        build_blocks(blocks, place=place, code="999999002345")
    assert refusal.value.sentence.count("。") == 1
    assert not Community.objects.exists()


@pytest.mark.django_db
def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"没有“.*none.csv”这个文件"):
        build_blocks(tmp_path / "none.csv", place="EAST SIM", code="999999002345")


def test_negative_control_too_few_doors_for_the_households() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        world_of(replace(SMALL, household_count=5_000), seed=SEED)


@pytest.mark.django_db(transaction=True)
def test_history_knows_the_first_day() -> None:
    build_community(SMALL, seed=SEED)
    tenure = Tenure.objects.get(role="secretary")
    today = clock.today()
    viewer = teams.actor_in(tenure, on=today)
    with entered(viewer.scope):
        assert len(microgrids.microgrids_on(viewer=viewer, on=today)) == 6
        assert microgrids.microgrids_on(viewer=viewer, on=today - timedelta(days=1)) == []
