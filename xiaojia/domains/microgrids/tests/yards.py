"""A small invented community for tests: old courtyards with units, a tower that must be cut, all 模拟."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from xiaojia.domains.microgrids import actions
from xiaojia.domains.microgrids.models import Partition, PlanException
from xiaojia.domains.people import actions as people
from xiaojia.domains.places import actions as places
from xiaojia.domains.places.models import Community
from xiaojia.domains.teams import actions as teams
from xiaojia.domains.teams import queries as teams_queries
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
PASSWORD = "一句好记的话 2026"


@dataclass(frozen=True, slots=True)
class Yard:
    """One unit to be settled: households are spread evenly over the floors."""

    compound: str
    building: str
    unit: str
    homes: int
    floors: int = 7
    x: float | None = None
    y: float | None = None


YARDS = (
    *(Yard("刘家院子", str(b), str(u), 21, x=40.0 * b, y=0.0) for b in (1, 2, 3) for u in (1, 2)),
    *(Yard("老粮站院", "1", str(u), 20, x=60.0, y=-90.0) for u in (1, 2)),
    Yard("和平路", "1", "", 30, x=120.0, y=-90.0),
    Yard("南园小区", "1", "", 150, floors=25, x=600.0, y=0.0),
    *(Yard("南园小区", "2", str(u), 33, x=650.0, y=0.0) for u in (1, 2)),
)
"""126 + 40 + 30 + 150 + 66 = 412 households."""


@dataclass(slots=True)
class Office:
    """A community with a secretary and an officer."""

    community: Community
    secretary: Actor
    officer: Actor


def office(code: str = "999999001077", name: str = "柳溪社区（模拟）", prefix: str = "lx7") -> Office:
    """An empty community with two desks."""
    community = places.add_community(code=code, name=name, on=date(2026, 1, 1), is_simulated=True)
    actors = {}
    for role, person in (("secretary", "唐国梁"), ("officer", "秦晓兰")):
        account = people.add_account(
            username=f"{prefix}-{role}", name=person, password=PASSWORD, is_simulated=True
        )
        tenure = teams.open_desk(
            account_id=account.pk, community_id=community.pk, role=role, on=date(2026, 1, 1)
        )
        actors[role] = teams_queries.actor_in(tenure, on=TODAY)
    return Office(community, actors["secretary"], actors["officer"])


def settle(by: Actor, yards: Sequence[Yard] = YARDS) -> list[int]:
    """Lay the places and their households; returns household ids. Call again to add."""
    unit_ids = places.lay_places(
        by=by, at=NOW,
        rows=[places.PlaceRow(y.compound, y.building, y.unit, y.floors, 0, y.x, y.y) for y in yards],
    )  # fmt: skip
    rows = []
    for unit_id, yard in zip(unit_ids, yards, strict=True):
        for home in range(yard.homes):
            floor = home * yard.floors // yard.homes + 1
            rows.append(people.HouseholdRow(unit_id=unit_id, door=f"{floor}-{home + 1}", floor=floor))
    return people.settle_households(by=by, at=NOW, as_of_on=date(2026, 1, 1), rows=rows).household_ids


def settled_office() -> Office:
    """An office whose community lives in YARDS."""
    place = office()
    with entered(place.secretary.scope):
        settle(place.secretary)
    return place


def approve_all(by: Actor, partition: Partition) -> int:
    """Write a reason under every exception, one by one."""
    waiting = PlanException.objects.filter(partition=partition, approved_at__isnull=True)
    ids = list(waiting.values_list("pk", flat=True))
    for pk in ids:
        actions.approve_exception(by=by, at=NOW, exception_id=pk, reason="和两边邻居都说好了")
    return len(ids)


def adopted(place: Office, *, scenario: str = "cross", from_on: date = TODAY) -> Partition:
    """Propose, approve and adopt, as the secretary."""
    partition = actions.propose_partition(by=place.secretary, at=NOW, scenario=scenario)
    approve_all(place.secretary, partition)
    return actions.adopt_partition(by=place.secretary, at=NOW, partition_id=partition.pk, from_on=from_on)
