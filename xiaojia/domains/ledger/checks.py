"""What `xiaojia verify` looks for in the ledger: every number is reckoned again from the entries."""

from __future__ import annotations

from typing import Final

from django.db import connection

CHECKS: Final = {
    "entries of transaction {} do not sum to zero": """
        SELECT transaction_id FROM ledger_entry WHERE community_id = %(community)s
        GROUP BY transaction_id HAVING sum(amount) <> 0""",
    "wallet {} does not hold the sum of its entries": """
        SELECT a.id FROM ledger_account a LEFT JOIN (
          SELECT account_id, sum(amount) AS total FROM ledger_entry WHERE community_id = %(community)s
          GROUP BY account_id) e ON e.account_id = a.id
        WHERE a.community_id = %(community)s AND a.balance IS NOT NULL
          AND a.balance <> coalesce(e.total, 0)""",
    "entry {} has a balance that does not follow from the one before": """
        SELECT id FROM (
          SELECT id, balance_after, sum(amount) OVER (PARTITION BY account_id ORDER BY id) AS reckoned
          FROM ledger_entry WHERE community_id = %(community)s AND account_id IN (
            SELECT id FROM ledger_account WHERE community_id = %(community)s AND balance IS NOT NULL)) r
        WHERE balance_after IS DISTINCT FROM reckoned""",
    "wallet {} holds other than its living holds": """
        SELECT a.id FROM ledger_account a LEFT JOIN (
          SELECT account_id, sum(points) AS total FROM ledger_hold
          WHERE community_id = %(community)s AND state = 'held' GROUP BY account_id) h ON h.account_id = a.id
        WHERE a.community_id = %(community)s AND a.held <> coalesce(h.total, 0)""",
    "transaction {} moved other than its points": """
        SELECT t.id FROM ledger_transaction t LEFT JOIN (
          SELECT transaction_id, sum(abs(amount)) / 2 AS moved FROM ledger_entry
          WHERE community_id = %(community)s GROUP BY transaction_id) e ON e.transaction_id = t.id
        WHERE t.community_id = %(community)s
          AND coalesce(e.moved, 0) <> CASE WHEN t.refusal = '' THEN t.points ELSE 0 END""",
    "entry {} belongs to no account of this community": """
        SELECT e.id FROM ledger_entry e LEFT JOIN ledger_account a
          ON a.id = e.account_id AND a.community_id = e.community_id
        WHERE e.community_id = %(community)s AND a.id IS NULL""",
    "hold {} and its transaction tell different stories": """
        SELECT h.id FROM ledger_hold h JOIN ledger_transaction t ON t.id = h.transaction_id
        WHERE h.community_id = %(community)s
          AND (t.account_id <> h.account_id OR t.points <> h.points OR t.refusal <> '')""",
    "deed {} was paid other than it says": """
        SELECT d.id FROM ledger_deed d LEFT JOIN ledger_transaction t
          ON t.source_type = 'deed' AND t.source_id = d.id::text AND t.refusal = ''
          AND t.community_id = d.community_id AND t.kind = 'award'
        LEFT JOIN ledger_transaction r ON r.reverses_id = t.id
        WHERE d.community_id = %(community)s AND d.points <> CASE
          WHEN d.state IN ('confirmed', 'called_back') AND r.id IS NULL THEN coalesce(t.points, 0)
          ELSE 0 END""",
}
"""Sentence -> query that gives the ids it is true of."""


def findings(community_id: int) -> list[str]:
    """One line a row that drifts, with its id. Call inside the community's scope."""
    found = []
    with connection.cursor() as cursor:
        for sentence, query in CHECKS.items():
            cursor.execute(query, {"community": community_id})
            found += [sentence.format(pk) for (pk,) in cursor.fetchall()]
    return found
