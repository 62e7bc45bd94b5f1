"""What `xiaojia verify` looks for in the store: stock reckoned again, redemptions beside points."""

from __future__ import annotations

from typing import Final

from django.db import connection

CHECKS: Final = {
    "stock of goods {} is not the sum of its moves": """
        SELECT g.id FROM store_goods g LEFT JOIN (
          SELECT goods_id, sum(delta) AS total FROM store_stockmove WHERE community_id = %(community)s
          GROUP BY goods_id) m ON m.goods_id = g.id
        WHERE g.community_id = %(community)s AND g.stock <> coalesce(m.total, 0)""",
    "redemption {} moved other stock than it says": """
        SELECT r.id FROM store_redemption r LEFT JOIN (
          SELECT redemption_id, sum(delta) AS total, bool_or(reason = 'returned') AS is_back
          FROM store_stockmove WHERE community_id = %(community)s GROUP BY redemption_id) m
          ON m.redemption_id = r.id
        WHERE r.community_id = %(community)s AND coalesce(m.total, 0) <> CASE
          WHEN r.state IN ('cancelled', 'expired') OR r.state = 'returned' AND m.is_back THEN 0
          ELSE -r.quantity END""",
    "redemption {} cost other points than its price": """
        SELECT r.id FROM store_redemption r JOIN store_price p ON p.id = r.price_id
        WHERE r.community_id = %(community)s
          AND (r.points <> p.points * r.quantity OR p.goods_id <> r.goods_id)""",
    "redemption {} and the ledger tell different stories": """
        SELECT r.id FROM store_redemption r
        LEFT JOIN ledger_transaction t ON t.id = r.transaction_id AND t.kind = 'redeem' AND t.refusal = ''
        LEFT JOIN ledger_account a ON a.id = t.account_id
        LEFT JOIN ledger_transaction b ON b.reverses_id = t.id
        LEFT JOIN ledger_hold h ON h.id = r.hold_id
        WHERE r.community_id = %(community)s AND NOT CASE
          WHEN r.state = 'reserved' THEN h.points = r.points
            AND (h.state = 'held' OR h.state = 'void' AND h.ended_at >= r.expires_at)
          WHEN r.state IN ('cancelled', 'expired') THEN coalesce(h.state = 'void', false)
          ELSE coalesce(t.points = r.points AND a.member_id = r.member_id, false)
            AND (b.id IS NOT NULL) = (r.state = 'returned') END""",
    "transaction {} paid for goods that nobody wrote down": """
        SELECT t.id FROM ledger_transaction t LEFT JOIN store_redemption r ON r.transaction_id = t.id
        WHERE t.community_id = %(community)s AND t.source_type = 'redemption' AND t.kind = 'redeem'
          AND t.refusal = '' AND r.id IS NULL""",
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
