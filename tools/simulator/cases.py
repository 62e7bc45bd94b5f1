"""A year of cases through the product's own actions, on a simulated clock.

Everybody does their work: the honest rate of such a year is 100 %. `fake_count` of them are planted: closed
without work, until a resident says that nobody came. `live_year` tells which ones.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from tools.simulator.front_door import Office
from tools.simulator.said import KINDS, NEGLECTED, SAID
from xiaojia.domains.cases import actions, jobs
from xiaojia.domains.cases import queries as cases_queries
from xiaojia.domains.cases.actions import Move, Report
from xiaojia.domains.cases.actions.clocks import calendar_for
from xiaojia.domains.cases.models import Case
from xiaojia.domains.teams.access import visible_tenures
from xiaojia.domains.teams.queries import actor_in, holding_on
from xiaojia.engines.clocks import WorkCalendar
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.tenancy import entered

DAYS: Final = 365
DAYS_TO_END: Final = 60
"""Mornings after the last report, by which everything has ended."""

EARLIEST, LATEST = 7 * 60, 22 * 60
"""Minutes of a day between which people say things."""

Life = Generator[datetime, None, None]
"""One case: it yields the moment at which it goes on."""


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of a year: all cases, and those that were closed without work."""

    case_ids: tuple[UUID, ...]
    fake_ids: tuple[UUID, ...]
    until: datetime


@dataclass(slots=True)
class _Year:
    office: Office
    stewards: list[Actor]
    kinds: dict[str, int]
    calendar: WorkCalendar
    rng: random.Random
    case_ids: list[UUID] = field(default_factory=list)
    fake_ids: list[UUID] = field(default_factory=list)

    def report(self, code: str, at: datetime, steward: Actor, *, text: str = "") -> Case:
        """Something is said about a home of the steward's micro-grid."""
        text = text or self.rng.choice(SAID[code])
        homes = steward.scope.household_ids
        report = Report(
            self.kinds[code], text, place_text="模拟", household_id=self.rng.choice(homes) if homes else None,
            source="phone",
        )  # fmt: skip
        with entered(self.office.officer.scope):
            case = actions.report_case(by=self.office.officer, at=at, report=report)
        self.case_ids.append(case.pk)
        return case

    def move(self, case: Case, at: datetime, move: Move, *, by: Actor | None = None) -> Case:
        """One step by the officer, or by somebody else in their own scope."""
        by = by or self.office.officer
        with entered(by.scope):
            return actions.move_case(by=by, at=at, case_id=case.pk, move=move)

    def share(self, case: Case, part: float) -> datetime:
        """The moment by which `part` of the time between report and deadline has passed, nights left out."""
        seconds = self.calendar.worked(case.reported_at, case.due_at)
        if case.casekind.limit.unit.is_working and seconds:
            return self.calendar.after(case.reported_at, int(seconds * part))
        return case.reported_at + (case.due_at - case.reported_at) * part


def live_year(
    office: Office, *, first: date, case_count: int, fake_count: int, seed: int, days: int = DAYS
) -> Lived:
    """Live through `days` from `first`, and a month in which all ends; one job run a morning."""
    year = _year(office, first, seed)
    fates = [_fake] * fake_count + [_fate(year.rng) for _number in range(case_count - fake_count)]
    year.rng.shuffle(fates)
    moments = sorted(_moment(first, days, year.rng) for _fate_ in fates)
    waiting: list[tuple[datetime, int, Life]] = []
    for number, (at, fate) in enumerate(zip(moments, fates, strict=True)):
        waiting.append((at, number, fate(year, at)))
    for day in range(days + DAYS_TO_END):
        morning = _local(first + timedelta(days=day), 8 * 60)
        waiting.append((morning, len(waiting), _morning(year, morning)))
    heapq.heapify(waiting)
    at = waiting[0][0]
    while waiting:
        at, number, life = heapq.heappop(waiting)
        following = next(life, None)
        if following is not None:
            heapq.heappush(waiting, (max(following, at), number, life))
    return Lived(tuple(year.case_ids), tuple(year.fake_ids), at)


def _year(office: Office, first: date, seed: int) -> _Year:
    today = clock.today()
    with entered(office.officer.scope):
        actions.open_casekinds(by=office.officer, at=clock.now(), on=first)
        kinds = {k.code: k.pk for k in cases_queries.casekinds(viewer=office.officer)}
        tenures = holding_on(visible_tenures(office.officer), today).filter(role="steward").order_by("id")
        stewards = [actor_in(t, on=today) for t in tenures]
        calendar = calendar_for(office.officer, _local(first, 0))
    return _Year(office, stewards, kinds, calendar, random.Random(seed))  # noqa: S311  # a story


def _local(day: date, minutes: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()) + timedelta(minutes=minutes))


def _moment(first: date, days: int, rng: random.Random) -> datetime:
    return _local(first + timedelta(days=rng.randrange(days)), rng.randrange(EARLIEST, LATEST))


def _fate(rng: random.Random) -> Callable[[_Year, datetime], Life]:
    fates = (_usual, _answered, _paused, _extended, _bounced, _transferred, _withdrawn, _merged, _sent_back)
    return rng.choices(fates, weights=(62, 12, 6, 3, 3, 4, 3, 3, 4))[0]


def _morning(year: _Year, at: datetime) -> Life:
    """The job that ends pauses and climbs the ladder."""
    jobs.climb(year.office.community_id, at=at)
    yield from ()


def _begin(year: _Year, at: datetime, *, codes: Iterator[str] | None = None) -> tuple[Case, Actor]:
    code = next(codes) if codes else year.rng.choices(list(KINDS), weights=list(KINDS.values()))[0]
    steward = year.rng.choice(year.stewards)
    case = year.report(code, at, steward)
    return case, (year.office.secretary if case.is_confidential else steward)


def _dispatch(year: _Year, case: Case, handler: Actor) -> Generator[datetime, None, Case]:
    yield (at := year.share(case, 0.05))
    year.move(case, at, Move("accept"))
    yield (at := year.share(case, 0.1))
    return year.move(case, at, _assign(handler))


def _assign(handler: Actor) -> Move:
    return Move(
        "assign", handler="模拟的人", handler_id=handler.account_id, handler_role=handler.role,
        microgrid_ids=handler.scope.microgrid_ids,
    )  # fmt: skip


def _work(year: _Year, case: Case, handler: Actor, since: float = 0.2) -> Life:
    """Started, done and verified by another, before the deadline."""
    yield (at := year.share(case, since))
    case = year.move(case, at, Move("start"), by=handler)
    yield (at := year.share(case, since + (1 - since) * 0.5))
    case = year.move(case, at, Move("finish", "到了现场，做好了（模拟）"), by=handler)
    yield (at := year.share(case, since + (1 - since) * 0.7))
    year.move(case, at, Move("verify", result=year.rng.choices((1, 2, 3, 4), weights=(88, 4, 6, 2))[0]))


def _usual(year: _Year, at: datetime) -> Life:
    case, handler = _begin(year, at)
    case = yield from _dispatch(year, case, handler)
    yield from _work(year, case, handler)


def _answered(year: _Year, at: datetime) -> Life:
    case, _handler = _begin(year, at, codes=iter(["L0801"]))
    yield (at := year.share(case, 0.2))
    year.move(case, at, Move("answer", "说清楚了，材料单子给了一份（模拟）", result=1))


def _paused(year: _Year, at: datetime) -> Life:
    """The job of a morning resumes it; the deadline has moved by then."""
    case, handler = _begin(year, at, codes=iter([year.rng.choice(("L0201", "L0204", "L0401"))]))
    case = yield from _dispatch(year, case, handler)
    yield (at := year.share(case, 0.15))
    resume_at = at + timedelta(days=year.rng.randrange(2, 9))
    case = year.move(case, at, Move("shelve", "等一样材料（模拟）", reason="authority", resume_at=resume_at))
    yield resume_at + timedelta(hours=30)
    yield (at := max(year.share(case, 0.5), resume_at + timedelta(hours=30)))
    yield from _work_again(year, case, handler, at)


def _work_again(year: _Year, case: Case, handler: Actor, at: datetime) -> Life:
    case = year.move(case, at, Move("finish", "材料到了，装好了（模拟）"), by=handler)
    yield (at := min(at + timedelta(hours=3), case.due_at))
    year.move(case, at, Move("verify", result=1))


def _extended(year: _Year, at: datetime) -> Life:
    case, handler = _begin(year, at, codes=iter([year.rng.choice(("L0201", "L0401", "L0701"))]))
    case = yield from _dispatch(year, case, handler)
    yield (at := year.share(case, 0.8))
    case = year.move(case, at, Move("extend", "要等专业公司排工（模拟）", amount=3))
    yield from _work(year, case, handler, since=0.7)


def _bounced(year: _Year, at: datetime) -> Life:
    case, handler = _begin(year, at)
    case = yield from _dispatch(year, case, handler)
    yield (at := year.share(case, 0.12))
    case = year.move(case, at, Move("bounce", "不在我管的几栋（模拟）"), by=handler)
    yield (at := year.share(case, 0.15))
    case = year.move(case, at, _assign(handler))
    yield from _work(year, case, handler)


def _transferred(year: _Year, at: datetime) -> Life:
    case, handler = _begin(year, at)
    case = yield from _dispatch(year, case, handler)
    yield (at := year.share(case, 0.3))
    year.move(case, at, Move("transfer", "是专业公司的管线（模拟）", handler="燃气公司（模拟）"))


def _withdrawn(year: _Year, at: datetime) -> Life:
    case, _handler = _begin(year, at)
    yield (at := year.share(case, 0.05))
    year.move(case, at, Move("withdraw", "自己弄好了，不用来了（模拟）"))


def _merged(year: _Year, at: datetime) -> Life:
    """Two people say the same; one case is worked on."""
    case, handler = _begin(year, at, codes=iter(["L0202"]))
    twin = year.report("L0202", at + timedelta(minutes=20), year.rng.choice(year.stewards))
    yield at + timedelta(minutes=40)
    year.move(twin, at + timedelta(minutes=40), Move("merge", into_id=case.pk))
    case = yield from _dispatch(year, case, handler)
    yield from _work(year, case, handler)


def _sent_back(year: _Year, at: datetime) -> Life:
    case, handler = _begin(year, at)
    case = yield from _dispatch(year, case, handler)
    yield (at := year.share(case, 0.3))
    case = year.move(case, at, Move("finish", "弄了一下（模拟）"), by=handler)
    yield (at := year.share(case, 0.35))
    case = year.move(case, at, Move("send_back", "去看了，还在漏（模拟）"))
    yield from _work(year, case, handler, since=0.4)


def _fake(year: _Year, at: datetime) -> Life:
    """Closed at once on paper; days later the resident says that nobody came; then it is really done."""
    case, handler = _begin(year, at, codes=iter([year.rng.choice(("L0201", "L0203", "L0301", "L0303"))]))
    year.fake_ids.append(case.pk)
    case = yield from _dispatch(year, case, handler)
    yield (at := year.share(case, 0.11))
    case = year.move(case, at, Move("finish", "已办"), by=handler)
    yield (at := year.share(case, 0.12))
    case = year.move(case, at, Move("verify", result=1))
    resident = Actor(0, "resident", case.community_id, Scope((case.community_id,), is_wide=True))
    yield (at := at + timedelta(days=year.rng.randrange(1, 7)))
    case = year.move(case, at, Move("reopen", year.rng.choice(NEGLECTED)), by=resident)
    yield (at := at + timedelta(hours=5))
    case = year.move(case, at, Move("finish", "这回去了，修好了（模拟）"), by=handler)
    yield (at := at + timedelta(hours=2))
    year.move(case, at, Move("verify", result=1), by=year.office.secretary)
