"""What may become of a case: one table of transitions (R23, chapter 4.6), read by all.

Buttons, API, refusals and the diagram come from it. Codes of states (10 to 80) and results (1 to 4) are those
of the design.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xiaojia.engines.clocks import Limit, Unit

Text = str | Promise


class State(IntEnum):
    """Where a case stands."""

    REPORTED = 10
    CHECKING_FIRST = 15
    ACCEPTED = 20
    DISPATCHED = 30
    HANDLING = 40
    WAITING = 45
    SHELVED = 46
    VERIFYING = 50
    REWORK = 55
    CLOSED = 60
    REOPEN_ASKED = 65
    DECLINED = 70
    WITHDRAWN = 80


STATE_WORDS: Final[dict[State, Text]] = {
    State.REPORTED: _("刚报上来"),
    State.CHECKING_FIRST: _("先去看看"),
    State.ACCEPTED: _("受理了"),
    State.DISPATCHED: _("派出去了"),
    State.HANDLING: _("正在办"),
    State.WAITING: _("等居民回话"),
    State.SHELVED: _("缓一缓"),
    State.VERIFYING: _("办好了，等核实"),
    State.REWORK: _("再办一次"),
    State.CLOSED: _("办结"),
    State.REOPEN_ASKED: _("居民说没解决"),
    State.DECLINED: _("转给别处办"),
    State.WITHDRAWN: _("撤回或并案"),
}
PAUSED: Final = frozenset({State.WAITING, State.SHELVED})
OVER: Final = frozenset({State.CLOSED, State.DECLINED, State.WITHDRAWN})
OPEN: Final = frozenset(State) - OVER
AT_WORK: Final = frozenset({State.DISPATCHED, State.HANDLING, State.REWORK})


class Result(IntEnum):
    """What came of it, apart from the state; only SOLVED counts as solved."""

    SOLVED = 1
    PARTLY = 2
    EXPLAINED = 3
    UNTRUE = 4


RESULT_WORDS: Final[dict[Result, Text]] = {
    Result.SOLVED: _("解决了"),
    Result.PARTLY: _("解决了一部分"),
    Result.EXPLAINED: _("现在办不到，说清楚了"),
    Result.UNTRUE: _("去看过，不是那回事"),
}


class Stage(IntEnum):
    """A stage with a limit of its own, beside the overall clock that runs from the report."""

    ACCEPT = 1
    DISPATCH = 2
    HANDLE = 3
    VERIFY = 4
    DECIDE = 5


STAGE_OF: Final = {
    State.REPORTED: Stage.ACCEPT,
    State.CHECKING_FIRST: Stage.ACCEPT,
    State.ACCEPTED: Stage.DISPATCH,
    State.DISPATCHED: Stage.HANDLE,
    State.HANDLING: Stage.HANDLE,
    State.WAITING: Stage.HANDLE,
    State.SHELVED: Stage.HANDLE,
    State.REWORK: Stage.HANDLE,
    State.VERIFYING: Stage.VERIFY,
    State.REOPEN_ASKED: Stage.DECIDE,
}
STAGE_LIMITS: Final = {
    Stage.ACCEPT: Limit(4, Unit.WORKING_HOUR),
    Stage.DISPATCH: Limit(4, Unit.WORKING_HOUR),
    Stage.VERIFY: Limit(1, Unit.WORKING_DAY),
    Stage.DECIDE: Limit(1, Unit.WORKING_DAY),
}
"""HANDLE has the case's own deadline."""

RUNGS: Final = {50: "handler", 80: "officer", 100: "secretary", 150: "subdistrict"}
"""Percent of the overall time -> who hears of it; the head is informed, never charged."""

PAUSE_REASONS: Final[dict[str, tuple[State, Text]]] = {
    "resident": (State.WAITING, _("等居民回话")),
    "authority": (State.SHELVED, _("等主管部门")),
    "weather": (State.SHELVED, _("等天气")),
    "owners": (State.SHELVED, _("等业主表决")),
}
MOST_PAUSES: Final = 2
LONGEST_WAIT_WORKDAYS: Final = 5
REOPEN_DAYS: Final = 7
MOST_TEXT: Final = 4_000
BOUNCES_UNTIL_SECRETARY: Final = 2

DESK: Final = frozenset({"secretary", "officer"})
HANDLERS: Final = frozenset({"secretary", "officer", "head", "steward"})
CONFIDENTIAL_HANDLERS: Final = frozenset({"secretary", "officer"})
"""Disputes and care skip steward and head."""
REPORTERS: Final = frozenset({"resident"})
"""Whoever holds the signed link of a receipt."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards look at: plain values of one case."""

    state: State
    due_at: datetime
    closed_at: datetime | None = None
    dispatched_at: datetime | None = None
    handler_id: int | None = None
    finished_by_id: int | None = None
    verifier_ids: tuple[int, ...] = ()
    pause_count: int = 0
    bounce_count: int = 0
    bounced_handlers: tuple[str, ...] = ()
    handler: str = ""
    reopen_count: int = 0
    is_extended: bool = False
    is_confidential: bool = False
    is_merged: bool = False
    open_child_count: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants to do something, and when. `is_reporter`: holds the signed link of the receipt."""

    account_id: int
    role: str
    at: datetime


Guard = Callable[[Facts, Asked], Text | None]
"""None, or why not and what to do now."""


def _handler(facts: Facts, asked: Asked) -> Text | None:
    if asked.role in DESK or facts.handler_id == asked.account_id:
        return None
    return _("这件事派给了别人；要接手，请专干改派。")


def _not_handler(facts: Facts, asked: Asked) -> Text | None:
    if facts.finished_by_id != asked.account_id:
        return None
    return _("办的人不能自己核实；请另一位去看看，再来办结。")


def _another_verifier(facts: Facts, asked: Asked) -> Text | None:
    if asked.account_id not in facts.verifier_ids:
        return None
    return _("上一回是您核实的，居民说没解决；这一回请另一位核实。")


def _children_settled(facts: Facts, _asked: Asked) -> Text | None:
    if not facts.open_child_count:
        return None
    return _("下面还有没办完的事；一件一件有了结果，再来办结。")


def _pauses_left(facts: Facts, _asked: Asked) -> Text | None:
    if facts.pause_count < MOST_PAUSES:
        return None
    return _("已经停过两回，不能再停；接着办，或者申请延期。")


def _not_extended(facts: Facts, _asked: Asked) -> Text | None:
    if not facts.is_extended:
        return None
    return _("已经延过一回，不能再延；接着办，办不完如实写。")


def _before_deadline(facts: Facts, asked: Asked) -> Text | None:
    if asked.at <= facts.due_at:
        return None
    return _("时限已经过了，过了再延不算数；接着办，办结时如实记。")


def _may_assign(facts: Facts, asked: Asked) -> Text | None:
    if facts.bounce_count < BOUNCES_UNTIL_SECRETARY or asked.role == "secretary":
        return None
    return _("退回来两次了，要书记来定谁办；请书记改派。")


def _first_bounce(facts: Facts, _asked: Asked) -> Text | None:
    if facts.handler not in facts.bounced_handlers:
        return None
    return _("这里已经退过一回，不能再退；办不了，请专干找书记定。")


def _within_reopen(facts: Facts, asked: Asked) -> Text | None:
    if facts.closed_at is not None and asked.at <= facts.closed_at + timedelta(days=REOPEN_DAYS):
        return None
    return _("办结超过 7 天了；还没解决，请再报一件，写上原来的回执号。")


def _first_reopen(facts: Facts, _asked: Asked) -> Text | None:
    return None if facts.reopen_count == 0 else _("已经重办过一回；这一回请书记来定。")


def _later_reopen(facts: Facts, _asked: Asked) -> Text | None:
    return None if facts.reopen_count else _("头一回说没解决，不用等书记；点“没解决”就再办。")


def _is_merged(facts: Facts, _asked: Asked) -> Text | None:
    return None if facts.is_merged else _("这件事不是并案并掉的；撤回的要再办，请再报一件。")


@dataclass(frozen=True, slots=True)
class Transition:
    """`action` takes a case from one of `sources` to `target` (None: it stays, or goes back)."""

    action: str
    word: Text
    sources: frozenset[State]
    target: State | None
    roles: frozenset[str]
    guards: tuple[Guard, ...] = ()


def _from(*states: State) -> frozenset[State]:
    return frozenset(states)


S = State
NEW: Final = _from(S.REPORTED, S.CHECKING_FIRST)
LIVE: Final = OPEN - _from(S.REOPEN_ASKED)
SETTLED: Final = (_children_settled,)
TRANSITIONS: Final = (
    Transition("check_first", _("先去看看"), _from(S.REPORTED), S.CHECKING_FIRST, DESK),
    Transition("accept", _("受理"), NEW, S.ACCEPTED, DESK),
    Transition("answer", _("当场答复"), NEW | _from(S.ACCEPTED), S.CLOSED, DESK),
    Transition("decline", _("不归这里办"), NEW | _from(S.ACCEPTED), S.DECLINED, DESK),
    Transition("assign", _("派给"), AT_WORK | _from(S.ACCEPTED), S.DISPATCHED, DESK, (_may_assign,)),
    Transition("start", _("我来办"), _from(S.DISPATCHED, S.REWORK), S.HANDLING, HANDLERS, (_handler,)),
    Transition(
        "bounce", _("退回"), _from(S.DISPATCHED, S.HANDLING), S.ACCEPTED, HANDLERS,
        (_handler, _first_bounce),
    ),
    Transition("wait", _("等居民回话"), AT_WORK, S.WAITING, HANDLERS, (_handler, _pauses_left)),
    Transition("shelve", _("缓一缓"), AT_WORK, S.SHELVED, DESK, (_pauses_left,)),
    Transition("resume", _("接着办"), PAUSED, S.HANDLING, HANDLERS, (_handler,)),
    Transition("extend", _("延期"), AT_WORK, None, DESK, (_not_extended, _before_deadline)),
    Transition("finish", _("办好了"), AT_WORK, S.VERIFYING, HANDLERS, (_handler,)),
    Transition(
        "verify", _("核实，办结"), _from(S.VERIFYING), S.CLOSED, DESK | {"head"},
        (_not_handler, _another_verifier, _children_settled),
    ),
    Transition(
        "send_back", _("没办好，再办"), _from(S.VERIFYING), S.REWORK, DESK | {"head"},
        (_not_handler, _another_verifier),
    ),
    Transition(
        "reopen", _("没解决"), _from(S.CLOSED), S.REWORK, DESK | REPORTERS, (_within_reopen, _first_reopen)
    ),
    Transition(
        "ask_reopen", _("还是没解决"), _from(S.CLOSED), S.REOPEN_ASKED, DESK | REPORTERS,
        (_within_reopen, _later_reopen),
    ),
    Transition("grant_reopen", _("同意再办"), _from(S.REOPEN_ASKED), S.REWORK, frozenset({"secretary"})),
    Transition("refuse_reopen", _("维持办结"), _from(S.REOPEN_ASKED), S.CLOSED, frozenset({"secretary"})),
    Transition("transfer", _("转给别处"), AT_WORK | _from(S.ACCEPTED), S.DECLINED, DESK, SETTLED),
    Transition("withdraw", _("不用办了"), LIVE, S.WITHDRAWN, DESK | REPORTERS, SETTLED),
    Transition("merge", _("并到一件"), LIVE, S.WITHDRAWN, DESK, SETTLED),
    Transition("unmerge", _("分开办"), _from(S.WITHDRAWN), None, DESK, (_is_merged,)),
    Transition("change_kind", _("换个类别"), OPEN, None, DESK),
    Transition("note", _("记一笔"), OPEN, None, HANDLERS, (_handler,)),
)  # fmt: skip
BY_ACTION: Final = {t.action: t for t in TRANSITIONS}


def refusal(action: str, facts: Facts, asked: Asked) -> Text | None:
    """Why `asked` may not do this now, as one sentence; None when it is allowed."""
    transition = BY_ACTION[action]
    if asked.role not in transition.roles:
        return _("这一步不归您这张桌子办；请专干或书记来办。")
    if facts.state not in transition.sources:
        return _("这件事现在走不到这一步，可能别人刚刚动过；看一眼它现在到哪了。")
    return next((said for guard in transition.guards if (said := guard(facts, asked)) is not None), None)


def allowed(facts: Facts, asked: Asked) -> Iterator[Transition]:
    """What may be done now, in the order of the table: the buttons of the page and `actions` of the API."""
    return (t for t in TRANSITIONS if refusal(t.action, facts, asked) is None)


def may_handle(role: str, *, is_confidential: bool) -> bool:
    """Whether a case may be given to this role."""
    return role in (CONFIDENTIAL_HANDLERS if is_confidential else HANDLERS)


_PHONE: Final = re.compile(r"\+?\d[\d\- ]{1,18}\d")


def read_duty_phone(text: str) -> str | None:
    """A phone as it is dialled, digits with dashes; empty for nothing, None for what is no phone."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return ""
    return re.sub(r"\s+", "-", plain) if len(plain) <= 20 and _PHONE.fullmatch(plain) else None


def diagram() -> str:
    """The state diagram as Mermaid text, generated; `docs/cases.md` holds it and a test compares."""
    lines = ["stateDiagram-v2", "    [*] --> 10: report"]
    for transition in TRANSITIONS:
        if transition.target is not None:
            lines += [
                f"    {s:d} --> {transition.target:d}: {transition.action}"
                for s in sorted(transition.sources)
            ]
    lines += [f"    {s:d}: {s:d} {s.name.lower()}" for s in State]
    return "\n".join(lines) + "\n"
