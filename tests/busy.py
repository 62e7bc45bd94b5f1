"""A community in the middle of its work: micro-grids adopted, a new pair of drafts waiting, people at desks.

Everything is invented (模拟) and made through the product's own actions. `busy()` needs a database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from xiaojia.domains.microgrids import actions as microgrids
from xiaojia.domains.microgrids.models import MicroGrid, Partition
from xiaojia.domains.microgrids.queries import door_ids
from xiaojia.domains.microgrids.tests import yards
from xiaojia.domains.people import actions as people
from xiaojia.domains.people.models import Account, Household
from xiaojia.domains.teams import actions as teams
from xiaojia.kernel import jobs
from xiaojia.kernel.tenancy import entered

SINCE: Final = date(2026, 1, 1)


@dataclass(slots=True)
class Busy:
    """`accounts` by role; `stranger` is the secretary of another community; `ids` fill addresses."""

    place: yards.Office
    accounts: dict[str, Account] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)


def busy(*, copies: int = 1) -> Busy:
    """412 households for each copy of the yards."""
    place = yards.office()
    stage = Busy(place)
    with entered(place.secretary.scope):
        for copy in range(copies):
            yards.settle(place.secretary, _copied(copy))
        yards.adopted(place)
        inside, cross = microgrids.propose_partitions(by=place.officer, at=yards.NOW)
        first = MicroGrid.objects.filter(until_on__isnull=True).order_by("number")[0]
        _seat(stage, first)
        homes = _with_contacts(stage, first)
        work = jobs.start_work("plan", by=place.officer, at=yards.NOW, payload={})
        stage.ids = {
            "partition_id": inside.pk,
            "other_partition_id": cross.pk,
            "microgrid_id": first.pk,
            "household_id": homes[0],
            "role": "secretary",
            "work_id": work.pk,
            "adopted_partition_id": Partition.objects.get(state="adopted").pk,
        }
    return stage


def _copied(copy: int) -> list[yards.Yard]:
    """The yards again, a kilometre further on."""
    return [
        yards.Yard(
            f"{y.compound}{copy or ''}", y.building, y.unit, y.homes, y.floors, (y.x or 0) + 2000 * copy, y.y
        )
        for y in yards.YARDS
    ]


def _with_contacts(stage: Busy, microgrid: MicroGrid) -> list[int]:
    """Ten households of one micro-grid, each with a size and somebody to call."""
    homes = Household.objects.filter(pk__in=door_ids(microgrid.pk, on=yards.TODAY)).order_by("pk")[:10]
    rows = [
        people.HouseholdRow(
            unit_id=home.unit_id, door=home.door, floor=home.floor, size=number % 4 + 1,
            contacts=((f"住户{number}", f"1380000{number:04d}"),),
        )
        for number, home in enumerate(homes)
    ]  # fmt: skip
    settled = people.settle_households(by=stage.place.officer, at=yards.NOW, as_of_on=yards.TODAY, rows=rows)
    return settled.household_ids


def _seat(stage: Busy, microgrid: MicroGrid) -> None:
    place = stage.place
    head = people.add_account(username="lx7-head", name="邓明礼", password=yards.PASSWORD, is_simulated=True)
    teams.begin_tenure(
        by=place.secretary,
        at=yards.NOW,
        account_id=head.pk,
        role="head",
        from_on=SINCE,
        microgrid_id=microgrid.pk,
    )
    stranger = yards.office("999999001078", "临溪社区（模拟）", "lx8").secretary
    stage.accounts = {
        "secretary": Account.objects.get(pk=place.secretary.account_id),
        "officer": Account.objects.get(pk=place.officer.account_id),
        "head": head,
        "stranger": Account.objects.get(pk=stranger.account_id),
    }
