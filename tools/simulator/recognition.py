"""A year of recognition through the product's own actions: members join, do good, tick slips; it is closed.

Everybody and everything is invented (模拟). `live_recognition` makes a community of its own; slips come in on
paper, typed in twice, as they would.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from tools.simulator.recognition_people import People, people
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.actions import Joining, Roster
from xiaojia.domains.people import actions as accounts
from xiaojia.domains.places import actions as places
from xiaojia.domains.recognition import actions
from xiaojia.domains.recognition.models import Ballot, Month
from xiaojia.domains.recognition.rules import Answers
from xiaojia.domains.teams import actions as teams
from xiaojia.domains.teams import queries as teams_queries
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

YEAR: Final = 2026
CODE: Final = "999999001900"
RULES: Final = ("cleanup", "yardtalk", "visit", "canteen_shift")

Slips = Callable[["Lived", Month, int], None]


@dataclass(slots=True)
class Lived:
    """The community that was lived through: who acts, who is who (simulated number <-> member id)."""

    people: People
    secretary: Actor
    officer: Actor
    members: dict[int, int] = field(default_factory=dict)

    @property
    def numbers(self) -> Mapping[int, int]:
        """Member id -> number among the simulated people."""
        return {pk: number for number, pk in self.members.items()}


def live_recognition(*, seed: int, grid_count: int = 47, months: int = 12, how: How | None = None) -> Lived:
    """Live `months` months (whole quarters are closed, a whole year is appraised)."""
    lived = _community(people(seed, grid_count=grid_count))
    with entered(lived.officer.scope):
        _join(lived)
    ways = how or How()
    chance = random.Random(seed)  # noqa: S311  # a simulation
    for month in range(1, months + 1):
        with entered(lived.officer.scope):
            if ways.has_deeds:
                _do_good(lived, month, chance)
            _recognize(lived, month, ways)
            if month % 3 == 0:
                at = _at(month, 28) + timedelta(days=20)
                actions.close_quarter(by=lived.officer, at=at, year=YEAR, number=month // 3)
    if months == 12:
        with entered(lived.secretary.scope):
            actions.close_year(by=lived.secretary, at=_at(12, 28) + timedelta(days=40), year=YEAR)
    return lived


def typed(lived: Lived, month: Month, number: int) -> None:
    """Whoever comes gives a paper slip, which the office types in twice."""
    for ballot, answers in answered(lived, month, number):
        for _typing in range(2):
            actions.type_slip(by=lived.officer, at=month.opened_at, ballot_id=ballot.pk, answers=answers)


def answered(lived: Lived, month: Month, number: int) -> list[tuple[Ballot, Answers]]:
    """The slips that come back, and what they say."""
    who = lived.numbers
    return [
        (
            ballot,
            Answers(
                tuple(
                    lived.people.level(number, who[ballot.member_id], who[ratee])
                    for ratee in ballot.asked_ids
                )
            ),
        )
        for ballot in Ballot.objects.filter(month=month).order_by("number")
        if lived.people.comes(number, who[ballot.member_id])
    ]


@dataclass(frozen=True, slots=True)
class How:
    """What a bench does otherwise: how slips come in, what closes a month, whether deeds are done."""

    slips: Slips = typed
    close: Callable[..., Month] = actions.close_month
    has_deeds: bool = True


def _community(members: People) -> Lived:
    community = places.add_community(
        code=CODE, name="互评社区（模拟）", on=date(YEAR, 1, 1), is_simulated=True
    )
    actors = []
    for role in ("secretary", "officer"):
        account = accounts.add_account(
            username=f"recognition-{role}",
            name=f"模拟{role}",
            password=secrets.token_urlsafe(12),
            is_simulated=True,
        )
        tenure = teams.open_desk(
            account_id=account.pk, community_id=community.pk, role=role, on=date(YEAR, 1, 1)
        )
        actors.append(teams_queries.actor_in(tenure, on=date(YEAR, 1, 1)))
    secretary, officer = actors
    return Lived(members, secretary, officer)


def _join(lived: Lived) -> None:
    by, at = lived.officer, _at(1, 1)
    ledger.open_rules(by=by, at=at, on=date(YEAR, 1, 1))
    base = by.community_id * 100_000
    for number, grid in lived.people.microgrids.items():
        joining = Joining(lived.people.categories[number], f"邻居{number}（模拟）", (base + grid,))
        lived.members[number] = ledger.join(by=by, at=at, on=date(YEAR, 1, 1), joining=joining).pk
    for number, home in lived.people.homes.items():
        if home != number:
            ledger.declare_kin(by=by, at=at, member_id=lived.members[number], other_id=lived.members[home])


def _do_good(lived: Lived, month: int, chance: random.Random) -> None:
    """The more helpful, the more often; rosters of the month's occasions pay everybody on them."""
    for day in (3, 8, 13, 18, 23):
        code = chance.choice(RULES)
        there = [
            pk for number, pk in lived.members.items() if chance.random() < lived.people.truths[number] / 6
        ]
        on = date(YEAR, month, day)
        roster = Roster("simulated", f"{on}", code, on, hours=1 if code == "cleanup" else None)  # type: ignore[arg-type]  # whole hours
        ledger.attend_roster(by=lived.officer, at=_at(month, day), roster=roster, member_ids=there)


def _recognize(lived: Lived, number: int, how: How) -> None:
    on = date(YEAR, number, 1)
    month = actions.open_month(by=lived.officer, at=_at(number, 24), month_on=on, seed=number)
    how.slips(lived, month, number)
    how.close(by=lived.officer, at=_at(number, 24) + timedelta(days=12), month_id=month.pk)


def _at(month: int, day: int) -> datetime:
    return datetime(YEAR, month, day, 2, 0, tzinfo=UTC)
