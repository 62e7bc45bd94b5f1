"""What neighbours said of late, for a demo: about sixty invented cases through the product's own actions."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Final

from tools.simulator.front_door import Office, Say
from xiaojia.domains.cases import actions, proposing, queries
from xiaojia.domains.cases.actions import Move, Report
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
            at = now - timedelta(hours=2 * (COUNT - number))
            report = Report(kinds[code], text, building_id=place.building_id, reporter_name="邻居（模拟）")
            case = actions.report_case(by=by, at=at, report=report)
            for step, action in enumerate(("accept", "answer")[: number % 4]):
                move = Move(action, "当面说清楚了（模拟）", result=1)
                actions.move_case(
                    by=by, at=at + timedelta(minutes=20 * (step + 1)), case_id=case.pk, move=move
                )
