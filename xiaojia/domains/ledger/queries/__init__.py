"""Reads of the ledger. Only recognition, store and desks may import them; actions are open to all domains."""

from xiaojia.domains.ledger.queries.deeds import (
    Active,
    active_count,
    callbacks,
    confirmations,
    deed_shown,
    earned,
    waiting,
)
from xiaojia.domains.ledger.queries.papers import Notice, award_shown, notices, open_corrections
from xiaojia.domains.ledger.queries.rulebook import (
    Budget,
    budget,
    outstanding,
    rulebook,
    version_on,
    versions,
)
from xiaojia.domains.ledger.queries.slips import Line, MonthEarned, Slip, own_slip, slip
from xiaojia.domains.ledger.queries.wallets import (
    Balance,
    Book,
    balance,
    book_shown,
    member_shown,
    members,
    members_at_counter,
    merit,
    own_member,
    with_deed,
)

__all__ = [
    "Active",
    "Balance",
    "Book",
    "Budget",
    "Line",
    "MonthEarned",
    "Notice",
    "Slip",
    "active_count",
    "award_shown",
    "balance",
    "book_shown",
    "budget",
    "callbacks",
    "confirmations",
    "deed_shown",
    "earned",
    "member_shown",
    "members",
    "members_at_counter",
    "merit",
    "notices",
    "open_corrections",
    "outstanding",
    "own_member",
    "own_slip",
    "rulebook",
    "slip",
    "version_on",
    "versions",
    "waiting",
    "with_deed",
]
