"""What a lived year says of its people: months, appraisal, whom it reaches, how many are active."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from tools.simulator.points_books import Books, Figure, days_of, rows_of
from tools.simulator.points_replay import asked_months, engine_means, plain_differences, ticked
from tools.simulator.points_town import YEAR, Town
from xiaojia.domains.ledger import queries as ledger
from xiaojia.domains.recognition.models import Yearvalue

ACTIVE_DAYS: Final = 90


def year(town: Town, books: Books) -> Iterator[Figure]:
    """Months and the appraisal, reckoned from what was ticked and what was done."""
    months = asked_months(town)
    means, void = engine_means(months, ticked(town))
    told = {town.number_of(v.member_id): v for v in Yearvalue.objects.filter(appraisal__year=YEAR)}
    apart = sum(abs((row.mean or 0) - means.get(number, 0)) > 0.5 for number, row in told.items())
    count = sum(len(month.values) for month in months)
    yield Figure(f"month values that plain arithmetic does not confirm, of {count:,}",
                 plain_differences(months, ticked(town), void), 0)  # fmt: skip
    yield Figure("year means that differ from what was ticked", apart, 0)
    mine = appraised_without_spending(town, books, told)
    differing = sum(
        (row.best_points, row.deed_part, row.steady_part) != mine[number] for number, row in told.items()
    )
    yield Figure(f"members whose year differs when all spending is left out, of {len(told)}", differing, 0)


def appraised_without_spending(
    town: Town, books: Books, told: dict[int, Yearvalue]
) -> dict[int, tuple[int, int, int]]:
    """Number -> (best three quarters, part of deeds, part of steadiness), from awards and deeds alone."""
    closes = dict(
        rows_of("SELECT number, closed_at FROM recognition_quarter WHERE community_id = %(community)s", town)
    )
    quarters = [
        books.earned(days_of(3 * n - 2)[0], days_of(3 * n)[1], by=closed_at, source="deed")
        for n, closed_at in sorted(closes.items())
    ]
    active = _active_months(town)
    best = {
        number: sum(sorted(quarter.get(row.member_id, 0) for quarter in quarters)[-3:])
        for number, row in told.items()
    }
    effort = {number: best[number] * row.chance_percent for number, row in told.items()}
    bars = {}
    for category in {row.category for row in told.values()}:
        ordered = sorted(effort[n] for n, row in told.items() if row.category == category)
        bars[category] = ordered[-(-4 * len(ordered) // 5) - 1]
    return {
        number: (
            best[number],
            min(600, _half_up(600 * effort[number], bars[row.category])),
            _half_up(100 * min(active.get(row.member_id, 0), 9), 9),
        )
        for number, row in told.items()
    }


def _active_months(town: Town) -> dict[int, int]:
    """Member -> months of the year with a confirmed deed, as it stood when the year closed."""
    rows = rows_of(
        """SELECT d.member_id, count(DISTINCT date_trunc('month', d.done_on)) FROM ledger_deed d
           JOIN recognition_appraisal a ON a.community_id = d.community_id
           WHERE d.community_id = %(community)s AND extract(year FROM d.done_on) = a.year
             AND d.confirmed_at <= a.closed_at AND (d.state IN ('confirmed', 'called_back') OR EXISTS (
               SELECT FROM ledger_transaction t JOIN ledger_transaction r ON r.reverses_id = t.id
               WHERE t.source_type = 'deed' AND t.source_id = d.id::text AND r.created_at > a.closed_at))
           GROUP BY 1""",
        town,
    )
    return dict(rows)


def reach(town: Town, books: Books) -> Iterator[Figure]:
    """Whether the same people benefit: by quarter, and for the awards of the year (participation 4.10)."""
    seen: set[int] = {
        m.member_id for m in books.moves if m.kind == "award" and m.happened_on < date(YEAR, 1, 1)
    }
    for number in range(1, 5):
        first, last = days_of(3 * number - 2)[0], days_of(3 * number)[1]
        earned: dict[int, int] = defaultdict(int)
        for source in ("deed", "recognition"):
            for member, points in books.earned(first, last, by=town.moment, source=source).items():
                earned[member] += points
        yield _told_reach(town, f"quarter {number}", earned, seen)
        seen |= set(earned)
    awarded = Yearvalue.objects.filter(appraisal__year=YEAR, is_awarded=True).values_list(
        "member_id", flat=True
    )
    old = sum(town.ages[town.number_of(pk)] >= 60 for pk in awarded)
    yield Figure("awarded in the year", len(awarded), note=f"of them {old} are 60 or older")


def _told_reach(town: Town, what: str, earned: dict[int, int], seen: set[int]) -> Figure:
    total = sum(earned.values()) or 1
    top = sorted(earned.values(), reverse=True)[: max(1, len(earned) // 10)]
    old = sum(n for pk, n in earned.items() if town.ages[town.number_of(pk)] >= 60)
    share = round(100 * sum(top) / total, 1)
    return Figure(f"{what}: share of points to the tenth with most, percent", share,
                  note=f"{len(set(earned) - seen)} of {len(earned)} earned for the first time;"
                  f" {100 * old // total} % went to people of 60 or older")  # fmt: skip


def active(town: Town, books: Books) -> Iterator[Figure]:
    """R31: whoever has a confirmed deed in 90 days, from the ledger, beside what the page says."""
    differing, counts = 0, []
    for on in (date(YEAR - 1, 12, 31), *(days_of(3 * n)[1] for n in range(1, 5))):
        told = ledger.active_count(viewer=town.officer, on=on)
        mine = {
            move.member_id
            for move in books.moves
            if move.kind == "award" and move.source_type == "deed" and move.pk not in books.reversed_at
            and on - timedelta(days=ACTIVE_DAYS) < move.happened_on <= on
        }  # fmt: skip
        counts.append(len(mine))
        differing += told.active != len(mine)
    yield Figure(
        "ends of a quarter at which the page counts other active members than the ledger", differing, 0
    )
    doubled = round(counts[-1] / (counts[0] or 1), 2)
    yield Figure("active members now for each a year before", doubled,
                 note=f"{counts[0]} at the end of {YEAR - 1}, then {counts[1:]}")  # fmt: skip


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator) if denominator else 0
