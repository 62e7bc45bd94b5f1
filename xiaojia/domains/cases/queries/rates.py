"""How many were done in time: numbers of a period, and the list behind each of them, by SQL over cases.

A case counts where its limit falls. In time is who was first closed by then and not reopened; what was
withdrawn or merged stands apart. `recount` finds the same from the steps alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.cases.access import MAY, visible_cases
from xiaojia.domains.cases.models import Case, Casestep
from xiaojia.domains.cases.rules import OVER, REOPEN_DAYS, State, Text
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

FEWEST: Final = 5
"""Below so many there is no percentage: one case more or less would say anything."""

LIMITS: Final[dict[str, tuple[str, Text]]] = {
    "original": ("due_original_at", _("当初答应的时限")),
    "approved": ("due_at", _("停过、延过以后的时限")),
}
"""Which deadline: column of the case, word."""

PARTS: Final[dict[str, Text]] = {
    "due": _("到期的"),
    "in_time": _("按时办结，没有再办"),
    "late": _("超时才办结"),
    "open": _("到期了，还没办结"),
    "reopened": _("办结以后说没解决"),
    "paused": _("停过"),
    "extended": _("延过期"),
    "transferred": _("转给别处"),
    "rework": _("核实没过，再办"),
    "bounced": _("退回过"),
    "withdrawn": _("撤回、并案"),
    "older": _("以前到期，现在还没办结"),
}
"""`due` is in_time + late + open + reopened. The rest stands beside them; the last two lie outside `due`."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days [since, until)."""

    since: date
    until: date

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Its first moment, and the first one after it."""
        return _midnight(self.since), _midnight(self.until)


@dataclass(frozen=True, slots=True)
class Rate:
    """The numbers of one kind of limit in one period. `counts` has every part."""

    limit: str
    counts: Mapping[str, int]

    @property
    def n(self) -> int:
        """Done in time and not reopened."""
        return self.counts["in_time"]

    @property
    def d(self) -> int:
        """All that were due."""
        return self.counts["due"]

    @property
    def per_mille(self) -> int | None:
        """Of a thousand, rounded down, so that only n = d is 1000; None where there are too few."""
        return None if self.d < FEWEST else self.n * 1000 // self.d


@dataclass(frozen=True, slots=True)
class Rates:
    """Both rates of a period; `is_provisional`: somebody may still say that it is not solved."""

    period: Period
    original: Rate
    approved: Rate
    is_provisional: bool


def rates(*, viewer: Actor, since: date, until: date, at: datetime) -> Rates:
    """The honest rate of the days [since, until), as known at `at` (two queries)."""
    require(MAY, "see_rates", viewer, viewer.community_id)
    period = Period(since, until)
    original, approved = (_rate(viewer, limit, period, at) for limit in LIMITS)
    settled_at = min(period.moments[1], at) + timedelta(days=REOPEN_DAYS)
    return Rates(period, original, approved, is_provisional=at < settled_at)


def behind(part: str, *, limit: str, viewer: Actor, period: Period, at: datetime) -> QuerySet[Case]:
    """The cases behind one number, the earliest deadline first: as many as the number says."""
    require(MAY, "see_rates", viewer, viewer.community_id)
    column, _word = LIMITS[limit]
    rows = _seen(viewer).filter(_conditions(limit, period, at)[part])
    return rows.select_related("casekind", "building__compound").order_by(column, "id")


def _rate(viewer: Actor, limit: str, period: Period, at: datetime) -> Rate:
    parts = {
        part: Count("pk", filter=condition) for part, condition in _conditions(limit, period, at).items()
    }
    return Rate(limit, _seen(viewer).aggregate(**parts))


def _seen(viewer: Actor) -> QuerySet[Case]:
    sent_back = Casestep.objects.filter(case_id=OuterRef("pk"), action="send_back")
    return visible_cases(viewer).annotate(is_rework=Exists(sent_back))


def _conditions(limit: str, period: Period, at: datetime) -> dict[str, Q]:
    """Part -> what its cases have in common. A deadline that is still to come is not yet due."""
    column, _word = LIMITS[limit]
    first, after = period.moments
    here = Q(**{f"{column}__gte": first, f"{column}__lt": min(after, at)})
    due = here & ~Q(state=State.WITHDRAWN)
    once = due & Q(reopen_count=0)
    return {
        "due": due,
        "in_time": once & Q(first_closed_at__lte=F(column)),
        "late": once & Q(first_closed_at__gt=F(column)),
        "open": once & Q(first_closed_at__isnull=True),
        "reopened": due & Q(reopen_count__gt=0),
        "paused": due & Q(pause_count__gt=0),
        "extended": due & Q(extension_amount__gt=0),
        "transferred": due & Q(state=State.DECLINED),
        "rework": due & Q(is_rework=True),
        "bounced": due & Q(bounce_count__gt=0),
        "withdrawn": here & Q(state=State.WITHDRAWN),
        "older": Q(**{f"{column}__lt": min(first, at)}) & ~Q(state__in=sorted(OVER)),
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())
