"""办结率: the numbers of a month, the list behind each, and the sheet for the subdistrict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.lines import lines, span
from xiaojia.domains.cases.queries import A_PAGE
from xiaojia.domains.cases.queries.ladder import for_subdistrict
from xiaojia.domains.cases.queries.rates import FEWEST, LIMITS, PARTS, Period, Rate, behind, rates
from xiaojia.domains.cases.rules import REOPEN_DAYS
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.requests import actor_of

WITHIN: Final = ("in_time", "late", "open", "reopened")
BESIDE: Final = ("paused", "extended", "transferred", "rework", "bounced")
OUTSIDE: Final = ("withdrawn", "older")
EARLIEST: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Line:
    """One part: its word, and (number, address of its list) for each limit."""

    word: object
    cells: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month; `key` is what stands in the address."""

    first: date

    @property
    def key(self) -> str:
        """2026-11."""
        return f"{self.first:%Y-%m}"

    @property
    def word(self) -> str:
        """2026年11月."""
        return _("%(year)d年%(month)d月") % {"year": self.first.year, "month": self.first.month}

    @property
    def period(self) -> Period:
        """Its days."""
        return Period(self.first, self.moved(1).first)

    def moved(self, months: int) -> Month:
        """So many months later."""
        number = self.first.year * 12 + self.first.month - 1 + months
        return Month(date(number // 12, number % 12 + 1, 1))


def home(request: HttpRequest) -> HttpResponse:
    """Both rates of a month as n of d, with everything that could flatter them beside it."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "see_rates", viewer, viewer.community_id)
    month = _month(request, now)
    period = month.period
    said = rates(viewer=viewer, since=period.since, until=period.until, at=now)
    both = (said.original, said.approved)
    later = month.moved(1)
    context = {
        "now": now,
        "month": month,
        "earlier": month.moved(-1),
        "later": later if later.first <= clock.today(now) else None,
        "said": [(LIMITS[r.limit][1], r, _percent(r), _list_url(month, r.limit, "in_time"),
                  _list_url(month, r.limit, "due")) for r in both],
        "limit_words": (_("按当初的"), _("按后来的")),
        "groups": [
            (_("到期的，一件一件去了哪里"), [_line(month, part, both) for part in WITHIN]),
            (_("其中停过、改过的"), [_line(month, part, both) for part in BESIDE]),
            (_("不算在里面的"), [_line(month, part, both) for part in OUTSIDE]),
        ],
        "is_provisional": said.is_provisional,
        "reopen_days": REOPEN_DAYS,
        "fewest": FEWEST,
    }  # fmt: skip
    return render(request, "cases/rates.html", context)


def listed(request: HttpRequest) -> HttpResponse:
    """The cases behind one number, 25 a page."""
    viewer, now, asked = actor_of(request), clock.now(), request.GET
    require(MAY, "see_rates", viewer, viewer.community_id)
    month, limit, part = _month(request, now), asked.get("limit", "approved"), asked.get("part", "due")
    if limit not in LIMITS or part not in PARTS:
        raise Http404
    rows = behind(part, limit=limit, viewer=viewer, period=month.period, at=now)
    page = Paginator(rows, A_PAGE).get_page(asked.get("page"))
    context = {
        "now": now,
        "month": month,
        "word": PARTS[part],
        "limit_word": LIMITS[limit][1],
        "page": page,
        "lines": lines(page.object_list, at=now),
        "query": f"month={month.key}&limit={limit}&part={part}&",
    }
    return render(request, "cases/rates_list.html", context)


def subdistrict(request: HttpRequest) -> HttpResponse:
    """What is open and half over its time again, as a sheet for the subdistrict; no reporter, no name."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "see_rates", viewer, viewer.community_id)
    cases = list(for_subdistrict(viewer=viewer)[:200])
    rows = [
        (line, case.due_at, span(now - case.due_at), case.is_confidential)
        for case, line in zip(cases, lines(cases, at=now), strict=True)
    ]
    return render(request, "cases/rates_subdistrict.html", {"now": now, "rows": rows})


def _month(request: HttpRequest, now: datetime) -> Month:
    """The month that was asked for; this one where the address says no month that has begun."""
    present = Month(clock.today(now).replace(day=1))
    try:
        asked = Month(date.fromisoformat(f"{request.GET.get('month', '')[:7]}-01"))
    except ValueError:
        return present
    return asked if EARLIEST <= asked.first <= present.first else present


def _line(month: Month, part: str, both: tuple[Rate, Rate]) -> Line:
    return Line(PARTS[part], tuple((r.counts[part], _list_url(month, r.limit, part)) for r in both))


def _list_url(month: Month, limit: str, part: str) -> str:
    return f"{reverse('cases:rates_list')}?month={month.key}&limit={limit}&part={part}"


def _percent(rate: Rate) -> str:
    """96.4 %, rounded down; empty where there are too few."""
    if rate.per_mille is None:
        return ""
    return "100 %" if rate.per_mille == 1000 else f"{rate.per_mille // 10}.{rate.per_mille % 10} %"
