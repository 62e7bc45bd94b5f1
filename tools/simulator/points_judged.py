"""What a lived recognition year is worth, each figure computed a second time beside the product.

Rows are read whole and reckoned again in plain Python or plain SQL: no query, check or engine of the product
is asked, unless it is the product's own word that is compared. Call inside the office's scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from tools.simulator.points_books import Books, Figure, day_of, days_of, read_books, rows_of
from tools.simulator.points_judged_year import active, reach, year
from tools.simulator.points_town import FIRST, LAST, Town
from xiaojia.domains.ledger import queries as ledger

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


def judge(town: Town) -> Iterator[Figure]:
    """Every figure of R08 to R12 and R31 that a database alone can answer."""
    books = read_books(town)
    yield from _entries(town, books)
    yield from _slips(town, books)
    yield from _store(town)
    yield _liability(town, books)
    yield from year(town, books)
    yield from reach(town, books)
    yield from active(town, books)
    yield from _happened(town)


def _entries(town: Town, books: Books) -> Iterator[Figure]:
    entries = rows_of(
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
    yield Figure("entries without the row they come from", rows_of(EXPLAINED, town)[0][0], 0)
    yield Figure("wallets whose balance is not the sum of their entries", drifting, 0)
    yield Figure("entries whose balance after does not follow", wrong, 0)
    yield Figure("wallets below zero", below, 0)
    yield Figure("points that all entries together are off zero", abs(sum(sums.values())), 0)


def _slips(town: Town, books: Books) -> Iterator[Figure]:
    rows = rows_of(
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
        months = [days_of(3 * number - 2 + place) for place in range(3)]
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
        first, last = days_of(month)
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
        if day_of(move.at) <= on:
            found[move.member_id] += move.amount
    return found


def _store(town: Town) -> Iterator[Figure]:
    moves = rows_of(
        """SELECT goods_id, delta FROM store_stockmove WHERE community_id = %(community)s ORDER BY id""", town
    )
    stock: dict[int, int] = defaultdict(int)
    below = 0
    for goods, delta in moves:
        stock[goods] += delta
        below += stock[goods] < 0
    told = dict(rows_of("SELECT id, stock FROM store_goods WHERE community_id = %(community)s", town))
    states = dict(
        rows_of(
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
    budgets = rows_of(
        """SELECT e.at, (d.detail->>'budget_yuan')::bigint FROM kernel_auditentry e
           JOIN kernel_auditdetail d ON d.entry_id = e.id
           WHERE e.community_id = %(community)s AND e.verb = 'change_budget' ORDER BY e.at""",
        town,
    )
    over, least = 0, None
    days: dict[date, int] = defaultdict(int)
    for move in books.moves:
        days[day_of(move.at)] += move.amount
    out = sum(n for on, n in days.items() if on < FIRST)
    for number in range((LAST - FIRST).days + 1):
        on = FIRST + timedelta(days=number)
        out += days.get(on, 0)
        approved = [yuan for at, yuan in budgets if day_of(at) <= on]
        if approved:
            over += out > approved[-1]
            least = min(least or approved[-1], approved[-1] - out)
    return Figure("days on which more was out there than approved", over, 0,
                  note=f"{out:,} points out at the end, never nearer than {least:,} yuan")  # fmt: skip


def _happened(town: Town) -> Iterator[Figure]:
    for what in NEVER:
        yield Figure(what, town.counts[what], 0)
    missing = [what for what in ONCE if not town.counts[what]]
    yield Figure(f"of {len(ONCE)} things that a year brings, did not happen", len(missing), 0,
                 note="; ".join(missing))  # fmt: skip
