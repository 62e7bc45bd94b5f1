"""Limits, the default table and pure decisions of points. Only positive rules exist (P12)."""

from __future__ import annotations

import calendar
import hashlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from xiaojia.kernel.actors import Actor

CATEGORIES: Final = {
    "head": _("家长"),
    "steward": _("管家"),
    "volunteer": _("志愿者"),
    "household": _("家庭"),
    "team": _("团队"),
}
"""What a member is in the yearly appraisal; a team has no wallet, a household one for the family."""

KINDS: Final = {
    "award": _("得分"),
    "redeem": _("兑换"),
    "donate": _("捐给互助池"),
    "expiry": _("到期"),
    "reversal": _("更正"),
}
"""Every kind of transaction. None takes points away as a punishment, and a schema test keeps it so."""

ACCOUNT_KINDS: Final = {
    "person": _("个人"),
    "family": _("家庭"),
    "fund": _("互助池"),
    "store": _("积分超市"),
    "issuer": _("发放"),
    "expired": _("到期"),
}
WALLET_KINDS: Final = ("person", "family")
"""Accounts with a stored balance, never below zero; the balance of all others is derived from entries."""

PROOFS: Final = {"witness": _("有人见证"), "roster": _("签到表"), "office": _("居委会核实")}
PER: Final = {"once": _("每次"), "hour": _("每小时")}

DAY_CAP: Final = 20
MONTH_CAP: Final = 80
PAIR_CAP: Final = 8
"""Deeds of one earner that the same witness may confirm in one month."""

MOST_HOURS: Final = Decimal(12)
MOST_BACKDATED_DAYS: Final = 62
"""Paper arrives late, but a deed of last winter can no longer be called back."""

CALLBACK_SHARE: Final = 0.05
LIFE_MONTHS: Final = 24
NOTICE_DAYS: Final = 60
ACTIVE_DAYS: Final = 90
FEN_PER_POINT: Final = 100
"""What one point is worth in the store unless the community says otherwise: one yuan."""

LEAST_REASON_LETTERS: Final = 4

FORBIDDEN_WORDS: Final = (
    "扣", "罚", "减分", "倒扣", "缺席", "违", "上访", "纠纷未", "低保", "入学", "学位", "住房", "公租",
    "征信", "信用", "党费", "评先", "工资", "绩效",
)  # fmt: skip
"""No rule may name a punishment, nor a right or a benefit that points must not touch (P12)."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """One line of the table. `cap_month` and `cap_day` are points, None: only the general caps hold."""

    code: str
    text: str
    points: int
    per: str = "once"
    cap_month: int | None = None
    cap_day: int | None = None
    proof: str = "witness"


DEFAULT_RULES: Final = (
    RuleText("yardtalk", "参加坝坝会", 1, cap_month=4, proof="roster"),
    RuleText("yardtalk_host", "主持坝坝会", 3, proof="roster"),
    RuleText("issue_adopted", "提的议题被采纳", 3, proof="office"),
    RuleText("hazard", "头一个报隐患", 2, proof="office"),
    RuleText("cleanup", "打扫公共地方", 3, per="hour"),
    RuleText("visit", "约好了上门看望", 2, cap_month=8),
    RuleText("canteen_shift", "食堂帮厨或送餐一班", 6, proof="roster"),
    RuleText("mediation", "调解满三十天没反复", 10, proof="office"),
    RuleText("wish", "办成一个微心愿", 5, proof="office"),
    RuleText("class_taught", "夜校讲一课", 8, proof="roster"),
    RuleText("class_attended", "夜校听一课", 2, proof="roster"),
    RuleText("rescue", "临时顶一班", 3, proof="roster"),
)
"""domain.md 4.3; a community changes its own copy, version by version."""


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a conflict as another domain knows it: a person by account or resident, or a household."""

    account_id: int | None = None
    resident_id: UUID | None = None
    household_id: int | None = None


ConflictSource = Callable[[Actor, date], Iterable[tuple[Party, Party]]]
"""Who has a conflict with whom on a day, in the viewer's community; also people who are no members."""

CONFLICTS: dict[str, ConflictSource] = {}
"""Code -> what a domain above knows of; household and kin are known here. Filled by `conflict`."""


def conflict(code: str) -> Callable[[ConflictSource], ConflictSource]:
    """Register why two people are not asked about each other: `@conflict("pairing")` above a function.

    The way for domains that know pairings, disputes or candidates: they see no member and no point by it.
    """

    def register(source: ConflictSource) -> ConflictSource:
        if code in CONFLICTS:
            raise ValueError(f"two sources of conflicts are called {code}")
        CONFLICTS[code] = source
        return source

    return register


def forbidden_in(text: str) -> str:
    """The first word in a rule's text that no rule may carry; '' when there is none."""
    return next((word for word in FORBIDDEN_WORDS if word in text), "")


def worth(points: int, per: str, hours: Decimal | None) -> int:
    """Points of one deed before caps: by the whole deed, or by the hour rounded down to whole points."""
    if per == "hour":
        return int(points * (hours or Decimal(0)))
    return points


@dataclass(frozen=True, slots=True)
class Earned:
    """What a member has already earned by deeds: of any rule, and of the rule in question."""

    day: int = 0
    month: int = 0
    rule_day: int = 0
    rule_month: int = 0


def after_caps(points: int, earned: Earned, *, cap_day: int | None, cap_month: int | None) -> int:
    """What is still paid of `points`: the rest is thanked for, and stands on the slip as over the limit."""
    room = min(DAY_CAP - earned.day, MONTH_CAP - earned.month)
    if cap_day is not None:
        room = min(room, cap_day - earned.rule_day)
    if cap_month is not None:
        room = min(room, cap_month - earned.rule_month)
    return max(0, min(points, room))


def expirable(*, balance: int, held: int, newer_awards: int) -> int:
    """What is older than its life: the oldest points are spent first, held ones stay held."""
    return max(0, min(balance - newer_awards, balance - held))


def is_over_budget(*, outstanding: int, fen_per_point: int, budget_yuan: int) -> bool:
    """Whether what is out there is worth as much as was approved; then no new rule may begin."""
    return outstanding * fen_per_point >= budget_yuan * 100


def drawn(deed_ids: Iterable[int], *, seed: str) -> list[int]:
    """The deeds to call back about: one in twenty, rounded up, by a seed that is written down.

    Anybody who knows the seed draws the same list: ids in the order of SHA-256 of "seed:id".
    """
    ids = sorted(deed_ids, key=lambda pk: hashlib.sha256(f"{seed}:{pk}".encode()).digest())
    return sorted(ids[: math.ceil(len(ids) * CALLBACK_SHARE)])


def month_of(on: date) -> tuple[date, date]:
    """The first and the last day of the month of `on`."""
    return on.replace(day=1), on.replace(day=calendar.monthrange(on.year, on.month)[1])


def quarter_of(on: date) -> tuple[date, date]:
    """The first and the last day of the quarter of `on`."""
    first = on.replace(month=3 * ((on.month + 2) // 3) - 2, day=1)
    return first, month_of(first.replace(month=first.month + 2))[1]


def months_before(on: date, months: int) -> date:
    """The same day so many months earlier, or the last day of that month."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))
