"""Who serves in the simulated community: heads, stewards, volunteers, a few empty seats, yeses to the door.

Everything goes through the product's own actions. Each micro-grid decides by its number alone, so that an
interrupted build is taken up where it stopped.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tools.simulator.front_door import Office, Say, account_of
from tools.simulator.parameters import SEAT_PHONE_HEAD
from tools.simulator.world import invented_name
from xiaojia.domains.microgrids import queries as microgrids_queries
from xiaojia.domains.microgrids.queries import MicroGridOnDay
from xiaojia.domains.teams import actions as teams
from xiaojia.domains.teams import queries as teams_queries
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

VOLUNTEERS: Final = 7
"""About 500 in 65 micro-grids."""

EMPTY_HEADS: Final = (5, 38)
EMPTY_STEWARDS: Final = (23,)
ACTING_HEADS: Final = (52,)
SILENT: Final = 6
"""Every sixth person who serves has not said yes to the door card."""

_REASONS: Final = (
    "院子里的人有事都找他，说话大家听。（模拟）",
    "退休前是厂里的班长，闲不住，哪家的门都敲得开。（模拟）",
    "楼上楼下吵过嘴，回回是他劝好的。（模拟）",
)
_KINDS: Final = ("company", "community", "resident")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be asked: a sign-in name that stays the same, and an invented name."""

    username: str
    name: str


def seat(office: Office, *, say: Say, seed: int) -> None:
    """Fill the seats, write down who may be printed, publish the pages; what is there already stays."""
    by, today = office.secretary, clock.today()
    with entered(by.scope):
        grids = microgrids_queries.microgrids_on(viewer=by, on=today)
        filled = {t.here.microgrid_id for t in teams_queries.roster(viewer=by, on=today) if t.volunteers}
        waiting = [g for g in grids if g.microgrid_id not in filled]
        if not waiting:
            return
        say(f"请家长、管家和志愿者：{len(waiting)} 个小家")
        stewards = dict(_shared(grids))
        for grid in waiting:
            _fill(office, grid, stewards[grid.microgrid_id], seed)
        teams.enlist_volunteers(
            by=by, at=clock.now(), from_on=today, names=list(_helpers(waiting, seed)), is_simulated=True
        )
        say("记空缺，发布楼栋页")
        teams.settle_seats(by=by, at=clock.now())
        teams.publish_pages(by=by, at=clock.now())


def _shared(grids: Sequence[MicroGridOnDay]) -> Iterator[tuple[int, int]]:
    """Micro-grid -> number of its steward: up to three in a row that share a compound share a steward."""
    covered: list[set[int]] = []
    number = 0
    for grid in grids:
        touched = {r.compound_id for r in grid.rows}
        is_one = bool(covered) and len(covered) < 3 and bool(set.intersection(touched, *covered))
        covered = [*covered, touched] if is_one else [touched]
        number = number if is_one else number + 1
        yield grid.microgrid_id, number


def _fill(office: Office, grid: MicroGridOnDay, steward: int, seed: int) -> None:
    chance = random.Random(seed * 1000 + grid.number)  # noqa: S311  # invented people, no secret
    head = _person(office, "head", f"{grid.number}", chance)
    keeper = _person(office, "steward", f"{steward}", random.Random(f"{seed} {steward}"))  # noqa: S311
    if grid.number in ACTING_HEADS:
        _designate(office, grid, "head", head, acting_days=60)
    elif grid.number not in EMPTY_HEADS:
        _designate(office, grid, "head", head)
    if grid.number not in EMPTY_STEWARDS:
        _designate(office, grid, "steward", keeper, kind=_KINDS[steward % 3])


def _helpers(grids: Sequence[MicroGridOnDay], seed: int) -> Iterator[tuple[int, str]]:
    """Seven to nine invented names for every micro-grid."""
    for grid in grids:
        chance = random.Random(f"{seed} helpers {grid.number}")  # noqa: S311  # invented people, no secret
        for _place in range(VOLUNTEERS + chance.randrange(3)):
            yield grid.microgrid_id, invented_name(chance)


def _person(office: Office, role: str, number: str, chance: random.Random) -> Person:
    return Person(f"sim-{office.code}-{role}-{number}", invented_name(chance))


def _designate(
    office: Office, grid: MicroGridOnDay, role: str, person: Person, *, kind: str = "", acting_days: int = 0
) -> None:
    by, at, today = office.secretary, clock.now(), clock.today()
    account_id = account_of(person.username, person.name)
    terms = teams.Terms(
        account_id=account_id,
        microgrid_id=grid.microgrid_id,
        role=role,
        from_on=today,
        until_on=today + timedelta(days=acting_days) if acting_days else None,
        is_acting=bool(acting_days),
        kind=kind,
        reason=_REASONS[grid.number % len(_REASONS)],
        document_number=f"青禾〔{today.year}〕{grid.number} 号（模拟）" if role == "head" else "",
    )
    teams.designate(by=by, at=at, terms=terms)
    if zlib.crc32(person.username.encode()) % SILENT:
        teams.give_listing(
            by=by, at=at, account_id=account_id, phone=f"{SEAT_PHONE_HEAD}{account_id % 10000:04d}"
        )
