"""The recognition year in one run: members join, do good, tick slips, spend, appeal; day by day, own clock.

Founders were there two years before, so that some of their points end on paper within the year, and were
fewer, so that the year can show whether the active ones doubled (R31). All of it goes through the product's
actions and its nightly jobs. Everybody and everything is invented (模拟).
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from tools.simulator.points_deeds import Good
from tools.simulator.points_store import Shop
from tools.simulator.points_town import CODE, FIRST, FOUNDED, LAST, OLD_DAYS, YEAR, Plan, Town, moment
from tools.simulator.points_votes import Votes
from tools.simulator.recognition_people import Habits, people
from tools.simulator.teams_year import clock_at
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger import jobs as ledger_jobs
from xiaojia.domains.ledger import queries
from xiaojia.domains.ledger.actions import Joining, Roster
from xiaojia.domains.people import actions as accounts
from xiaojia.domains.places import actions as places
from xiaojia.domains.recognition import jobs as recognition_jobs
from xiaojia.domains.store import jobs as store_jobs
from xiaojia.domains.teams import actions as teams
from xiaojia.domains.teams import queries as teams_queries
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

PHONES: Final = 0.25
"""Share of members who hand in by themselves; the others give paper slips."""

OLD_SHARE: Final = 0.34
NAMES: Final = (
    "secretary",
    "officer",
    "second officer",
    "clerk",
    "clerk at the next till",
    "clerk at the door",
)
NIGHT, DAY, STORE = 4, 9, 15
"""Hours at which the jobs run, the office works, the counter is open."""


def live_points_year(*, seed: int, plan: Plan | None = None) -> Town:
    """Live from the founders' first day to the last appeal; about a minute of CPU for each 4 micro-grids."""
    chosen = plan or Plan()
    town = _opened(seed, chosen)
    good, votes = Good(town, town.chance("deeds")), Votes(town, town.chance("votes"))
    shop = Shop(town, town.chance("shop"))
    joining = _joining_days(town)
    _found(town, joining)
    for number, on in enumerate(_days(FIRST, LAST)):
        if number % chosen.nights == 0:
            _night(town, on)
        town.turn_to(on, DAY)
        with entered(town.officer.scope):
            _join_and_leave(town, on, joining)
            good.day(on)
            votes.office_day(on)
        votes.own_day(on)
        if chosen.is_selling:
            town.turn_to(on, STORE)
            shop.day(on)
    return town


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _opened(seed: int, plan: Plan) -> Town:
    community = places.add_community(
        code=f"{int(CODE) + seed}", name=f"积分社区{seed}（模拟）", on=FOUNDED, is_simulated=True
    )
    actors: list[Actor] = []
    for name in NAMES:
        account = accounts.add_account(
            username=f"points-{seed}-{name.replace(' ', '-')}", name=f"模拟{name}",
            password=secrets.token_urlsafe(12), is_simulated=True,
        )  # fmt: skip
        if name.startswith("clerk"):
            with entered(actors[0].scope):
                tenure = teams.begin_tenure(
                    by=actors[0],
                    at=moment(FOUNDED, DAY),
                    account_id=account.pk,
                    role="clerk",
                    from_on=FOUNDED,
                )
        else:
            role = "secretary" if name == "secretary" else "officer"
            tenure = teams.open_desk(account_id=account.pk, community_id=community.pk, role=role, on=FOUNDED)
        actors.append(teams_queries.actor_in(tenure, on=FOUNDED))
    members = people(seed, habits=Habits(), grid_count=plan.grid_count)
    return Town(members, plan, actors[0], actors[1], actors[2], tuple(actors[3:]))


def _joining_days(town: Town) -> dict[date, list[int]]:
    """Who joins on which day: founders first, the others in the first ten weeks of the year."""
    chance, days = town.chance("joining"), defaultdict(list)
    for number in town.people.microgrids:
        is_founder = chance.random() < OLD_SHARE
        on = FOUNDED if is_founder else date(YEAR, 1, 1) + timedelta(days=int(chance.triangular(0, 70, 5)))
        days[on].append(number)
        town.ages[number] = chance.choice((34, 45, 52, 58, 61, 66, 69, 73, 78))
    return days


def _found(town: Town, joining: dict[date, list[int]]) -> None:
    """Rules, founders, and a few days of theirs long ago."""
    chance = town.chance("old")
    with entered(town.officer.scope):
        ledger.open_rules(by=town.officer, at=town.at(), on=FOUNDED)
        _join(town, FOUNDED, joining[FOUNDED])
        for on in OLD_DAYS:
            town.turn_to(on, DAY)
            there = [pk for pk in town.members.values() if chance.random() < 0.6]
            roster = Roster("simulated", f"{on} cleanup", "cleanup", on, Decimal(2))
            ledger.attend_roster(by=town.officer, at=town.at(), roster=roster, member_ids=there)


def _join_and_leave(town: Town, on: date, joining: dict[date, list[int]]) -> None:
    """Kin declare themselves as soon as both are there; now and then somebody leaves."""
    _join(town, on, joining.get(on, []))
    if on.day == 11 and on.month % 2 and on >= date(YEAR, 4, 1):
        number = town.chance(f"leaving {on}").choice(town.here(on))
        ledger.leave(by=town.officer, at=town.at(), on=on, member_id=town.members[number])
        town.left[number] = on
        town.counts["members who left"] += 1


def _join(town: Town, on: date, numbers: list[int]) -> None:
    by, base = town.officer, town.community_id * 100_000
    chance = town.chance(f"phones {on}")
    phones = [n for n in numbers if chance.random() < PHONES]
    ids = accounts.add_paper_accounts([f"邻居{n}（模拟）" for n in phones], is_simulated=True)
    with_phone = dict(zip(phones, ids, strict=True))
    for number in numbers:
        account_id = with_phone.get(number)
        joining = Joining(
            town.people.categories[number], f"邻居{number}（模拟）",
            (base + town.people.microgrids[number],), account_id=account_id,
        )  # fmt: skip
        member = ledger.join(by=by, at=town.at(), on=on, joining=joining)
        town.enlist(number, member.pk, on)
        book = ledger.issue_passbook(by=by, at=town.at(), on=on, member_id=member.pk)
        town.passbooks[number] = book.number
        if account_id is not None:
            tenure = teams.begin_tenure(
                by=town.secretary, at=town.at(), account_id=account_id, role="resident", from_on=on
            )
            town.own[number] = teams_queries.actor_in(tenure, on=on)
    _declare(town, numbers)


def _declare(town: Town, numbers: list[int]) -> None:
    for one, other in town.people.homes.items():
        if one != other and {one, other} <= set(town.members) and {one, other} & set(numbers):
            ledger.declare_kin(
                by=town.officer, at=town.at(), member_id=town.members[one], other_id=town.members[other]
            )
            town.counts["kin declared"] += 1


def _night(town: Town, on: date) -> None:
    """The product's own jobs at their hour; then the office hands out what they printed."""
    town.turn_to(on, NIGHT)
    with clock_at(town.at()):
        recognition_jobs.close_recognition()
        store_jobs.shelve_unfetched()
        ledger_jobs.void_holds()
        ledger_jobs.age_points()
    with entered(town.officer.scope):
        for notice in queries.notices(viewer=town.officer, only_waiting=True):
            ledger.hand_notice(by=town.officer, at=town.at(), on=on, notice_id=notice.notice_id)
            town.counts["notices of expiry handed over"] += 1
