"""A year in which the neighbourhood moves and those who serve change (R02, R03), on a simulated clock."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from unittest import mock

from django.utils import timezone

from tools.simulator.front_door import Office
from tools.simulator.moving import Neighbourhood, Occasion
from tools.simulator.serving import Service
from xiaojia.domains.teams import actions as teams
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

DAYS: Final = 365
REGISTER_DAY, BUILDING_DAY, GONE_DAY = 4, 13, 22
"""Days of a month on which households move, a building is added, a building leaves."""
REFRESHED_EVERY: Final = 7
"""Days after which published pages and yeses follow; the clock of the product does it every five minutes."""

STOPS: Final = (
    ("head", "own_wish", 2),
    ("head", "illness", 1),
    ("head", "moved", 2),
    ("steward", "own_wish", 1),
    ("steward", "illness", 1),
    ("steward", "moved", 1),
)
"""Role, reason, and how many of them a month."""

Event = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class LivedYear:
    """What came of it; `until` is the last day, which was lived through."""

    first: date
    until: date
    occasions: tuple[Occasion, ...]
    counts: Counter[str]


def live_year(office: Office, *, first: date, days: int, seed: int) -> LivedYear:
    """Live day by day from `first`: what the lot brings, who is found, then the product's clock."""
    chance = random.Random(seed)  # noqa: S311  # an invented year, no secret
    moves, service = Neighbourhood(office, chance), Service(office, chance)
    by, last = teams.clockwork(office.community_id), first + timedelta(days=days - 1)
    events = _drawn(moves, service, first, last, chance)
    on = first
    while on <= last:
        at = moment_of(on)
        with clock_at(at):
            for event in [*events.get(on, ()), service.fill]:
                event(at)
                with entered(by.scope):
                    teams.settle_seats(by=by, at=at)
            with entered(by.scope):
                if (on - first).days % REFRESHED_EVERY == 0:
                    teams.forget_listings(by=by, at=at)
                    teams.publish_pages(by=by, at=at)
        on += timedelta(days=1)
    return LivedYear(first, last, tuple(moves.occasions), service.counts)


def moment_of(on: date) -> datetime:
    """Nine in the morning of that day, in the community's own time."""
    return timezone.make_aware(datetime.combine(on, time(9, 0)))


@contextmanager
def clock_at(at: datetime) -> Iterator[None]:
    """Let the edge of the product read this moment: one process that lives in another time."""
    with mock.patch.object(clock, "now", return_value=at):
        yield


def _drawn(
    moves: Neighbourhood, service: Service, first: date, last: date, chance: random.Random
) -> dict[date, list[Event]]:
    """Everything that happens, by day; the moves have their days of a month, people theirs by lot."""
    found: dict[date, list[Event]] = {}
    fixed = {REGISTER_DAY: moves.households, BUILDING_DAY: moves.building, GONE_DAY: moves.gone}
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        if on.day in fixed:
            found.setdefault(on, []).append(fixed[on.day])
    for number in range(0, (last - first).days + 1, 30):
        people: list[Event] = [service.somebody_hands_over, service.somebody_tries_too_much]
        people += [_stop(service, role, reason) for role, reason, count in STOPS for _time in range(count)]
        for event in people:
            on = first + timedelta(days=number + chance.randrange(30))
            if on <= last:
                found.setdefault(on, []).append(event)
    return found


def _stop(service: Service, role: str, reason: str) -> Event:
    return lambda at: service.somebody_stops(at, role, reason)
