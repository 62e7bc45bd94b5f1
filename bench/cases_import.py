"""Ten thousand cases from a CSV: the dry run, the taking over, and the same file again."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from bench._database import django_on_its_own_database
from bench.report import Report, measured

NAME: Final = "cases_import"
SIZE: Final = 10_000
MOST_SECONDS: Final = 10.0
HEAD: Final = ("编号", "内容", "类别", "上报时间", "状态", "结果", "办结时间", "地点", "姓名", "电话")
KINDS: Final = ("漏水、堵水、停水", "灯不亮、停电", "垃圾没人清", "问政策、问办事", "占道经营")


def run(report: Report) -> None:
    """Into an empty community; wall time is told and judged, for it is what somebody waits for."""
    home = django_on_its_own_database()
    from tests import cast
    from xiaojia.domains.cases import actions
    from xiaojia.domains.cases.actions.importing import check_import, import_cases
    from xiaojia.kernel import clock
    from xiaojia.kernel.tenancy import entered
    from xiaojia.kernel.work import SilentProgress

    path = home / "cases.csv"
    write_table(path, SIZE)
    by, at = cast.build().actor("officer"), clock.now()
    with entered(by.scope):
        actions.open_casekinds(by=by, at=at, on=clock.today(at))
    for what in ("take over", "the same file again"):
        with entered(by.scope), measured() as checking:
            fresh = len(check_import(by=by, at=at, path=path).fresh)
        report.add(
            NAME, f"{SIZE:,} cases: dry run, {fresh:,} new", checking, figure=checking.wall_seconds, unit="s",
            limit=MOST_SECONDS,
        )  # fmt: skip
        with measured() as taking, entered(by.scope):
            found = import_cases(by=by, at=at, path=path, progress=SilentProgress())
        if found.doubts or len(found.fresh) != (SIZE if what == "take over" else 0):
            raise RuntimeError(f"not what was written: {len(found.fresh)}, {found.doubts[:3]}")
        report.add(
            NAME, f"{SIZE:,} cases: {what}", taking, figure=taking.wall_seconds, unit="s", limit=MOST_SECONDS
        )


def write_table(path: Path, size: int) -> None:
    """Invented cases (模拟) of one year, most of them closed."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(HEAD)
        for n in range(size):
            month, day, hour = n % 12 + 1, n // 12 % 28 + 1, n % 9 + 9
            said = f"2025-{month:02d}-{day:02d} {hour:02d}:{n % 60:02d}"
            end = ("已办结", "已解决", f"2025-{month:02d}-{day:02d} 23:00") if n % 10 else ("在办", "", "")
            place, phone = f"模拟院{n % 40 + 1}栋", f"138{n:08d}"
            rows.writerow([f"M-{n}", f"第{n}件（模拟）", KINDS[n % 5], said, *end, place, f"住户{n}", phone])
