"""The division of a simulated community and of five real towns: its proof, and a plain sweep beside it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Final

from bench import _divisions as ground
from bench.report import Clock, Report, measured
from xiaojia.engines.partition import Description, Places, Problem, Result, check, describe, solve

NAME: Final = "plan"
MOST_SECONDS: Final = {"community": 2.0, "towns": 90.0}
MOST_GAP_PERCENT: Final = 0.1


def run(report: Report) -> None:
    """CPU of one process, numba and HiGHS loaded; then everything a secretary would ask about."""
    community = ground.community()
    for is_joined in (True, False):
        solve(replace(community, allow_cross=is_joined))
    _scenario(report, "community", "joins allowed", community)
    _scenario(report, "community", "inside compounds", replace(community, allow_cross=False))
    towns = ground.towns()
    if towns is None:
        print(
            f"plan: no towns, {ground.TOWNS} is not in {ground.data_folder()}; set XIAOJIA_DATA",
            file=sys.stderr,
        )
        report.add(NAME, "five real towns", note="left out: the public data is not here")
        return
    _scenario(report, "towns", "joins allowed", towns)


def _scenario(report: Report, where: str, how: str, problem: Problem) -> None:
    with measured() as clock:
        result = solve(problem)
    found = describe(Places(problem), result.parts)
    what = f"{where}, {how}"
    _tell(report, what, clock, MOST_SECONDS[where], problem, result, found)
    _beside_sweep(report, what, clock, problem, found, ground.metres(Places(problem), result.parts))


def _tell(
    report: Report, what: str, clock: Clock, most: float, problem: Problem, result: Result, found: Description
) -> None:
    homes = sum(s.household_count for s in problem.stretches)
    note = f"{homes:,} households in {len(found.grids):,} micro-grids"
    report.add(
        NAME, f"{what}: CPU", clock, figure=clock.cpu_seconds, unit="CPU s", limit=most, note=note,
    )  # fmt: skip
    gap = 100 * result.gap
    report.add(NAME, f"{what}: gap", figure=gap, unit="%", limit=MOST_GAP_PERCENT)
    report.add(NAME, f"{what}: in 50..80", figure=ground.share_in_range(found), unit="%")
    over = sum("over_80" in grid.codes for grid in found.grids.values())
    report.add(
        NAME, f"{what}: over 80, not one whole floor", figure=over, limit=0,
        note=f"{found.over} whole floors" if found.over else "",
    )  # fmt: skip
    under = [e for e in result.exceptions if e.code == "under_50"]
    open_ = sum(not e.certificate.get("is_proven") for e in under)
    report.add(
        NAME, f"{what}: under 50 without certificate", figure=open_, limit=0, note=f"{len(under)} under 50",
    )  # fmt: skip
    report.add(
        NAME, f"{what}: rules broken, by the verifier", figure=len(check(problem, result.parts)), limit=0
    )
    report.add(NAME, f"{what}: over two compounds or more", figure=found.cross, unit="micro-grids")
    report.add(
        NAME, f"{what}: buildings split", figure=found.split, unit=f"of {len(Places(problem).chains):,}"
    )


def _beside_sweep(
    report: Report, what: str, clock: Clock, problem: Problem, ours: Description, our_metres: float
) -> None:
    """The sweep joins wherever its walk leads: its cost is judged where we may join too."""
    items = ground.items_of(problem)
    with measured() as swept:
        labels = ground.sweep(items, problem.limits)
    found, metres = ground.described(problem, items, labels)
    report.add(
        NAME, f"{what}: sweep, in 50..80", swept, figure=ground.share_in_range(found), unit="%",
        note=f"{found.under} under 50, {found.over} over 80, {found.cross} cross, {found.split} split",
    )  # fmt: skip
    report.add(
        NAME, f"{what}: our cost / sweep's", figure=ours.cost / found.cost, unit="x",
        limit=1.0 if problem.allow_cross else None,
    )  # fmt: skip
    report.add(
        NAME, f"{what}: our metres to the middle / sweep's", figure=our_metres / metres, unit="x",
        note=f"{our_metres:.0f} m beside {metres:.0f} m",
    )  # fmt: skip
    report.add(
        NAME, f"{what}: our CPU / sweep's", figure=clock.cpu_seconds / max(swept.cpu_seconds, 1e-6), unit="x",
    )  # fmt: skip
