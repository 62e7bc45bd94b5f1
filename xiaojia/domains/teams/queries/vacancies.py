"""Vacancies with their clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Q, QuerySet, Value

from xiaojia.domains.teams.access import MAY, visible_tenures, visible_vacancies
from xiaojia.domains.teams.models import Vacancy
from xiaojia.domains.teams.queries.scope import holding_on
from xiaojia.domains.teams.rules import MOST_VACANT_DAYS
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import ROLES, Actor


@dataclass(frozen=True, slots=True)
class VacancyView:
    """An empty seat as it stood on a day (`on`)."""

    vacancy_id: int
    microgrid_id: int
    number: int
    role: str
    opened_on: date
    closed_on: date | None
    escalated_at: datetime | None
    on: date

    @property
    def days(self) -> int:
        """How many days the seat had been empty on that day, the first one counted."""
        last = self.on if self.closed_on is None else min(self.on, self.closed_on - timedelta(days=1))
        return (last - self.opened_on).days + 1

    @property
    def due_on(self) -> date:
        """The last day on which filling it is still in time."""
        return self.opened_on + timedelta(days=MOST_VACANT_DAYS)

    @property
    def is_late(self) -> bool:
        """Whether it had been empty for more than 15 days."""
        return self.on > self.due_on

    @property
    def role_word(self) -> str:
        """家长 or 管家."""
        return str(ROLES[self.role])


def vacancies(*, viewer: Actor, on: date) -> list[VacancyView]:
    """Seats that were empty on that day, the longest first (one query)."""
    require(MAY, "see_teams", viewer, viewer.community_id)
    return sorted(
        vacancy_rows(visible_vacancies(viewer), on=on), key=lambda v: (v.opened_on, v.number, v.role)
    )


def late_vacancies(*, viewer: Actor, on: date) -> list[VacancyView]:
    """Seats empty for more than 15 days: they wait for the secretary (one query)."""
    return [v for v in vacancies(viewer=viewer, on=on) if v.is_late]


@dataclass(frozen=True, slots=True)
class SeatNews:
    """What a morning sheet needs of seats: micro-grids with a head today, and seats empty for too long."""

    led: frozenset[int]
    late: tuple[VacancyView, ...]


def seat_news(*, viewer: Actor, on: date) -> SeatNews:
    """Heads and late vacancies of that day in one query."""
    require(MAY, "see_teams", viewer, viewer.community_id)
    columns = ("microgrid_id", "microgrid__number", "role", "pk")
    heads = holding_on(visible_tenures(viewer).filter(role="head", microgrid__isnull=False), on)
    late = visible_vacancies(viewer).filter(opened_on__lt=on - timedelta(days=MOST_VACANT_DAYS))
    late = late.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=on))
    rows = heads.annotate(opened=F("from_on"), closed=F("until_on"), is_empty=Value(False)).values_list(
        *columns, "opened", "closed", "is_empty"
    )
    rows = rows.union(
        late.annotate(opened=F("opened_on"), closed=F("closed_on"), is_empty=Value(True)).values_list(
            *columns, "opened", "closed", "is_empty"
        ),
        all=True,
    )
    led, views = set(), []
    for microgrid_id, number, role, pk, opened_on, closed_on, is_empty in rows:
        if is_empty:
            views.append(VacancyView(pk, microgrid_id, number, role, opened_on, closed_on, None, on))
        else:
            led.add(microgrid_id)
    views.sort(key=lambda v: (v.opened_on, v.number, v.role))
    return SeatNews(frozenset(led), tuple(views))


def vacancy_rows(rows: QuerySet[Vacancy], *, on: date) -> Iterator[VacancyView]:
    """Those of `rows` that were open on that day (one query)."""
    held = rows.filter(opened_on__lte=on).filter(Q(closed_on__isnull=True) | Q(closed_on__gt=on))
    for row in held.order_by("opened_on", "id").values_list(
        "id", "microgrid_id", "microgrid__number", "role", "opened_on", "closed_on", "escalated_at"
    ):
        yield VacancyView(*row, on)
