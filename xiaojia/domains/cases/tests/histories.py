"""Histories that nobody would think of: cases that take random steps of the table, hours or days apart."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.rules import RESULT_WORDS, TRANSITIONS
from xiaojia.domains.cases.tests.stage import MONDAY, Stage
from xiaojia.kernel.refusals import Refused

CODES = ("L0201", "L0103", "L0301", "L0501", "L0801", "L0901", "L0101")
ACTIONS = tuple(t.action for t in TRANSITIONS)


def live_through(stage: Stage, rng: random.Random, *, case_count: int, step_count: int = 40) -> datetime:
    """Let some cases take random steps; refusals are part of life. Returns the moment of the last one."""
    at = MONDAY
    cases = [stage.report(rng.choice(CODES), at + timedelta(minutes=n)) for n in range(case_count)]
    for _number in range(step_count):
        at += timedelta(minutes=rng.choice((7, 61, 200, 1500, 4000)))
        case = rng.choice(cases)
        try:
            stage.move(
                case, _wanted(case, rng), at, by=rng.choice((stage.officer, stage.secretary)),
                **_details(stage, cases, rng, at),
            )  # fmt: skip
        except Refused:
            continue
        case.refresh_from_db()
    return at + timedelta(days=rng.randrange(40))


def _wanted(case: Case, rng: random.Random) -> str:
    """Any action of the table; ends are rarer, so that cases live long enough to have a history."""
    fitting = [t.action for t in TRANSITIONS if case.state in t.sources]
    likely = [a for a in fitting if a not in {"withdraw", "merge", "decline", "transfer", "answer"}]
    return rng.choice(likely if likely and rng.random() < 0.8 else fitting or list(ACTIONS))


def _details(stage: Stage, cases: list[Case], rng: random.Random, at: datetime) -> dict[str, Any]:
    who = stage.cast.actor(rng.choice(("officer", "secretary")))
    kinds = list(stage_kinds(stage))
    return {
        "handler": rng.choice(("甲", "乙", "燃气公司")),
        "handler_id": who.account_id,
        "handler_role": who.role,
        "reason": rng.choice(("resident", "authority", "weather", "owners")),
        "resume_at": at + timedelta(hours=rng.choice((1, 30, 100))),
        "amount": rng.randrange(1, 4),
        "result": rng.choice(list(RESULT_WORDS)),
        "into_id": rng.choice(cases).pk,
        "casekind_id": rng.choice(kinds),
    }


def stage_kinds(stage: Stage) -> list[int]:
    """Ids of the kinds that histories use."""
    from xiaojia.domains.cases.models import Casekind

    rows = Casekind.objects.filter(community_id=stage.community_id, code__in=CODES)
    return list(rows.order_by("pk").values_list("pk", flat=True))
