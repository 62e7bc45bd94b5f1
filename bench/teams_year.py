"""A year of moves in the simulated community of 4,200 households, day by day; then backup, drill and verify.

R02 and R03: on every past day each household is in one micro-grid, each seat has one person or a record.
`XIAOJIA_BENCH_DAYS` is another number of days. Everything goes through the product's own actions.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from bench._database import django_on_its_own_database, owner_url
from bench._days import Days, altered_on, days_of, every_day
from bench.report import Report, measured

if TYPE_CHECKING:
    from tools.simulator.front_door import Office
    from tools.simulator.teams_year import LivedYear

NAME: Final = "teams_year"
DAYS: Final = int(os.environ.get("XIAOJIA_BENCH_DAYS", "365"))
FIRST: Final = date(2025, 1, 1)
MOST_ALTERED: Final = 3
MOST_DRILL_SECONDS: Final = 600.0
SEED: Final = 1


def run(report: Report) -> None:
    """Build, live, count every day twice, then restore it all into a throw-away home."""
    home = django_on_its_own_database()
    from tools.simulator import front_door, live
    from tools.simulator.parameters import CODE, FULL
    from tools.simulator.parameters import NAME as COMMUNITY
    from tools.simulator.teams_year import clock_at, live_year, moment_of

    with measured() as clock, clock_at(moment_of(FIRST)):
        live.build_community(FULL, seed=SEED)
        office = front_door.open_office(code=CODE, name=COMMUNITY)
    report.add(NAME, "community of 4,200 households built", clock)
    with measured() as clock:
        year = live_year(office, first=FIRST, days=DAYS, seed=SEED)
    report.add(NAME, f"{DAYS} days lived through", clock, note=f"{len(year.occasions)} divisions adopted")
    _tell_changes(report, year)
    with psycopg.connect(owner_url()) as connection:
        connection.execute("ANALYZE")
        with measured() as clock:
            counted = days_of(connection, office.community_id, year.first, year.until)
        report.add(NAME, "every day counted in plain SQL", clock)
        _tell_buildings(report, connection, office, year)
    _tell_days(report, counted)
    _ask_product(report, office, year, counted)
    _drill(report, home)


def _tell_changes(report: Report, year: LivedYear) -> None:
    """How much happened, and what the product owed a refusal."""
    what = ", ".join(f"{n} {name}" for name, n in sorted(year.counts.items()))
    report.add(NAME, "changes of heads and stewards", figure=year.counts.total(), note=what)
    report.add(NAME, "second heads taken", figure=year.counts["SECOND HEAD TAKEN"], limit=0)
    kinds = Counter(o.kind for o in year.occasions)
    for kind, count in sorted(kinds.items()):
        some = [o for o in year.occasions if o.kind == kind]
        report.add(
            NAME, f"{count} x {kind}: households that changed their micro-grid",
            figure=sum(o.moved for o in some),
            note=f"at most {max(o.altered_count for o in some)} micro-grids altered at once,"
            f" {sum(o.is_fewest for o in some)} proven, {sum(o.missing > 0 for o in some)} left some short",
        )  # fmt: skip


def _tell_buildings(
    report: Report, connection: psycopg.Connection[tuple[object, ...]], office: Office, year: LivedYear
) -> None:
    """Beside what the product said: what really differs between the day before and the day itself."""
    built = [o for o in year.occasions if o.kind == "building"]
    altered = [altered_on(connection, office.community_id, o.on) for o in built]
    over = [o for o, n in zip(built, altered, strict=True) if n > MOST_ALTERED]
    report.add(
        NAME, f"buildings of 36 households that altered more than 3 micro-grids unproven, of {len(built)}",
        figure=sum(not o.is_fewest for o in over), limit=0,
        note=f"altered {sorted(altered)}; for {len(over)} of them fewer are proven impossible",
    )  # fmt: skip
    told = sum(n != o.altered_count for o, n in zip(built, altered, strict=True))
    report.add(NAME, "buildings of which the page told another number than the days do", figure=told, limit=0)


def _tell_days(report: Report, counted: Days) -> None:
    figures = {
        f"household-days in no micro-grid, of {counted.household_days:,}": counted.outside,
        "household-days in two micro-grids": counted.twice,
        f"seat-days without person or record, of {counted.seat_days:,}": counted.unanswered,
        "seat-days with two persons or two records": counted.doubled,
        "days on which somebody heads two": counted.two_seats,
        f"vacancies over 15 days not escalated, of {counted.late} late ones": counted.silent,
    }
    for what, figure in figures.items():
        report.add(NAME, what, figure=figure, limit=0)
    report.add(
        NAME, f"seat-days held by one person, of {counted.seat_days:,}", figure=counted.held,
        note=f"{counted.vacant} by a record alone; {counted.vacancies} vacancies, the longest"
        f" {counted.longest_days} days",
    )  # fmt: skip


def _ask_product(report: Report, office: Office, year: LivedYear, counted: Days) -> None:
    """The roster of every past day, as a page would ask for it: the same seat-days as the count beside it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from xiaojia.domains.teams import checks
    from xiaojia.domains.teams.queries import roster
    from xiaojia.kernel.tenancy import entered

    by, days = office.secretary, every_day(year.first, year.until)
    unanswered = seats = held = 0
    with entered(by.scope):
        with measured() as clock:
            for on in days:
                teams = roster(viewer=by, on=on)
                seats += 2 * len(teams)
                held += sum((t.head is not None) + (t.steward is not None) for t in teams)
                unanswered += sum(len(t.unanswered) for t in teams)
        with CaptureQueriesContext(connection) as asked:
            roster(viewer=by, on=days[0])
        wrong = checks.findings(office.community_id)
    report.add(
        NAME, f"rosters of {len(days)} past days: seats unanswered", clock, figure=unanswered, limit=0,
        note=f"{1000 * clock.wall_seconds / len(days):.0f} ms each",
    )  # fmt: skip
    report.add(NAME, "queries of a roster on a past day", figure=len(asked), limit=6)
    report.add(
        NAME, "seat-days and persons on which both counts differ",
        figure=abs(seats - counted.seat_days) + abs(held - counted.held), limit=0,
    )  # fmt: skip
    report.add(NAME, "findings of the domain's own check", figure=len(wrong), limit=0)


def _drill(report: Report, home: Path) -> None:
    """Backup, drill and verify as somebody types them, in processes of their own."""
    backup, sheet = home / "year.backup", home / "sheet.txt"
    sheet.write_text(_typed(home, "keys", "sheet"), encoding="utf-8")
    for what, words, limit in (
        ("backup", ("backup", str(backup)), None),
        ("drill: restore and verify", ("drill", str(backup), "--sheet", str(sheet)), MOST_DRILL_SECONDS),
        ("verify", ("verify",), None),
    ):
        with measured() as clock:
            said = _typed(home, *words)
        report.add(
            NAME, what, clock, figure=clock.wall_seconds, unit="s", limit=limit,
            note=said.strip().splitlines()[0] if what != "verify" else said.strip()[-40:],
        )  # fmt: skip


def _typed(home: Path, *words: str) -> str:
    """What one command said; it must end well."""
    ours = {"DATABASE_URL", "DATABASE_OWNER_URL"}
    environment = {k: v for k, v in os.environ.items() if k not in ours} | {"XIAOJIA_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "xiaojia.project.cli", *words],
        env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return done.stdout
