"""Lists of cases: filtered, of today, lately said, and what the wall may show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from django.db.models import Case as Choice
from django.db.models import Count, IntegerField, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from xiaojia.domains.cases.access import MAY, living_casekinds, visible_cases
from xiaojia.domains.cases.models import Case, Casekind
from xiaojia.domains.cases.rules import AT_WORK, OVER, PAUSED, State, Text
from xiaojia.domains.receipts.rules import read_code
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

A_PAGE: Final = 25
LATELY: Final = timedelta(days=14)
MOST_LATELY: Final = 300
MOST_TODAY: Final = 8
VIEWS: Final[dict[str, tuple[Text, frozenset[State]]]] = {
    "open": (_("没办完的"), frozenset(State) - OVER),
    "due": (_("今天到期和超时的"), frozenset(State) - OVER - PAUSED),
    "new": (_("等受理"), frozenset({State.REPORTED, State.CHECKING_FIRST, State.ACCEPTED})),
    "work": (_("正在办"), AT_WORK),
    "paused": (_("停着的"), PAUSED),
    "verify": (_("等核实"), frozenset({State.VERIFYING, State.REOPEN_ASKED})),
    "over": (_("有结果的"), OVER),
}
"""What the list may be narrowed to: word and states."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to see of the list; an empty one is everything that is not done."""

    view: str = "open"
    casekind_id: int | None = None
    is_mine: bool = False
    is_late: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """The clocks of one day: the first that are due by tonight or stand still, overdue first, and counts."""

    due: Sequence[Case]
    paused: Sequence[Case]
    due_count: int
    paused_count: int
    late_count: int


def found(wanted: Wanted, *, viewer: Actor, at: datetime) -> QuerySet[Case]:
    """The list as wanted: what is open by deadline, what is over by the newest end."""
    require(MAY, "see_cases", viewer, viewer.community_id)
    _word, states = VIEWS.get(wanted.view, VIEWS["open"])
    rows = _whole(visible_cases(viewer)).filter(state__in=sorted(states))
    if wanted.view == "due":
        rows = rows.filter(due_at__lt=midnight_after(at))
    if wanted.casekind_id is not None:
        rows = rows.filter(casekind_id__in=_versions(viewer, wanted.casekind_id))
    if wanted.is_mine:
        rows = rows.filter(handler_id=viewer.account_id)
    if wanted.is_late:
        rows = rows.filter(due_at__lt=at).exclude(state__in=sorted(OVER | PAUSED))
    code = read_code(wanted.place)
    if code:
        return _whole(visible_cases(viewer)).filter(receipt_code=code).order_by("id")
    for word in wanted.place.split():
        bare = word.removesuffix("栋") if word[:1].isdigit() else word
        rows = rows.filter(
            Q(building__compound__name__contains=word) | Q(building__name=bare) | Q(place_text__contains=word)
        )
    return rows.order_by("-changed_at", "id") if wanted.view == "over" else rows.order_by("due_at", "id")


def today(*, viewer: Actor, at: datetime) -> Today:
    """What is due by tonight or late, and what is paused (one query: the counts come with the rows)."""
    require(MAY, "see_cases", viewer, viewer.community_id)
    rows = visible_cases(viewer).exclude(state__in=sorted(OVER))
    is_paused = Q(state__in=sorted(PAUSED))
    rows = rows.filter(is_paused | Q(due_at__lt=midnight_after(at)))
    sort = Choice(When(is_paused, then=1), default=0, output_field=IntegerField())
    late = Count("pk", filter=~is_paused & Q(due_at__lt=at))
    ranked = rows.annotate(
        sort=sort,
        place_in_sort=Window(RowNumber(), partition_by=[sort], order_by=["due_at", "id"]),
        count_of_sort=Window(Count("pk"), partition_by=[sort]),
        late_count=Window(late),
    )
    rows = ranked.filter(place_in_sort__lte=MOST_TODAY)
    cases = list(_whole(rows).order_by("due_at", "id"))
    due = [c for c in cases if State(c.state) not in PAUSED]
    paused = [c for c in cases if State(c.state) in PAUSED]
    return Today(due, paused, _count(due), _count(paused), cases[0].late_count if cases else 0)  # type: ignore[attr-defined]  # annotated


def _count(cases: Sequence[Case]) -> int:
    return int(cases[0].count_of_sort) if cases else 0  # type: ignore[attr-defined]  # annotated


def midnight_after(at: datetime) -> datetime:
    """The end of that day in the community's own time zone."""
    day = timezone.localtime(at).date() + timedelta(days=1)
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


def said_lately(*, viewer: Actor, at: datetime) -> list[Case]:
    """Open cases of the last fourteen days, the newest first (one query)."""
    require(MAY, "see_cases", viewer, viewer.community_id)
    rows = _whole(visible_cases(viewer)).exclude(state__in=sorted(OVER))
    return list(rows.filter(reported_at__gte=at - LATELY).order_by("-reported_at")[:MOST_LATELY])


def lately_by_building(cases: Sequence[Case]) -> Counter[int]:
    """Building id -> how often it was spoken of."""
    return Counter(c.building_id for c in cases if c.building_id is not None)


def by_code(code: str, *, viewer: Actor) -> Case | None:
    """The case of a receipt (one query)."""
    require(MAY, "see_cases", viewer, viewer.community_id)
    return visible_cases(viewer).filter(receipt_code=code).first() if code else None


def on_the_wall(*, viewer: Actor, since: datetime, most: int) -> list[Case]:
    """What may hang on a wall: public kinds only, over since then or still open, the newest first."""
    require(MAY, "print_board", viewer, viewer.community_id)
    rows = _whole(visible_cases(viewer)).filter(is_confidential=False, casekind__is_public=True)
    rows = rows.filter(parent__isnull=True).exclude(state=State.WITHDRAWN)
    rows = rows.filter(Q(changed_at__gte=since) | ~Q(state__in=sorted(OVER)))
    return list(rows.order_by("-changed_at", "id")[:most])


def public_casekinds(community_id: int) -> list[Casekind]:
    """Kinds that anybody may report without signing in. Inside the scope of a public report (one query)."""
    rows = Casekind.objects.filter(community_id=community_id, valid_until_on__isnull=True, is_public=True)
    return list(rows.order_by("-kind", "code"))


def _whole(rows: QuerySet[Case]) -> QuerySet[Case]:
    return rows.select_related("casekind", "building__compound")


def _versions(viewer: Actor, casekind_id: int) -> list[int]:
    """All versions of a kind: the list of a kind does not end where its limit was changed."""
    kind = living_casekinds(viewer).filter(pk=casekind_id).first()
    if kind is None:
        return [casekind_id]
    same = Casekind.objects.filter(
        community_id=kind.community_id, standard=kind.standard, kind=kind.kind, code=kind.code
    )
    return list(same.values_list("pk", flat=True))
