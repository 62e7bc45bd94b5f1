"""The whole recognition year of about 700 members through the product's actions, every figure reckoned twice.

R08 to R12 and R31. It takes longer than all other benches together, so it runs only when it is named:
`make bench ARGS=points_year`. `XIAOJIA_BENCH_GRIDS` is another number of micro-grids. What twelve seeds make
of the same people's scores is the bench `recognition`.
"""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Final

from bench._database import django_on_its_own_database
from bench.recognition import LEAST_CORRELATION, clique_gain, correlation
from bench.report import Report, measured

if TYPE_CHECKING:
    from tools.simulator.points_town import Town

NAME: Final = "points_year"
IS_LONG: Final = True
GRIDS: Final = int(os.environ.get("XIAOJIA_BENCH_GRIDS", "47"))
SEED: Final = 1
MOST_CPU_SECONDS: Final = 600


def run(report: Report) -> None:
    """Live, verify, judge; then ask what the year's recognition knows of the truth."""
    django_on_its_own_database()
    from tools.simulator.points import live_points_year
    from tools.simulator.points_town import Plan

    with measured() as clock:
        town = live_points_year(seed=SEED, plan=Plan(GRIDS, redemptions_a_day=15 * GRIDS / 47))
    report.add(
        NAME, f"a year of {len(town.members)} members lived through", clock, figure=round(clock.cpu_seconds),
        unit="CPU s here, PostgreSQL's not counted", limit=MOST_CPU_SECONDS * GRIDS / 47,
    )  # fmt: skip
    for what, count in sorted(town.counts.items()):
        report.add(NAME, f"told: {what}", figure=count)
    _verify(report, town)
    _judge(report, town)
    _scores(report, town)


def _verify(report: Report, town: Town) -> None:
    from xiaojia.kernel import audit
    from xiaojia.kernel.tenancy import entered
    from xiaojia.project.verify import verify

    with entered(town.secretary.scope):
        while audit.seal(community_id=town.community_id, at=town.at()):
            pass
    said = io.StringIO()
    with measured() as clock, redirect_stdout(said):
        code = verify()
    report.add(
        NAME, "xiaojia verify: exit code", clock, figure=code, limit=0,
        note=said.getvalue().strip().splitlines()[-1][-70:],
    )  # fmt: skip


def _judge(report: Report, town: Town) -> None:
    from tools.simulator.points_judged import judge
    from xiaojia.kernel.tenancy import entered

    with entered(town.officer.scope):
        for one in judge(town):
            report.add(
                NAME, one.what, figure=one.figure, limit=one.limit, is_at_least=one.is_at_least, note=one.note
            )


def _scores(report: Report, town: Town) -> None:
    """One seed has some fifty people in cliques: their gain is told here and judged over twelve seeds."""
    from tools.simulator.points_replay import asked_months, engine_means, ticked, ticked_honestly
    from xiaojia.kernel.tenancy import entered

    with entered(town.officer.scope):
        months = asked_months(town)
    means, honest = (
        engine_means(months, answers)[0] for answers in (ticked(town), ticked_honestly(town, months))
    )
    asked = sum(len(month.grids) for month in months)
    missing = 1 - sum(len(month.came) for month in months) / asked
    report.add(
        NAME, "rank correlation of the year's means with the truth", limit=LEAST_CORRELATION,
        figure=round(correlation(town.people, means), 3), is_at_least=True,
        note=f"{missing:.1%} of {asked:,} slips did not come back",
    )  # fmt: skip
    report.add(
        NAME, "gain of a clique over the same people, honest", unit="percentile points",
        figure=round(clique_gain(town.people, means, honest), 2),
    )  # fmt: skip
