"""Writes of the ledger: members, rules, deeds, spending, corrections, expiry."""

from xiaojia.domains.ledger.actions.deeds import (
    Done,
    Roster,
    SecondPerson,
    attend_roster,
    confirm_deed,
    record_deed,
    refuse_deed,
)
from xiaojia.domains.ledger.actions.members import (
    Joining,
    declare_kin,
    issue_passbook,
    join,
    leave,
    settle_members,
)
from xiaojia.domains.ledger.actions.posting import Answer, Lack, OtherRequest, Over, Posting
from xiaojia.domains.ledger.actions.rulebook import change_budget, change_rule, open_rules
from xiaojia.domains.ledger.actions.spending import (
    donate,
    pay_recognition,
    post_hold,
    redeem,
    reserve,
    take_back,
    void_hold,
    wallet_of,
)

__all__ = [
    "Answer",
    "Done",
    "Joining",
    "Lack",
    "OtherRequest",
    "Over",
    "Posting",
    "Roster",
    "SecondPerson",
    "attend_roster",
    "change_budget",
    "change_rule",
    "confirm_deed",
    "declare_kin",
    "donate",
    "issue_passbook",
    "join",
    "leave",
    "open_rules",
    "pay_recognition",
    "post_hold",
    "record_deed",
    "redeem",
    "refuse_deed",
    "reserve",
    "settle_members",
    "take_back",
    "void_hold",
    "wallet_of",
]
