"""Rows of the ledger: members, rules, money, deeds."""

from xiaojia.domains.ledger.models.deeds import Callback, Deed
from xiaojia.domains.ledger.models.membership import Kinship, Member, Passbook
from xiaojia.domains.ledger.models.money import Account, Correction, Entry, Expirynotice, Hold, Transaction
from xiaojia.domains.ledger.models.rulebook import Pointbudget, Rule, Ruleversion

__all__ = [
    "Account",
    "Callback",
    "Correction",
    "Deed",
    "Entry",
    "Expirynotice",
    "Hold",
    "Kinship",
    "Member",
    "Passbook",
    "Pointbudget",
    "Rule",
    "Ruleversion",
    "Transaction",
]
