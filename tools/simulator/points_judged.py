"""What a lived recognition year is worth, each figure computed a second time beside the product.

Rows are read whole and reckoned again in plain Python or plain SQL: no query, check or engine of the product
is asked, unless it is the product's own word that is compared. Call inside the office's scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from tools.simulator.points_replay import asked_months, engine_means, plain_differences, ticked
from tools.simulator.points_town import FIRST, LAST, YEAR, Town
from xiaojia.domains.ledger import queries as ledger
from xiaojia.domains.recognition.models import Yearvalue

ACTIVE_DAYS: Final = 90
NEVER: Final = (
    "closes that changed when pressed again",
    "openings that count otherwise than was ticked",
    "retries that made another",
    "paper lines written twice",
    "last things sold other than once",
    "wallets that paid more than they held",
    "lines of a day close that differ from the shelf",
)
"""Counts of the simulator that have to be nought, and those below that have to have happened at all."""
ONCE: Final = (
    "new rules refused by the budget",
    "new rules begun",
    "envelopes that one alone could not open",
    "appeals that whoever closed could not answer",
    "appeals: mended",
    "appeals: stands",
    "dearer prices refused without notice",
    "witnesses refused: self or kin",
    "corrections agreed",
    "slips typed apart",
    "notices of expiry handed over",
    "refused at the counter: Lack",
    "then: collect", "then: cancel", "then: leave", "then: return",
    "last things at six tills at once",
)  # fmt: skip

EXPLAINED: Final = """
SELECT count(*) FROM ledger_entry e
LEFT JOIN ledger_transaction t ON t.id = e.transaction_id AND t.refusal = ''
LEFT JOIN ledger_account w ON w.id = t.account_id
LEFT JOIN ledger_account o ON o.id = e.account_id
LEFT JOIN ledger_transaction b ON b.id = t.reverses_id
WHERE e.community_id = %(community)s AND NOT coalesce(
  (o.id = w.id OR o.kind = CASE t.kind WHEN 'award' THEN 'issuer' WHEN 'redeem' THEN 'store'
    WHEN 'donate' THEN 'fund' WHEN 'expiry' THEN 'expired'
    WHEN 'reversal' THEN CASE b.kind WHEN 'redeem' THEN 'store' ELSE 'issuer' END END
    OR t.kind = 'reversal' AND b.kind = 'award' AND o.kind = 'fund')
  AND CASE t.source_type
    WHEN 'deed' THEN t.kind = 'award' AND EXISTS (SELECT FROM ledger_deed d WHERE d.id = t.source_id::bigint
      AND d.member_id = w.member_id AND d.done_on = t.happened_on AND d.rule_version_id = t.rule_version_id
      AND d.confirmed_at = t.created_at AND t.points <= d.worth
      AND (d.points = t.points OR d.state = 'refused' AND EXISTS (
        SELECT FROM ledger_transaction r WHERE r.reverses_id = t.id)))
    WHEN 'recognition' THEN t.kind = 'award' AND EXISTS (SELECT FROM recognition_quartervalue v
      JOIN recognition_quarter q ON q.id = v.quarter_id WHERE v.member_id = w.member_id
      AND q.year = left(t.source_id, 4)::int AND (right(t.source_id, 2)::int + 2) / 3 = q.number
      AND v.monthly[(right(t.source_id, 2)::int - 1) %% 3 + 1] = t.points)
    WHEN 'redemption' THEN t.kind = 'redeem' AND EXISTS (SELECT FROM store_redemption r
      WHERE r.community_id = t.community_id AND r.request_id = t.source_id::uuid AND r.transaction_id = t.id
      AND r.points = t.points AND r.member_id = w.member_id)
    WHEN 'return' THEN t.kind = 'reversal' AND EXISTS (SELECT FROM store_redemption r
      WHERE r.community_id = t.community_id AND r.request_id = t.source_id::uuid AND r.state = 'returned'
      AND r.transaction_id = t.reverses_id AND r.points = t.points)
    WHEN 'correction' THEN t.kind = 'reversal' AND EXISTS (SELECT FROM ledger_correction c
      WHERE c.id = t.source_id::bigint AND c.transaction_id = t.reverses_id AND c.is_agreed
      AND c.decided_by_id <> c.asked_by_id)
    WHEN 'expirynotice' THEN t.kind = 'expiry' AND EXISTS (SELECT FROM ledger_expirynotice n
      WHERE n.id = t.source_id::bigint AND n.account_id = w.id AND n.points >= t.points
      AND n.handed_on <= t.created_at::date - 60 AND n.settled_at = t.created_at)
    WHEN 'donation' THEN t.kind = 'donate' AND EXISTS (SELECT FROM kernel_auditentry a
      WHERE a.community_id = t.community_id AND a.verb = 'donate' AND a.object_ids = ARRAY[t.id::varchar])
  END, false)
"""
"""Entries without the row they come from: a deed, a slip, goods, a paper, a decision of two people."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One judged number; without a limit it is told."""

    what: str
    figure: float
    limit: float | None = None
    is_at_least: bool = False
    note: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether the limit does not hold."""
        if self.limit is None:
            return False
        return self.figure < self.limit if self.is_at_least else self.figure > self.limit


@dataclass(frozen=True, slots=True)
class Moved:
    """One transaction that moved points, with the side of its wallet (`amount`)."""

    pk: int
    member_id: int
    kind: str
    points: int
    source_type: str
    reverses_id: int | None
    happened_on: date
    at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class Books:
    """All that moved, in its order, and when awards were taken back."""

    moves: list[Moved]
    reversed_at: dict[int, datetime]

    def earned(self, first: date, last: date, *, by: datetime, source: str) -> dict[int, int]:
        """Member -> awards of these days as they stood at that moment."""
        found: dict[int, int] = defaultdict(int)
        for move in self.moves:
            is_of = move.kind == "award" and move.source_type == source and first <= move.happened_on <= last
            back_at = self.reversed_at.get(move.pk)
            if is_of and move.at <= by and (back_at is None or back_at > by):
                found[move.member_id] += move.points
        return found


def judge(town: Town) -> Iterator[Figure]:
    """Every figure of R08 to R12 and R31 that a database alone can answer."""
    books = read_books(town)
    yield from _entries(town, books)
    yield from _slips(town, books)
    yield from _store(town)
    yield _liability(town, books)
    yield from _year(town, books)
    yield from _reach(town, books)
    yield from _active(town, books)
    yield from _happened(town)


def _rows(query: str, town: Town) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"community": town.community_id})
        return list(cursor.fetchall())


def read_books(town: Town) -> Books:
    """The ledger, row by row."""
    rows = _rows(
        """SELECT t.id, a.member_id, t.kind, t.points, t.source_type, t.reverses_id, t.happened_on,
             t.created_at,
             coalesce((SELECT sum(e.amount) FROM ledger_entry e
                       WHERE e.transaction_id = t.id AND e.account_id = t.account_id), 0)::bigint
           FROM ledger_transaction t JOIN ledger_account a ON a.id = t.account_id
           WHERE t.community_id = %(community)s AND t.refusal = '' ORDER BY t.created_at, t.id""",
        town,
    )
    moves = [Moved(*row) for row in rows]
    return Books(moves, {m.reverses_id: m.at for m in moves if m.reverses_id is not None})


def _entries(town: Town, books: Books) -> Iterator[Figure]:
    entries = _rows(
        """SELECT e.account_id, e.amount, e.balance_after, a.balance FROM ledger_entry e
           JOIN ledger_account a ON a.id = e.account_id
           WHERE e.community_id = %(community)s ORDER BY e.id""",
        town,
    )
    sums: dict[int, int] = defaultdict(int)
    wrong, stored = 0, {}
    for account, amount, after, balance in entries:
        sums[account] += amount
        wrong += after is not None and after != sums[account]
        stored[account] = balance
    drifting = sum(balance is not None and balance != sums[pk] for pk, balance in stored.items())
    below = sum(balance is not None and sums[pk] < 0 for pk, balance in stored.items())
    yield Figure("transactions that moved points", len(books.moves))
    yield Figure(
        "entries, two a transaction", len(entries), 50_000 * town.plan.grid_count / 47, is_at_least=True
    )
    yield Figure("entries without the row they come from", _rows(EXPLAINED, town)[0][0], 0)
    yield Figure("wallets whose balance is not the sum of their entries", drifting, 0)
    yield Figure("entries whose balance after does not follow", wrong, 0)
    yield Figure("wallets below zero", below, 0)
    yield Figure("points that all entries together are off zero", abs(sum(sums.values())), 0)


def _slips(town: Town, books: Books) -> Iterator[Figure]:
    rows = _rows(
        """SELECT q.number, q.closed_at, v.member_id, v.deed_points, v.monthly, v.points
           FROM recognition_quartervalue v JOIN recognition_quarter q ON q.id = v.quarter_id
           WHERE v.community_id = %(community)s ORDER BY q.number""",
        town,
    )
    differing, total, later = 0, 0, 0
    by_quarter: dict[tuple[int, datetime], list[tuple[Any, ...]]] = defaultdict(list)
    for number, closed_at, *rest in rows:
        by_quarter[(number, closed_at)].append(tuple(rest))
    for (number, closed_at), slips in by_quarter.items():
        months = [_month(3 * number - 2 + place) for place in range(3)]
        deeds = books.earned(months[0][0], months[-1][1], by=closed_at, source="deed")
        paid = [books.earned(*month, by=closed_at, source="recognition") for month in months]
        now = books.earned(months[0][0], months[-1][1], by=town.moment, source="deed")
        for member, deed_points, monthly, points in slips:
            told = (deed_points, *monthly, points)
            mine = (deeds.get(member, 0), *(month.get(member, 0) for month in paid))
            differing += told != (*mine, sum(mine))
            later += now.get(member, 0) != deed_points
            total += points
        differing += len(set(deeds).union(*paid) - {member for member, *_rest in slips})
    yield Figure(f"quarter slips that differ from the ledger, of {len(rows):,}", differing, 0,
                 note=f"{total:,} points; {later} differ by what was corrected after the close")  # fmt: skip
    yield _month_slips(town, books)


def _month_slips(town: Town, books: Books) -> Figure:
    """The slips that are printed, of everybody, for the last month of each quarter."""
    differing = count = 0
    for month in (3, 6, 9, 12):
        first, last = _month(month)
        before, after = _at_end(books, first - timedelta(days=1)), _at_end(books, last)
        for member in town.members.values():
            slip = ledger.slip(member, first, viewer=town.officer)
            count += 1
            differing += slip is None or not (
                slip.adds_up
                and slip.opening == before.get(member, 0)
                and slip.closing == after.get(member, 0)
            )
    return Figure(f"month slips that do not add up to the wallet, of {count:,}", differing, 0)


def _at_end(books: Books, on: date) -> dict[int, int]:
    """Member -> wallet at the end of that day."""
    found: dict[int, int] = defaultdict(int)
    for move in books.moves:
        if _day(move.at) <= on:
            found[move.member_id] += move.amount
    return found


def _store(town: Town) -> Iterator[Figure]:
    moves = _rows(
        """SELECT goods_id, delta FROM store_stockmove WHERE community_id = %(community)s ORDER BY id""", town
    )
    stock: dict[int, int] = defaultdict(int)
    below = 0
    for goods, delta in moves:
        stock[goods] += delta
        below += stock[goods] < 0
    told = dict(_rows("SELECT id, stock FROM store_goods WHERE community_id = %(community)s", town))
    states = dict(
        _rows(
            "SELECT state, count(*) FROM store_redemption WHERE community_id = %(community)s GROUP BY 1", town
        )
    )
    wanted = 2_000 * town.plan.redemptions_a_day / 15 if town.plan.is_selling else 0
    yield Figure("redemptions", sum(states.values()), wanted, is_at_least=True,
                 note=", ".join(f"{n} {state}" for state, n in sorted(states.items())))  # fmt: skip
    yield Figure(f"goods whose stock is not the sum of {len(moves):,} moves",
                 sum(stock[pk] != n for pk, n in told.items()), 0)  # fmt: skip
    yield Figure("moves after which there was less than nothing", below, 0)


def _liability(town: Town, books: Books) -> Figure:
    """Every evening: what is out there, at a yuan a point, beside what was approved by then."""
    budgets = _rows(
        """SELECT e.at, (d.detail->>'budget_yuan')::bigint FROM kernel_auditentry e
           JOIN kernel_auditdetail d ON d.entry_id = e.id
           WHERE e.community_id = %(community)s AND e.verb = 'change_budget' ORDER BY e.at""",
        town,
    )
    over, least = 0, None
    days: dict[date, int] = defaultdict(int)
    for move in books.moves:
        days[_day(move.at)] += move.amount
    out = sum(n for on, n in days.items() if on < FIRST)
    for number in range((LAST - FIRST).days + 1):
        on = FIRST + timedelta(days=number)
        out += days.get(on, 0)
        approved = [yuan for at, yuan in budgets if _day(at) <= on]
        if approved:
            over += out > approved[-1]
            least = min(least or approved[-1], approved[-1] - out)
    return Figure("days on which more was out there than approved", over, 0,
                  note=f"{out:,} points out at the end, never nearer than {least:,} yuan")  # fmt: skip


def _year(town: Town, books: Books) -> Iterator[Figure]:
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
        _rows("SELECT number, closed_at FROM recognition_quarter WHERE community_id = %(community)s", town)
    )
    quarters = [
        books.earned(_month(3 * n - 2)[0], _month(3 * n)[1], by=closed_at, source="deed")
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
    rows = _rows(
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


def _reach(town: Town, books: Books) -> Iterator[Figure]:
    """Whether the same people benefit: by quarter, and for the awards of the year (participation 4.10)."""
    seen: set[int] = {
        m.member_id for m in books.moves if m.kind == "award" and m.happened_on < date(YEAR, 1, 1)
    }
    for number in range(1, 5):
        first, last = _month(3 * number - 2)[0], _month(3 * number)[1]
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


def _active(town: Town, books: Books) -> Iterator[Figure]:
    """R31: whoever has a confirmed deed in 90 days, from the ledger, beside what the page says."""
    differing, counts = 0, []
    for on in (date(YEAR - 1, 12, 31), *(_month(3 * n)[1] for n in range(1, 5))):
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


def _happened(town: Town) -> Iterator[Figure]:
    for what in NEVER:
        yield Figure(what, town.counts[what], 0)
    missing = [what for what in ONCE if not town.counts[what]]
    yield Figure(f"of {len(ONCE)} things that a year brings, did not happen", len(missing), 0,
                 note="; ".join(missing))  # fmt: skip


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator) if denominator else 0


def _month(number: int) -> tuple[date, date]:
    first = date(YEAR, number, 1)
    following = date(YEAR + number // 12, number % 12 + 1, 1)
    return first, following - timedelta(days=1)


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()
