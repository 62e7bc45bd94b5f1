"""A case as one line of a list: what was said, how long it still has, where, who."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.queries import today
from xiaojia.domains.cases.rules import OVER, PAUSED, RESULT_WORDS, STATE_WORDS, Result, State
from xiaojia.domains.microgrids.rules import building_words
from xiaojia.domains.receipts.rules import spell
from xiaojia.kernel.actors import Actor

LONGEST_TITLE: Final = 28
SOON: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Line:
    """`badge` is a kind of the design system, `word` what stands on it."""

    case_id: UUID
    title: str
    kind: str
    badge: str
    word: str
    place: str
    who: str
    code: str
    state: str
    reported_at: datetime
    is_over: bool


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of one day, for the panel beside the box and on the desks."""

    due: list[Line]
    paused: list[Line]
    due_count: int
    paused_count: int
    late_count: int

    @property
    def is_cut(self) -> bool:
        """Whether more is due than the panel shows."""
        return self.due_count > len(self.due)


def clocks_of_today(*, viewer: Actor, at: datetime) -> Clocks:
    """Due today, the overdue ones first, and what stands still (one query)."""
    day = today(viewer=viewer, at=at)
    return Clocks(
        lines(day.due, at=at), lines(day.paused, at=at), day.due_count, day.paused_count, day.late_count
    )


def lines(cases: Iterable[Case], *, at: datetime) -> list[Line]:
    """Cases that came with their kind and building (no query)."""
    return [line_of(case, at=at) for case in cases]


def line_of(case: Case, *, at: datetime) -> Line:
    """One case as it stands at `at`."""
    state = State(case.state)
    badge, word = badge_of(case, at=at)
    return Line(
        case.pk,
        shortened(case.text) or _("过了保存期，原话删了"),
        case.casekind.name,
        badge,
        word,
        place_of(case),
        case.handler,
        spell(case.receipt_code),
        str(STATE_WORDS[state]),
        case.reported_at,
        state in OVER,
    )


def shortened(text: str) -> str:
    """The beginning of what was said, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST_TITLE else f"{flat[: LONGEST_TITLE - 1]}…"


def place_of(case: Case) -> str:
    """刘家院子 5 栋, else what was written."""
    if case.building is not None:
        return f"{case.building.compound.name} {building_words(case.building.name)}"
    return case.place_text


def badge_of(case: Case, *, at: datetime) -> tuple[str, str]:
    """(kind, word): what came of it, what it waits for, or how long it still has."""
    state = State(case.state)
    if state is State.CLOSED and case.result:
        return "done" if case.result == Result.SOLVED else "", str(RESULT_WORDS[Result(case.result)])
    if state in OVER or state in PAUSED:
        return "wait" if state in PAUSED else "", str(STATE_WORDS[state])
    left = case.due_at - at
    if left < timedelta():
        return "late", _("超时 %(time)s") % {"time": span(-left)}
    if left <= SOON:
        return "now", _("还剩 %(time)s") % {"time": span(left)}
    local, today = timezone.localtime(case.due_at), timezone.localtime(at).date()
    if local.date() == today:
        return "", _("%(time)s 前") % {"time": f"{local:%H:%M}"}
    return "", _("%(month)d月%(day)d日前") % {"month": local.month, "day": local.day}


def span(time: timedelta) -> str:
    """40 分钟, 1 小时 48 分, 3 天."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 60:
        return _("%(n)d 分钟") % {"n": max(1, minutes)}
    if minutes < 24 * 60:
        hours, rest = divmod(minutes, 60)
        return _("%(h)d 小时 %(m)d 分") % {"h": hours, "m": rest} if rest else _("%(h)d 小时") % {"h": hours}
    return _("%(n)d 天") % {"n": minutes // (24 * 60)}
