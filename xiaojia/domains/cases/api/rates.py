"""The honest rate for other programs: both limits as n of d, every part with the address of its list."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Query, Router, Schema

from xiaojia.domains.cases.api.shapes import PageOut, Problem, whole
from xiaojia.domains.cases.queries.rates import LIMITS, PARTS, Period, Rate, behind, rates
from xiaojia.kernel import clock
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

A_PAGE: Final = 25
LONGEST: Final = timedelta(days=366)
EARLIEST: Final = date(2000, 1, 1)
REFUSALS: Final = {frozenset({400, 401, 403, 404, 405, 409, 422, 429}): Problem}
router = Router()


class PartOut(Schema):
    """One number, its word, and where its cases are listed."""

    part: str
    word: str
    count: int
    list_url: str


class RateOut(Schema):
    """`n` of `d`; `per_mille` is rounded down, and null below five. `limit`: original or approved."""

    limit: str
    n: int
    d: int
    per_mille: int | None
    parts: list[PartOut]


class RatesOut(Schema):
    """Days [since, until). While `is_provisional`, somebody may still say that it is not solved."""

    since: date
    until: date
    is_provisional: bool
    rates: list[RateOut]


class PeriodIn(Schema):
    """Days [since, until), 366 at most; without them the month that runs."""

    since: Annotated[date | None, Field(None)] = None
    until: Annotated[date | None, Field(None)] = None

    def period(self) -> Period:
        """The period, or the sentence of what is wrong with it."""
        first = clock.today().replace(day=1)
        since = self.since or first
        until = self.until or (since.replace(day=1) + timedelta(days=32)).replace(day=1)
        if not EARLIEST <= since < until <= min(since + LONGEST, date(2199, 12, 31)):
            raise Refused("since and until are days, since before until, at most 366 days apart")
        return Period(since, until)


@router.get("/", response={200: RatesOut, **REFUSALS}, url_name="rates")
def of_period(request: HttpRequest, asked: Query[PeriodIn]) -> dict[str, Any]:
    """Both rates of a period, with everything that could flatter them beside it."""
    viewer, period = actor_of(request), asked.period()
    said = rates(viewer=viewer, since=period.since, until=period.until, at=clock.now())
    return {
        "since": period.since,
        "until": period.until,
        "is_provisional": said.is_provisional,
        "rates": [_told(rate, period) for rate in (said.original, said.approved)],
    }


def _told(rate: Rate, period: Period) -> dict[str, Any]:
    listed = f"{reverse('api:rate_cases')}?since={period.since}&until={period.until}&limit={rate.limit}"
    parts = [
        {"part": part, "word": str(word), "count": rate.counts[part], "list_url": f"{listed}&part={part}"}
        for part, word in PARTS.items()
    ]
    return {"limit": rate.limit, "n": rate.n, "d": rate.d, "per_mille": rate.per_mille, "parts": parts}


@router.get("/cases/", response={200: PageOut, **REFUSALS}, url_name="rate_cases")
def of_part(
    request: HttpRequest,
    asked: Query[PeriodIn],
    part: Literal[tuple(PARTS)],  # type: ignore[valid-type]  # the table is the list
    limit: Literal[tuple(LIMITS)] = "approved",  # type: ignore[valid-type]  # the same
    page: Annotated[int, Query(1, ge=1, le=100_000)] = 1,
) -> dict[str, Any]:
    """The cases behind one number, as many as the number says, 25 a page."""
    viewer, first = actor_of(request), (page - 1) * A_PAGE
    rows = behind(part, limit=limit, viewer=viewer, period=asked.period(), at=clock.now())
    found = list(rows[first : first + A_PAGE + 1])
    return {
        "page": page,
        "has_more": len(found) > A_PAGE,
        "cases": [whole(case) for case in found[:A_PAGE]],
    }
