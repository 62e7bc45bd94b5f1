"""What neighbours said of late, for a demo: about sixty invented cases through the product's own actions.

They came over six weeks and reach every state, so that boards and rates have something to show.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any, Final

from tools.simulator.front_door import Office, Say
from xiaojia.domains.cases import actions, proposing, queries
from xiaojia.domains.cases.actions import Move, Report
from xiaojia.domains.cases.handlers import handlers
from xiaojia.domains.cases.models import Case
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

COUNT: Final = 60
SAID: Final = (
    ("L0201", "三楼水管渗到二楼，天花板湿了一片（模拟）"),
    ("L0202", "楼道声控灯不亮，晚上看不见台阶（模拟）"),
    ("L0203", "单元门关不严，风一吹就响（模拟）"),
    ("L0301", "楼下垃圾两天没人清（模拟）"),
    ("L0302", "消防通道又停了车（模拟）"),
    ("L0303", "楼道里堆着纸箱（模拟）"),
    ("L0304", "半夜还在唱歌（模拟）"),
    ("L0801", "问高龄补贴怎么领（模拟）"),
)


EVERY_HOURS: Final = 18
WORDS: Final = "去看过了，当面说清楚了（模拟）"
GIVEN: Final = (("accept", 1), ("assign", 2))
DONE: Final = (*GIVEN, ("start", 4), ("finish", 20), ("verify", 26))
WAYS: Final = (
    DONE,
    (("accept", 1), ("answer", 3)),
    DONE,
    (*GIVEN, ("start", 4), ("finish", 300), ("verify", 310)),  # late, and told so
    (*DONE, ("reopen", 60)),
    (("accept", 1), ("decline", 5)),
    DONE,
    (*DONE, ("reopen", 60), ("finish", 90), ("verify", 100)),
    (*GIVEN, ("shelve", 6)),
    (("withdraw", 9),),
)
"""Step and hours after the report, of cases that are older than a week."""
YOUNG: Final = (GIVEN, (*GIVEN, ("start", 4)), (*GIVEN, ("wait", 3)), (*DONE[:-1],), (), (("accept", 1),))
"""The same of this week: most of it is under way."""
STALE: Final = 30
"""One that nobody touched after it was given away: overdue for weeks."""


def say_things(office: Office, *, say: Say, seed: int) -> None:
    """Open the kinds and let neighbours speak; a community that has cases already stays as it is."""
    by, now = office.officer, clock.now()
    chance = random.Random(seed)  # noqa: S311  # invented people, no secret
    with entered(by.scope):
        actions.open_casekinds(by=by, at=now, on=clock.today(now))
        if queries.cases(viewer=by).exists():
            return
        say(f"邻居说事：{COUNT} 件")
        kinds = {k.code: k.pk for k in queries.casekinds(viewer=by)}
        places = proposing.buildings_of(by)
        for number in range(COUNT):
            code, text = SAID[number % len(SAID)]
            place = chance.choice(places)
            at = now - timedelta(hours=EVERY_HOURS * (COUNT - number) - 12)
            report = Report(kinds[code], text, building_id=place.building_id, reporter_name="邻居（模拟）")
            case = actions.report_case(by=by, at=at, report=report)
            way = YOUNG[number % len(YOUNG)] if now - at < timedelta(days=7) else WAYS[number % len(WAYS)]
            _live(office, case, GIVEN if number == STALE else way, now=now)


def _live(office: Office, case: Case, way: tuple[tuple[str, int], ...], *, now: datetime) -> None:
    """Steps of one case, as far as they have come by now. What one desk did, the other verifies."""
    for action, hours in way:
        at = case.reported_at + timedelta(hours=hours)
        if at >= now:
            return
        by = office.secretary if action == "verify" and case.reopen_count == 0 else office.officer
        if action == "finish" and case.reopen_count:
            by = office.secretary
        more: dict[str, Any] = {"text": WORDS}
        if action == "assign":
            who = handlers(case, viewer=by, on=clock.today(now))[0]
            more |= {"handler_id": who.account_id, "handler": who.name, "handler_role": who.role}
            more["microgrid_ids"] = who.microgrid_ids
        elif action == "decline":
            more["handler"] = "自来水厂（模拟）"
        elif action in {"wait", "shelve"}:
            more |= {"reason": "resident" if action == "wait" else "weather"}
            more["resume_at"] = now + timedelta(days=2)
        elif action in {"answer", "verify"}:
            more["result"] = 1 + (case.reported_at.day % 7 == 0) * 2
        case = actions.move_case(by=by, at=at, case_id=case.pk, move=Move(action, **more))
