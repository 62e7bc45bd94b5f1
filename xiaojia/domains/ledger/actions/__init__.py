"""Writes of the ledger: members, rules, deeds, spending, corrections, expiry."""

from xiaojia.domains.ledger.actions.corrections import (
    ask_correction,
    call_back,
    draw_callbacks,
    reverse_award,
)
from xiaojia.domains.ledger.actions.deeds import (
    Done,
    Roster,
    SecondPerson,
    attend_roster,
    confirm_deed,
    record_deed,
    refuse_deed,
)
from xiaojia.domains.ledger.actions.expiring import expire_due, hand_notice, notice_expiry, void_due
from xiaojia.domains.ledger.actions.members import (
    Joining,
    declare_kin,
    issue_passbook,
    join,
    leave,
    move_in,
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
from xiaojia.domains.ledger.actions.telling import tell_member

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
    "ask_correction",
    "attend_roster",
    "call_back",
    "change_budget",
    "change_rule",
    "confirm_deed",
    "declare_kin",
    "donate",
    "draw_callbacks",
    "expire_due",
    "hand_notice",
    "issue_passbook",
    "join",
    "leave",
    "move_in",
    "notice_expiry",
    "open_rules",
    "pay_recognition",
    "post_hold",
    "record_deed",
    "redeem",
    "refuse_deed",
    "reserve",
    "reverse_award",
    "settle_members",
    "take_back",
    "tell_member",
    "void_due",
    "void_hold",
    "wallet_of",
]
