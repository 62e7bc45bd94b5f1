"""The communities of a demo, from nothing to the secretary's page."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from tools.simulator import cases, front_door, heard, teams
from tools.simulator.parameters import CODE, NAME, Parameters
from tools.simulator.teams_year import DAYS, clock_at, live_year, moment_of
from tools.simulator.workbook import write_workbook
from tools.simulator.world import world_of
from xiaojia.domains.cases.queries.rates import rates
from xiaojia.domains.registers.reading import read_book
from xiaojia.domains.registers.rules import BUILDING
from xiaojia.kernel import clock
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

DIVISIONS = (
    ("999900000000", "青禾市（模拟）", "city", ""),
    ("999999000000", "青禾区（模拟）", "district", "999900000000"),
    ("999999001000", "青禾街道（模拟）", "subdistrict", "999999000000"),
    (CODE, NAME, "community", "999999001000"),
)
COMMUNITY_STEPS = 11
BLOCKS_STEPS = 6


class Teller:
    """Says in the terminal what is being done, and how much of it is done."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def __call__(self, what: str) -> None:
        self._done += 1
        print(f"  {self._done}/{self._total}　{what}", flush=True)


def build_community(parameters: Parameters, *, seed: int) -> None:
    """青禾社区（模拟）: register, plans, adoption, teams with a few empty seats, pages of buildings."""
    say = Teller(COMMUNITY_STEPS)
    front_door.load_divisions(DIVISIONS, on=clock.today())
    office = front_door.open_office(code=CODE, name=NAME)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "青禾社区住户台账（模拟）.xlsx"
        write_workbook(path, world_of(parameters, seed=seed), parameters, seed=seed)
        front_door.bring_register(office, path, say=say)
    front_door.propose(office, say=say)
    front_door.approve_and_adopt(office, say=say)
    teams.seat(office, say=say, seed=seed)
    heard.say_things(office, say=say, seed=seed)


def live_a_year(*, case_count: int, fake_count: int, seed: int) -> None:
    """The year that ended two months ago, case by case; says how many were in time."""
    office = front_door.open_office(code=CODE, name=NAME)
    first = clock.today() - timedelta(days=cases.DAYS + cases.DAYS_TO_END)
    lived = cases.live_year(office, first=first, case_count=case_count, fake_count=fake_count, seed=seed)
    with entered(office.officer.scope):
        said = rates(viewer=office.officer, since=first, until=clock.today(), at=clock.now())
    print(f"  {len(lived.case_ids)} 件，到期 {said.approved.d}，按时 {said.approved.n}")


def move_for_a_year(parameters: Parameters, *, seed: int) -> None:
    """The community as it was a year ago, and the year of moves until yesterday; says what came of it."""
    first = clock.today() - timedelta(days=DAYS)
    with clock_at(moment_of(first)):
        build_community(parameters, seed=seed)
        office = front_door.open_office(code=CODE, name=NAME)
    year = live_year(office, first=first, days=DAYS, seed=seed)
    moved = sum(o.moved for o in year.occasions)
    print(f"  {DAYS} 天，改了 {len(year.occasions)} 次，换小家的有 {moved} 户，换人 {year.counts.total()} 回")


def build_blocks(path: Path, *, place: str, code: str) -> None:
    """One place of a table of real blocks, up to the plans: adopting it is left to whoever looks at it."""
    exact = _place_in(path, place)
    say = Teller(BLOCKS_STEPS)
    office = front_door.open_office(code=code, name=f"{exact}（演示：真实的楼，没有人）")
    front_door.bring_register(office, path, say=say, place=exact)
    front_door.propose(office, say=say)


def _place_in(path: Path, place: str) -> str:
    """The place as the file writes it; a wrong one is refused, with a list, before anything begins."""
    if not path.is_file():
        raise Refused(f"演示没有打开，因为没有“{path}”这个文件；看看名字有没有写错，再来一次。")
    book = read_book(path)
    at = next(
        (i for i, c in enumerate(c for c in book.columns if not c.refused) if c.meaning == "place"), None
    )
    if book.kind != BUILDING or at is None:
        raise Refused(
            f"演示没有打开，因为“{path.name}”里没有一行一栋楼的户数和片区；"
            "要有 street、blk_no、dwelling_units、subzone 这几列，再来一次。"
        )
    places = sorted({row.cells[at] for row in book.rows if row.cells[at]})
    exact = next((p for p in places if p.casefold() == place.strip().casefold()), None)
    if exact is None:
        raise Refused(
            f"演示没有打开，因为“{path.name}”里没有“{place}”这个片区；有的是：{'、'.join(places)}。"
        )
    return exact
