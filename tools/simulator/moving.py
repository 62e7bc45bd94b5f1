"""Households and houses come and go, by lot; each time the division is put right through the product.

The register changes by the actions that the commit of a workbook calls, in one transaction under its lock.
What no longer fits is proposed, reasoned and adopted on the very day, so that nobody is without a micro-grid.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction

from tools.simulator.front_door import REASONS, Office
from tools.simulator.parameters import PHONE_HEAD
from tools.simulator.world import invented_name
from xiaojia.domains.microgrids import actions as microgrids
from xiaojia.domains.microgrids import queries as microgrids_queries
from xiaojia.domains.microgrids.queries.change import change_now
from xiaojia.domains.microgrids.rules import UnitRow
from xiaojia.domains.people import actions as people
from xiaojia.domains.people.models import Household
from xiaojia.domains.places import actions as places
from xiaojia.domains.places.queries import lock_register
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

BUILDING_FLOORS: Final = 9
BUILDING_DOORS: Final = 4
"""A new building has 36 households (R02)."""
LEAST_GONE, MOST_GONE = 12, 40
"""Households of a building that leaves."""
MOVING_SHARE: Final = 0.01
"""Households that move out in a month."""
LET_AGAIN_SHARE: Final = 0.9

Door = tuple[int, str, int]
"""Unit, door, floor."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One change that was adopted: what happened, and what the product said of it.

    `altered_count`: micro-grids altered, opened or ended; `is_fewest`: proven; `ways`: answers there were.
    """

    kind: str
    on: date
    altered_count: int
    moved: int
    missing: int
    is_fewest: bool
    ways: int


@dataclass(slots=True)
class Neighbourhood:
    """Who moves is drawn from `chance`; `free` are doors that somebody left."""

    office: Office
    chance: random.Random
    free: list[Door] = field(default_factory=list)
    built: int = 0
    occasions: list[Occasion] = field(default_factory=list)

    def households(self, at: datetime) -> None:
        """A month's moves in and out, as one register brings them."""
        by, on = self.office.officer, clock.today(at)
        with entered(by.scope), transaction.atomic():
            lock_register(community_id=by.community_id)
            self.chance.shuffle(self.free)
            count = round(len(self.free) * LET_AGAIN_SHARE)
            let, self.free = self.free[:count], self.free[count:]
            here = list(
                Household.objects.filter(until_on__isnull=True).order_by("pk").values_list("pk", flat=True)
            )
            leaving = self.chance.sample(here, round(len(here) * MOVING_SHARE))
            self._end(by, at, leaving)
            people.settle_households(by=by, at=at, as_of_on=on, rows=[self._home(*door) for door in let])
        self._put_right("households", at)

    def building(self, at: datetime) -> None:
        """A new building of 36 households beside an old one."""
        by, on = self.office.officer, clock.today(at)
        self.built += 1
        with entered(by.scope), transaction.atomic():
            lock_register(community_id=by.community_id)
            beside = self.chance.choice(self._units(by))
            row = places.PlaceRow(
                beside.compound, f"新{self.built}", "", BUILDING_FLOORS, BUILDING_DOORS,
                round(beside.x_metres + self.chance.uniform(-50, 50), 1),
                round(beside.y_metres + self.chance.uniform(-50, 50), 1), beside.grid_name,
            )  # fmt: skip
            [unit_id] = places.lay_places(by=by, at=at, rows=[row])
            doors = [
                (unit_id, f"{floor}-{number}", floor)
                for floor in range(1, BUILDING_FLOORS + 1)
                for number in range(1, BUILDING_DOORS + 1)
            ]
            people.settle_households(by=by, at=at, as_of_on=on, rows=[self._home(*door) for door in doors])
        self._put_right("building", at)

    def gone(self, at: datetime) -> None:
        """A building is emptied: everybody leaves on one day."""
        by = self.office.officer
        with entered(by.scope), transaction.atomic():
            lock_register(community_id=by.community_id)
            homes: dict[int, int] = {}
            for unit in self._units(by):
                homes[unit.building_id] = homes.get(unit.building_id, 0) + unit.household_count
            leaves = self.chance.choice([b for b, n in homes.items() if LEAST_GONE <= n <= MOST_GONE])
            there = Household.objects.filter(until_on__isnull=True, unit__building_id=leaves)
            on = clock.today(at)
            people.end_households(by=by, at=at, on=on, household_ids=list(there.values_list("pk", flat=True)))
        self._put_right("gone", at)

    def _units(self, by: Actor) -> list[UnitRow]:
        return [u for u in microgrids_queries.unit_rows(viewer=by) if u.household_count]

    def _end(self, by: Actor, at: datetime, leaving: list[int]) -> None:
        rows = Household.objects.filter(pk__in=leaving).order_by("pk")
        self.free += rows.values_list("unit_id", "door", "floor")
        people.end_households(by=by, at=at, on=clock.today(at), household_ids=leaving)

    def _home(self, unit_id: int, door: str, floor: int) -> people.HouseholdRow:
        phone = f"{PHONE_HEAD}{self.chance.randrange(10_000):04d}"
        contact = (invented_name(self.chance), phone)
        return people.HouseholdRow(
            unit_id=unit_id, door=door, floor=floor, size=self.chance.randint(1, 4), contacts=(contact,)
        )

    def _put_right(self, kind: str, at: datetime) -> None:
        """Propose, take the answer that leaves the fewest short and moves the fewest, reason, adopt today."""
        by, on = self.office.officer, clock.today(at)
        with entered(by.scope):
            if not change_now(viewer=by, on=on).occasions:
                return
            drafts = microgrids.propose_change(by=by, at=at)
            told: list[dict[str, Any]] = [d.proof["change"] for d in drafts]
            best = min(range(len(drafts)), key=lambda k: (told[k]["missing"], told[k]["moved"]))
            waiting = microgrids_queries.open_exceptions(viewer=by).get(drafts[best].pk, [])
            for exception in waiting:
                microgrids.approve_exception(
                    by=by, at=at, exception_id=exception.exception_id, reason=REASONS[exception.code][0]
                )
        with entered(self.office.secretary.scope):
            microgrids.adopt_partition(
                by=self.office.secretary, at=at, partition_id=drafts[best].pk, from_on=on
            )
        figures = told[best]
        count = sum(len(figures[name]) for name in ("altered", "opened", "ended"))
        self.occasions.append(
            Occasion(kind, on, count, figures["moved"], figures["missing"], figures["is_fewest"], len(drafts))
        )
